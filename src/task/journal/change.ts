/** What a task's journal is asked to take in one transaction. Applied, or refused, in journal.ts. */
import { assert } from "../../platform/index.ts";
import type { FileChange } from "../../tool/index.ts";
import type { Approval } from "../approval/approval.ts";
import type { Handoff } from "../handoff/handoff.ts";
import type { BrokenCall } from "../loop/broken-call.ts";
import type { TaskTransitionEvent } from "../transitions.ts";
import type { Intent } from "./approval-store.ts";
import type { DueChange } from "./due.ts";
import type { LogRecord } from "./event-store.ts";
import type { NewEvent } from "./frames.ts";
import { type CallResult, type History, resultOf, type Spent, type StepRecord } from "./history.ts";
import type { TaskRow } from "./task-row.ts";

type Patch = Partial<Omit<TaskRow, "request" | "state" | "createdAt" | "due">>;

export type Change = {
  /** Moves through the table, in order; any illegal one refuses the whole change. */
  readonly transitions?: readonly TaskTransitionEvent[];
  readonly patch?: Patch;
  readonly due?: DueChange;
  readonly events?: readonly NewEvent[];
  readonly step?: StepRecord;
  readonly result?: { readonly record: CallResult; readonly changes: readonly FileChange[] };
  readonly spent?: Spent;
  /** New, or as they are now. */
  readonly approvals?: readonly Approval[];
  readonly handoffs?: readonly Handoff[];
  /** Written down before a call is handed to its tool. */
  readonly intent?: Intent;
  /** Handed over, and come to no result; new, or as they are now. */
  readonly broken?: readonly BrokenCall[];
};

/** Whether nothing but the log is written for it. */
export function isLogAlone({ events: _events, step: _step, spent: _spent, result, ...others }: Change): boolean {
  return (result?.changes.length ?? 0) === 0 && Object.values(others).every((other) => other === undefined);
}

/** What of a change goes on record. One thing at most, and never twice. */
export function recordOf({ step, result, spent }: Change, history: History): LogRecord | null {
  if (step !== undefined) {
    assert(!history.steps.some(({ n }) => n === step.n), "a step is recorded once");
    return { kind: "step", body: JSON.stringify(step) };
  }
  if (result !== undefined) {
    const { record } = result;
    assert(resultOf(history, record.step, record.index) === undefined, "a call has one result");
    return { kind: "result", body: JSON.stringify(record) };
  }
  return spent === undefined ? null : { kind: "spent", body: JSON.stringify(spent) };
}
