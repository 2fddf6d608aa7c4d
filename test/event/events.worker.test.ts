/**
 * Events in the real runtime: from a task to what its consumers did, through the task's object, a doorbell, the queue and
 * the database, with each of them killed or taken away. Order and repetition in every detail: test/case/database.
 */
import {
  abortAllDurableObjects,
  createExecutionContext,
  createMessageBatch,
  getQueueResult,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { consume, sweepDoorbells } from "../../src/consume.ts";
import { doorbellNames, doorbellOf, type OutboxEvent } from "../../src/event/index.ts";
import { DB_ATTEMPT_MS_MAX } from "../../src/platform/db.ts";
import { systemClock, type TenantId } from "../../src/platform/index.ts";
import { configOf } from "../../src/wire.ts";
import { patientClock } from "../api/ports.ts";
import { tenantNamed } from "../case/database/bench.ts";
import { eventsOf, project, taskNamed } from "../case/database/event-rig.ts";
import { accept, env, readUntil } from "../task/harness.ts";
import { databaseOf } from "./database.ts";

const { url, httpEndpoint, outboxDatabaseUrl } = inject("database");
// Before anything of the Worker reads it: the only file whose Worker publishes, so nobody else takes its events.
configOf({
  ...env,
  DATABASE_URL: url,
  DATABASE_HTTP_ENDPOINT: httpEndpoint,
  OUTBOX_DATABASE_URL: outboxDatabaseUrl,
});
const db = databaseOf();

// A busy machine is no database that is away: the Worker's own requests have no end to their waits either.
beforeEach(() => {
  const sleep = systemClock.sleep.bind(systemClock);
  vi.spyOn(systemClock, "sleep").mockImplementation((ms, signal) =>
    ms === DB_ATTEMPT_MS_MAX ? patientClock.sleep(ms, signal) : sleep(ms, signal),
  );
});

afterEach(() => void vi.restoreAllMocks());

/** Asks until it is so; the test's own limit bounds the wait, and nothing is timed. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function rowsOf(tenant: TenantId, text: string, params: readonly string[]) {
  const result = await db.batch(tenant, [{ text, params: [...params] }]);
  if (!result.ok) throw new Error(result.error.message);
  return result.value[0]?.rows ?? [];
}
const usageOf = (tenant: TenantId, task: string) =>
  rowsOf(tenant, "SELECT id, model, output_tokens::int AS output FROM usage WHERE task_id = $1", [task]);
const inboxOf = (tenant: TenantId, task: string) =>
  rowsOf(
    tenant,
    `SELECT event_type, aggregate_seq::int AS seq, processed FROM inbox_events
     WHERE consumer = 'usage' AND aggregate_id = $1 ORDER BY aggregate_seq`,
    [task],
  );
const arrived = (tenant: TenantId, task: string) => until(async () => (await usageOf(tenant, task)).length > 0);

const bellOf = (tenant: string) => env.DOORBELL.getByName(doorbellOf(tenant));

/** The way to the database: counted, and cut on demand. */
function watchDatabase() {
  const fetchNow = globalThis.fetch;
  // Held is the next request with this text: one of the queue's would hold up the whole queue, which nothing kills.
  const state = { isAway: false, requests: 0, hold: null as string | null, isHeld: false };
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    if (String(input instanceof Request ? input.url : input) !== httpEndpoint) return fetchNow(input, init);
    state.requests += 1;
    if (state.isAway) throw new TypeError("the network is cut");
    const answer = await fetchNow(input, init);
    if (state.hold !== null && String(init?.body).includes(state.hold)) {
      state.hold = null;
      state.isHeld = true;
      // Never: the database has done its work, and whoever asked is killed before it hears so.
      await new Promise(() => undefined);
    }
    return answer;
  });
  return state;
}

/** Fires what is armed, whenever it is for: a moved clock is ahead of the platform's. */
async function fire(...objects: readonly DurableObjectStub[]): Promise<void> {
  const bells = doorbellNames.map((name) => env.DOORBELL.getByName(name));
  // An object that was just killed answers with the kill, once.
  for (const object of [...objects, ...bells]) await runDurableObjectAlarm(object).catch(() => false);
}

/** A clock that runs on, moved ahead. */
function movableClock() {
  const now = systemClock.now.bind(systemClock);
  let ahead = 0;
  vi.spyOn(systemClock, "now").mockImplementation(() => now() + ahead);
  return (ms: number): void => {
    ahead += ms;
  };
}

