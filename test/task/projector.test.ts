/** What Postgres is told while the task goes on meanwhile. */
import { describe, expect, it } from "vitest";
import { createLog } from "../../src/platform/index.ts";
import type { Decision } from "../../src/policy/index.ts";
import type { Approval } from "../../src/task/approval/approval.ts";
import { changeDue } from "../../src/task/journal/due.ts";
import type { Change, TaskRow } from "../../src/task/journal/journal.ts";
import { BROKEN_WAIT_MS, PROJECTION_BATCH_CALLS } from "../../src/task/limits.ts";
import type { BrokenCall } from "../../src/task/loop/broken-call.ts";
import type { ProjectionPort } from "../../src/task/projection/projection.ts";

import type { Snapshot } from "../../src/task/projection/projection-store.ts";
import { Projector } from "../../src/task/projection/projector.ts";
import { toolQuestion } from "../policy/questions.ts";
import { approval, decided as decidedAs } from "./approvals.ts";
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

type Steps = ReturnType<typeof step>[];
type Results = ReturnType<typeof result>[];

/** What else is in the journal, and the time. */
type More = { broken?: readonly BrokenCall[]; readonly approvals?: readonly Approval[]; now?: number };

/** A projector over this history; `onTold` may change it while it is told. */
function projecting(
  steps: Steps,
  results: Results,
  onTold: (telling: number) => void = () => undefined,
  more: More = {},
) {
  const journal = {
    ...{ row: ROW, history: { steps, results, spent: [] }, lastSeq: 3, updatedAt: 0, events: () => [] },
    ...{ approvals: () => [...(more.approvals ?? [])], broken: () => [...(more.broken ?? [])] },
  };
  const told: Snapshot[] = [];
  const projector = new Projector({
    port: {
      flush: async (snapshot) => {
        onTold(told.push(snapshot));
        return "landed";
      },
    },
    journal,
    change: (made: Change): boolean => {
      journal.row = { ...journal.row, ...made.patch, due: changeDue(journal.row.due, made.due ?? {}) };
      return true;
    },
    background: () => undefined,
    clock: { now: () => more.now ?? 0, sleep: async () => undefined },
    random: () => 0,
    log: () => createLog({}, () => undefined),
  });
  return { projector, told, journal };
}

