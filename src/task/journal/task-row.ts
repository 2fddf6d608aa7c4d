/** The one row of a task: what it was asked and where it stands. How it is kept is in journal.ts. */

import type { TaskState } from "../transitions.ts";
import type { CreateTask, TaskErrorCode } from "../types.ts";
import type { Due } from "./due.ts";
import type { Tail } from "./event-store.ts";
import type { GuardMarks, StepRecord } from "./history.ts";

export type Request = Omit<CreateTask, "replay" | "requested_by"> & {
  /** Absent in tasks that were accepted before it was recorded. */
  readonly requested_by?: string | null;
  readonly replay: { readonly source_task_id: string; readonly from_step: number; readonly dry_run: boolean } | null;
};

/** The one row of a task. Times are epoch milliseconds. */
export type TaskRow = {
  readonly request: Request;
  readonly state: TaskState;
  readonly epoch: number;
  readonly attempt: number;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  /** Since when the task waits for a person; null when it does not. That time does not count to its deadline. */
  readonly waitingSince: number | null;
  /** All that it waited for people before; absent in tasks that were accepted before it was added up. */
  readonly waitedMs?: number;
  readonly output: string | null;
  readonly finishReason: StepRecord["finishReason"] | null;
  readonly error: { readonly code: TaskErrorCode; readonly message: string } | null;
  /** When the task fails with DEADLINE_EXCEEDED; moved on by what it spends waiting. */
  readonly deadlineAt: number;
  readonly due: Due;
  /** Step up to which Postgres has every recorded call; absent before the first projection. */
  readonly projectedStep?: number;
  /** Event up to which the outbox has every one that leaves, and how many those are; absent before the first. */
  readonly toldSeq?: number;
  readonly toldEvents?: number;
} & GuardMarks;

/** The row as it is stored, beside what never changes. */
export type RowBody = Omit<TaskRow, "request"> & {
  /** Events that no row of the log has yet, or had not when this was written. */
  readonly tail?: Tail;
};

export const toBody = ({ request: _request, ...row }: TaskRow, tail: Tail | null): string =>
  JSON.stringify({ ...row, ...(tail === null ? {} : { tail }) } satisfies RowBody);

/** What this room wrote, it may read back as the type it wrote. */
export function parseJson<T>(text: string): T {
  return JSON.parse(text) as T;
}
