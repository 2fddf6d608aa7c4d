/** Webhooks on a database: which deliveries come to be, which go out when, what each answer leaves, and whose they are. */
import { createHmac } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { consumeEvents, createDeadLetters, createWebhookConsumer, replayWebhook } from "../../../src/event/index.ts";
import {
  ATTEMPT_DELAYS_MS,
  BODY_BYTES_MAX,
  DELIVERY_RETENTION_MS,
  PENDING_MAX,
  WEBHOOKS_MAX,
} from "../../../src/event/webhook-limits.ts";
import { createPass } from "../../../src/event/webhook-pass.ts";
import { createSendWebhook } from "../../../src/event/webhook-send.ts";
import type { Endpoint } from "../../../src/event/webhook-store.ts";
import { createWebhooks } from "../../../src/event/webhooks.ts";
import {
  assert,
  type Clock,
  createDb,
  createSeal,
  newWebhookId,
  type SqlRow,
  type TenantId,
} from "../../../src/platform/index.ts";
import { memoryLog } from "../../api/ports.ts";
import { answer, type Receiver, startReceiver } from "../../event/receiver.ts";
import { asUser, type Bench, tenantNamed } from "./bench.ts";
import { eventsOf, messageOf } from "./event-rig.ts";

const DAY_MS = 86_400_000;
/** The Worker's clock: an hour ahead of the database's, so that what the database writes now is due. */
const START = Date.now() + 3_600_000;
const seal = createSeal("the-master-key-of-these-tests-0123456789");
const TASK = "00000000-0000-8000-8000-000000000001";

