/**
 * A piece of work that a task handed to another pack: what is written down about it, and what comes of it. Pure. The
 * child is a task like any other; here stands what ties the two together. Doing it is hand-over.ts, hearing of its end
 * handoff-link.ts.
 */
import { addCharge, type Charge, NO_CHARGE, untoldCall } from "../../meter/index.ts";
import type { Label } from "../../policy/index.ts";
import type { DueChange } from "../journal/due.ts";
import type { NewEvent } from "../journal/frames.ts";
import { type CallDecision, type CallResult, callIdOf, type History, isModelsTurn } from "../journal/history.ts";
import { HANDOFF_CHECK_MS_MAX, HANDOFF_CHECK_MS_MIN, HANDOFF_OUTPUT_CHARS_MAX } from "../limits.ts";
import { chargeOf } from "../loop/budget.ts";
import type { CreateTask, TaskErrorCode, TaskState } from "../types.ts";

/** As it stands in the journal of the task that handed over. Times are epoch milliseconds. */
export type Handoff = {
  /** Of the call. */
  readonly step: number;
  readonly index: number;
  readonly toolName: string;
  readonly isAudited: boolean;
  /** What the policy said of the call; absent in handoffs made before it was asked. */
  readonly decision?: CallDecision;
  /** The pack looks for signals in what tools return; absent where it does not, and in handoffs made before it was kept. */
  readonly seeksSignals?: true;
  /** The child exactly as it is created, so that a repetition after a crash creates the same one. */
  readonly child: CreateTask;
  readonly startedAt: number;
  /** The child's object has it. */
  readonly isAccepted: boolean;
  /** Set once the child's end, or the parent's, is dealt with. */
  readonly settled: { readonly at: number; readonly charge: Charge } | null;
};

/** What a child says of its end. */
export type ChildReport = {
  readonly task_id: string;
  /** Of its parent's call. */
  readonly step: number;
  readonly index: number;
  readonly state: TaskState;
  readonly output: string | null;
  readonly error: { readonly code: TaskErrorCode; readonly message: string } | null;
  readonly charge: Charge;
  /** What came into it, and with its answer into its parent. */
  readonly taint: readonly Label[];
  /** Milliseconds from its acceptance to its end without those that it waited for a person. */
  readonly active_ms: number;
};

export const isOpen = ({ settled }: Handoff): boolean => settled === null;

export const handoffOf = (handoffs: readonly Handoff[], step: number, index: number): Handoff | undefined =>
  handoffs.find((handoff) => handoff.step === step && handoff.index === index);

export const settle = (handoff: Handoff, at: number, charge: Charge = NO_CHARGE): Handoff => ({
  ...handoff,
  isAccepted: true,
  settled: { at, charge },
});

/** Micros that are set aside for children at work: each may come to spend all of its part. */
export const setAsideFor = (handoffs: readonly Handoff[]): number =>
  handoffs.filter(isOpen).reduce((sum, { child }) => sum + (child.parent?.cost_limit_micros ?? 0), 0);

type End = Pick<ChildReport, "state" | "error"> & { readonly startedAt: number | null };

/** What a task that has ended may have cost at most: its parent goes on with the rest, and hears no second word of it. */
export function chargeAtEnd(history: History, handoffs: readonly Handoff[], end: End): Charge {
  const brokenOff = isMidTurn(history, end) ? 1 : 0;
  return addCharge(chargeOf(history, handoffs), { spentMicros: setAsideFor(handoffs), uncounted: brokenOff });
}

/** Of a child that cannot say any more: as much as it was given. */
export const unknownChargeOf = ({ child }: Handoff): Charge => untoldCall(child.parent?.cost_limit_micros ?? null);

/** Whether it was cut off where its model may have been at work: begun, and with no call that was to be answered first. */
function isMidTurn(history: History, { state, error, startedAt }: End): boolean {
  const isCut = state === "cancelled" || error?.code === "DEADLINE_EXCEEDED";
  if (!isCut || startedAt === null) return false;
  return isModelsTurn(history);
}

/** `changed` in place of what they were, by call. */
export const withChanged = (handoffs: readonly Handoff[], changed: readonly Handoff[]): Handoff[] => [
  ...handoffs.filter(({ step, index }) => handoffOf(changed, step, index) === undefined),
  ...changed,
];

/**
 * When the parent asks after its children by itself, should their own word be lost: the longer one takes, the more
 * seldom. A child may wait for a person for weeks.
 */
export function handoffDue(handoffs: readonly Handoff[], now: number): DueChange {
  const ages = handoffs.filter(isOpen).map(({ startedAt }) => now - startedAt);
  if (ages.length === 0) return { handoff: null };
  return { handoff: now + Math.min(HANDOFF_CHECK_MS_MAX, Math.max(HANDOFF_CHECK_MS_MIN, Math.min(...ages))) };
}

export const startedEvent = ({ step, index, child }: Handoff): NewEvent => ({
  type: "handoff.started",
  data: {
    call_id: callIdOf(step, index),
    task_id: child.task_id,
    pack_id: child.pack_id,
    pack_version: child.pack_version,
  },
});

/** The result of the call, from the child's end. */
export function toCallResult(handoff: Handoff, report: ChildReport, now: number): CallResult {
  const { step, index, toolName, isAudited, startedAt, decision } = handoff;
  const isSuccess = report.state === "done";
  return {
    step,
    index,
    success: isSuccess,
    resultJson: isSuccess ? JSON.stringify({ task_id: report.task_id, ...outputOf(report) }) : "null",
    error: isSuccess ? null : { code: "TOOL_FAILED", message: faultOf(handoff, report) },
    durationMs: Math.max(0, now - startedAt),
    toolName,
    at: now,
    ...(isSuccess && !isAudited ? { isUnaudited: true } : {}),
    ...(decision === undefined ? {} : { decision }),
    ...(report.taint.length === 0 ? {} : { taint: report.taint }),
  };
}

/** It goes into the model's context: a longer one is cut, and says so. The child's own task has it whole. */
function outputOf({ output }: ChildReport) {
  const text = output ?? "";
  if (text.length <= HANDOFF_OUTPUT_CHARS_MAX) return { output: text };
  return { output: text.slice(0, HANDOFF_OUTPUT_CHARS_MAX).toWellFormed(), truncated: true, characters: text.length };
}

function faultOf({ child }: Handoff, { task_id, state, error }: ChildReport): string {
  const why = error === null ? "" : ` ${error.code}: ${error.message}`;
  return `${child.pack_id} did not finish: its task ${task_id} is ${state}.${why}`;
}
