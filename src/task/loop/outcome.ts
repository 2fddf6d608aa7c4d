/**
 * The changes that end, pause or postpone a run, as data. Pure: each function says what the journal should take in
 * one transaction, so that the state, the error, the events and the next due time can never disagree.
 */
import { NO_USAGE } from "../../meter/index.ts";
import type { TurnFailure } from "../../model/index.ts";
import { formatMicros, type Random, toRfc3339, unreachable } from "../../platform/index.ts";
import type { DueChange } from "../journal/due.ts";
import type { NewEvent } from "../journal/frames.ts";
import { type History, isModelsTurn, lastTextOf, spentOf, totalsOf } from "../journal/history.ts";
import type { Change, TaskRow } from "../journal/journal.ts";
import { StorageLimitError } from "../journal/storage-limit.ts";
import { ACCEPT_NET_MS, ATTEMPTS_MAX, LEASE_MS } from "../limits.ts";
import type { ApprovalKind, CreateTask, TaskErrorCode, TaskEvent, TaskView } from "../types.ts";
import { nextRetryDelayMs } from "./backoff.ts";

type Now = { readonly now: number; readonly retentionMs: number };

/** No work is due any more; the retention starts. */
const endedDue = ({ now, retentionMs }: Now): DueChange => ({
  lease: null,
  retry: null,
  slot: null,
  deadline: null,
  approval: null,
  handoff: null,
  retention: now + retentionMs,
});

export const usageView = (history: History): Pick<TaskView, "usage" | "cost_usd"> => {
  const { usage, costMicros } = totalsOf(history);
  return {
    usage: {
      input_tokens: usage.inputTokens,
      cache_read_tokens: usage.cacheReadTokens,
      cache_write_tokens: usage.cacheWriteTokens,
      output_tokens: usage.outputTokens,
    },
    cost_usd: costMicros === null ? null : formatMicros(costMicros),
  };
};

export const finished = (
  history: History,
  answer: { readonly output: string; readonly finishReason: NonNullable<TaskRow["finishReason"]> },
  at: Now,
): Change => ({
  transitions: ["finished"],
  patch: { output: answer.output, finishReason: answer.finishReason, finishedAt: at.now },
  due: endedDue(at),
  events: [
    {
      type: "task.done",
      data: {
        output: answer.output,
        finish_reason: answer.finishReason,
        steps_taken: history.steps.length,
        ...usageView(history),
      },
    },
  ],
});

/** The failure that no retry mends. What the run had to say so far is kept as output. */
export const failed = (
  history: History,
  error: { readonly code: TaskErrorCode; readonly message: string },
  at: Now & { readonly outputMaxLength: number },
): Change => ({
  transitions: ["failed"],
  patch: { error, finishedAt: at.now, output: lastTextOf(history)?.slice(0, at.outputMaxLength) ?? null },
  due: endedDue(at),
  events: [{ type: "task.failed", data: { error, steps_taken: history.steps.length, ...usageView(history) } }],
});

export const deadlineExceeded = (history: History, at: Now): Change =>
  failed(
    history,
    { code: "DEADLINE_EXCEEDED", message: "The task took longer than it may take." },
    // What the run said so far was within its limit, or it would have ended for that.
    { ...at, outputMaxLength: Number.MAX_SAFE_INTEGER },
  );

export const packGone = (history: History, request: TaskRow["request"], at: Now): Change => {
  const message = `The registry no longer has ${request.pack_id} ${request.pack_version}.`;
  return failed(history, { code: "PACK_NOT_FOUND", message }, { ...at, outputMaxLength: Number.MAX_SAFE_INTEGER });
};

export const acceptedEvent = ({ trace_id, pack_id, pack_version, replay, parent }: CreateTask): NewEvent => ({
  type: "task.queued",
  data: {
    trace_id,
    pack_id,
    pack_version,
    ...(replay && { replay_of: replay.source_task_id, from_step: replay.from_step }),
    ...(parent && { parent_task_id: parent.task_id }),
  },
});

/**
 * A new epoch with the task `running`. A handover says nothing: the run before stopped between two pieces of work.
 * @param at.last the task's last event.
 */
export function started(
  row: TaskRow,
  at: {
    readonly now: number;
    readonly isHandover: boolean;
    readonly last: readonly TaskEvent[];
  },
): Change {
  const { now, isHandover, last } = at;
  const isGoingOn = row.state === "running";
  const type = isGoingOn ? "task.resumed" : "task.started";
  return {
    transitions: isGoingOn ? [] : ["started"],
    patch: { epoch: row.epoch + 1, startedAt: row.startedAt ?? now },
    due: { lease: now + LEASE_MS, retry: null, slot: null, deadline: row.deadlineAt },
    events: isGoingOn && isHandover ? [] : [...voidText(last), { type, data: { attempt: row.attempt } }],
  };
}

/** Text of a turn that broke off is void: the turn is made again. @param last the task's last event. */
const voidText = (last: readonly TaskEvent[]): NewEvent[] =>
  last[0]?.type === "text.delta" ? [{ type: "text.reset", data: { step: last[0].data.step } }] : [];

export const cancelled = (row: TaskRow, at: Now): Change => ({
  transitions: ["cancelled"],
  patch: { finishedAt: at.now, waitingSince: null, ...withWaited(row, waitOf(row, at.now)) },
  due: endedDue(at),
  events: [{ type: "task.cancelled", data: {} }],
});

