/**
 * The task object's side of a tool call: what the call may see, the way to its isolate, and what of its answer is
 * believed. Whether a call may run at all was decided before, by the catalogue (`admit`).
 */
import type { Skill, ToolDef } from "../pack/index.ts";
import {
  type CancelSignal,
  type Clock,
  canonicalJson,
  describeError,
  type Log,
  sha256Hex,
  utf8Length,
} from "../platform/index.ts";
import { consoleOf, parseAnswer, readAnswer } from "./answer.ts";
import { engineFor, SKILL_TOOL_ID } from "./builtin.ts";
import { CallLog } from "./call-log.ts";
import type { PackTools, Tool } from "./catalog.ts";
import { isInScopes, type McpRequest, type ToolFile, type WorkerRequest } from "./contract.ts";
import { isInDoubt } from "./doubt.ts";
import type { EgressGrant } from "./egress.ts";
import type { EngineName } from "./engine.ts";
import { createGate, type GateOptions } from "./gate.ts";
import { RESULT_BYTES_MAX, TIMEOUT_GRACE_MS, WORKSPACE_QUOTA } from "./limits.ts";
import { compilePolicy, readableScopes, workerLimits } from "./policy.ts";
import type { RemoteEntry } from "./remote.ts";
import type { RunnerAnswer, RunnerCall, ToolRunnerProps } from "./runner.ts";
import type { SandboxPolicy, ToolCallRequest, ToolCatalog, ToolHost, ToolOutcome, ToolRefusal } from "./types.ts";

/** What runs a call in its isolate: `ToolRunner` of `object.ts`, as seen from another isolate, or `direct-runner.ts`. */
export interface RunnerStub {
  run(call: RunnerCall, cancelled: () => Promise<void>): Promise<RunnerAnswer>;
}

/** @param reaches whether the call has a way out. */
export type RunnerFor = (props: ToolRunnerProps, reaches: boolean) => RunnerStub;

export type ToolHostOptions = {
  readonly tools: PackTools;
  /** Compiled from the same tools. */
  readonly catalog: ToolCatalog;
  /** For one call. */
  readonly runnerFor: RunnerFor;
  readonly gateFor?: GateOptions["gateFor"];
  /** Origins an operator opened in development; none when absent. */
  readonly localOrigins?: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
};

/** What a call came to, before it is timed. */
type Ending = Omit<ToolOutcome, "durationMs">;

const fail = (error: ToolRefusal): Ending => ({ success: false, resultJson: "null", error, changes: [] });
/** For a call that was begun and broke off. */
const breakOff = (error: ToolRefusal): Ending => ({ ...fail(error), isInDoubt: true });

export function createToolHost(options: ToolHostOptions): ToolHost {
  const { tools, catalog, clock, log } = options;
  const gate = createGate(options);
  const calls = new CallLog(log, catalog);
  const host: Host = { ...options, gate, policyOf: createPolicies() };
  return {
    execute: async (request, signal, onBroken) => {
      signal.throwIfAborted();
      const started = clock.now();
      const ending = await run(host, tools.byId.get(request.toolId), request, { signal, onBroken });
      const outcome: ToolOutcome = { ...ending, durationMs: Math.max(0, Math.round(clock.now() - started)) };
      calls.add(request, outcome);
      return outcome;
    },
    close: () => {
      gate.close();
      calls.close();
    },
  };
}

/** How a caller lets go of a call. */
type Hold = { readonly signal: CancelSignal; readonly onBroken?: Parameters<ToolHost["execute"]>[2] | undefined };

type Policy = { readonly policy: SandboxPolicy; readonly digest: Promise<string> };

type Host = ToolHostOptions & {
  readonly gate: ReturnType<typeof createGate>;
  readonly policyOf: (definition: ToolDef) => Policy;
};

export const digestOf = (policy: SandboxPolicy): Promise<string> => sha256Hex(canonicalJson(policy));

/** Compiled once for all calls of a tool. */
function createPolicies(): Host["policyOf"] {
  const known = new Map<ToolDef, Policy>();
  return (definition) => {
    const before = known.get(definition);
    if (before !== undefined) return before;
    const policy = compilePolicy(definition);
    const made = { policy, digest: digestOf(policy) };
    known.set(definition, made);
    return made;
  };
}

