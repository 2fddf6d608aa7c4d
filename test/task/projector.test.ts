/** What Postgres is told while the task goes on meanwhile. */
import { describe, expect, it } from "vitest";
import { createLog } from "../../src/platform/index.ts";
import { changeDue } from "../../src/task/due.ts";
import type { Change, TaskRow } from "../../src/task/journal.ts";
import type { Snapshot } from "../../src/task/projection-store.ts";
import { Projector } from "../../src/task/projector.ts";
import { call, result, step } from "./history.ts";

const ROW: TaskRow = {
  request: {
    tenant: "tenant-123",
    task_id: "00000000-0000-8000-8000-000000000001",
    pack_id: "hello",
    pack_version: "1.0.0",
    pack_digest: "d",
    pack_owner: "_shared",
    input: "Hi",
    session_id: null,
    metadata: {},
    tier: "tier-2",
    idempotency_key: "key",
    fingerprint: "f",
    trace_id: "t",
    traceparent: "",
    replay: null,
  },
  state: "running",
  epoch: 1,
  attempt: 0,
  createdAt: 0,
  startedAt: 0,
  finishedAt: null,
  waitingSince: null,
  output: null,
  finishReason: null,
  error: null,
  deadlineAt: 1,
  due: { projection: 30_000 },
};

describe("the projector", () => {
  it("tells the calls that were recorded while an earlier telling was under way", async () => {
    const steps = [step(0, [call("a")])];
    const results: ReturnType<typeof result>[] = [];
    const journal = { row: ROW, history: { steps, results, spent: [] }, lastSeq: 3, updatedAt: 0, events: () => [] };
    const change = (made: Change): boolean => {
      journal.row = { ...journal.row, ...made.patch, due: changeDue(journal.row.due, made.due ?? {}) };
      return true;
    };
    const told: Snapshot[] = [];
    const projector = new Projector({
      port: {
        flush: async (snapshot) => {
          told.push(snapshot);
          // Between the snapshot and its landing the call ends and the next step begins.
          if (told.length === 1) {
            results.push({ ...result(0, 0), toolName: "Tool A" });
            steps.push(step(1, [call("b")]));
          }
          return "landed";
        },
      },
      journal,
      change,
      background: () => undefined,
      clock: { now: () => 0, sleep: async () => undefined },
      random: () => 0,
      log: () => createLog({}, () => undefined),
    });
    await projector.flush();
    expect(journal.row.due.projection).toBeUndefined();
    results.push(result(1, 0));
    await projector.flush();
    expect(told.map(({ executions }) => executions.map(({ step: n, tool_name }) => [n, tool_name]))).toEqual([
      [],
      [
        [0, "Tool A"],
        [1, "b"],
      ],
    ]);
  });
});
