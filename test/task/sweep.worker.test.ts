/**
 * The cron's net under every task: each state a task can be left in by an alarm that never comes, found through the directory and
 * its tenant's index. The alarm is taken out of the object's storage; the clock is moved, and nobody waits for it.
 */
import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { sweepTenants } from "../../src/consume.ts";
import { systemClock } from "../../src/platform/index.ts";
import {
  INDEX_ASK_MS_MAX,
  INDEX_KICKS_MAX,
  INDEX_SWEEP_MS,
  LEASE_CHECK_MS,
  SLOT_LEASE_MS,
  TENANTS_PER_SWEEP_MAX,
  WATCH_GRACE_MS,
} from "../../src/task/limits.ts";
import type { IndexReport } from "../../src/task/object.ts";
import type { Watched } from "../../src/task/tenant/watch.ts";
import { replaceSleeps, sleepForEver } from "../case/sleeps.ts";
import { accept, env, fiveSteps, readUntil, TOOLS, typesOf } from "./harness.ts";

afterEach(() => void vi.restoreAllMocks());

const DAY_MS = 86_400_000;
const ASKING = TOOLS.replaceAll("sandbox:", "requires_approval: true, sandbox:");

type Task = Awaited<ReturnType<typeof accept>>;

const alarmOf = ({ stub }: Task) => runInDurableObject(stub(), (_object, { storage }) => storage.getAlarm());

/** Nobody will wake it: neither its own alarm nor its index's. */
async function loseAlarms(task: Task): Promise<void> {
  for (const object of [task.stub(), env.TENANT_INDEX.getByName(task.tenant)]) {
    await runInDurableObject(object, (_object, { storage }) => storage.deleteAlarm());
  }
  expect(await alarmOf(task)).toBeNull();
}

/** From now on it is so much later, for every object. */
function pass(ms: number): void {
  const at = systemClock.now() + ms;
  vi.spyOn(systemClock, "now").mockImplementation(() => at);
}

describe("the cron finds a task without an alarm", () => {
  it("that is queued, while its object lives and believes that the alarm is set", async () => {
    const task = await accept(fiveSteps(), { tenant: "sweep-queued" });
    await loseAlarms(task);
    pass(SLOT_LEASE_MS + 1_000);
    await sweepTenants(env);
    expect(await runDurableObjectAlarm(task.stub())).toBe(true);
    expect(typesOf(await readUntil(task.stub())).at(-1)).toBe("task.done");
  });

  it("that is running, and whose object died", async () => {
    const task = await accept("@sleep 10m\n@say never", { tenant: "sweep-running" });
    await task.stub().kick();
    await readUntil(task.stub(), ({ type }) => type === "step.started");
    pass(0);
    await abortAllDurableObjects();
    await loseAlarms(task);
    expect(await task.stub().view()).toMatchObject({ state: "running" });
    // Its lease lives: nothing is due, and it is left alone.
    await sweepTenants(env);
    expect(await alarmOf(task)).toBeNull();
    pass(SLOT_LEASE_MS + 1_000);
    await sweepTenants(env);
    expect(await alarmOf(task)).not.toBeNull();
    void runDurableObjectAlarm(task.stub());
    await readUntil(task.stub(), ({ type }) => type === "task.resumed");
    await task.stub().cancel();
  });

  it("that is to be tried again", async () => {
    const task = await accept("@fail 500 4\n@say done", { tenant: "sweep-retry" });
    const pauses = replaceSleeps(() => async (ms, signal) => {
      signal?.throwIfAborted();
      // Timeouts and lease checks stand still; only the router's pauses end at once.
      if (ms > 60_000 || ms === LEASE_CHECK_MS || ms === INDEX_ASK_MS_MAX) await sleepForEver(ms, signal);
    });
    await task.stub().kick();
    await readUntil(task.stub(), ({ type }) => type === "task.retry");
    pauses.restore();
    // The alarm that ran is over when the slot is given back; only then can the next one be taken away.
    await vi.waitUntil(async () => (await alarmOf(task)) !== null, { timeout: 60_000 });
    await abortAllDurableObjects();
    await loseAlarms(task);
    pass(SLOT_LEASE_MS + 1_000);
    await sweepTenants(env);
    expect(await runDurableObjectAlarm(task.stub())).toBe(true);
    await readUntil(task.stub(), ({ type, data }) => type === "task.started" && data.attempt === 1);
    await task.stub().cancel();
  });

  it("that waits for a person whose time is over", async () => {
    const extra = `${ASKING}\nguardrails: { behavioral: { approval_ttl: 1h } }\n`;
    const write = '@tool file_manager {"action":"write","path":"/workspace/a.txt","content":"kept"}';
    const task = await accept(write, { tenant: "sweep-waiting", pack: "asking", extra });
    await task.stub().kick();
    expect(typesOf(await readUntil(task.stub())).at(-1)).toBe("task.waiting");
    await vi.waitUntil(async () => (await alarmOf(task)) !== null, { timeout: 60_000 });
    const index = env.TENANT_INDEX.getByName(task.tenant);
    const list = { state: "waiting", pack_id: null, limit: 1, before: null } as const;
    await vi.waitUntil(async () => (await index.list(list)).items.length === 1, { timeout: 60_000 });
    await loseAlarms(task);
    await sweepTenants(env);
    expect(await alarmOf(task)).toBeNull();
    pass(2 * DAY_MS);
    await sweepTenants(env);
    expect(await runDurableObjectAlarm(task.stub())).toBe(true);
    expect(typesOf(await readUntil(task.stub()))).toContain("approval.expired");
  });
});

