/**
 * The tool calls of one step: those that may go ahead run side by side up to the pack's limit, each result committed as
 * it comes. Which may is decided in call-plan.ts. That a call was asked for was committed with the reply; that it is
 * handed over is committed here, where making it twice would do something twice.
 */
import {
  checkQuota,
  type EgressRecord,
  HANDOFF_TOOL_ID,
  SOP_TOOL_ID,
  type ToolCallRequest,
  type ToolOutcome,
} from "../../tool/index.ts";
import { isLapsed } from "../approval/approval.ts";
import { handOver } from "../handoff/hand-over.ts";
import type { NewEvent } from "../journal/frames.ts";
import type { CallDecision, CallResult } from "../journal/history.ts";
import { standingAt } from "../sop/sop.ts";
import { answerMove } from "../sop/sop-rules.ts";
import { planCalls, type ReadyCall } from "./call-plan.ts";
import type { PendingCall } from "./decide.ts";
import { callKeyOf, childTraceOf, hasTimeFor, printOf, type Run, type RunEnd } from "./run.ts";
import { toolResultEvent } from "./tool-result.ts";

/** Longest a single tool call may take: in line for a place, then running, each at most the cap of the packs' timeouts. */
const CALL_TIMEOUT_MS_MAX = 250_000;

/** What is told in the commit of a result, besides the result. */
export type Sequel = (result: CallResult) => readonly NewEvent[];

/** Null when a call came to its result and the run looks again at what is left. */
export async function callTools(
  run: Run,
  step: number,
  calls: readonly PendingCall[],
  sequel: Sequel,
): Promise<RunEnd | null> {
  const plan = await planCalls(run, step, calls);
  if (typeof plan === "string") return plan;
  const queue = [...plan];
  let stop: RunEnd | null = null;
  const work = async () => {
    for (let next = queue.shift(); next !== undefined && stop === null; next = queue.shift()) {
      if (run.signal.aborted) stop ??= "overtaken";
      else if (!hasTimeFor(run, CALL_TIMEOUT_MS_MAX)) stop ??= "handover";
      else if (!(await callTool(run, step, next, sequel))) stop ??= "overtaken";
    }
  };
  const width = Math.max(1, Math.min(run.catalog.maxConcurrent, plan.length));
  const settled = await Promise.allSettled(Array.from({ length: width }, work));
  for (const one of settled) if (one.status === "rejected" && !run.signal.aborted) throw one.reason;
  return run.signal.aborted ? "overtaken" : stop;
}

/** False when the run was overtaken. */
async function callTool(run: Run, step: number, ready: ReadyCall, sequel: Sequel): Promise<boolean> {
  const given = await outcomeOf(run, step, ready);
  if (typeof given === "string") return given === "left";
  const { call, index } = ready.pending;
  const outcome = withinQuota(run, given);
  // Its row says that it was started, and no result will: the next look asks a person what became of it.
  if (outcome.isInDoubt === true && outcome.error !== null && ready.isOnce) {
    const { error, egress } = outcome;
    return run.underWay.breakOff({ step, index }, { error, egress }, run.commit);
  }
  const decision = given.decision ?? ready.decision;
  const record: CallResult = {
    step,
    index,
    success: outcome.success,
    resultJson: outcome.resultJson,
    error: outcome.error,
    durationMs: outcome.durationMs,
    toolName: run.catalog.nameOf(call.toolId),
    at: run.services.clock.now(),
    ...(isQuiet(outcome) && !ready.mustAudit && !run.catalog.isAudited(call.toolId) ? { isUnaudited: true } : {}),
    ...(decision === null ? {} : { decision }),
    ...(given.isRefused === true ? { isRefused: true } : {}),
    ...egressOf(outcome),
    ...(outcome.console === undefined ? {} : { console: outcome.console }),
  };
  const isOurs = run.commit({
    result: { record, changes: outcome.changes },
    events: [toolResultEvent(record, call.toolId), ...sequel(record)],
  });
  if (!isOurs) run.underWay.leave(step, index, Promise.resolve(outcome.egress ?? []));
  return isOurs;
}

type Outcome = ToolOutcome & {
  /** What denied it, where that was another question than the one about the call. */
  readonly decision?: CallDecision;
  /** Its tool never saw it. */
  readonly isRefused?: true;
};

const decisionOf = ({ decision }: Pick<Outcome, "decision">) => (decision === undefined ? {} : { decision });

/** A call that did what it was allowed to, and tried nothing else. */
const isQuiet = ({ success, egress = [] }: ToolOutcome): boolean => success && egress.every(({ allowed }) => allowed);

const egressOf = ({ egress }: ToolOutcome) => (egress === undefined ? {} : { egress });

