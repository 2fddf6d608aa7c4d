/** When a task has to be over, with a procedure in progress and without, waits included. */
import { describe, expect, it } from "vitest";
import { DEADLINE_MS } from "../../src/task/limits.ts";
import { deadlineOf, workedMs } from "../../src/task/loop/deadline.ts";
import type { SopPosition } from "../../src/task/sop/sop.ts";

const MINUTE = 60_000;
const ROW = { createdAt: 1_000, startedAt: 2_000, waitedMs: 0, deadlineAt: 1_000 + DEADLINE_MS };

function inProgress(maxDuration: string, startedMs: number): SopPosition {
  const step = {
    id: "s",
    action: "a",
    tool: null,
    on_success: "",
    on_failure: "",
    timeout: "5m",
    requires_approval: false,
  };
  const sop = { id: "a", name: "A", trigger: "t", steps: [step], max_duration: maxDuration, escalation: "" };
  return { sop, step, path: ["s"], startedMs, sinceMs: startedMs };
}

describe("a task's deadline", () => {
  it("is an hour after the acceptance", () => {
    expect(deadlineOf(ROW, null)).toBe(ROW.deadlineAt);
  });

  it("is lowered to the end of the procedure in progress, and is its own again afterwards", () => {
    const lowered = deadlineOf(ROW, inProgress("10m", 3 * MINUTE));
    expect(lowered).toBe(2_000 + 13 * MINUTE);
    expect(deadlineOf({ ...ROW, deadlineAt: lowered }, null)).toBe(ROW.deadlineAt);
  });

  it("is never raised by a procedure", () => {
    expect(deadlineOf(ROW, inProgress("2h", 0))).toBe(ROW.deadlineAt);
  });

  it("moves by what the task waited, with a procedure and without", () => {
    const waited = { ...ROW, waitedMs: 100 * MINUTE };
    expect(deadlineOf(waited, null)).toBe(ROW.deadlineAt + 100 * MINUTE);
    expect(deadlineOf(waited, inProgress("10m", 0))).toBe(2_000 + 110 * MINUTE);
  });

  it("stays what it is for a task whose waits were not added up", () => {
    const { waitedMs: _, ...old } = { ...ROW, deadlineAt: 5 };
    expect(deadlineOf(old, inProgress("1m", 0))).toBe(5);
  });
});

describe("the time a task has worked", () => {
  it("begins when it is started and leaves out what it waited", () => {
    expect(workedMs({ ...ROW, startedAt: null }, 9_000)).toBe(0);
    expect(workedMs(ROW, 9_000)).toBe(7_000);
    expect(workedMs({ ...ROW, waitedMs: 5_000 }, 9_000)).toBe(2_000);
  });
});
