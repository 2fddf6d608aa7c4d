/** The tenant's index: the line for running slots, the list, and the sweep that finds what everybody else lost. */
import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../../src/platform/index.ts";
import { INDEX_ASK_MS_MAX, LEASE_CHECK_MS, RESERVED_MS, SLOT_LEASE_MS, SLOT_RETRY_MS } from "../../src/task/limits.ts";
import { DirectoryObject, TenantIndexObject } from "../../src/task/object.ts";
import { IndexStore } from "../../src/task/tenant/store.ts";
import type { TaskState } from "../../src/task/types.ts";
import { replaceSleeps, sleepForEver } from "../case/sleeps.ts";
import { accept, env, fiveSteps, readUntil, typesOf } from "./harness.ts";

afterEach(() => void vi.restoreAllMocks());

const indexOf = (tenant: string) => env.TENANT_INDEX.getByName(tenant);
const all = { state: null, pack_id: null, limit: 100, before: null };

describe("running slots", () => {
  it("are granted first come first served, and a release lets the next one start", async () => {
    const tenant = "tenant-slots";
    const long = await Promise.all(Array.from({ length: 20 }, () => accept("@sleep 10m\n@say never", { tenant })));
    for (const { stub } of long) await stub().kick();
    await Promise.all(long.map(({ stub }) => readUntil(stub(), ({ type }) => type === "step.started")));
    const next = await accept("hello", { tenant });
    await next.stub().kick();
    await runDurableObjectAlarm(next.stub());
    expect(await next.stub().view()).toMatchObject({ state: "queued" });
    await long[0]?.stub().cancel();
    expect(typesOf(await readUntil(next.stub())).at(-1)).toBe("task.done");
    await Promise.all(long.slice(1).map(({ stub }) => stub().cancel()));
  });

  it("are waited for without spinning by a task whose retry is due, which a release then starts", async () => {
    const tenant = "tenant-retry";
    let now = Date.now();
    vi.spyOn(systemClock, "now").mockImplementation(() => now);
    const task = await accept("@fail 500 4\n@say done", { tenant });
    const backoffOnly = replaceSleeps(() => async (ms, signal) => {
      signal?.throwIfAborted();
      // Timeouts and lease checks stand still; only the router's pauses end at once.
      if (ms > 60_000 || ms === LEASE_CHECK_MS || ms === INDEX_ASK_MS_MAX) await sleepForEver(ms, signal);
    });
    await task.stub().kick();
    await readUntil(task.stub(), ({ type }) => type === "task.retry");
    backoffOnly.restore();
    const busy = await Promise.all(Array.from({ length: 20 }, () => accept("@sleep 10m\n@say never", { tenant })));
    for (const { stub } of busy) await stub().kick();
    await Promise.all(busy.map(({ stub }) => readUntil(stub(), ({ type }) => type === "step.started")));
    now += 31_000;
    await runDurableObjectAlarm(task.stub());
    expect(await task.stub().view()).toMatchObject({ state: "retry" });
    const alarmOf = () => runInDurableObject(task.stub(), (_object, { storage }) => storage.getAlarm());
    expect(await alarmOf()).toBeGreaterThan(now);
    await busy[0]?.stub().cancel();
    // The freed slot kicks the task: its alarm moves to now, which the runtime's own clock has not reached.
    while ((await alarmOf()) !== now) await scheduler.wait(1);
    const alarm = runDurableObjectAlarm(task.stub());
    await readUntil(task.stub(), ({ type, data }) => type === "task.started" && data.attempt === 1);
    await Promise.all([task, ...busy.slice(1)].map(({ stub }) => stub().cancel()));
    await alarm;
  });

  it("are granted by an index that has not heard of the tenant's first task yet, or never will", async () => {
    const report = { task_id: "first", pack_id: "hello", pack_version: "1.0.0", session_id: null, version: 3 };
    const at = "2026-01-01T00:00:00.000Z";
    const index = indexOf("tenant-unheard");
    const asked = { ...report, state: "queued", created_at: at, updated_at: at } as const;
    expect(await index.acquire("tenant-unheard", asked)).toBe(true);
    expect(await index.list(all)).toMatchObject({ items: [{ task_id: "first", state: "running" }] });
  });

  for (const [name, add] of [
    ["cannot be reached", async () => Promise.reject(new Error("unreachable"))],
    ["does not answer", () => new Promise<void>(() => undefined)],
  ] as const) {
    it(`are granted and given back while the directory of tenants ${name}, which is told when it can be again`, async () => {
      const tenant = `tenant-unlisted-${name.replaceAll(" ", "-")}`;
      const warn = vi.spyOn(console, "warn").mockReturnValue();
      const directory = vi.spyOn(DirectoryObject.prototype, "add").mockImplementation(add);
      const task = await accept("hello", { tenant });
      await task.stub().kick();
      expect(typesOf(await readUntil(task.stub())).at(-1)).toBe("task.done");
      expect(warn.mock.calls.some(([line]) => String(line).includes("index.enlist_failed"))).toBe(true);
      directory.mockRestore();
      await accept("hello", { tenant });
      const listed = () => runInDurableObject(env.DIRECTORY.getByName("directory"), (_, { storage }) => storage.list());
      expect([...(await listed()).keys()]).toContain(tenant);
    });
  }

  it("are asked for again when the index does not answer in time", async () => {
    const log = vi.spyOn(console, "warn").mockReturnValue();
    replaceSleeps((sleep) => (ms, signal) => sleep(ms === INDEX_ASK_MS_MAX ? 100 : ms, signal));
    vi.spyOn(TenantIndexObject.prototype, "acquire").mockImplementationOnce(() => new Promise(() => undefined));
    const task = await accept("hello", { tenant: "tenant-hanging-index" });
    await task.stub().kick();
    expect(typesOf(await readUntil(task.stub())).at(-1)).toBe("task.done");
    expect(log.mock.calls.some(([line]) => String(line).includes("task.index_unreachable"))).toBe(true);
  });

  it("are kept by every task whose run was lost and which asks again, while others wait", async () => {
    const tenant = "tenant-holders";
    const at = "2026-01-01T00:00:00.000Z";
    const report = { pack_id: "hello", pack_version: "1.0.0", session_id: null, created_at: at, updated_at: at };
    const ask = (n: number, version: number) =>
      indexOf(tenant).acquire(tenant, { ...report, task_id: `task-${n}`, state: "queued", version });
    for (let n = 0; n < 20; n++) expect(await ask(n, 1)).toBe(true);
    expect(await ask(20, 1)).toBe(false);
    for (let n = 0; n < 20; n++) expect(await ask(n, 2)).toBe(true);
    expect(await ask(20, 2)).toBe(false);
  });

  describe("that a task asks for while a newer report of it overtakes the question", () => {
    const at = "2026-01-01T00:00:00.000Z";
    const of = (n: number, state: TaskState, version: number) =>
      ({
        ...{ task_id: `task-${n}`, pack_id: "hello", pack_version: "1.0.0", session_id: null },
        ...{ state, version, created_at: at, updated_at: at },
      }) as const;
    const granted = async (tenant: string, from: number, count: number) => {
      const answers = [];
      for (let n = from; n < from + count; n++) answers.push(await indexOf(tenant).acquire(tenant, of(n, "queued", 1)));
      return answers.filter((isGranted) => isGranted).length;
    };

    it("count like any other", async () => {
      const tenant = "tenant-overtaken";
      await indexOf(tenant).register(tenant, of(0, "queued", 2));
      expect(await indexOf(tenant).acquire(tenant, of(0, "queued", 1))).toBe(true);
      expect(await granted(tenant, 1, 20)).toBe(19);
    });

    it("are waited for in line", async () => {
      const tenant = "tenant-overtaken-line";
      expect(await granted(tenant, 1, 20)).toBe(20);
      await indexOf(tenant).register(tenant, of(0, "queued", 2));
      expect(await indexOf(tenant).acquire(tenant, of(0, "queued", 1))).toBe(false);
      const line = await runInDurableObject(indexOf(tenant), (_object, { storage }) =>
        new IndexStore(storage.sql).nextInLine(10),
      );
      expect(line).toEqual(["task-0"]);
    });

    it("are nobody's when it was cancelled", async () => {
      const tenant = "tenant-overtaken-end";
      await indexOf(tenant).release(tenant, of(0, "cancelled", 2));
      await indexOf(tenant).acquire(tenant, of(0, "queued", 1));
      expect(await indexOf(tenant).list(all)).toMatchObject({ items: [{ state: "cancelled" }] });
      expect(await granted(tenant, 1, 20)).toBe(20);
    });
  });

  describe("of tasks that start themselves", () => {
    /** An hour ahead of the runtime, which therefore fires nothing by itself. */
    const standStill = () => {
      let now = Date.now() + 3_600_000;
      vi.spyOn(systemClock, "now").mockImplementation(() => now);
      return (ms: number): void => {
        now += ms;
      };
    };
    const asked = () => vi.spyOn(TenantIndexObject.prototype, "acquire");
    const at = "2026-01-01T00:00:00.000Z";
    const fill = async (tenant: string, count: number) => {
      const report = { pack_id: "hello", pack_version: "1.0.0", session_id: null, created_at: at, updated_at: at };
      const grants = Array.from({ length: count }, (_, n) =>
        indexOf(tenant).acquire(tenant, { ...report, task_id: `task-${n}`, state: "queued", version: 1 }),
      );
      return (await Promise.all(grants)).filter((isGranted) => isGranted).length;
    };

    it("are asked for with the acceptance, and not again", async () => {
      const index = asked();
      standStill();
      const { stub } = await accept("hello", { tenant: "tenant-self", startsItself: true });
      await runDurableObjectAlarm(stub());
      expect(await stub().view()).toMatchObject({ state: "done" });
      expect(index).toHaveBeenCalledTimes(1);
    });

    it("are asked for again when the alarm came late, or by another instance", async () => {
      const index = asked();
      const move = standStill();
      const late = await accept("hello", { tenant: "tenant-late", startsItself: true });
      move(RESERVED_MS);
      await runDurableObjectAlarm(late.stub());
      expect(index).toHaveBeenCalledTimes(2);
      const other = await accept("hello", { tenant: "tenant-late", startsItself: true });
      await abortAllDurableObjects();
      await runDurableObjectAlarm(other.stub());
      expect(index).toHaveBeenCalledTimes(4);
      for (const { stub } of [late, other]) expect(await stub().view()).toMatchObject({ state: "done" });
    });

    it("are waited for in line when there are none, and found free when the alarm comes", async () => {
      const tenant = "tenant-self-line";
      const move = standStill();
      expect(await fill(tenant, 20)).toBe(20);
      const { stub } = await accept("hello", { tenant, startsItself: true });
      await runDurableObjectAlarm(stub());
      expect(await stub().view()).toMatchObject({ state: "queued" });
      move(SLOT_LEASE_MS);
      await runDurableObjectAlarm(stub());
      expect(await stub().view()).toMatchObject({ state: "done" });
    });

    it("are kept by a task that asks again, whoever waits by then", async () => {
      const tenant = "tenant-self-again";
      const move = standStill();
      expect(await fill(tenant, 19)).toBe(19);
      const one = await accept("hello", { tenant, startsItself: true });
      const other = await accept("hello", { tenant, startsItself: true });
      await runDurableObjectAlarm(other.stub());
      expect(await other.stub().view()).toMatchObject({ state: "queued" });
      move(RESERVED_MS);
      await abortAllDurableObjects();
      await runDurableObjectAlarm(one.stub());
      expect(await one.stub().view()).toMatchObject({ state: "done" });
    });

    it("go to the next one when the first in line was never written", async () => {
      const tenant = "tenant-self-phantom";
      standStill();
      expect(await fill(tenant, 21)).toBe(20);
      const { stub } = await accept("hello", { tenant, startsItself: true });
      await runDurableObjectAlarm(stub());
      const alarmAt = () => runInDurableObject(stub(), (_object, { storage }) => storage.getAlarm());
      expect(await alarmAt()).toBe(systemClock.now() + SLOT_RETRY_MS);
      const report = { pack_id: "hello", pack_version: "1.0.0", session_id: null, created_at: at, updated_at: at };
      await indexOf(tenant).release(tenant, { ...report, task_id: "task-0", state: "done", version: 2 });
      while ((await alarmAt()) !== systemClock.now()) await scheduler.wait(1);
    });

    it("are free again when the task is cancelled before it starts", async () => {
      standStill();
      const tenant = "tenant-self-cancel";
      const { stub } = await accept("hello", { tenant, startsItself: true });
      expect(await fill(tenant, 20)).toBe(19);
      await stub().cancel();
      expect(await fill(tenant, 20)).toBe(20);
    });
  });

  it("cost as much to grant however many tasks are over", async () => {
    const granting = (over: number) =>
      runInDurableObject(indexOf(`tenant-long-${over}`), (_object, { storage }) => {
        const cursors: { readonly rowsRead: number }[] = [];
        const exec: SqlStorage["exec"] = (query, ...bindings) => {
          const cursor = storage.sql.exec(query, ...bindings);
          cursors.push(cursor);
          return cursor as never; // the same cursor, whatever its rows are
        };
        const store = new IndexStore({ exec } as SqlStorage);
        const report = { pack_id: "hello", pack_version: "1.0.0", session_id: null, created_at: "", updated_at: "" };
        for (let n = 0; n < over; n++)
          store.put({ ...report, task_id: `over-${n}`, state: "done", version: 1 }, "kept", 1);
        store.put({ ...report, task_id: "next", state: "queued", version: 1 }, "kept", 1);
        cursors.length = 0;
        expect([store.countBefore("next", 1), store.countSlots(1), store.hasUnfinished()]).toEqual([0, 0, true]);
        expect(store.nextInLine(10)).toEqual([]);
        return cursors.reduce((sum, { rowsRead }) => sum + rowsRead, 0);
      });
    expect(await granting(200)).toBe(await granting(1));
  });

  it("of one tenant do not hold up another", async () => {
    const busy = await Promise.all(Array.from({ length: 20 }, () => accept("@sleep 10m", { tenant: "tenant-busy" })));
    for (const { stub } of busy) await stub().kick();
    const other = await accept("hello", { tenant: "tenant-idle" });
    await other.stub().kick();
    expect(typesOf(await readUntil(other.stub())).at(-1)).toBe("task.done");
    await Promise.all(busy.map(({ stub }) => stub().cancel()));
  });
});