const TYPES = ["task.queued", "task.started", "task.done"];

describe("the events of a task", () => {
  it("arrive at its consumers in their order, and its usage is counted once", async () => {
    const { stub, taskId, tenant } = await accept("@say hello");
    await stub().kick();
    await readUntil(stub());
    await arrived(tenant, taskId);
    expect(await inboxOf(tenant, taskId)).toEqual(
      TYPES.map((event_type, n) => ({ event_type, seq: n + 1, processed: true })),
    );
    expect(await usageOf(tenant, taskId)).toEqual([
      { id: `${taskId}:3`, model: "offline/scripted", output: expect.any(Number) },
    ]);
  });

  it("tell the usage of a cancelled task too", async () => {
    const { stub, taskId, tenant } = await accept("@sleep 10m\n@say never");
    await stub().kick();
    await readUntil(stub(), ({ type }) => type === "step.started");
    await stub().cancel();
    await arrived(tenant, taskId);
    expect((await inboxOf(tenant, taskId)).at(-1)).toMatchObject({ event_type: "task.cancelled" });
  });

  it("carry ids and numbers, and nothing that a user or a model wrote", async () => {
    const { taskId, tenant, stub } = await accept("@say a secret answer");
    await stub().kick();
    await readUntil(stub());
    await arrived(tenant, taskId);
    const rows = await rowsOf(tenant, "SELECT event_data_json FROM inbox_events WHERE aggregate_id = $1", [taskId]);
    const [last] = rows
      .map(({ event_data_json }) => JSON.parse(String(event_data_json)))
      .filter(({ type }) => type === "task.done");
    expect(JSON.stringify(rows)).not.toContain("secret");
    expect(last).toMatchObject({
      specversion: "1.0",
      id: `${taskId}:3`,
      source: `/tenants/${tenant}/tasks/${taskId}`,
      subject: taskId,
      sequence: 3,
      tenantid: tenant,
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      dataschema: "urn:proto:vasini.event.v1.TaskDone",
      data: {
        state: "done",
        finish_reason: "stop",
        steps_taken: 1,
        task: { task_id: taskId, pack_id: "tester", trace_id: "trace-1" },
      },
    });
  });

  it("arrive though everything was killed after they were stored and before the bell was rung", async () => {
    const move = movableClock();
    const { stub, taskId, tenant } = await accept("@say hello");
    await stub().kick();
    await readUntil(stub());
    await arrived(tenant, taskId);
    const next = await accept("@say again");
    const database = watchDatabase();
    database.hold = "INSERT INTO event_outbox";
    await next.stub().kick();
    await until(async () => database.isHeld);
    await abortAllDurableObjects();
    // The run goes on, and the projection's due time tells again what it is not sure of.
    await until(async () => {
      move(31_000);
      await fire(next.stub());
      return (await usageOf(next.tenant, next.taskId)).length > 0;
    });
    expect((await inboxOf(next.tenant, next.taskId)).every(({ processed }) => processed === true)).toBe(true);
    expect(await usageOf(next.tenant, next.taskId)).toHaveLength(1);
  });

  it("arrive when the database is back", async () => {
    const move = movableClock();
    const database = watchDatabase();
    database.isAway = true;
    const { stub, taskId, tenant } = await accept("@say hello");
    await stub().kick();
    await readUntil(stub());
    expect(await stub().view()).toMatchObject({ state: "done" });
    database.isAway = false;
    await until(async () => {
      move(31_000);
      await fire(stub());
      return (await usageOf(tenant, taskId)).length > 0;
    });
    expect((await inboxOf(tenant, taskId)).map(({ event_type }) => event_type)).toEqual(TYPES);
  });
});

