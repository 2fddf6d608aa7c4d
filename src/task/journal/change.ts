/** What a task's journal is asked to take in one transaction. Applied, or refused, in journal.ts. */
import type { FileChange } from "../../tool/index.ts";
import type { Approval } from "../approval/approval.ts";
import type { Handoff } from "../handoff/handoff.ts";
import type { BrokenCall } from "../loop/broken-call.ts";
import type { TaskTransitionEvent } from "../transitions.ts";
import type { Intent } from "./approval-store.ts";
import type { DueChange } from "./due.ts";
import type { NewEvent } from "./frames.ts";
import type { CallResult, Spent, StepRecord } from "./history.ts";
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
