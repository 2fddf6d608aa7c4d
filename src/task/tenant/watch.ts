/**
 * What those who look after a task go by: whether it should be awake by now, and when it next wakes by itself. Pure; the
 * kick is the object's, the looking is the tenant's index's.
 */
import { isPast, nextDue } from "../journal/due.ts";
import type { TaskRow } from "../journal/journal.ts";
import { isEnded } from "../transitions.ts";
import type { TaskState } from "../types.ts";

/** What a task says to whoever looks after it. */
export type Watched = {
  readonly state: TaskState;
  /** Epoch milliseconds at which a task that waits wakes by itself; null when it does not, or does not wait. */
  readonly dueAt: number | null;
  /** That of a report made in the same moment; absent from code of before, during a deploy. */
  readonly version?: number;
};

/** Whether it stays as it is until somebody does something. */
export const isStill = (state: TaskState): boolean => isEnded(state) || state === "waiting";

type Row = Pick<TaskRow, "state" | "due">;

/** Whether a kick must wake it: it has work that nobody is at, or its time came and it slept on. */
export function isToWake({ state, due }: Row, now: number): boolean {
  switch (state) {
    case "queued":
      return true;
    case "retry":
      return isPast(due, "retry", now);
    case "running":
      return isPast(due, "lease", now);
    case "waiting":
    case "done":
    case "failed":
    case "cancelled":
    case "dead_letter":
      return (nextDue(due) ?? Number.POSITIVE_INFINITY) <= now;
  }
}

export const toWatched = ({ state, due }: Row, version: number) =>
  ({ state, dueAt: state === "waiting" ? nextDue(due) : null, version }) satisfies Watched;