describe("a doorbell", () => {
  /** A tenant whose events are in the outbox, and nobody was told. */
  async function written(
    tenant: string,
    n: number,
  ): Promise<{ tenant: TenantId; task: string; events: OutboxEvent[] }> {
    const named = tenantNamed(tenant);
    const task = taskNamed(n);
    const events = await eventsOf(tenant, task, 3);
    await project(db, tenant, task, events);
    return { tenant: named, task, events };
  }

  it("whose alarm was lost is found by the sweep", async () => {
    await sweepDoorbells(env);
    const { tenant, task } = await written("bell-lost", 1);
    const bell = bellOf(tenant);
    await runInDurableObject(bell, async (object, state) => {
      await object.ring();
      await state.storage.deleteAlarm();
    });
    await sweepDoorbells(env);
    await arrived(tenant, task);
  });

  it("that was killed while it published publishes again, and each effect happens once", async () => {
    const move = movableClock();
    const { tenant, task } = await written("bell-killed", 2);
    const database = watchDatabase();
    database.hold = "claimed_until";
    await bellOf(tenant).ring();
    // Its own alarm, and not one that is fired here: that one is taken off before it runs, and would die with the kill.
    await until(async () => database.isHeld);
    await abortAllDurableObjects();
    move(31_000);
    await until(async () => {
      await fire();
      return (await usageOf(tenant, task)).length > 0;
    });
    expect(await usageOf(tenant, task)).toHaveLength(1);
  });

  it("keeps trying while the database is away, and is silent when nothing is left", async () => {
    const { tenant, task } = await written("bell-away", 3);
    const database = watchDatabase();
    database.isAway = true;
    const bell = bellOf(tenant);
    await bell.ring();
    await until(async () => database.requests > 2);
    await runInDurableObject(bell, async (_, state) => {
      expect(await state.storage.get("pending")).toBe(true);
    });
    database.isAway = false;
    await until(async () => {
      await fire();
      return (await usageOf(tenant, task)).length > 0;
    });
    const isPending = (name: string) =>
      runInDurableObject(
        env.DOORBELL.getByName(name),
        async (_, state) => (await state.storage.get("pending")) === true,
      );
    await until(async () => {
      await fire();
      return !(await Promise.all(doorbellNames.map(isPending))).includes(true);
    });
    database.requests = 0;
    await sweepDoorbells(env);
    const ran = await Promise.all(doorbellNames.map((name) => runDurableObjectAlarm(env.DOORBELL.getByName(name))));
    expect({ requests: database.requests, ran }).toEqual({ requests: 0, ran: doorbellNames.map(() => false) });
  });
});

describe("the event queue", () => {
  const batchOf = (queue: string, bodies: readonly unknown[]) =>
    createMessageBatch(
      queue,
      bodies.map((body, index) => ({ id: `m${index}`, timestamp: new Date(), attempts: 1, body })),
    );
  const answersTo = async (queue: string, bodies: readonly unknown[]) => {
    const batch = batchOf(queue, bodies);
    await consume(batch, env);
    const { explicitAcks, retryMessages } = await getQueueResult(batch, createExecutionContext());
    return { acks: explicitAcks.toSorted(), retries: retryMessages.map(({ msgId }) => msgId).toSorted() };
  };

  it("takes events twice and in any order, and what is no event harms no other", async () => {
    const tenant = tenantNamed("queue-any");
    const task = taskNamed(4);
    const events = await eventsOf("queue-any", task, 3);
    await project(db, "queue-any", task, []);
    const [first, second, third] = events.map(({ json }) => json);
    expect(await answersTo("vasini-events", [third, "poison", third, second])).toEqual({
      acks: ["m1"],
      retries: ["m0", "m2", "m3"],
    });
    expect(await usageOf(tenant, task)).toEqual([]);
    expect(await answersTo("vasini-events", [first, first, third])).toEqual({ acks: ["m0", "m1", "m2"], retries: [] });
    expect(await usageOf(tenant, task)).toHaveLength(1);
  });

  it("buries what it gave up on, under its tenant", async () => {
    const tenant = tenantNamed("queue-dead");
    const [event] = await eventsOf("queue-dead", taskNamed(5), 1);
    expect(await answersTo("vasini-events-dead", [event?.json])).toEqual({ acks: ["m0"], retries: [] });
    expect(
      await rowsOf(tenant, "SELECT source, reason FROM dead_letters WHERE event_id = $1", [event?.id ?? ""]),
    ).toEqual([{ source: "queue", reason: "retries_exhausted" }]);
  });

  it("has a consumer for every queue of the Worker, and for no other", async () => {
    let refused = "";
    await consume(batchOf("somebody-elses", [1]), env).catch((thrown: unknown) => {
      refused = String(thrown);
    });
    expect(refused).toContain("nobody consumes the queue somebody-elses");
  });
});
