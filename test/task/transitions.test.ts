/** Every cell of the task table, legal and illegal, by name: 8 states x 9 events = 72 cases. */
import { describe, expect, it } from "vitest";
import {
  isEnded,
  nextTaskState,
  TASK_STATES,
  TASK_TRANSITION_EVENTS,
  type TaskState,
} from "../../src/task/transitions.ts";

/** The table of the architecture, written a second time on purpose: a cell changed by mistake differs from this. */
const LEGAL: Readonly<Record<TaskState, Readonly<Record<string, TaskState>>>> = {
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
};

describe("task transitions", () => {
  for (const from of TASK_STATES) {
    for (const event of TASK_TRANSITION_EVENTS) {
      const to = LEGAL[from][event];
      it(`${from} + ${event} -> ${to ?? "illegal"}`, () => {
        expect(nextTaskState(from, event)).toEqual(
          to ? { ok: true, value: to } : { ok: false, error: { reason: "illegal_transition", from, event } },
        );
      });
    }
  }

  it("reaches every state from queued", () => {
    const seen = new Set<TaskState>(["queued"]);
    for (const state of seen) for (const next of Object.values(LEGAL[state])) seen.add(next);
    expect([...seen].sort()).toEqual([...TASK_STATES].sort());
  });

  it("counts as ended exactly the states that nothing but burying leaves", () => {
    expect(TASK_STATES.filter(isEnded)).toEqual(["done", "failed", "cancelled", "dead_letter"]);
  });
});
