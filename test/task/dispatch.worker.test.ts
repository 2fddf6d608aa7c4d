/** Either way of starting a run is enough on its own: one suite, run with the task's own alarm off and with the consumer off. */
import {
  abortAllDurableObjects,
  createExecutionContext,
  createMessageBatch,
  getQueueResult,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { consume } from "../../src/consume.ts";
import { createLog, systemClock } from "../../src/platform/index.ts";
import { QUEUE_NET_SECONDS, RunQueue } from "../../src/run-queue.ts";
import { LEASE_CHECK_MS, LEASE_MS } from "../../src/task/limits.ts";
import { TaskObject, TenantIndexObject } from "../../src/task/object.ts";
import { replaceSleeps, sleepForEver } from "../case/sleeps.ts";
import { accept, env, fiveSteps, isGapless, readUntil, typesOf } from "./harness.ts";

afterEach(() => void vi.restoreAllMocks());

for (const way of ["queue", "alarm", "both"] as const) {
  describe(`runs started by ${way === "both" ? "message and alarm" : `the ${way} alone`}`, () => {
    const start = async (input: string) => {
      const task = await accept(input, { startsItself: way !== "queue" });
      const { tenant, taskId, args } = task;
      const queue = new RunQueue({ queue: env.RUN_QUEUE, ways: way, clock: systemClock, log: createLog() });
      await queue.send({ tenant, task_id: taskId, traceparent: args.traceparent });
      return task;
    };

    it("come to their end", async () => {
      const { stub } = await start(fiveSteps());
      const events = await readUntil(stub());
      expect(isGapless(events)).toBe(true);
      expect(typesOf(events).at(-1)).toBe("task.done");
    });

    it("come to their end side by side", async () => {
      const tasks = await Promise.all(Array.from({ length: 10 }, (_, n) => start(`hello ${n}`)));
      for (const { stub } of tasks) expect(typesOf(await readUntil(stub())).at(-1)).toBe("task.done");
    });

    it("are cancelled like any other", async () => {
      const { stub } = await start("@sleep 10m\n@say never");
      await readUntil(stub(), ({ type }) => type === "step.started");
      await stub().cancel();
      expect(typesOf(await readUntil(stub())).at(-1)).toBe("task.cancelled");
    });
  });
}

describe("a run that breaks off in its first seconds", () => {
  it("is taken up by the alarm that began it, which the platform repeats: it has set none of its own", async () => {
    // On a slow machine too it does not come to look after its lease, which would set one.
    replaceSleeps((sleep) => (ms, signal) => (ms === LEASE_CHECK_MS ? sleepForEver : sleep)(ms, signal));
    const { stub } = await accept("@sleep 10m\n@say never", { startsItself: true });
    await readUntil(stub(), ({ type }) => type === "step.started");
    expect(await runInDurableObject(stub(), (_object, { storage }) => storage.getAlarm())).toBeNull();
    await abortAllDurableObjects();
    await readUntil(stub(), ({ type }) => type === "task.resumed");
    // A repetition is not relied on once more.
    expect(await runInDurableObject(stub(), (_object, { storage }) => storage.getAlarm())).not.toBeNull();
    await stub().cancel();
  });
});

describe("a run that is over", () => {
  it("has set with its end what is due from then on, before it gives back its slot", async () => {
    let isHeld = true;
    const { release } = TenantIndexObject.prototype;
    vi.spyOn(TenantIndexObject.prototype, "release").mockImplementation(async function (
      this: TenantIndexObject,
      ...of
    ) {
      while (isHeld) await scheduler.wait(1);
      return release.apply(this, of);
    });
    const { stub } = await accept("hello", { startsItself: true });
    try {
      await readUntil(stub());
      const alarm = await runInDurableObject(stub(), (_object, { storage }) => storage.getAlarm());
      expect(Number(alarm)).toBeGreaterThan(systemClock.now() + LEASE_MS);
    } finally {
      isHeld = false;
    }
  });
});

describe("the run queue", () => {
  it("starts a task whose own alarm was lost", async () => {
    // An hour ahead of the runtime, which therefore fires nothing by itself.
    let now = Date.now() + 3_600_000;
    vi.spyOn(systemClock, "now").mockImplementation(() => now);
    const { stub, taskId, tenant } = await accept("hello", { startsItself: true });
    await runInDurableObject(stub(), (_object, { storage }) => storage.deleteAlarm());
    now += QUEUE_NET_SECONDS * 1_000;
    const batch = batchOf("vasini-runs", [{ tenant, task_id: taskId, traceparent: "" }]);
    await consume(batch, env);
    expect(await runDurableObjectAlarm(stub())).toBe(true);
    expect(await stub().view()).toMatchObject({ state: "done" });
  });

  const batchOf = (queue: string, bodies: readonly unknown[]) =>
    createMessageBatch(
      queue,
      bodies.map((body, index) => ({ id: `m${index}`, timestamp: new Date(), attempts: 1, body })),
    );

  describe("asks the tenants' indexes first", () => {
    /** Two tasks of two tenants that are over, one that is not, and one that nobody knows. */
    async function batchOfAll() {
      const over = [await accept("hello"), await accept("hello", { tenant: "tenant-456" })] as const;
      for (const { stub, tenant, taskId } of over) {
        await stub().kick();
        const all = { state: "done", pack_id: null, limit: 100, before: null } as const;
        const isListed = async () =>
          (await env.TENANT_INDEX.getByName(tenant).list(all)).items.some(({ task_id }) => task_id === taskId);
        await vi.waitUntil(isListed, { timeout: 60_000 });
      }
      const begins = await accept("hello");
      const unknown = {
        tenant: begins.tenant,
        taskId: begins.taskId.replace(/^./, (digit) => (digit === "0" ? "1" : "0")),
      };
      const bodies = [...over, begins, unknown].map(({ tenant, taskId }) => ({ tenant, task_id: taskId }));
      const [kick, still] = [
        vi.spyOn(TaskObject.prototype, "kick"),
        vi.spyOn(TenantIndexObject.prototype, "stillAmong"),
      ];
      return { batch: batchOf("vasini-runs", bodies), begins, kick, still };
    }

    it("once each, and wakes nobody who is over", async () => {
      const { batch, begins, kick, still } = await batchOfAll();
      await consume(batch, env);
      expect((await getQueueResult(batch, createExecutionContext())).explicitAcks).toHaveLength(4);
      expect([still.mock.calls.length, kick.mock.calls.length]).toEqual([2, 2]);
      expect(typesOf(await readUntil(begins.stub())).at(-1)).toBe("task.done");
    });

    it("and wakes everybody where an index does not answer", async () => {
      const { batch, begins, kick, still } = await batchOfAll();
      still.mockRejectedValue(new Error("this index is older, or away"));
      await consume(batch, env);
      expect((await getQueueResult(batch, createExecutionContext())).explicitAcks).toHaveLength(4);
      expect(kick).toHaveBeenCalledTimes(4);
      expect(typesOf(await readUntil(begins.stub())).at(-1)).toBe("task.done");
    });
  });

  it("takes a message many times and runs the task once", async () => {
    const { stub, taskId, tenant } = await accept("hello");
    const message = { tenant, task_id: taskId, traceparent: "" };
    const batch = batchOf("vasini-runs", [message, message, message]);
    await consume(batch, env);
    const result = await getQueueResult(batch, createExecutionContext());
    expect(result.explicitAcks).toEqual(["m0", "m1", "m2"]);
    const events = await readUntil(stub());
    expect(typesOf(events).filter((type) => type === "task.started")).toHaveLength(1);
  });

  it("drops what it cannot read without holding up the rest of the batch", async () => {
    const { stub, taskId, tenant } = await accept("hello");
    const poison = [null, "text", { tenant: "../x", task_id: taskId }, { tenant }];
    const batch = batchOf("vasini-runs", [...poison, { tenant, task_id: taskId }]);
    await consume(batch, env);
    expect((await getQueueResult(batch, createExecutionContext())).explicitAcks).toHaveLength(5);
    expect(typesOf(await readUntil(stub())).at(-1)).toBe("task.done");
  });

  it("buries nothing from its dead-letter consumer", async () => {
    const { stub, taskId, tenant } = await accept("hello");
    const batch = batchOf("vasini-runs-dead", [{ tenant, task_id: taskId }]);
    await consume(batch, env);
    expect((await getQueueResult(batch, createExecutionContext())).explicitAcks).toEqual(["m0"]);
    expect(await stub().view()).toMatchObject({ state: "queued" });
  });
});