describe("an index that only has waiting tasks", () => {
  it("sleeps until the first of them wakes by itself, and a grace longer", async () => {
    const tenant = "sweep-asleep";
    const index = env.TENANT_INDEX.getByName(tenant);
    const now = systemClock.now();
    await index.release(tenant, report({ state: "waiting", due_at: now + DAY_MS }));
    const armed = await runInDurableObject(index, (_object, { storage }) => storage.getAlarm());
    expect(armed).toBe(now + DAY_MS + WATCH_GRACE_MS);
    await index.register(tenant, report({ state: "queued", version: 2 }));
    const soon = await runInDurableObject(index, (_object, { storage }) => storage.getAlarm());
    expect(soon).toBeLessThanOrEqual(systemClock.now() + INDEX_SWEEP_MS);
  });
});

describe("an index whose alarm was lost", () => {
  it("has one again with the next sweep, whatever it believes of it", async () => {
    const tenant = "sweep-lost";
    const index = env.TENANT_INDEX.getByName(tenant);
    const armedAt = () => runInDurableObject(index, (_object, { storage }) => storage.getAlarm());
    await index.register(tenant, report({ state: "queued" }));
    expect(await armedAt()).not.toBeNull();
    await runInDurableObject(index, (_object, { storage }) => storage.deleteAlarm());
    await index.sweep(tenant);
    expect(await armedAt()).toBeLessThanOrEqual(systemClock.now() + INDEX_SWEEP_MS);
    expect(await armedAt()).not.toBeNull();
  });
});

describe("what a task says when it is asked", () => {
  const WAITING = { state: "waiting", due_at: 5, version: 5 } as const;
  /** What the index knows after a sweep in which a report of the task overtakes its answer. */
  async function known(tenant: string, answer: Partial<Watched>, overtaking: Partial<IndexReport> | null) {
    const index = env.TENANT_INDEX.getByName(tenant);
    await index.register(tenant, report(WAITING));
    vi.spyOn(Object.getPrototypeOf(await objectOf()), "lookAfter").mockImplementation(async () => {
      // Another invocation, so a stub of its own.
      if (overtaking !== null) await env.TENANT_INDEX.getByName(tenant).register(tenant, report(overtaking));
      return { state: "waiting", dueAt: null, ...answer };
    });
    expect(await index.sweep(tenant)).toMatchObject({ kicked: 1 });
    vi.restoreAllMocks();
    const { items } = await index.list({ state: null, pack_id: null, limit: 1, before: null });
    const [watch] = await runInDurableObject(index, (_object, { storage }) =>
      storage.sql.exec("SELECT due_at FROM watch").toArray(),
    );
    await index.forget(tenant, idOf(0));
    return { state: items[0]?.state, due: watch?.due_at };
  }
  const later = systemClock.now() + DAY_MS;

  it("is taken when nothing newer is known", async () => {
    expect(await known("sweep-news", { state: "done", version: 6 }, null)).toEqual({ state: "done", due: undefined });
    const sleeping = { state: "waiting", dueAt: later, version: 6 } as const;
    expect(await known("sweep-sleeps", sleeping, null)).toEqual({ state: "waiting", due: later });
  });

  it("is old when a report has overtaken it: the task goes on, or waits for another time", async () => {
    const goesOn = { state: "queued", version: 7 } as const;
    expect(await known("sweep-old", { version: 5, dueAt: later }, goesOn)).toEqual({ state: "queued", due: undefined });
    const waits = { state: "waiting", due_at: later, version: 7 } as const;
    expect(await known("sweep-older", { state: "done", version: 6 }, waits)).toEqual({ state: "waiting", due: later });
  });

  it("is not compared, and not taken, from code of before: a later sweep asks again", async () => {
    const { state } = await known("sweep-before", { state: "done" }, null);
    expect(state).toBe("waiting");
  });
});