describe("the projector", () => {
  it("tells the calls that were recorded while an earlier telling was under way", async () => {
    const steps = [step(0, [call("a")])];
    const results: Results = [];
    const { projector, told, journal } = projecting(steps, results, (telling) => {
      // Between the snapshot and its landing the call ends and the next step begins.
      if (telling > 1) return;
      results.push({ ...result(0, 0), toolName: "Tool A" });
      steps.push(step(1, [call("b")]));
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

  it("tells what the policy said of a call once, and nothing of what was taken over from another task", async () => {
    const decision: Decision = { effect: "allow", reasons: [], obligations: [], policy: "p", isEnforced: true };
    const decided = (n: number) => ({ ...result(n, 0), decision: { at: 7, question: toolQuestion(), decision } });
    const steps = [step(0, [call("a")], { replayed: true }), step(1, [call("a")]), step(2, [call("a")])];
    const { projector, told } = projecting(steps, [decided(0), decided(1), result(2, 0)]);
    await projector.flush();
    const [over, own, unasked] = told.flatMap(({ executions }) => executions.map((execution) => execution.decision));
    expect([over, unasked]).toEqual([undefined, undefined]);
    const place = { taskId: ROW.request.task_id, step: 1, callIndex: 0, traceId: "t" };
    expect(own).toMatchObject({ at: 7, question: toolQuestion(), decision, place });
    await projector.flush();
    expect(told.at(-1)?.executions.flatMap((execution) => execution.decision?.id ?? [])).toEqual([]);
  });

  /** A journal of these events, and a projector that tells `flush` of them. */
  function projectorOf(types: readonly string[], flush: ProjectionPort["flush"]) {
    const all = types.map((type, n) => ({ seq: n + 1, type, at: "2026-01-02T03:04:05.678Z", data: {} }));
    const journal = {
      row: ROW,
      history: { steps: [], results: [], spent: [] },
      get lastSeq() {
        return all.length;
      },
      updatedAt: 0,
      approvals: () => [],
      broken: () => [],
      events: (after: number, limit: number) => all.filter(({ seq }) => seq > after).slice(0, limit),
    };
    const change = (made: Change): boolean => {
      journal.row = { ...journal.row, ...made.patch, due: changeDue(journal.row.due, made.due ?? {}) };
      return true;
    };
    const add = (...more: readonly string[]): void => {
      for (const type of more) all.push({ seq: all.length + 1, type, at: "2026-01-02T03:04:05.678Z", data: {} });
    };
    const projector = new Projector({
      port: { flush },
      journal,
      change,
      background: () => undefined,
      clock: { now: () => 0, sleep: async () => undefined },
      random: () => 0,
      log: () => createLog({}, () => undefined),
    });
    return { projector, journal, add };
  }
  const numbersOf = (snapshots: readonly Snapshot[]) =>
    snapshots.map(({ events }) => events.map(({ aggregateSeq, type }) => `${aggregateSeq} ${type}`));

  it("numbers the events that leave from 1 without a gap, whatever stands between them, and tells each once", async () => {
    const told: Snapshot[] = [];
    const { projector, journal, add } = projectorOf(
      [
        "task.queued",
        "task.started",
        "step.started",
        ...Array.from({ length: 1_200 }, () => "text.delta"),
        "task.retry",
      ],
      async (snapshot) => {
        told.push(snapshot);
        return "landed";
      },
    );
    await projector.flush();
    add("task.resumed", "tool.call", "task.done");
    await projector.flush();
    await projector.flush();
    expect(numbersOf(told)).toEqual([
      ["1 task.queued", "2 task.started", "3 task.retry"],
      ["4 task.resumed", "5 task.done"],
      [],
    ]);
    expect(journal.row).toMatchObject({ toldSeq: 1_207, toldEvents: 5 });
  });

  it("tells the same events under the same numbers until they have landed", async () => {
    const told: Snapshot[] = [];
    const { projector, journal, add } = projectorOf(["task.queued"], async (snapshot) => {
      told.push(snapshot);
      return told.length < 3 ? "unavailable" : "landed";
    });
    await projector.flush();
    expect(journal.row.toldSeq).toBeUndefined();
    expect(journal.row.due.projection).toBeGreaterThan(0);
    add("task.started");
    await projector.flush();
    await projector.flush();
    expect(numbersOf(told)).toEqual([
      ["1 task.queued"],
      ["1 task.queued", "2 task.started"],
      ["1 task.queued", "2 task.started"],
    ]);
    expect(told[1]?.events[0]).toEqual(told[0]?.events[0]);
    expect(journal.row).toMatchObject({ toldSeq: 2, toldEvents: 2 });
  });

  it("does not forget what happened while it was telling", async () => {
    const told: Snapshot[] = [];
    const { projector, journal, add } = projectorOf(["task.queued"], async (snapshot) => {
      told.push(snapshot);
      if (told.length === 1) {
        add("task.started");
        journal.row = { ...journal.row, due: { projection: 60_000 } };
        void projector.flush();
      }
      return "landed";
    });
    await projector.flush();
    expect(numbersOf(told)).toEqual([["1 task.queued"], ["2 task.started"]]);
    expect(journal.row.due.projection).toBeUndefined();
  });

  it("spreads many events over several requests, after the rows they speak about", async () => {
    const told: Snapshot[] = [];
    const { projector } = projectorOf(
      Array.from({ length: 450 }, () => "task.retry"),
      async (snapshot) => {
        told.push(snapshot);
        return "landed";
      },
    );
    await projector.flush();
    expect(told.map(({ events }) => events.length)).toEqual([200, 200, 50]);
  });

  it("puts no more calls into a request than it may have, so that many small ones are told too", async () => {
    const calls = Array.from({ length: PROJECTION_BATCH_CALLS }, () => call("a"));
    const steps = [0, 1, 2].map((n) => step(n, n === 2 ? [call("a")] : calls));
    const { projector, told } = projecting(
      steps,
      steps.flatMap(({ n, toolCalls }) => toolCalls.map((_, index) => result(n, index))),
    );
    await projector.flush();
    expect(told.map(({ executions }) => executions.length)).toEqual([
      PROJECTION_BATCH_CALLS,
      PROJECTION_BATCH_CALLS,
      1,
    ]);
  });

  it("audits a replay's own calls, and not those it took over from another task", async () => {
    const steps = [step(0, [call("a")], { replayed: true }), step(1, [call("a")])];
    const { projector, told } = projecting(steps, [result(0, 0), result(1, 0)]);
    await projector.flush();
    expect(told.flatMap(({ executions }) => executions.map(({ audit }) => audit?.details?.step ?? null))).toEqual([
      null,
      1,
    ]);
  });

  const broken = (attempt: number, more: Partial<BrokenCall> = {}): BrokenCall => ({
    ...{ step: 0, index: 0, attempt, outcome: "unknown", at: 500, durationMs: null },
    error: { code: "OUTCOME_UNKNOWN", message: "Lost." },
    ...more,
  });
  const inShort = (told: readonly Snapshot[]) =>
    told.map(({ executions }) => executions.map(({ attempt, outcome, audit }) => [attempt, outcome, audit?.result]));

  it("tells each attempt at a call, those that came to nothing before the one that did, each by a key of its own", async () => {
    const steps = [step(0, [call("a")])];
    const { projector, told } = projecting(steps, [result(0, 0)], undefined, { broken: [broken(1), broken(2)] });
    await projector.flush();
    expect(inShort(told)).toEqual([
      [
        [1, "unknown", "unknown"],
        [2, "unknown", "unknown"],
        [3, "done", "done"],
      ],
    ]);
    const [executions = []] = told.map((snapshot) => snapshot.executions);
    expect(new Set(executions.flatMap(({ id, audit }) => [id, audit?.id])).size).toBe(6);
    expect(executions.map(({ success, duration_ms }) => [success, duration_ms])).toEqual([
      [false, null],
      [false, null],
      [true, 1],
    ]);
  });

  it("tells what a person found out as the end of the attempt that was lost, under its keys and without a duration", async () => {
    const steps = [step(0, [call("a")])];
    const results: Results = [];
    const { projector, told } = projecting(steps, results, undefined, { broken: [broken(1)] });
    await projector.flush();
    results.push({ ...result(0, 0), isFinding: true });
    await projector.flush();
    const [lost, again, found] = told.flatMap(({ executions }) => executions);
    expect([lost, again].map((one) => [one?.attempt, one?.outcome, one?.is_finding])).toEqual([
      [1, "unknown", undefined],
      [1, "unknown", undefined],
    ]);
    expect(found).toMatchObject({ attempt: 1, outcome: "done", is_finding: true, duration_ms: null, id: lost?.id });
    expect(found?.audit?.id).toBe(lost?.audit?.id);
    expect(Object.keys(found?.audit ?? {})).not.toContain("durationMs");
  });

  it("waits for what a call that was broken off asked of the network, and not for ever", async () => {
    const open = broken(1, { outcome: "cancelled", isOpen: true });
    const more: More = { broken: [open], now: 500 };
    const { projector, told, journal } = projecting([step(0, [call("a")])], [], undefined, more);
    await projector.flush();
    expect(inShort(told)).toEqual([[]]);
    expect(journal.row.due.projection).toBe(500 + BROKEN_WAIT_MS);
    more.now = 500 + BROKEN_WAIT_MS;
    await projector.flush();
    expect(inShort(told)).toEqual([[], [[1, "cancelled", "cancelled"]]]);
    expect(journal.row.due.projection).toBeUndefined();
  });

  it("names the approval that an attempt was made on or refused by, and none that came later", async () => {
    const steps = [step(0, [call("a"), call("b"), call("c")])];
    const results = [0, 1, 2].map((index) => ({ ...result(0, index), at: 1_000 }));
    const approvals = [
      approval({ ...decidedAs("approve"), usedAt: 400 }),
      approval({ n: 2, kind: "unknown_outcome", ...decidedAs("retry"), usedAt: 700 }),
      approval({ n: 3, index: 1, ...decidedAs("reject") }),
    ];
    const { projector, told } = projecting(steps, results, undefined, { broken: [broken(1)], approvals });
    await projector.flush();
    const [executions = []] = told.map((snapshot) => snapshot.executions);
    const id = ROW.request.task_id;
    expect(executions.map(({ approval_id }) => approval_id)).toEqual([`${id}.1`, `${id}.2`, `${id}.3`, null]);
    expect(executions.map(({ audit }) => audit?.approvalId)).toEqual([`${id}.1`, `${id}.2`, `${id}.3`, undefined]);
  });
});