describe("the list", () => {
  it("shows newest first, pages without gap or repetition, filters, and knows the end state", async () => {
    const tenant = "tenant-list";
    const tasks = [];
    for (let n = 0; n < 5; n++) tasks.push(await accept(`hello ${n}`, { tenant, pack: n === 4 ? "other" : "tester" }));
    await tasks[0]?.stub().kick();
    await readUntil(tasks[0]?.stub() ?? { subscribe: async () => null });
    // The task tells its index right after its last event; the test's own limit bounds the wait.
    while ((await indexOf(tenant).list({ ...all, state: "done" })).items.length < 1) await scheduler.wait(1);
    const first = await indexOf(tenant).list({ ...all, limit: 2 });
    const second = await indexOf(tenant).list({ ...all, limit: 2, before: first.next });
    const third = await indexOf(tenant).list({ ...all, limit: 2, before: second.next });
    const ids = [...first.items, ...second.items, ...third.items].map(({ task_id }) => task_id);
    expect(new Set(ids)).toEqual(new Set(tasks.map(({ taskId }) => taskId)));
    expect(ids).toHaveLength(5);
    expect(third.next).toBeNull();
    expect((await indexOf(tenant).list({ ...all, pack_id: "other" })).items).toHaveLength(1);
  });

  it("of an unknown tenant is empty and creates nothing", async () => {
    expect(await indexOf("tenant-nobody").list(all)).toEqual({ items: [], next: null });
    const tables = await runInDurableObject(indexOf("tenant-nobody"), (_object, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'entry'").toArray(),
    );
    expect(tables).toEqual([]);
  });

  it("never serves two tenants from one index", async () => {
    await accept("hello", { tenant: "tenant-own" });
    let message = "";
    try {
      await indexOf("tenant-own").renew("tenant-other", "x");
    } catch (thrown) {
      message = String(thrown);
    }
    expect(message).toContain("another tenant");
  });
});

describe("the sweep", () => {
  it("revives a task whose alarm, message and kick were all lost", async () => {
    const tenant = "tenant-sweep";
    const { stub } = await accept(fiveSteps(), { tenant });
    await runInDurableObject(stub(), (_object, { storage }) => storage.deleteAlarm());
    await abortAllDurableObjects();
    const now = Date.now();
    vi.spyOn(systemClock, "now").mockImplementation(() => now + SLOT_LEASE_MS + 1_000);
    expect(await indexOf(tenant).sweep(tenant)).toMatchObject({ kicked: 1 });
    // The kick armed the alarm at the moved clock's "now"; the runtime's own clock has not moved.
    expect(await runDurableObjectAlarm(stub())).toBe(true);
    expect(typesOf(await readUntil(stub())).at(-1)).toBe("task.done");
  });

  it("forgets a task that never came to be", async () => {
    const tenant = "tenant-ghost";
    const at = new Date(0).toISOString();
    const ghost = {
      task_id: "00000000-0000-8000-8000-000000000001",
      state: "queued",
      pack_id: "p",
      pack_version: "1.0.0",
    } as const;
    await indexOf(tenant).register(tenant, { ...ghost, session_id: null, created_at: at, updated_at: at, version: 1 });
    const now = Date.now();
    vi.spyOn(systemClock, "now").mockImplementation(() => now + SLOT_LEASE_MS + 1_000);
    await indexOf(tenant).sweep(tenant);
    expect((await indexOf(tenant).list(all)).items).toEqual([]);
  });

  it("is reached from the cron through the directory", async () => {
    const tenant = "tenant-cron";
    await accept("hello", { tenant });
    const tenants = await env.DIRECTORY.getByName("directory").nextTurn();
    expect(tenants).toContain(tenant);
  });
});
