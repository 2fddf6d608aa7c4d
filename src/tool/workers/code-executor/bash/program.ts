/**
 * One run of a Bash script: the shell resumed from its image in a metered engine of its own, its questions about
 * files answered from the call's staged workspace.
 */
import { WORKSPACE_ROOT, type WorkerRequest, type WorkerResponse } from "../../../contract.ts";
import type { Image } from "../../image.ts";
import { SHELL_STACK_BYTES_MAX } from "../../limits.ts";
import { Workspace, workingFolder } from "../../workspace.ts";
import { Budget, OutOfTime, type Pace } from "../budget.ts";
import { EXIT_ABORTED, parseCall, refuseCall, stoppedCall } from "../call.ts";
import { Engine } from "../engine.ts";
import { answerFileOperation } from "../files.ts";
import { Output } from "../output.ts";
import { SHELL_GLOBALS, type ShellFacts, type ShellResult } from "./shell.ts";

/** What the isolate was loaded with. */
export type ShellParts = {
  /** The metered engine. */
  readonly wasm: WebAssembly.Module;
  /** The engine with the shell loaded in it. */
  readonly image: Image;
  readonly pace: Pace;
  readonly randomBytes: (into: Uint8Array) => void;
};

export async function runShell(request: WorkerRequest, parts: ShellParts): Promise<WorkerResponse> {
  const call = parseCall(request.arguments, ["bash"]);
  if (typeof call === "string") return refuseCall(call);
  const { code, stdin } = call;
  const workspace = new Workspace(request);
  const cwd = workingFolder(request);
  const facts: ShellFacts = {
    ...{ code, stdin, cwd },
    env: { HOME: cwd, TRACEPARENT: request.traceparent, IDEMPOTENCY_KEY: request.key },
    folders: mountedFolders(request, cwd),
  };
  try {
    const result = await run(facts, request, workspace, parts);
    return { ok: true, result: cut(result), changes: workspace.changes() };
  } catch (thrown) {
    if (thrown instanceof OutOfTime) return stoppedCall(request.timeoutMs);
    throw thrown;
  }
}

async function run(
  facts: ShellFacts,
  request: WorkerRequest,
  workspace: Workspace,
  parts: ShellParts,
): Promise<ShellResult> {
  let settled: ShellResult | null = null;
  const host = (operation = "", first = "", second = ""): string => {
    switch (operation) {
      case "now":
        return `=${parts.pace.now()}`;
      case "settled":
        settled = first === "value" ? parseResult(second) : aborted(second);
        return "=";
      default:
        return answerFileOperation(workspace, operation, first, second) ?? `!EINVAL\n${operation}`;
    }
  };
  const budget = new Budget(parts.pace, request.timeoutMs);
  const { wasm, image, randomBytes } = parts;
  // The shell itself is not the script's.
  const memoryBytes = request.memoryBytes + image.memoryBytes;
  const hooks = Object.values(SHELL_GLOBALS);
  const limits = { memoryBytes, stackBytes: SHELL_STACK_BYTES_MAX, tick: budget.tick };
  const work = async (engine: Engine): Promise<ShellResult> => {
    const fire = engine.hook(SHELL_GLOBALS.fire);
    await engine.call(engine.hook(SHELL_GLOBALS.start), [engine.text(JSON.stringify(facts))]);
    for (;;) {
      await engine.runJobs();
      if (settled !== null) return settled;
      const next = await engine.call(fire, []);
      const ms = next.ok ? engine.numberOf(next.value) : -1;
      // Nothing is left to run and the shell has not ended: out of memory in a place where it could not say so.
      if (ms < 0) return aborted("out of memory");
      if (ms > 0) await budget.wait(ms);
    }
  };
  try {
    return await Engine.resume({ wasm, image, hooks, randomBytes, ...limits }, [host], work);
  } catch (thrown) {
    // The engine itself gave up: its stack or memory ran out where the shell could not be told.
    if (thrown instanceof RangeError || thrown instanceof WebAssembly.RuntimeError) return aborted(thrown.message);
    throw thrown;
  }
}

const aborted = (reason: string): ShellResult => ({
  stdout: "",
  stderr: `bash: the shell stopped: ${reason}\n`,
  exit_code: EXIT_ABORTED,
});

/** A cast, because our own script wrote it: a shell script has no way to the engine's JavaScript. */
const parseResult = (json: string): ShellResult => JSON.parse(json) as ShellResult;

function cut({ stdout, stderr, exit_code }: ShellResult): ShellResult {
  const [out, err] = [new Output(), new Output()];
  out.write(stdout);
  err.write(stderr);
  return { stdout: out.toString(), stderr: err.toString(), exit_code };
}

/** The first folder of every path that the call may use: what lies under it is the workspace's to answer. */
function mountedFolders(request: WorkerRequest, cwd: string): readonly string[] {
  if (request.access === "none") return [];
  const paths = [WORKSPACE_ROOT, cwd, ...request.scopes, ...request.files.map((file) => file.path)];
  return [...new Set(paths.map((path) => `/${path.split("/")[1] ?? ""}`))].filter((folder) => folder !== "/");
}