describe("one sweep", () => {
  it("asks after a page of the silent tasks, and the next one after those behind it", async () => {
    const tenant = "sweep-pages";
    const index = env.TENANT_INDEX.getByName(tenant);
    const asked: string[] = [];
    pass(0);
    for (let n = 0; n <= INDEX_KICKS_MAX; n++) await index.register(tenant, report({ task_id: idOf(n) }));
    pass(SLOT_LEASE_MS + 1_000);
    vi.spyOn(Object.getPrototypeOf(await objectOf()), "lookAfter").mockImplementation(async function (this: {
      ctx: DurableObjectState;
    }) {
      asked.push(String(this.ctx.id.name));
      return { state: "retry", dueAt: null, version: 1 };
    });
    expect(await index.sweep(tenant)).toMatchObject({ kicked: INDEX_KICKS_MAX });
    expect(await index.sweep(tenant)).toMatchObject({ kicked: 1 });
    expect(new Set(asked).size).toBe(INDEX_KICKS_MAX + 1);
    // And from the start again: none of them has said anything yet.
    expect(await index.sweep(tenant)).toMatchObject({ kicked: INDEX_KICKS_MAX });
    vi.restoreAllMocks();
    for (let n = 0; n <= INDEX_KICKS_MAX; n++) await index.forget(tenant, idOf(n));
  });

  for (const [name, answer] of [
    ["cannot be asked", async (): Promise<never> => Promise.reject(new Error("away"))],
    ["sleep on", async () => ({ state: "waiting", dueAt: 1, version: 1 })],
  ] as const) {
    it(`is not held up by a page of waiting tasks that ${name}: the next one asks those behind them`, async () => {
      const tenant = `sweep-held-up-${name.length}`;
      const index = env.TENANT_INDEX.getByName(tenant);
      const asked: string[] = [];
      pass(0);
      const now = systemClock.now();
      for (let n = 0; n <= INDEX_KICKS_MAX; n++) {
        await index.register(tenant, report({ task_id: idOf(n), state: "waiting", due_at: now + n }));
      }
      pass(2 * WATCH_GRACE_MS);
      vi.spyOn(Object.getPrototypeOf(await objectOf()), "lookAfter").mockImplementation(function (this: {
        ctx: DurableObjectState;
      }) {
        asked.push(String(this.ctx.id.name));
        return answer();
      });
      expect(await index.sweep(tenant)).toMatchObject({ kicked: INDEX_KICKS_MAX });
      expect(await index.sweep(tenant)).toMatchObject({ kicked: 1 });
      expect(new Set(asked).size).toBe(INDEX_KICKS_MAX + 1);
      // And they have their turn again.
      pass(2 * WATCH_GRACE_MS);
      expect(await index.sweep(tenant)).toMatchObject({ kicked: INDEX_KICKS_MAX });
      vi.restoreAllMocks();
      for (let n = 0; n <= INDEX_KICKS_MAX; n++) await index.forget(tenant, idOf(n));
    });
  }

  it("of the cron takes so many tenants, and the next one goes on behind them", async () => {
    const directory = env.DIRECTORY.getByName("a-directory-of-its-own");
    const names = Array.from({ length: TENANTS_PER_SWEEP_MAX + 2 }, (_, n) => `t${String(n).padStart(4, "0")}`);
    for (const name of names) await directory.add(name);
    const turns = [await directory.nextTurn(), await directory.nextTurn(), await directory.nextTurn()];
    expect(turns.map((turn) => turn.length)).toEqual([TENANTS_PER_SWEEP_MAX, 2, TENANTS_PER_SWEEP_MAX]);
    expect([...(turns[0] ?? []), ...(turns[1] ?? [])]).toEqual(names);
  });
});

const idOf = (n: number): string => `00000000-0000-8000-8000-${String(n).padStart(12, "0")}`;

function report(more: Partial<IndexReport> = {}): IndexReport {
  const at = new Date(0).toISOString();
  return {
    ...{ task_id: idOf(0), state: "queued", pack_id: "p", pack_version: "1.0.0", session_id: null },
    ...{ created_at: at, updated_at: at, version: 1 },
    ...more,
  };
}

/** Any task's object, for the methods of its class. */
const objectOf = () => runInDurableObject(env.TASK.getByName("sweep-pages/any"), (object) => object);