/** @param open a bench of its own for this suite. */
export function describeWebhooks(name: string, open: () => Promise<Bench>): void {
  describe(`webhooks on ${name}`, () => {
    let bench: Bench;
    let receiver: Receiver;
    beforeAll(async () => {
      [bench, receiver] = await Promise.all([open(), startReceiver()]);
    });
    afterAll(async () => {
      await Promise.all([bench?.close(), receiver?.close()]);
    });

    let tenant: TenantId;
    let tenants = 0;
    /** By how much a test has moved the Worker's clock, which stands still otherwise. */
    let ahead = 0;
    let rung: Endpoint[] = [];
    const log = memoryLog();
    const clock: Clock = {
      now: () => START + ahead,
      sleep: (_ms, signal) => new Promise((_, reject) => signal?.addEventListener("abort", reject)),
    };
    beforeEach(() => {
      tenant = tenantNamed(`hooks-${++tenants}`);
      [ahead, rung, receiver.behave] = [0, [], answer(204)];
    });
    afterEach(() => {
      receiver.received.length = 0;
    });

    /** The port without an end to its waits: a busy machine is no database that is away. */
    const db = () =>
      createDb({
        database: { url: bench.endpoint.connectionString("app_user"), httpEndpoint: bench.endpoint.url },
        outboxDatabaseUrl: null,
        clock,
        random: () => 0,
      });
    const ports = () => {
      const localOrigins = [receiver.origin];
      return {
        ...{ db: db(), seal, clock, log, localOrigins, random: () => 0.5 },
        send: createSendWebhook({ clock, fetch, localOrigins }),
        ring: async (endpoint: Endpoint) => {
          rung.push(endpoint);
        },
      };
    };
    const hooks = () => createWebhooks(ports());
    const pass = (endpoint: Endpoint) => createPass(ports())(endpoint);
    const rows = async (text: string, of = tenant): Promise<readonly SqlRow[]> => {
      const answered = await asUser(bench, "app_user")(of, [text]);
      assert(answered.code === null, JSON.stringify(answered));
      return answered.rows;
    };
    const deliveries = (of = tenant) =>
      rows(
        "SELECT event_id, state, attempts, last_status, last_error FROM webhook_deliveries ORDER BY created_at, event_id",
        of,
      );

    async function make(change: { eventTypes?: readonly string[]; of?: TenantId; path?: string } = {}) {
      const { of = tenant, eventTypes = [], path = "/" } = change;
      const endpoint = { tenant: of, webhookId: newWebhookId() };
      const made = await hooks().create(endpoint, { url: receiver.origin + path, description: "", eventTypes });
      assert(made.ok, JSON.stringify(made));
      return { ...made.value, endpoint };
    }

    type Event = {
      readonly id?: string;
      readonly seq?: number;
      readonly type?: string;
      readonly body?: string;
      readonly task?: string;
    };
    /** Events of a task as the inbox hands them to a consumer: its rows that are not processed, and then they are. */
    async function consume(events: readonly Event[], of = tenant): Promise<readonly SqlRow[]> {
      const consumer = createWebhookConsumer(ports().ring);
      const ready = `SELECT * FROM inbox_events WHERE tenant_id = $1 AND consumer = $2 AND aggregate_id = $3 AND processed_at IS NULL`;
      const task = events[0]?.task ?? TASK;
      const inserts = events.map(({ seq = 1, type = "task.done", body = `{"seq":${seq}}` }) => ({
        text: `INSERT INTO inbox_events (tenant_id, consumer, source, event_id, event_type, aggregate_id, aggregate_seq, event_data_json)
          VALUES ($1, 'webhooks', 'test', $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
        params: [of, `${task}:${seq}`, type, task, seq, body],
      }));
      const effect = consumer.effect(ready, { tenant: of, aggregateId: task });
      const done = {
        text: "UPDATE inbox_events SET processed_at = now() WHERE tenant_id = $1 AND consumer = 'webhooks' AND aggregate_id = $2",
        params: [of, task],
      };
      const result = await db().batch(of, [...inserts, ...effect, done]);
      assert(result.ok, JSON.stringify(result));
      const last = result.value[inserts.length + effect.length - 1]?.rows ?? [];
      await consumer.after?.(of, last);
      return last;
    }
    /** The database's rows, moved to the past by so much. */
    const age = (ms: number) =>
      rows(`UPDATE webhook_deliveries SET created_at = created_at - interval '${ms} milliseconds'`);

    describe("an event", () => {
      it("becomes a delivery for each endpoint that wants it, and rings it", async () => {
        const all = await make();
        const some = await make({ eventTypes: ["task.done", "task.failed"] });
        await make({ eventTypes: ["task.failed"] });
        await consume([{}]);
        expect(await deliveries()).toHaveLength(2);
        expect(rung.map(({ webhookId }) => webhookId).sort()).toEqual(
          [all.endpoint.webhookId, some.endpoint.webhookId].sort(),
        );
      });

      it("becomes none for an endpoint that is disabled", async () => {
        const { endpoint } = await make();
        await hooks().update(endpoint, { state: "disabled" });
        rung = [];
        await consume([{}]);
        expect(await deliveries()).toEqual([]);
        expect(rung).toEqual([]);
      });

      it("that comes again is no second delivery, and rings again while the first waits", async () => {
        const { endpoint } = await make();
        await consume([{}]);
        rung = [];
        await consume([{}]);
        expect(await deliveries()).toHaveLength(1);
        expect(rung).toEqual([endpoint]);
        await pass(endpoint);
        rung = [];
        await consume([{}]);
        expect(rung).toEqual([]);
      });

      it("makes its message come again when the endpoint cannot be rung", async () => {
        await make();
        const consumer = createWebhookConsumer(async () => {
          throw new Error("reset");
        });
        const outcome = await consumer.after?.(tenant, [{ webhook_id: crypto.randomUUID() }]).catch(String);
        expect(outcome).toContain("reset");
      });
    });

    describe("a pass", () => {
      it("sends the bytes of the inbox with a signature that verifies, and says that nothing is due", async () => {
        const { endpoint, secret } = await make({ path: "/hook" });
        const body = '{"specversion":"1.0",  "spaces":"kept","text":"ключ"}';
        await consume([{ body }]);
        expect(await pass(endpoint)).toEqual({ ok: true, value: { kind: "waiting", nextAt: null } });
        const [request] = receiver.received;
        expect(request).toMatchObject({ path: "/hook", body });
        expect(verify(secret, receiver)).toBe(true);
        expect(await deliveries()).toMatchObject([
          { state: "delivered", attempts: 1, last_status: 204, last_error: null },
        ]);
      });

      it("sends what was not taken again at its time, under the same id and with a new timestamp", async () => {
        const { endpoint } = await make();
        await consume([{}]);
        receiver.behave = answer(500);
        const before = clock.now();
        const first = await pass(endpoint);
        assert(first.ok && first.value.kind === "waiting" && first.value.nextAt !== null, "it waits");
        expect(first.value.nextAt - before).toBeGreaterThanOrEqual(ATTEMPT_DELAYS_MS[1]);
        expect(await deliveries()).toMatchObject([
          { state: "pending", attempts: 1, last_status: 500, last_error: "answered 500" },
        ]);
        expect(await pass(endpoint)).toEqual(first);
        expect(receiver.received).toHaveLength(1);
        [ahead, receiver.behave] = [60_000, answer(200)];
        await pass(endpoint);
        const [one, two] = receiver.received.map(({ headers }) => headers);
        expect(two?.["webhook-id"]).toBe(one?.["webhook-id"]);
        expect(Number(two?.["webhook-timestamp"])).toBeGreaterThan(Number(one?.["webhook-timestamp"]));
        expect(await deliveries()).toMatchObject([{ state: "delivered", attempts: 2 }]);
      });

      it("tries ten times, then fails the delivery, writes a dead letter and disables the endpoint", async () => {
        const { endpoint } = await make();
        await consume([{}]);
        receiver.behave = answer(500);
        for (let attempt = 1; attempt <= 10; attempt++) {
          expect(await deliveries()).toMatchObject([{ state: "pending", attempts: attempt - 1 }]);
          await pass(endpoint);
          ahead += 30 * 3_600_000;
        }
        expect(receiver.received).toHaveLength(10);
        expect(new Set(receiver.received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
        expect(await deliveries()).toMatchObject([{ state: "failed", attempts: 10, last_status: 500 }]);
        expect(
          await rows("SELECT source, reason, error, event_id, event_type, aggregate_id, attempts FROM dead_letters"),
        ).toEqual([
          {
            ...{
              source: "webhook",
              reason: "exhausted",
              error: "answered 500",
              event_id: `${TASK}:1`,
              event_type: "task.done",
            },
            ...{ aggregate_id: TASK, attempts: 10 },
          },
        ]);
        const webhook = await hooks().get(endpoint);
        expect(webhook.ok && webhook.value).toMatchObject({
          state: "disabled",
          disabledReason: expect.stringContaining("took nothing"),
          failures: 10,
        });
        await pass(endpoint);
        expect(receiver.received).toHaveLength(10);
      });

      it("leaves an endpoint enabled that cannot digest one event and took others since", async () => {
        const { endpoint } = await make();
        await consume([{ body: '{"poison":true}' }]);
        // The one that is taken is answered last: what is given up beside it is judged after it all the same.
        const given = Promise.withResolvers<void>();
        receiver.behave = (response, { body }) => {
          if (!body.includes("poison")) return given.promise.then(() => response.writeHead(200).end());
          response.writeHead(500).end(() => attempts++ === 9 && given.resolve());
        };
        let attempts = 0;
        for (let attempt = 1; attempt <= 9; attempt++) {
          await pass(endpoint);
          ahead += 30 * 3_600_000;
        }
        await consume([{ task: TASK.replace("1", "2") }]);
        await pass(endpoint);
        expect(
          (await rows("SELECT state FROM webhook_deliveries ORDER BY attempts")).map(({ state }) => state),
        ).toEqual(["delivered", "failed"]);
        const webhook = await hooks().get(endpoint);
        expect(webhook.ok && webhook.value.state).toBe("enabled");
      });

      it("ends the endpoint at once when it answers 410, and keeps what waits for it", async () => {
        const { endpoint } = await make();
        await consume([{ seq: 1 }, { seq: 2 }]);
        receiver.behave = answer(410);
        await pass(endpoint);
        expect(receiver.received).toHaveLength(1);
        expect(await deliveries()).toMatchObject([
          { state: "failed", last_status: 410 },
          { state: "pending", attempts: 0 },
        ]);
        expect(await rows("SELECT reason FROM dead_letters")).toEqual([{ reason: "gone" }]);
        const webhook = await hooks().get(endpoint);
        expect(webhook.ok && webhook.value.disabledReason).toContain("410");
        receiver.behave = answer(204);
        await hooks().update(endpoint, { state: "enabled" });
        expect(rung.at(-1)).toEqual(endpoint);
        await pass(endpoint);
        expect(await deliveries()).toMatchObject([{ state: "failed" }, { state: "delivered" }]);
      });

      it("waits as long as a busy receiver asks", async () => {
        const { endpoint } = await make();
        await consume([{}]);
        receiver.behave = answer(429, { "retry-after": "3600" });
        const before = clock.now();
        const passed = await pass(endpoint);
        assert(passed.ok && passed.value.kind === "waiting" && passed.value.nextAt !== null, "it waits");
        expect(passed.value.nextAt - before).toBeGreaterThanOrEqual(3_600_000);
      });

      it("keeps the order of a task: an event that is not taken holds back those after it, and no other task's", async () => {
        const { endpoint } = await make();
        const other = TASK.replace("1", "2");
        await consume([1, 2, 3].map((seq) => ({ seq })));
        await consume([{ task: other, seq: 1 }]);
        receiver.behave = (response, { body }) =>
          response.writeHead(body === '{"seq":1}' && receiver.received.length <= 2 ? 500 : 200).end();
        await pass(endpoint);
        const idsOf = () => receiver.received.map(({ body }) => body);
        expect(idsOf()).toHaveLength(2);
        expect(
          await rows(
            `SELECT aggregate_seq::int AS seq FROM webhook_deliveries WHERE state = 'pending' AND aggregate_id = '${TASK}' ORDER BY 1`,
          ),
        ).toEqual([1, 2, 3].map((seq) => ({ seq })));
        ahead = 600_000;
        receiver.received.length = 0;
        receiver.behave = answer(200);
        const passed = await pass(endpoint);
        expect(idsOf().slice(-3)).toEqual(['{"seq":1}', '{"seq":2}', '{"seq":3}']);
        expect(passed).toEqual({ ok: true, value: { kind: "waiting", nextAt: null } });
      });

      it("sends an event of 20 kB, and buries a larger one without an attempt", async () => {
        const { endpoint } = await make();
        const frame = '{"text":""}'.length;
        const text = "я".repeat((BODY_BYTES_MAX - frame) / 2);
        await consume([{ seq: 1, body: `{"text":"${text}"}` }, { seq: 2, body: `{"text":"${text}я"}` }, { seq: 3 }]);
        await pass(endpoint);
        expect(await deliveries()).toMatchObject([
          { state: "delivered" },
          { state: "failed", attempts: 0, last_status: null, last_error: expect.stringContaining("20000 bytes") },
          { state: "delivered" },
        ]);
        expect(await rows("SELECT reason, attempts FROM dead_letters")).toEqual([{ reason: "too_large", attempts: 0 }]);
        const webhook = await hooks().get(endpoint);
        expect(webhook.ok && webhook.value.state).toBe("enabled");
      });

      it("disables an endpoint for which too much waits", async () => {
        const { endpoint } = await make();
        await rows(`INSERT INTO webhook_deliveries (tenant_id, id, webhook_id, event_id, event_type, body, next_attempt_at)
          SELECT '${tenant}', 'd' || n, '${endpoint.webhookId}', 'e' || n, 'task.done', '{}', now() + interval '1 day'
          FROM generate_series(1, ${PENDING_MAX}) n`);
        await pass(endpoint);
        const stateOf = async () => {
          const webhook = await hooks().get(endpoint);
          return webhook.ok && webhook.value.state;
        };
        expect(await stateOf()).toBe("enabled");
        await consume([{}]);
        await pass(endpoint);
        expect(await stateOf()).toBe("disabled");
        expect(receiver.received).toEqual([]);
        // What waits already is sent to one that is enabled again: only what comes from then on counts.
        await hooks().update(endpoint, { state: "enabled" });
        await pass(endpoint);
        expect(await stateOf()).toBe("enabled");
        expect(receiver.received).toHaveLength(1);
      });

      it("removes ended deliveries when their time is over, and none that waits", async () => {
        const { endpoint } = await make();
        await consume([{ seq: 1 }]);
        await pass(endpoint);
        receiver.behave = answer(500);
        await consume([{ seq: 2 }]);
        await pass(endpoint);
        await age(DELIVERY_RETENTION_MS + DAY_MS);
        await pass(endpoint);
        expect(await deliveries()).toMatchObject([{ event_id: `${TASK}:2`, state: "pending" }]);
      });

      it("finds a removed endpoint gone", async () => {
        const { endpoint } = await make();
        await consume([{}]);
        await hooks().remove(endpoint);
        expect(await pass(endpoint)).toEqual({ ok: true, value: { kind: "gone" } });
        expect(await deliveries()).toEqual([]);
      });

      it("records nothing twice: a result that was recorded meanwhile stands", async () => {
        const { endpoint } = await make();
        await consume([{}]);
        const both = await Promise.all([pass(endpoint), pass(endpoint)]);
        expect(both.every(({ ok }) => ok)).toBe(true);
        expect(await deliveries()).toMatchObject([{ state: "delivered", attempts: 1 }]);
      });

      it("fails an attempt whose secret does not open, and goes on after a rotation", async () => {
        const { endpoint } = await make();
        const other = await make();
        await rows(
          `UPDATE webhooks SET secrets_ciphertext = '${other.webhook.secrets}' WHERE id = '${endpoint.webhookId}'`,
        );
        await consume([{}]);
        await pass(endpoint);
        expect(receiver.received).toEqual([]);
        expect(
          await rows(`SELECT last_error FROM webhook_deliveries WHERE webhook_id = '${endpoint.webhookId}'`),
        ).toEqual([{ last_error: expect.stringContaining("rotate") }]);
        const rotated = await hooks().rotate(endpoint);
        assert(rotated.ok, "it rotates");
        ahead = 60_000;
        await pass(endpoint);
        expect(verify(rotated.value.secret, receiver)).toBe(true);
      });

      it("that the database leaves alone says so", async () => {
        const { endpoint } = await make();
        const gone = {
          ...db(),
          batch: async () => ({ ok: false, error: { reason: "unavailable", message: "", sqlstate: null } }) as const,
        };
        expect(await createPass({ ...ports(), db: gone })(endpoint)).toMatchObject({
          ok: false,
          error: { reason: "unavailable" },
        });
      });
    });

    describe("a rotation", () => {
      it("signs with both secrets for a day", async () => {
        const { endpoint, secret } = await make();
        const rotated = await hooks().rotate(endpoint);
        assert(rotated.ok, "it rotates");
        await consume([{ seq: 1 }]);
        await pass(endpoint);
        expect(verify(secret, receiver)).toBe(true);
        expect(verify(rotated.value.secret, receiver)).toBe(true);
        ahead = DAY_MS + 1_000;
        await consume([{ seq: 2 }]);
        await pass(endpoint);
        expect(verify(secret, receiver)).toBe(false);
        expect(verify(rotated.value.secret, receiver)).toBe(true);
      });

      it("at the same moment as others loses none of them", async () => {
        const { endpoint, secret } = await make();
        const rotated = await Promise.all([1, 2, 3].map(() => hooks().rotate(endpoint)));
        await consume([{}]);
        await pass(endpoint);
        const secrets = rotated.map((one) => (one.ok ? one.value.secret : "none"));
        for (const one of [secret, ...secrets]) expect(verify(one, receiver)).toBe(true);
      });
    });

    describe("the inbox", () => {
      const feed = async (task: string, count: number, deaf = false) => {
        const ring = async (endpoint: Endpoint) => {
          if (deaf) throw new Error("reset");
          rung.push(endpoint);
        };
        const consumers = [createWebhookConsumer(ring)];
        const sent = (await eventsOf(tenant, task, count)).map(({ json }) => messageOf(json));
        const messages = sent.map(({ message }) => message);
        await consumeEvents(messages, { db: db(), consumers, clock, log });
        return sent.flatMap(({ answers }) => answers.map(({ kind }) => kind));
      };

      it("hands each event of a task on once, as it was published, in its order", async () => {
        const { endpoint } = await make();
        expect(await feed(TASK, 3)).toEqual(["ack", "ack", "ack"]);
        await feed(TASK, 3);
        await pass(endpoint);
        const events = await eventsOf(tenant, TASK, 3);
        expect(receiver.received.map(({ body }) => body)).toEqual(events.map(({ json }) => json));
      });

      it("keeps its message until the endpoint was rung", async () => {
        const { endpoint } = await make();
        expect(await feed(TASK, 1, true)).toEqual(["retry"]);
        expect(await feed(TASK, 1)).toEqual(["ack"]);
        expect(rung).toEqual([endpoint]);
        expect(await deliveries()).toHaveLength(1);
      });
    });

    describe("a dead letter", () => {
      async function bury() {
        const made = await make();
        await consume([{}]);
        receiver.behave = answer(410);
        await pass(made.endpoint);
        receiver.behave = answer(204);
        await hooks().update(made.endpoint, { state: "enabled" });
        const [letter] = await rows("SELECT id FROM dead_letters");
        receiver.received.length = 0;
        rung = [];
        return { ...made, letterId: String(letter?.id) };
      }

      const letters = () =>
        createDeadLetters({
          ...{ db: db(), consumers: [], clock, log },
          replayers: { webhook: replayWebhook(hooks()) },
        });

      it("is sent again when it is replayed, and twice has one effect", async () => {
        const { endpoint, letterId } = await bury();
        for (let n = 0; n < 2; n++)
          expect(await hooks().replayDelivery(tenant, letterId)).toEqual({ ok: true, value: null });
        expect(rung).toEqual([endpoint, endpoint]);
        await pass(endpoint);
        expect(receiver.received).toHaveLength(1);
        await hooks().replayDelivery(tenant, letterId);
        await pass(endpoint);
        expect(receiver.received).toHaveLength(1);
      });

      it("that was replayed and failed again leaves a letter of its own, and is replayed no more", async () => {
        const { endpoint, letterId } = await bury();
        receiver.behave = answer(410);
        await hooks().replayDelivery(tenant, letterId);
        await pass(endpoint);
        await hooks().update(endpoint, { state: "enabled" });
        const letters = await rows("SELECT id FROM dead_letters");
        expect(letters).toHaveLength(2);
        receiver.behave = answer(204);
        await hooks().replayDelivery(tenant, letterId);
        await pass(endpoint);
        expect(await deliveries()).toMatchObject([{ state: "failed" }]);
        const other = letters.map(({ id }) => String(id)).find((id) => id !== letterId) ?? "";
        await hooks().replayDelivery(tenant, other);
        await pass(endpoint);
        expect(await deliveries()).toMatchObject([{ state: "delivered", attempts: 1 }]);
      });

      it("is sent again also when its delivery was removed meanwhile, under the same id", async () => {
        const { endpoint, letterId } = await bury();
        const [before] = await rows("DELETE FROM webhook_deliveries RETURNING id");
        await hooks().replayDelivery(tenant, letterId);
        await pass(endpoint);
        expect(receiver.received[0]?.headers["webhook-id"]).toBe(`msg_${String(before?.id)}`);
        expect(receiver.received[0]?.body).toBe('{"seq":1}');
      });

      it("is closed by its replay, and a second one is applied already", async () => {
        const { endpoint, letterId } = await bury();
        expect(await letters().replay(tenant, letterId, "key:a")).toMatchObject({ status: "replayed" });
        await pass(endpoint);
        expect(await letters().replay(tenant, letterId, "key:a")).toMatchObject({ status: "already_applied" });
        await pass(endpoint);
        expect(receiver.received).toHaveLength(1);
      });

      it("of a webhook that was removed cannot be replayed", async () => {
        const { endpoint, letterId } = await bury();
        await hooks().remove(endpoint);
        expect(await letters().replay(tenant, letterId, "key:a")).toMatchObject({ status: "impossible" });
      });

      it("of an endpoint that is gone is unknown, as is another tenant's", async () => {
        const { endpoint, letterId } = await bury();
        expect(await hooks().replayDelivery(tenantNamed("stranger"), letterId)).toEqual({
          ok: false,
          error: { reason: "unknown" },
        });
        await hooks().remove(endpoint);
        expect(await hooks().replayDelivery(tenant, letterId)).toEqual({ ok: false, error: { reason: "unknown" } });
      });
    });

    describe("tenants", () => {
      it("with endpoints of the same id and events of the same id never cross", async () => {
        const rival = tenantNamed(`${tenant}-rival`);
        const mine = await make({ path: "/mine" });
        const theirs = await make({ of: rival, path: "/theirs" });
        // The same id under both: only the tenant tells them apart.
        const sealed = await seal.seal('[["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",null]]', {
          tenant: rival,
          purpose: "webhook",
          record: mine.endpoint.webhookId,
        });
        await rows(
          `UPDATE webhooks SET id = '${mine.endpoint.webhookId}', secrets_ciphertext = '${sealed}' WHERE id = '${theirs.endpoint.webhookId}'`,
          rival,
        );
        const twin = { tenant: rival, webhookId: mine.endpoint.webhookId };
        await consume([{ body: '{"of":"mine"}' }]);
        await consume([{ body: '{"of":"theirs"}' }], rival);
        await pass(mine.endpoint);
        expect(receiver.received.map(({ path, body }) => [path, body])).toEqual([["/mine", '{"of":"mine"}']]);
        expect(await deliveries(rival)).toMatchObject([{ state: "pending" }]);
        await pass(twin);
        expect(receiver.received.at(-1)).toMatchObject({ path: "/theirs", body: '{"of":"theirs"}' });
        await hooks().remove(mine.endpoint);
        expect(await hooks().get(twin)).toMatchObject({ ok: true, value: { url: `${receiver.origin}/theirs` } });
        expect(await deliveries(rival)).toHaveLength(1);
      });

      it("cannot open each other's sealed secrets, wherever the text is put", async () => {
        const { webhook, endpoint } = await make();
        const opened = await seal.open(webhook.secrets, {
          tenant: tenantNamed("stranger"),
          purpose: "webhook",
          record: endpoint.webhookId,
        });
        expect(opened.ok).toBe(false);
      });

      it(`have ${WEBHOOKS_MAX} endpoints at most, however many are made at once`, async () => {
        const made = await Promise.all(
          Array.from({ length: WEBHOOKS_MAX + 4 }, () =>
            hooks().create(
              { tenant, webhookId: newWebhookId() },
              { url: receiver.origin, description: "", eventTypes: [] },
            ),
          ),
        );
        expect(made.filter(({ ok }) => ok)).toHaveLength(WEBHOOKS_MAX);
        expect(made.find(({ ok }) => !ok)).toEqual({ ok: false, error: { reason: "limit", most: WEBHOOKS_MAX } });
      });
    });

    it("a secret stands in no row, no list and no line of the log", async () => {
      const { endpoint, secret } = await make();
      const rotated = await hooks().rotate(endpoint);
      assert(rotated.ok, "it rotates");
      receiver.behave = answer(500);
      await consume([{}]);
      await pass(endpoint);
      await hooks().test(endpoint);
      const tables = ["webhooks", "webhook_deliveries", "dead_letters", "inbox_events"];
      const stored = await Promise.all(tables.map((table) => rows(`SELECT * FROM ${table}`)));
      const told = JSON.stringify([stored, await hooks().list(tenant), log.lines]);
      for (const text of [secret, rotated.value.secret]) expect(told).not.toContain(text.slice("whsec_".length));
      expect(log.lines.length).toBeGreaterThan(0);
    });

    it("deliveries come in pages, also those of one moment", async () => {
      const { endpoint } = await make();
      await consume([1, 2, 3, 4, 5].map((seq) => ({ seq })));
      const seen: string[] = [];
      let before: string | null = null;
      do {
        const page = await hooks().deliveries(endpoint, { limit: 2, before });
        assert(page.ok, "a page");
        seen.push(...page.value.items.map(({ eventId }) => eventId));
        before = page.value.next;
      } while (before !== null);
      expect(seen.toSorted()).toEqual([1, 2, 3, 4, 5].map((seq) => `${TASK}:${seq}`));
      for (const cursor of ["yesterday|x", "2026-02-30T00:00:00.000000Z|a", "2026-01-01T25:00:00.000000Z|a"]) {
        const refused = await hooks().deliveries(endpoint, { limit: 2, before: cursor });
        expect(refused).toMatchObject({ error: { reason: "cursor" } });
      }
    });
  });
}

/** As a receiver does it: the last request's signature, by one secret. */
function verify(secret: string, { received }: Receiver): boolean {
  const request = received.at(-1);
  const header = (name: string): string => String(request?.headers[name]);
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const signed = `${header("webhook-id")}.${header("webhook-timestamp")}.${request?.body}`;
  return header("webhook-signature")
    .split(" ")
    .includes(`v1,${createHmac("sha256", key).update(signed).digest("base64")}`);
}
