/** When a task has to be over, and how long it has worked. Pure. */
import { durationMs } from "../duration.ts";
import type { TaskRow } from "../journal/journal.ts";
import { DEADLINE_MS } from "../limits.ts";
import type { SopPosition } from "../sop/sop.ts";

type Times = Pick<TaskRow, "createdAt" | "startedAt" | "waitedMs" | "deadlineAt"> & {
  readonly request?: Pick<TaskRow["request"], "parent">;
};

/** A child gets no more than its parent has left. */
export const timeOf = (request?: Pick<TaskRow["request"], "parent">): number =>
  Math.min(DEADLINE_MS, request?.parent?.time_ms ?? DEADLINE_MS);

/** Milliseconds since the task was first started, without what it waited for people. */
export const workedMs = ({ startedAt, waitedMs = 0 }: Times, now: number): number =>
  Math.max(0, now - (startedAt ?? now) - waitedMs);

/**
 * Epoch milliseconds: the task's time after the acceptance, lowered by the `max_duration` of the procedure in progress, and
 * moved on by what was spent waiting. It is the task's own again when the procedure is over.
 */
export function deadlineOf(row: Times, position: SopPosition | null): number {
  const { createdAt, startedAt, waitedMs, deadlineAt } = row;
  // Accepted before waits were added up: what it would be is not known.
  if (waitedMs === undefined || startedAt === null) return deadlineAt;
  const own = createdAt + timeOf(row.request) + waitedMs;
  if (position === null) return own;
  return Math.min(own, startedAt + waitedMs + position.startedMs + durationMs(position.sop.max_duration));
}
