/**
 * What is on record of a call that came to no result: cut off by the end of its task, lost with its run, in doubt, made
 * again. The clock, the model, the isolate and Postgres are the test's, the task's object and its storage are real; the last
 * case has the real gateway.
 */
import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { assert } from "../../src/platform/index.ts";
import { BrokenStore } from "../../src/task/journal/broken-store.ts";
import { LEASE_CHECK_MS } from "../../src/task/limits.ts";
import { TaskObject } from "../../src/task/object.ts";
import type { ProjectionPort } from "../../src/task/projection/projection.ts";
import type { RunnerAnswer } from "../../src/tool/index.ts";
import { tool as packTool, SCOPED } from "../tool/samples.ts";
import { ACCEPTED, Fate, LIST, mortal, servicesOf, type Tool, type World } from "./crash-rig.ts";
import { accept, env, readUntil } from "./harness.ts";
import { call } from "./history.ts";

afterEach(() => void vi.restoreAllMocks());

type Snapshot = Parameters<ProjectionPort["flush"]>[0];
type Execution = Snapshot["executions"][number];

const EGRESS = { host: "evil.example.com", method: "GET", allowed: false, sent_bytes: 0, received_bytes: 0 } as const;
const DONE: RunnerAnswer = {
  kind: "answer",
  json: JSON.stringify({ ok: true, result: { counted: true }, changes: [] }),
};
const HOUR_MS = 3_600_000;

/** A task whose call is at its tool, and does not come back until it is let go of. */
type AtWork = {
  readonly world: World;
  readonly object: () => TaskObject;
  /** The time of the first alarm, which carries the run. */
  readonly alarm: Promise<void>;
  /** The keeper of the lease looks at the time. */
  readonly tick: () => void;
  /** The process dies; whoever comes next finds another object, a minute later. */
  readonly die: () => Promise<void>;
  /** Calls return at once from now on. */
  readonly mend: () => void;
  /** Rows of tool_executions, by their key: the last word on each. */
  readonly rows: () => ReadonlyMap<string, Execution>;
  readonly told: () => Promise<readonly Execution[]>;
};

/** Looked at until it is so. */
const until = (isSo: () => boolean | Promise<boolean>) => vi.waitUntil(isSo, { timeout: 60_000 });

const keyOf = ({ step, index, attempt = 0 }: Execution): string => `${step}.${index}/${attempt}`;

async function atWork<T>(name: string, tool: Partial<Tool>, play: (task: AtWork) => Promise<T>): Promise<T> {
  return runInDurableObject(env.TASK.getByName(`attempts/${name}`), async (_, state) => {
    const world: World = { executions: [], offers: [], judgements: [], now: 1_800_000_000_000 };
    const own = state.storage;
    const snapshots: Snapshot[] = [];
    const begun = Promise.withResolvers<void>();
    const ticks: (() => void)[] = [];
    let isMended = false;
    const story: Tool = {
      ...{ needsApproval: false, mayRepeat: false, ...tool },
      projection: {
        flush: async (snapshot) => {
          snapshots.push(snapshot);
          return "landed";
        },
      },
      runner: async (call, cancelled) => {
        world.executions.push(name);
        if (isMended) return DONE;
        begun.resolve();
        if (tool.runner !== undefined) return tool.runner(call, cancelled);
        await cancelled().catch(() => undefined);
        return { kind: "cancelled", egress: [EGRESS] };
      },
    };
    // Nobody hears of what a dead object fails at in the background.
    const waitUntil = (work: Promise<unknown>): void => void work.catch(() => undefined);
    Object.defineProperty(state, "waitUntil", { value: waitUntil, configurable: true });
    let fate = new Fate(0);
    const born = async (): Promise<TaskObject> => {
      // Own properties hide those of the platform's object: only this instance sees them.
      Object.defineProperty(state, "storage", { value: mortal(own, fate), configurable: true });
      const services = await servicesOf(world, fate, story);
      const { sleep } = services.clock;
      const clock: typeof services.clock = {
        ...services.clock,
        // The keeper's look at the time is the test's to give; whatever ends its wait ends it here too.
        sleep: (ms, signal) =>
          ms !== LEASE_CHECK_MS
            ? sleep(ms, signal)
            : Promise.race([sleep(ms, signal), new Promise<void>((resolve) => ticks.push(resolve))]),
      };
      return new TaskObject(state, env, { ...services, clock });
    };
    let object = await born();
    await object.create(ACCEPTED);
    const alarm = object.alarm();
    if (tool.needsApproval === true) {
      await alarm;
      await decide(object, 1, "approve");
    }
    const run = tool.needsApproval === true ? object.alarm() : alarm;
    await begun.promise;
    world.now += 1_500;
    const rows = () => new Map(snapshots.flatMap(({ executions }) => executions.map((one) => [keyOf(one), one])));
    return play({
      world,
      alarm: run,
      rows,
      object: () => object,
      tick: () => {
        for (const resolve of ticks.splice(0)) resolve();
      },
      die: async () => {
        fate.isDead = true;
        fate = new Fate(0);
        world.now += 60_000;
        object = await born();
      },
      mend: () => {
        isMended = true;
      },
      // Told in the background: looked at until it is there.
      told: async () => {
        await until(() => rows().size > 0);
        return [...rows().values()];
      },
    });
  });
}