/** Held for a person or a child: nothing of it is due until that one is done; a person's time counts to no deadline. */
export const paused = (
  held: {
    readonly reason: ApprovalKind | "handoff";
    readonly approval_ids: readonly string[];
    readonly child_task_ids?: readonly string[];
  },
  now: number,
): Change => ({
  transitions: ["paused"],
  patch: { waitingSince: now },
  due: { lease: null, retry: null, slot: null, deadline: null },
  events: [{ type: "task.waiting", data: { ...held } }],
});

/** How long the wait under way has lasted; 0 when the task does not wait. */
const waitOf = ({ waitingSince }: Pick<TaskRow, "waitingSince">, now: number): number =>
  Math.max(0, now - (waitingSince ?? now));

/** Not added up for a task that was accepted before it was. */
const withWaited = ({ waitedMs }: Pick<TaskRow, "waitedMs">, ms: number): { readonly waitedMs?: number } =>
  waitedMs === undefined ? {} : { waitedMs: waitedMs + ms };

/**
 * On its way again after a wait: it takes a running slot anew, and its deadline moves by what it waited.
 * @param workedMs of the wait, how long a child was at work: that is the task's own time.
 */
export function resumed(
  row: Pick<TaskRow, "waitingSince" | "waitedMs" | "deadlineAt" | "attempt">,
  now: number,
  workedMs = 0,
): Change {
  const waited = Math.max(0, waitOf(row, now) - workedMs);
  const deadlineAt = row.deadlineAt + waited;
  return {
    transitions: ["resumed"],
    patch: { waitingSince: null, deadlineAt, ...withWaited(row, waited) },
    due: { lease: now + ACCEPT_NET_MS, deadline: deadlineAt },
    // The same event says that a run which was cut off goes on; that one leads to `running`.
    events: [{ type: "task.resumed", data: { attempt: row.attempt, state: "queued" } }],
  };
}

export type TurnFailureContext = Now & {
  readonly attempt: number;
  readonly random: Random;
  readonly outputMaxLength: number;
  /** Text of this step that was already sent and is void now. */
  readonly voidStep: number | null;
};

/** What a failed model turn leads to: the end, another attempt, or waiting out an outage. */
export function turnFailed(history: History, failure: TurnFailure, context: TurnFailureContext): Change {
  const reset: NewEvent[] = context.voidStep === null ? [] : [{ type: "text.reset", data: { step: context.voidStep } }];
  const spent = spentOf(failure);
  const withReset = (change: Change): Change => ({ ...change, spent, events: [...reset, ...(change.events ?? [])] });
  switch (failure.kind) {
    case "fatal": {
      const code = failure.code === "PROVIDER_ERROR" ? "PROVIDER_UNAVAILABLE" : failure.code;
      return withReset(failed(history, { code, message: failure.message }, context));
    }
    case "outage":
      return withReset(retryAt(context.now + (failure.retryAfterMs ?? 1_000), context.attempt, failure, "outage"));
    case "attempt": {
      if (context.attempt >= ATTEMPTS_MAX) return withReset(exhausted(history, failure, context));
      const attempt = context.attempt + 1;
      const delayMs = failure.retryAfterMs ?? nextRetryDelayMs(attempt, context.random);
      return withReset(retryAt(context.now + delayMs, attempt, failure, "attempt_failed"));
    }
    default:
      return unreachable(failure.kind);
  }
}

const retryAt = (at: number, attempt: number, failure: TurnFailure, reason: "outage" | "attempt_failed"): Change => ({
  transitions: ["attempt_failed"],
  patch: { attempt },
  due: { lease: null, slot: null, retry: at },
  events: [
    {
      type: "task.retry",
      data: { attempt, reason, code: failure.code, message: failure.message, retry_at: toRfc3339(at) },
    },
  ],
});

/** Given up: failed, and buried in the same commit, so no reader ever sees the one without the other. */
function exhausted(history: History, failure: TurnFailure, context: TurnFailureContext): Change {
  const error = {
    code: "ATTEMPTS_EXHAUSTED",
    message: `Gave up after ${ATTEMPTS_MAX} retries; the last failure was: ${failure.message}`,
  } as const;
  const end = failed(history, error, context);
  return {
    ...end,
    transitions: ["attempts_exhausted", "buried"],
    events: [...(end.events ?? []), { type: "task.dead_letter", data: { error } }],
  };
}

/**
 * A fault of our own broke the run. A full storage ends the task; anything else costs an attempt, so that a fault
 * that comes every time ends in dead_letter and not in a circle.
 */
export function faulted(history: History, thrown: unknown, context: Omit<TurnFailureContext, "voidStep">): Change {
  if (thrown instanceof StorageLimitError) {
    return failed(history, { code: "STORAGE_LIMIT", message: "The task's storage is full." }, context);
  }
  const failure: TurnFailure = {
    kind: "attempt",
    code: "PROVIDER_ERROR",
    message: "The run broke off on a fault of the runtime.",
    retryAfterMs: null,
    usage: NO_USAGE,
    // A model may have been at work, and what it took is not known.
    costMicros: isModelsTurn(history) ? null : 0,
  };
  return turnFailed(history, failure, { ...context, voidStep: null });
}