async function run(
  options: Host,
  tool: Tool | undefined,
  request: ToolCallRequest,
  { signal, onBroken }: Hold,
): Promise<Ending> {
  if (tool === undefined) return fail({ code: "TOOL_UNKNOWN", message: `There is no tool "${request.toolId}".` });
  // The caller has asked the catalogue already; a refused tool must not run even if it forgot to.
  if (tool.refusal !== null) return fail(tool.refusal);
  // The task has asked already; what needs a person must not run even if it forgot to.
  if (tool.approval !== null && request.isApproved !== true) {
    return fail({ code: "TOOL_DENIED", message: `${tool.id} needs the approval of a person, and has none.` });
  }
  if (tool.id === SKILL_TOOL_ID) return readSkill(options.tools.config.skills, request.arguments.id);
  const engine = engineFor(tool.builtin, request.arguments);
  if (engine === null || tool.definition === null) {
    return fail({ code: "TOOL_UNKNOWN", message: `${tool.id} is not available.` });
  }
  const { policy, digest: policyDigest } = options.policyOf(tool.definition);
  const { tenant, toolId, key } = request;
  const runMs = policy.timeoutMs + TIMEOUT_GRACE_MS;
  const asksNetwork = tool.builtin.usesNetwork === true;
  const egress = asksNetwork ? grantOf(options, tool.definition.secrets, policy, request) : null;
  const args = tool.remote === null ? request.arguments : toMcpCall(tool.remote, request.arguments);
  const { bundle } = tool.definition;
  const call = {
    engine,
    policy,
    policyDigest,
    request: { ...request, arguments: args },
    signal,
    onBroken,
    egress,
    asksNetwork,
    bundle,
  };
  const passage = await options.gate.pass({ tenant, toolId, key, runMs }, signal, () => runIsolated(options, call));
  if (passage.kind === "passed") return passage.value;
  const message = `${toolId} was not started: too many of its calls ran for as long as it may take (${policy.timeoutMs} ms)`;
  return fail({ code: "TOOL_TIMEOUT", message });
}

/** What the isolate of remote servers is sent instead of the model's arguments alone. */
const toMcpCall = ({ url, name }: RemoteEntry, args: ToolCallRequest["arguments"]) =>
  ({ action: "call", url, name, arguments: args }) satisfies McpRequest;

/** Null without a network. That `full` needs the operator's switch was asked by the catalogue. */
export function grantOf(
  { localOrigins = [] }: Pick<ToolHostOptions, "localOrigins">,
  secrets: readonly string[],
  policy: SandboxPolicy,
  { traceparent }: Pick<ToolCallRequest, "traceparent">,
): EgressGrant | null {
  switch (policy.network) {
    case "none":
      return null;
    case "egress_allowlist":
      return { rules: { hosts: policy.egressAllowlist, localOrigins }, secrets, traceparent };
    case "full":
      return { rules: { hosts: "any", localOrigins }, secrets, traceparent };
  }
}

function readSkill(skills: readonly Skill[], id: unknown): Ending {
  const skill = skills.find((known) => known.id === id);
  if (skill === undefined) {
    const known = skills.map((skill) => skill.id).join(", ");
    return fail({ code: "TOOL_ARGUMENTS", message: `There is no skill ${JSON.stringify(id)}. Skills: ${known}.` });
  }
  const resultJson = JSON.stringify(skill.body);
  if (utf8Length(resultJson) > RESULT_BYTES_MAX) {
    return fail({ code: "TOOL_LIMIT", message: `skill ${skill.id} is longer than ${RESULT_BYTES_MAX} bytes` });
  }
  return { success: true, resultJson, error: null, changes: [] };
}

type IsolateOptions = Pick<ToolHostOptions, "runnerFor" | "log">;

type IsolatedCall = Hold & {
  readonly engine: EngineName;
  readonly policy: SandboxPolicy;
  readonly policyDigest: Promise<string>;
  readonly request: ToolCallRequest;
  readonly egress: EgressGrant | null;
  readonly asksNetwork: boolean;
  readonly bundle: string | undefined;
};

