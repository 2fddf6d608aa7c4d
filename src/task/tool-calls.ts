/**
 * The tool calls of one step: admitted, run side by side up to the pack's limit, each result committed as it comes.
 * The intent of every call was committed with the reply that asked for it.
 */
import { childTrace, formatTraceparent, parseTraceparent } from "../platform/index.ts";
import { checkQuota, type ToolOutcome } from "../tool/index.ts";
import type { PendingCall } from "./decide.ts";
import { type CallResult, callIdOf, type History } from "./history.ts";
import { CALLS_PER_TURN_MAX } from "./limits.ts";
import { paused } from "./outcome.ts";
import { callKeyOf, end, hasTimeFor, printOf, type Run, type RunEnd } from "./run.ts";

/** Longest a single tool call may take: in line for a place, then running, each at most the cap of the packs' timeouts. */
const CALL_TIMEOUT_MS_MAX = 250_000;

/** Null when every call has its result and the run goes on. */
export async function callTools(
  run: Run,
  step: number,
  calls: readonly PendingCall[],
  mayHaveStarted: boolean,
): Promise<RunEnd | null> {
  const unknown = mayHaveStarted ? calls.find(({ call }) => !isSafeToStart(run, call)) : undefined;
  if (unknown !== undefined) {
    const reason = {
      reason: "unknown_outcome",
      call_id: callIdOf(step, unknown.index),
      tool_id: unknown.call.toolId,
    } as const;
    return end(run, paused(reason, run.services.clock.now()));
  }
  const before = callsBefore(run.history(), step);
  const queue = [...calls];
  let stop: RunEnd | null = null;
  const work = async () => {
    for (let next = queue.shift(); next !== undefined && stop === null; next = queue.shift()) {
      if (run.signal.aborted) stop ??= "overtaken";
      else if (!hasTimeFor(run, CALL_TIMEOUT_MS_MAX)) stop ??= "handover";
      else if (!(await callTool(run, step, next, before))) stop ??= "overtaken";
    }
  };
  const width = Math.max(1, Math.min(run.catalog.maxConcurrent, calls.length));
  const settled = await Promise.allSettled(Array.from({ length: width }, work));
  for (const one of settled) if (one.status === "rejected" && !run.signal.aborted) throw one.reason;
  return run.signal.aborted ? "overtaken" : stop;
}

/** A refused call starts nothing, so only admitted calls of unrepeatable tools are in doubt. */
const isSafeToStart = (run: Run, call: PendingCall["call"]): boolean =>
  run.row().request.replay?.dry_run === true || run.catalog.mayRepeat(call.toolId, call.arguments);

const callsBefore = (history: History, step: number): number =>
  history.steps.filter(({ n }) => n < step).reduce((sum, { toolCalls }) => sum + toolCalls.length, 0);

/** False when the run was overtaken. */
async function callTool(run: Run, step: number, pending: PendingCall, before: number): Promise<boolean> {
  const outcome = withinQuota(run, await outcomeOf(run, step, pending, before));
  const record: CallResult = {
    step,
    index: pending.index,
    success: outcome.success,
    resultJson: outcome.resultJson,
    error: outcome.error,
    durationMs: outcome.durationMs,
    toolName: run.catalog.nameOf(pending.call.toolId),
    at: run.services.clock.now(),
    ...(isQuiet(outcome) && !run.catalog.isAudited(pending.call.toolId) ? { isUnaudited: true } : {}),
    ...egressOf(outcome),
  };
  return run.commit({
    result: { record, changes: outcome.changes },
    events: [
      {
        type: "tool.result",
        data: {
          call_id: callIdOf(step, pending.index),
          tool_id: pending.call.toolId,
          success: record.success,
          ...(record.error === null ? { result: JSON.parse(record.resultJson) } : { error: record.error }),
          duration_ms: record.durationMs,
          ...egressOf(outcome),
        },
      },
    ],
  });
}

/** A call that did what it was allowed to, and tried nothing else. */
const isQuiet = ({ success, egress = [] }: ToolOutcome): boolean => success && egress.every(({ allowed }) => allowed);

/** What the call asked of the network stands beside its result, in the record as in the event. */
const egressOf = ({ egress }: ToolOutcome) => (egress === undefined ? {} : { egress });

const refused = (error: NonNullable<ToolOutcome["error"]>): ToolOutcome => ({
  success: false,
  resultJson: "null",
  error,
  durationMs: 0,
  changes: [],
});

async function outcomeOf(run: Run, step: number, pending: PendingCall, before: number): Promise<ToolOutcome> {
  const { call, index } = pending;
  if (pending.overTurnLimit) {
    return refused({
      code: "TOOL_LIMIT",
      message: `One turn may ask for ${CALLS_PER_TURN_MAX} calls; this one is over it.`,
    });
  }
  const refusal = run.catalog.admit({ toolId: call.toolId, arguments: call.arguments, callsBefore: before + index });
  if (refusal !== null) return refused(refusal);
  const row = run.row();
  if (row.request.replay?.dry_run) return dryRun(run, step, index);
  if (call.arguments.kind !== "object") return refused({ code: "TOOL_ARGUMENTS", message: call.arguments.problem });
  return run.host.execute(
    {
      tenant: row.request.tenant,
      taskId: row.request.task_id,
      toolId: call.toolId,
      arguments: call.arguments.value,
      key: await callKeyOf(row, step, index),
      files: run.files(),
      traceparent: formatTraceparent(childTrace(parseTraceparent(row.request.traceparent))),
    },
    run.signal,
  );
}

/**
 * Calls of one turn run side by side on the same snapshot: two that fit alone may not fit together. From here to the
 * commit nothing else can run, so the one that is recorded last is the one that does not fit.
 */
function withinQuota(run: Run, outcome: ToolOutcome): ToolOutcome {
  if (outcome.changes.length === 0) return outcome;
  const problem = checkQuota(run.files(), outcome.changes);
  return problem === null
    ? outcome
    : { ...refused({ code: "TOOL_LIMIT", message: problem }), durationMs: outcome.durationMs, ...egressOf(outcome) };
}

/** A dry run calls no tool at all: what the source task recorded for the same call, or a note that there is none. */
function dryRun(run: Run, step: number, index: number): ToolOutcome {
  const record = run.history().steps.find(({ n }) => n === step);
  const recorded = record === undefined ? null : run.recordedResult(printOf(record, index));
  const nothing = { dry_run: true, note: "Not called: this is a dry run and no earlier result is recorded." };
  return {
    success: recorded?.success ?? true,
    resultJson: recorded?.resultJson ?? JSON.stringify(nothing),
    error: recorded?.error ?? null,
    durationMs: 0,
    changes: [],
  };
}
