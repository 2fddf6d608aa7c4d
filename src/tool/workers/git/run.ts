/** One call of git: its arguments in, what it did out, its files staged. */
import "./bounds.ts";
import type { Gateway, WorkerRequest, WorkerResponse } from "../../contract.ts";
import { CallError, toFailure } from "../call-error.ts";
import { FileError, Workspace } from "../workspace.ts";
import { ACTIONS, MAKERS } from "./actions.ts";
import { folderOf, refuse, requireText } from "./arguments.ts";
import { createFileSystem } from "./file-system.ts";
import { createPace, type Pace, type Ports } from "./pace.ts";
import { createHttp } from "./remote.ts";

export async function runGit(request: WorkerRequest, gateway: Gateway | null, ports: Ports): Promise<WorkerResponse> {
  const pace = createPace(request.timeoutMs, ports);
  try {
    const result = await act(request, gateway, pace);
    // Git's own code goes on after some failures of its files; what was refused has been refused all the same.
    if (pace.fault !== null) throw pace.fault;
    return { ok: true, ...result };
  } catch (thrown) {
    return toFailure(pace.fault ?? toCallError(thrown));
  }
}

async function act(request: WorkerRequest, gateway: Gateway | null, pace: Pace) {
  const { arguments: args } = request;
  const name = requireText(args, "action");
  const action = Object.entries(ACTIONS).find(([known]) => known === name)?.[1];
  if (action === undefined) throw refuse(`action must be one of ${Object.keys(ACTIONS).join(", ")}`);
  const workspace = new Workspace(request);
  const dir = folderOf(args, workspace, request.scopes);
  if (!MAKERS.includes(name) && workspace.kindOf(`${dir}/.git`) !== "directory") {
    throw new CallError("TOOL_FAILED", `there is no repository in ${dir}; clone or init one, or name its path`);
  }
  const fs = createFileSystem(workspace, pace);
  const result = await action({ args, dir, fs, http: createHttp(gateway, pace), workspace, pace, cache: {} });
  return { result, changes: workspace.changes() };
}

/** What git throws is in words for people; a credential that is missing gets the words for what to do. */
function toCallError(thrown: unknown): unknown {
  if (thrown instanceof CallError || thrown instanceof FileError || !(thrown instanceof Error)) return thrown;
  const status: unknown = Reflect.get(Reflect.get(thrown, "data") ?? {}, "statusCode");
  if (status === 401 || status === 403 || status === 404) {
    return new CallError(
      "TOOL_FAILED",
      `the remote answered ${status}: it is not there, or wants a credential, which the tenant keeps as a secret for its host`,
    );
  }
  return new CallError("TOOL_FAILED", thrown.message);
}