async function decide(object: TaskObject, n: number, decision: "approve" | "happened" | "retry"): Promise<void> {
  const approval = await object.approval(n);
  assert(approval !== null, `question ${n} is asked`);
  const request = { by: "key:person", reason: null, args_hash: approval.args_hash, result: null };
  const outcome = await object.decide(n, { ...request, decision, request_key: `r${n}` });
  assert(outcome.kind === "decided", JSON.stringify(outcome));
}

const auditOf = ({ audit }: Execution) => audit ?? undefined;

describe("a call that is under way", () => {
  it("when its task is cancelled has a row that says so, with its time, its decision and what it asked of the network", async () => {
    await atWork("cancelled", {}, async ({ object, alarm, told }) => {
      await object().cancel();
      const [row, ...others] = await told();
      await alarm;
      expect(others).toEqual([]);
      expect(row).toMatchObject({
        ...{ attempt: 1, outcome: "cancelled", success: false, duration_ms: 1_500, tool_name: "Name of file_manager" },
        ...{ error: { code: "TASK_CANCELLED" }, decision: { decision: { effect: "allow" } } },
      });
      expect(row && auditOf(row)).toMatchObject({
        ...{ result: "cancelled", decision: "allow", durationMs: 1_500 },
        details: { code: "TASK_CANCELLED", denied: 1, summary: expect.stringContaining("not known") },
      });
    });
  });

  it("when its task's time is over has a row that says so", async () => {
    await atWork("deadline", { mayRepeat: true }, async ({ object, world, alarm, tick, told }) => {
      world.now += HOUR_MS;
      tick();
      await alarm;
      expect(await object().view()).toMatchObject({ state: "failed", error: { code: "DEADLINE_EXCEEDED" } });
      expect(await told()).toMatchObject([
        {
          outcome: "cancelled",
          error: { code: "DEADLINE_EXCEEDED" },
          audit: { result: "cancelled", details: { denied: 1 } },
        },
      ]);
    });
  });

  it("that a person agreed to is on record with that approval, however it ends", async () => {
    await atWork("approved", { needsApproval: true }, async ({ object, alarm, told }) => {
      await object().cancel();
      await alarm;
      const approval_id = `${ACCEPTED.task_id}.1`;
      expect(await told()).toMatchObject([{ outcome: "cancelled", approval_id, audit: { approvalId: approval_id } }]);
    });
    await atWork("approved-done", { needsApproval: true, mayRepeat: true }, async ({ object, die, mend, rows }) => {
      mend();
      await die();
      await object().alarm();
      expect(await object().view()).toMatchObject({ state: "done" });
      await until(() => rows().has("0.0/2"));
      const approval_id = `${ACCEPTED.task_id}.1`;
      expect([...rows().values()]).toMatchObject([
        { attempt: 1, outcome: "unknown", approval_id, audit: { approvalId: approval_id } },
        { attempt: 2, outcome: "done", approval_id },
      ]);
    });
  });
});

