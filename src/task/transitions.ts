/**
 * The life of a task as one table: state x event -> next state. A missing cell is an illegal move, an empty row a
 * terminal state. Pure: no clock, no storage. The journal is the only writer of a task's state, through this table.
 */
import { assert, err, ok, type Result } from "../platform/index.ts";
import { TASK_STATES, type TaskState } from "./types.ts";

export { TASK_STATES, type TaskState };

export const TASK_TRANSITION_EVENTS = [
  "started",
  "finished",
  "attempt_failed",
  "attempts_exhausted",
  "failed",
  "paused",
  "resumed",
  "cancelled",
  "buried",
] as const;
export type TaskTransitionEvent = (typeof TASK_TRANSITION_EVENTS)[number];

export const TASK_TRANSITIONS = {
  queued: { started: "running", failed: "failed", cancelled: "cancelled" },
  running: {
    finished: "done",
    attempt_failed: "retry",
    attempts_exhausted: "failed",
    failed: "failed",
    paused: "waiting",
    cancelled: "cancelled",
  },
  waiting: { failed: "failed", resumed: "queued", cancelled: "cancelled" },
  retry: { started: "running", attempts_exhausted: "failed", failed: "failed", cancelled: "cancelled" },
  failed: { buried: "dead_letter" },
  done: {},
  cancelled: {},
  dead_letter: {},
} as const satisfies Record<TaskState, Partial<Record<TaskTransitionEvent, TaskState>>>;

/** After one of these nothing follows, but for the last after a failure, in the same commit. */
export const END_EVENTS: readonly string[] = ["task.done", "task.failed", "task.cancelled", "task.dead_letter"];

export type IllegalTransition = {
  readonly reason: "illegal_transition";
  readonly from: TaskState;
  readonly event: TaskTransitionEvent;
};

/** Next state, or why the event cannot happen now. */
export function nextTaskState(from: TaskState, event: TaskTransitionEvent): Result<TaskState, IllegalTransition> {
  const row: Partial<Record<TaskTransitionEvent, TaskState>> = TASK_TRANSITIONS[from];
  const to = row[event];
  return to === undefined ? err({ reason: "illegal_transition", from, event }) : ok(to);
}

/** States a client sees as the end: streams close, cancel answers 409 (200 for `cancelled`). */
export const isEnded = (state: TaskState): boolean =>
  state === "done" || state === "failed" || state === "cancelled" || state === "dead_letter";

/** A stored state back as one; the database holds no other, by its own constraint. */
export function parseTaskState(value: unknown): TaskState {
  const state = TASK_STATES.find((known) => known === value);
  assert(state !== undefined, "a stored state is one of the table");
  return state;
}
