/** The routes for dead letters over the real Worker and database: pages, replays, and who may not. */
import { beforeAll, describe, expect, it } from "vitest";
import { toCursor } from "../../src/api/cursor.ts";
import { LetterList, Replayed } from "../../src/api/dead-letter-schema.ts";
import { consumeDeadEvents, consumeEvents, createDeadLetters, type DeadLetters } from "../../src/event/index.ts";
import { usageConsumer } from "../../src/event/usage-store.ts";
import { systemClock } from "../../src/platform/index.ts";
import { tenantNamed } from "../case/database/bench.ts";
import { eventsOf, messageOf, project, quiet, taskNamed } from "../case/database/event-rig.ts";
import { databaseOf } from "../event/database.ts";
import { answerOf, ask } from "./gateway.ts";
import { askAs, guarded, makeKey, makeTenant } from "./guarded.ts";

const db = databaseOf();
const ports = { db, clock: systemClock, log: quiet };
let tenant: string;
let key: string;
beforeAll(async () => {
  tenant = await makeTenant("letters");
  key = (await makeKey(tenant, ["operator"])).key;
});

const list = async (query = "", credential = key) => {
  const { status, body } = await answerOf(askAs(credential, `/api/v1/dead-letters${query}`));
  expect(status).toBe(200);
  return LetterList().parse(body);
};
const replay = (id: string, credential = key) =>
  answerOf(askAs(credential, `/api/v1/dead-letters/${id}/replay`, { method: "POST" }));

/** An event whose usage cannot be stored: its task is not in the database. */
async function buryUsage(task: string): Promise<void> {
  const events = await eventsOf(tenant, task, 2);
  const messages = events.map(({ json }) => messageOf(json).message);
  await consumeEvents(messages, { ...ports, consumers: [usageConsumer] });
}

describe("GET /api/v1/dead-letters", () => {
  it("shows what could not be handled, newest first, in pages", async () => {
    for (const n of [1, 2, 3]) {
      const [event] = await eventsOf(tenant, taskNamed(n), 1);
      await consumeDeadEvents([messageOf(event?.json, 101).message], ports);
    }
    const first = await list("?limit=2&source=queue");
    const second = await list(`?limit=2&source=queue&cursor=${first.next_cursor}`);
    expect([...first.items, ...second.items].map(({ task_id }) => task_id).toSorted()).toEqual(
      [1, 2, 3].map(taskNamed),
    );
    expect(second.next_cursor).toBeNull();
    expect(first.items[0]).toMatchObject({
      source: "queue",
      reason: "retries_exhausted",
      state: "open",
      trace_id: "t-1",
    });
    expect(JSON.stringify(first)).not.toContain("payload");
  });

  it("refuses a cursor that no page gave, a state that is none and a limit beyond the most", async () => {
    for (const query of ["?cursor=%20", `?cursor=${toCursor("no|place")}`, "?state=lost", "?limit=101"]) {
      const { status, body } = await answerOf(askAs(key, `/api/v1/dead-letters${query}`));
      expect([status, body.code], query).toEqual([400, "INVALID_REQUEST"]);
    }
  });
});

describe("POST /api/v1/dead-letters/{id}/replay", () => {
  it("says refused while the cause stands, then replayed, then already_applied, and records who asked", async () => {
    const task = taskNamed(9);
    await buryUsage(task);
    const { items } = await list("?source=consumer:usage");
    const [letter] = items;
    expect(letter).toMatchObject({ reason: "refused", sqlstate: "23503", event_id: `${task}:2` });
    const id = letter?.id ?? "";
    expect(await replay(id)).toMatchObject({
      status: 200,
      body: { status: "refused", dead_letter: { state: "open" } },
    });
    await project(db, tenant, task, []);
    const done = await replay(id);
    expect(Replayed().parse(done.body)).toMatchObject({ status: "replayed", dead_letter: { id, state: "resolved" } });
    expect(await replay(id)).toMatchObject({ status: 200, body: { status: "already_applied" } });
    const usage = await db.batch(tenantNamed(tenant), [
      { text: "SELECT id FROM usage WHERE task_id = $1", params: [task] },
    ]);
    expect(usage.ok && usage.value[0]?.rows).toEqual([{ id: `${task}:2` }]);
    expect((await list("?state=open&source=consumer:usage")).items).toEqual([]);
    expect((await list("?state=resolved&source=consumer:usage")).items).toMatchObject([
      { id, replay_count: 1, replayed_by: expect.stringMatching(/^key:/) },
    ]);
  });

  it("is 404 for another tenant's letter, in the words for what never was", async () => {
    const { items } = await list("?source=queue");
    const stranger = (await makeKey(await makeTenant("stranger"), ["admin"])).key;
    const there = await replay(items[0]?.id ?? "", stranger);
    expect(there).toMatchObject({ status: 404, body: { code: "NOT_FOUND", detail: "There is no such dead letter." } });
    for (const id of ["0".repeat(36), "no-letter", "%2e%2e"]) expect((await replay(id, stranger)).status).toBe(404);
    expect((await list("?source=queue")).items[0]).toMatchObject({ state: "open", replay_count: 0 });
  });

  it("is 403 for a key that may only read", async () => {
    const { items } = await list("?source=queue");
    const viewer = (await makeKey(tenant, ["viewer"])).key;
    expect(await replay(items[0]?.id ?? "", viewer)).toMatchObject({ status: 403 });
    expect((await list("", viewer)).items.length).toBeGreaterThan(0);
  });
});

describe("without its database", () => {
  const away: DeadLetters = createDeadLetters({
    ...ports,
    db: { batch: async () => ({ ok: false, error: { reason: "unavailable", message: "", sqlstate: null } }) },
    consumers: [],
    replayers: {},
  });
  for (const [name, deadLetters] of [
    ["away", away],
    ["not configured", null],
  ] as const) {
    it(`(${name}) both routes answer 503 and say when to come again`, async () => {
      const via = guarded({ deadLetters });
      const headers = { authorization: `Bearer ${key}` };
      for (const [path, method] of [
        ["/api/v1/dead-letters", "GET"],
        [`/api/v1/dead-letters/${"0".repeat(36)}/replay`, "POST"],
      ] as const) {
        const response = await ask(path, { via, tenant: null, method, headers });
        expect([response.status, response.headers.has("retry-after")], path).toEqual([503, true]);
        await response.body?.cancel();
      }
    });
  }
});