describe("a call whose run was lost", () => {
  it("and that is in doubt has its row before a person decides, and keeps it when the task is cancelled", async () => {
    await atWork("doubt", {}, async ({ object, die, told, rows }) => {
      await die();
      await object().alarm();
      expect(await object().view()).toMatchObject({ state: "waiting" });
      expect(await told()).toMatchObject([
        {
          attempt: 1,
          outcome: "unknown",
          duration_ms: null,
          error: { code: "OUTCOME_UNKNOWN" },
          audit: { result: "unknown" },
        },
      ]);
      await object().cancel();
      await object().alarm();
      expect([...rows().values()]).toMatchObject([{ attempt: 1, outcome: "unknown" }]);
    });
  });

  it("and of which a person says that it happened has one row, with their word", async () => {
    await atWork("found", {}, async ({ object, die, told, rows }) => {
      await die();
      await object().alarm();
      const [lost] = await told();
      await decide(object(), 1, "happened");
      await object().alarm();
      expect(await object().view()).toMatchObject({ state: "done" });
      await until(() => rows().get("0.0/1")?.outcome === "done");
      expect([...rows().values()]).toMatchObject([
        {
          ...{ id: lost?.id, is_finding: true, success: true, duration_ms: null },
          decision: { decision: { effect: "allow" }, question: { tool: { id: "file_manager" } } },
        },
      ]);
      expect(rows().get("0.0/1")?.audit?.id).toBe(lost?.audit?.id);
    });
  });

  it("and that a person has made again has a row for each attempt", async () => {
    await atWork("retried", {}, async ({ object, world, die, mend, rows }) => {
      await die();
      await object().alarm();
      world.now += 60_000;
      await decide(object(), 1, "retry");
      mend();
      await object().alarm();
      expect(world.executions).toHaveLength(2);
      await until(() => rows().has("0.0/2"));
      expect([...rows().values()]).toMatchObject([
        { attempt: 1, outcome: "unknown", approval_id: null },
        { attempt: 2, outcome: "done", approval_id: `${ACCEPTED.task_id}.1` },
      ]);
    });
  });

  it("and that may be made again has a row for each attempt", async () => {
    await atWork("again", { mayRepeat: true }, async ({ object, world, die, mend, rows }) => {
      await die();
      mend();
      await object().alarm();
      expect(world.executions).toHaveLength(2);
      await until(() => rows().has("0.0/2"));
      expect([...rows().values()]).toMatchObject([
        { attempt: 1, outcome: "unknown", audit: { result: "unknown" } },
        { attempt: 2, outcome: "done" },
      ]);
    });
  });

  for (const mayRepeat of [false, true]) {
    const name = mayRepeat ? "may be made again" : "cannot be made twice";

    it(`and that ${name} has its row also when the task ends before anybody looks`, async () => {
      await atWork(`ended-${mayRepeat}`, { mayRepeat }, async ({ object, die, told }) => {
        await die();
        await object().cancel();
        expect(await told()).toMatchObject([{ attempt: 1, outcome: "unknown", duration_ms: null }]);
      });
    });
  }
});

describe("a call that broke off in its tool", () => {
  const compute = call("code_executor", { language: "javascript", code: "1" });
  const turn: Partial<Tool> = {
    script: [[LIST, compute]],
    available: [packTool("file_manager", SCOPED), packTool("code_executor", SCOPED, "requires_approval: true")],
  };

  it("has its own row, with its error and its time, when a person has it made again before the task waits", async () => {
    const first = Promise.withResolvers<RunnerAnswer>();
    const other = Promise.withResolvers<RunnerAnswer>();
    const isOtherAtWork = Promise.withResolvers<void>();
    let lists = 0;
    const runner: NonNullable<Tool["runner"]> = async ({ requestJson }) => {
      if (JSON.parse(requestJson).arguments.action === "list") return ++lists === 1 ? first.promise : DONE;
      isOtherAtWork.resolve();
      return other.promise;
    };
    await atWork("broken-off", { ...turn, runner }, async ({ object, world, alarm, rows }) => {
      await decide(object(), 1, "approve");
      first.resolve({ kind: "timeout", egress: [EGRESS] });
      await isOtherAtWork.promise;
      world.now += 9_000;
      await decide(object(), 2, "retry");
      other.resolve(DONE);
      await alarm;
      expect(await object().view()).toMatchObject({ state: "done" });
      expect(lists).toBe(2);
      await until(() => rows().has("0.0/2"));
      expect(rows().get("0.0/1")).toMatchObject({
        ...{ outcome: "unknown", duration_ms: 1_500, error: { code: "TOOL_TIMEOUT" }, approval_id: null },
        audit: { result: "unknown", details: { denied: 1, summary: expect.stringContaining("after its timeout") } },
      });
      expect(rows().get("0.0/2")).toMatchObject({ outcome: "done", approval_id: `${ACCEPTED.task_id}.2` });
    });
  });
});

describe("a real request that is cut off", () => {
  it("is on record with the decision of its gateway", async () => {
    // A flag, for a promise that another object's invocation settles is not heard here.
    let isAsked = false;
    vi.spyOn(globalThis, "fetch").mockImplementation((_url, init) => {
      isAsked = true;
      return new Promise((_, reject) => init?.signal?.addEventListener("abort", () => reject(new Error("aborted"))));
    });
    const extra = `
tools:
  available:
    - { id: http_request, name: HTTP, sandbox: { timeout: 20s, network: egress_allowlist, egress_allowlist: [api.example.com] } }
`;
    const input = '@tool http_request {"method":"GET","url":"https://api.example.com/v1"}';
    const { stub } = await accept(input, { pack: "cut-off", extra });
    await stub().kick();
    await until(() => isAsked);
    await stub().cancel();
    await readUntil(stub());
    const brokenOf = () => runInDurableObject(stub(), (_, { storage }) => new BrokenStore(storage.sql).all());
    await until(async () => (await brokenOf())[0]?.isOpen === undefined);
    expect(await brokenOf()).toMatchObject([
      {
        ...{ step: 0, index: 0, attempt: 1, outcome: "cancelled" },
        egress: [{ host: "api.example.com", allowed: true, reason: "interrupted" }],
      },
    ]);
  });
});