const failed = (error: NonNullable<ToolOutcome["error"]>): ToolOutcome => ({
  success: false,
  resultJson: "null",
  error,
  durationMs: 0,
  changes: [],
});

const refused = (error: NonNullable<ToolOutcome["error"]>): Outcome => ({ ...failed(error), isRefused: true });

/** The answer of the `sop` tool: its calls reach no isolate, for where the task stands is its own. */
function moved(run: Run, step: number, args: Readonly<Record<string, unknown>>): ToolOutcome {
  const { sop } = run.config.workflow;
  const resultJson = answerMove(standingAt(run.history(), sop, step), sop, args);
  return { success: true, resultJson, error: null, durationMs: 0, changes: [] };
}

/** Left: it is judged anew, for an approval ran out while it stood in line, or a child has it now. Overtaken: this run does not count. */
async function outcomeOf(run: Run, step: number, ready: ReadyCall): Promise<Outcome | "left" | "overtaken"> {
  const { call, index } = ready.pending;
  if (ready.refusal !== null) return refused(ready.refusal);
  const row = run.row();
  const isMove = call.toolId === SOP_TOOL_ID;
  // A move touches nothing, and a dry run without it would stand elsewhere.
  if (row.request.replay?.dry_run && !isMove) return dryRun(run, step, index);
  if (call.arguments.kind !== "object") return refused({ code: "TOOL_ARGUMENTS", message: call.arguments.problem });
  const key = await callKeyOf(row, step, index);
  const intended = intend(run, step, ready);
  if (intended !== "intended") return intended;
  if (isMove) return moved(run, step, call.arguments.value);
  if (call.toolId === HANDOFF_TOOL_ID) {
    const handed = await handOver(run, step, ready);
    if (handed.kind === "refused") return { ...refused(handed.error), ...decisionOf(handed) };
    return handed.kind === "away" ? "left" : "overtaken";
  }
  return execute(run, step, ready, {
    tenant: row.request.tenant,
    taskId: row.request.task_id,
    toolId: call.toolId,
    arguments: call.arguments.value,
    key,
    files: () => run.files(),
    traceparent: childTraceOf(row),
    packOwner: row.request.pack_owner,
    isApproved: ready.isApproved,
  });
}

/** Rejects when the run is stopped; what the call asked of the network until then is recorded all the same. */
async function execute(run: Run, step: number, ready: ReadyCall, request: ToolCallRequest): Promise<ToolOutcome> {
  const { index } = ready.pending;
  const toolName = run.catalog.nameOf(request.toolId);
  run.underWay.begin({ step, index, toolName, ...(ready.decision === null ? {} : { decision: ready.decision }) });
  let late: Promise<readonly EgressRecord[]> = Promise.resolve([]);
  try {
    return await run.host.execute(request, run.signal, (egress) => {
      late = egress;
    });
  } catch (thrown) {
    run.underWay.leave(step, index, late);
    throw thrown;
  }
}

/** Writes down that the call is handed over, and with it the use of its approval. A cheap tool's call pays for neither. */
function intend(run: Run, step: number, ready: ReadyCall): "intended" | "left" | "overtaken" {
  if (ready.uses === null && !ready.isOnce) return "intended";
  const at = run.services.clock.now();
  const uses = run.approvals().find(({ n }) => n === ready.uses) ?? null;
  if (uses !== null && (uses.expiredAt !== null || isLapsed(uses, at))) return "left";
  const intent = { step, index: ready.pending.index, at, uses, isOnce: ready.isOnce };
  return run.commit({ intent }) ? "intended" : "overtaken";
}

/**
 * Calls of one turn run side by side on the same snapshot: two that fit alone may not fit together. From here to the
 * commit nothing else can run, so the one that is recorded last is the one that does not fit.
 */
function withinQuota(run: Run, outcome: ToolOutcome): ToolOutcome {
  if (outcome.changes.length === 0) return outcome;
  const problem = checkQuota(run.files(), outcome.changes);
  if (problem === null) return outcome;
  const { durationMs } = outcome;
  return { ...failed({ code: "TOOL_LIMIT", message: problem }), durationMs, ...egressOf(outcome), isInDoubt: true };
}

/** A dry run calls no tool at all: what the source task recorded for the same call, or a note that there is none. */
function dryRun(run: Run, step: number, index: number): Outcome {
  const record = run.history().steps.find(({ n }) => n === step);
  const recorded = record === undefined ? null : run.recordedResult(printOf(record, index));
  const nothing = { dry_run: true, note: "Not called: this is a dry run and no earlier result is recorded." };
  return {
    success: recorded?.success ?? true,
    resultJson: recorded?.resultJson ?? JSON.stringify(nothing),
    error: recorded?.error ?? null,
    durationMs: 0,
    changes: [],
    ...(recorded?.isRefused === true ? { isRefused: true } : {}),
  };
}