export async function runIsolated(options: IsolateOptions, call: IsolatedCall): Promise<Ending> {
  const { engine, policy, request, egress, bundle } = call;
  const { cpuMs, ...limits } = workerLimits(policy);
  const visible = readableScopes(policy);
  const files = policy.filesystem === "none" ? [] : request.files();
  const workerRequest: WorkerRequest = {
    ...limits,
    arguments: request.arguments,
    files: files.filter((file) => isInScopes(file.path, visible)),
    timeoutMs: policy.timeoutMs,
    quota: WORKSPACE_QUOTA,
    key: request.key,
    traceparent: request.traceparent,
  };
  const runnerCall: RunnerCall = {
    engine,
    ...(bundle === undefined ? {} : { code: { owner: request.packOwner ?? "", digest: bundle } }),
    policyDigest: await call.policyDigest,
    timeoutMs: policy.timeoutMs + TIMEOUT_GRACE_MS,
    cpuMs,
    requestJson: JSON.stringify(workerRequest),
    ...(egress === null ? {} : { egress }),
  };
  const { tenant, taskId, toolId } = request;
  // The digest may have taken a moment: nothing is begun for a task that was cancelled meanwhile.
  call.signal.throwIfAborted();
  const answer = await callRunner(options.runnerFor({ tenant, taskId, toolId }, egress !== null), runnerCall, call);
  const ending = endingOf(options, call, { answer, files });
  return answer.egress === undefined ? ending : { ...ending, egress: answer.egress };
}

/** Broken: the call to the runner itself failed, so that nobody knows how far it came. */
type Answer = RunnerAnswer | (Pick<RunnerAnswer, "egress"> & { readonly kind: "broken"; readonly message: string });

function endingOf(
  options: IsolateOptions,
  call: IsolatedCall,
  { answer, files }: { readonly answer: Answer; readonly files: readonly ToolFile[] },
): Ending {
  const { policy, request, egress, asksNetwork } = call;
  const { tenant, taskId, toolId } = request;
  switch (answer.kind) {
    case "answer": {
      const wasDenied = (asksNetwork && egress === null) || answer.egress?.some(({ allowed }) => !allowed) === true;
      const said = readAnswer(answer.json);
      const parsed = parseAnswer(said, { policy, files, wasDenied });
      const ending = parsed.ok
        ? { success: true, error: null, ...parsed.value }
        : isInDoubt({ engine: call.engine, said, code: parsed.error.code, egress: answer.egress })
          ? breakOff(parsed.error)
          : fail(parsed.error);
      return call.bundle === undefined ? ending : { ...ending, ...consoleOf(said) };
    }
    case "timeout":
      return breakOff({
        code: "TOOL_TIMEOUT",
        message: `${toolId} was stopped after its timeout of ${policy.timeoutMs} ms`,
      });
    case "too_large":
      return breakOff({ code: "TOOL_LIMIT", message: `the answer of ${toolId} is too large to be read` });
    case "cancelled":
      return fail({ code: "TOOL_FAILED", message: `${toolId} was cancelled` });
    case "failed":
      return breakOff({ code: "TOOL_FAILED", message: `the isolate of ${toolId} failed` });
    case "unavailable":
    case "broken": {
      options.log.error("tool.unavailable", {
        tenant_id: tenant,
        task_id: taskId,
        tool_id: toolId,
        reason: answer.message,
      });
      if (answer.kind === "unavailable")
        return fail({ code: "TOOL_FAILED", message: `${toolId} could not be started` });
      return breakOff({ code: "TOOL_FAILED", message: `the way to ${toolId} broke off` });
    }
  }
}

/**
 * The runner's answer, or the signal's reason as soon as it aborts. The runner waits on the call back beside its
 * work; settling it makes the runner return and lets its invocation end, and that is what stops the isolate: so it is
 * settled on every way out of here.
 */
async function callRunner(stub: RunnerStub, call: RunnerCall, { signal, onBroken }: Hold): Promise<Answer> {
  const over = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => {
    over.resolve();
    aborted.reject(signal.reason);
  };
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  const answer = stub
    .run(call, () => over.promise)
    .catch((thrown: unknown): Answer => ({ kind: "broken", message: describeError(thrown) }));
  try {
    return await Promise.race([answer, aborted.promise]);
  } catch (thrown) {
    onBroken?.(answer.then(({ egress = [] }) => egress));
    throw thrown;
  } finally {
    signal.removeEventListener("abort", onAbort);
    over.resolve();
  }
}
