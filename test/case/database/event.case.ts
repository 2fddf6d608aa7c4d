/**
 * Events from the outbox to their effects: published at least once whoever dies, each effect exactly once, in the order of
 * the task; what cannot be handled is a dead letter, and a replay has one effect.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { buryOutbox } from "../../../src/event/bury.ts";
import { consumeDeadEvents, consumeEvents } from "../../../src/event/consume.ts";
import type { Consumer } from "../../../src/event/consumer.ts";
import { createDeadLetters } from "../../../src/event/dead-letters.ts";
import {
  CLAIM_MS,
  CLAIM_ROWS_MAX,
  EVENT_RETRY_MS_MAX,
  GAP_MS_MAX,
  GAP_RETRY_SECONDS,
  INBOX_KEEP_MS,
  LETTER_KEEP_MS,
  OUTBOX_AGE_MS_MAX,
  PUBLISH_ATTEMPTS_MAX,
  SEND_MS_MAX,
} from "../../../src/event/limits.ts";
import { claimStatement, nextDueStatement, unpublishStatement } from "../../../src/event/outbox-store.ts";
import { createPublisher, type PublisherPorts } from "../../../src/event/publisher.ts";
import { replayOutbox, replayQueue } from "../../../src/event/replayers.ts";
import type { OutboxEvent } from "../../../src/event/task-event.ts";
import { usageConsumer } from "../../../src/event/usage-store.ts";
import { assert, createLog, type Db, type SqlStatement, type TenantId } from "../../../src/platform/index.ts";
import { asUser, type Bench, tenantNamed } from "./bench.ts";
import {
  eventsOf,
  messageOf,
  openJournal,
  patientPortOf,
  project,
  quiet,
  recorder,
  START,
  seeded,
  steppedClock,
  taskNamed,
} from "./event-rig.ts";

type PlanNode = {
  readonly "Relation Name"?: string;
  readonly "Node Type": string;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly "Rows Removed by Filter"?: number;
  readonly Plans?: readonly PlanNode[];
};

/** Rows that the scans below a node of a plan read, those that a filter removed included. */
function rowsOf(node: PlanNode): number {
  const own = (node["Actual Rows"] + (node["Rows Removed by Filter"] ?? 0)) * node["Actual Loops"];
  const isScan = node["Relation Name"] !== undefined && node["Node Type"].endsWith("Scan");
  return (node.Plans ?? []).reduce((sum, below) => sum + rowsOf(below), isScan ? own : 0);
}

let count = 0;
let tokens = 0;
const newTask = (): string => taskNamed(++count);

/**
 * @param open a bench of its own for this suite, with the owner among its users.
 * @param tasks of each of the five tenants in the storm, with ten events each.
 */
export function describeEvents(name: string, open: () => Promise<Bench>, { tasks: TASKS }: { tasks: number }): void {
  describe(`events on ${name}`, () => {
    let bench: Bench;
    let db: Db;
    beforeAll(async () => {
      bench = await open();
      db = patientPortOf(bench);
      await openJournal(bench);
    });
    afterAll(() => bench?.close());

    const ask = async (user: "app_user" | "outbox_publisher" | "postgres", tenant: string | null, text: string) => {
      const answer = await asUser(bench, user)(tenant, [text]);
      if (answer.code !== null) throw new Error(answer.message);
      return answer.rows;
    };
    const lettersOf = (tenant: string) =>
      ask(
        "app_user",
        tenant,
        "SELECT source, reason, event_id, resolved_at IS NULL AS open FROM dead_letters ORDER BY event_id",
      );
    const effectsOf = async (tenant: string, task: string) =>
      (
        await ask(
          "app_user",
          tenant,
          `SELECT consumer, aggregate_seq FROM test_effects WHERE aggregate_id = '${task}'
        AND tenant_id = '${tenant}' ORDER BY n`,
        )
      ).map((row) => Number(row.aggregate_seq));

    /** Sends what the outbox has to `sent`. */
    function publisherOf(change: Partial<PublisherPorts> = {}) {
      const { clock, move } = steppedClock();
      const sent: string[] = [];
      const ports: PublisherPorts = {
        publisherBatch: db.publisherBatch,
        send: async (messages) => void sent.push(...messages),
        bury: buryOutbox(db, clock),
        newToken: () => `token-${++tokens}`,
        clock,
        random: () => 0,
        log: quiet,
        ...change,
      };
      return { publish: createPublisher(ports), sent, clock, move };
    }

    /** Feeds events in the order given, as one batch of the queue. */
    async function consume(
      events: readonly OutboxEvent[],
      consumers: readonly Consumer[],
      clock = steppedClock().clock,
    ) {
      const messages = events.map(({ json }) => messageOf(json));
      await consumeEvents(
        messages.map(({ message }) => message),
        { db, clock, log: quiet, consumers },
      );
      return messages.map(({ answers }) => answers.map((one) => (one.kind === "ack" ? "ack" : one.delaySeconds)));
    }

    describe("the publisher", () => {
      it("sends what was written in its order, once, and is idle after it", async () => {
        const task = newTask();
        const events = await eventsOf("publish", task, 3);
        await project(db, "publish", task, events);
        await project(db, "publish", task, events);
        const { publish, sent } = publisherOf();
        expect(await publish()).toEqual({ kind: "idle" });
        expect(sent).toEqual(events.map(({ json }) => json));
        expect(await publish()).toEqual({ kind: "idle" });
        expect(sent).toHaveLength(3);
      });

      it("leaves alone what another has claimed, and takes it when that claim has lapsed", async () => {
        const task = newTask();
        await project(db, "lapse", task, await eventsOf("lapse", task, 1));
        const dead = publisherOf({ send: () => new Promise<never>(() => undefined) });
        const dying = dead.publish();
        while (
          (await ask("outbox_publisher", null, "SELECT 1 FROM event_outbox WHERE claim_token IS NOT NULL")).length === 0
        );
        const { publish, sent, clock, move } = publisherOf();
        expect(await publish()).toEqual({ kind: "due", at: clock.now() + CLAIM_MS });
        expect(sent).toEqual([]);
        move(CLAIM_MS);
        expect(await publish()).toEqual({ kind: "idle" });
        expect(sent).toHaveLength(1);
        void dying;
      });

      it("sends what it claimed although the answer was lost and the port asked once more", async () => {
        const task = newTask();
        const events = await eventsOf("unheard", task, 2);
        await project(db, "unheard", task, events);
        let asked = 0;
        const publisherBatch: Db["publisherBatch"] = async (statements) => {
          asked += 1;
          // The first one was done, and nobody heard of it.
          if (asked === 1) await db.publisherBatch(statements);
          return db.publisherBatch(statements);
        };
        const { publish, sent } = publisherOf({ publisherBatch });
        expect(await publish()).toEqual({ kind: "idle" });
        expect(sent).toEqual(events.map(({ json }) => json));
      });

      it("does not mark what it lost to another", async () => {
        const task = newTask();
        await project(db, "lost", task, await eventsOf("lost", task, 1));
        const second = publisherOf();
        second.move(CLAIM_MS);
        const first = publisherOf({ send: async () => void (await second.publish()) });
        await first.publish();
        expect(second.sent).toHaveLength(1);
        const [row] = await ask(
          "outbox_publisher",
          null,
          "SELECT published_at FROM event_outbox WHERE tenant_id = 'lost'",
        );
        expect(row?.published_at).toEqual(new Date(second.clock.now()));
      });

      it("waits with an event that the queue refuses, and gives it up with a letter after its last attempt", async () => {
        const task = newTask();
        await project(db, "refuse", task, await eventsOf("refuse", task, 1));
        const { publish, move } = publisherOf({ send: () => Promise.reject(new Error("the queue is away")) });
        for (let attempt = 1; attempt <= PUBLISH_ATTEMPTS_MAX; attempt++) {
          expect(await publish()).toEqual({ kind: "failed" });
          move(EVENT_RETRY_MS_MAX * 2);
        }
        expect(await publish()).toEqual({ kind: "idle" });
        expect(await lettersOf("refuse")).toEqual([
          { source: "outbox", reason: "unsent", event_id: `${task}:1`, open: true },
        ]);
      });

      it("takes a queue that does not answer for one that refused", async () => {
        const task = newTask();
        await project(db, "hang", task, await eventsOf("hang", task, 1));
        const { clock } = steppedClock();
        const hurried = { ...clock, sleep: async () => undefined };
        const hung = publisherOf({ send: () => new Promise<never>(() => undefined), clock: hurried });
        expect(await hung.publish()).toEqual({ kind: "failed" });
        const { publish, sent, move } = publisherOf();
        move(EVENT_RETRY_MS_MAX);
        expect(await publish()).toEqual({ kind: "idle" });
        expect(sent).toHaveLength(1);
      });

      it("writes what a hanging queue cost before the claim is over, and leaves the rest to the next one", async () => {
        const task = newTask();
        await project(db, "hang-long", task, await eventsOf("hang-long", task, 6));
        const down = publisherOf({ send: () => Promise.reject(new Error("away")) });
        expect(await down.publish()).toEqual({ kind: "failed" });
        // From now on each goes alone.
        const { clock, move } = steppedClock();
        move(EVENT_RETRY_MS_MAX);
        let asked = 0;
        const hung = publisherOf({
          clock: { ...clock, sleep: async (ms) => move(ms) },
          send: () => {
            asked += 1;
            return new Promise<never>(() => undefined);
          },
        });
        expect(await hung.publish()).toEqual({ kind: "failed" });
        expect(asked).toBe(CLAIM_MS / SEND_MS_MAX);
        const attempts = "SELECT attempts FROM event_outbox WHERE tenant_id = 'hang-long' ORDER BY aggregate_seq";
        expect((await ask("outbox_publisher", null, attempts)).map((row) => row.attempts)).toEqual([2, 2, 2, 1, 1, 1]);
        const { publish, sent, move: later } = publisherOf();
        later(4 * EVENT_RETRY_MS_MAX);
        expect(await publish()).toEqual({ kind: "idle" });
        expect(sent).toHaveLength(6);
      });

      it("keeps trying while the letter cannot be written", async () => {
        const task = newTask();
        await project(db, "keep", task, await eventsOf("keep", task, 1));
        const away = publisherOf({ send: () => Promise.reject(new Error("away")), bury: async () => false });
        for (let attempt = 0; attempt <= PUBLISH_ATTEMPTS_MAX; attempt++) {
          expect(await away.publish()).toEqual({ kind: "failed" });
          away.move(EVENT_RETRY_MS_MAX * 2);
        }
        const { publish, sent, move } = publisherOf();
        move(EVENT_RETRY_MS_MAX * 2 * (PUBLISH_ATTEMPTS_MAX + 2));
        expect(await publish()).toEqual({ kind: "idle" });
        expect(sent).toHaveLength(1);
      });

      it("sends the others though one is refused", async () => {
        const task = newTask();
        const [first, bad, last] = await eventsOf("bad", task, 3);
        if (first === undefined || bad === undefined || last === undefined) throw new Error("three events");
        await project(db, "bad", task, [first, bad, last]);
        const sent: string[] = [];
        const { publish, move } = publisherOf({
          send: async (messages) => {
            if (messages.includes(bad.json)) throw new Error("refused");
            sent.push(...messages);
          },
        });
        expect(await publish()).toEqual({ kind: "failed" });
        move(EVENT_RETRY_MS_MAX);
        expect(await publish()).toEqual({ kind: "failed" });
        expect(sent).toEqual([first.json, last.json]);
        await publisherOf().publish();
        await ask("postgres", null, "UPDATE event_outbox SET published_at = now() WHERE tenant_id = 'bad'");
      });

      describe("with a backlog of one tenant's before the events of others", () => {
        /** @param tenant in SQL, from n */
        const backlog = (tenant: string, events: number) =>
          ask(
            "postgres",
            null,
            `INSERT INTO event_outbox (tenant_id, id, event_type, event_data_json, aggregate_id, aggregate_seq, created_at)
              SELECT ${tenant}, n::text, 'task.started', ${tenant}, 'backlog', n, '${new Date(START).toISOString()}'
              FROM generate_series(1, ${events}) n`,
          );
        afterEach(() => ask("postgres", null, "DELETE FROM event_outbox WHERE aggregate_id = 'backlog'"));

        /** What went to the queue, by request. */
        function requestsOf(change: Partial<PublisherPorts> = {}) {
          const requests: (readonly string[])[] = [];
          return { requests, ...publisherOf({ send: async (messages) => void requests.push(messages), ...change }) };
        }

        /** Rows of the outbox that are read to answer. */
        async function rowsRead(...statements: readonly SqlStatement[]): Promise<number> {
          const explained = await db.publisherBatch(
            statements.map(({ text, params = [] }) => ({ text: `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, params })),
          );
          assert(explained.ok, "it can be explained");
          const plans = explained.value.map(({ rows }) => rows[0]?.["QUERY PLAN"] as [{ Plan: PlanNode }]);
          return plans.reduce((sum, [{ Plan }]) => sum + rowsOf(Plan), 0);
        }

        it("of 100,000 events sends another tenant's with the first, and reads little for it", async () => {
          await backlog("'backlog'", 100_000);
          const at = new Date(START).toISOString();
          const claim = { token: "explained", now: at, until: at, after: "" };
          // Each of a hundred rows is found, and found again to be written.
          const read = await rowsRead(claimStatement(claim), nextDueStatement(claim));
          expect(read).toBeGreaterThanOrEqual(2 * CLAIM_ROWS_MAX);
          expect(read).toBeLessThan(500);
          const next = { ...claim, token: "next", after: "backlog" };
          expect(await rowsRead(claimStatement(next), nextDueStatement(next))).toBe(0);
          const task = newTask();
          const events = await eventsOf("behind", task, 3);
          await project(db, "behind", task, events);
          const { publish, requests } = requestsOf();
          expect(await publish()).toEqual({ kind: "more" });
          expect(requests[0]).toEqual(expect.arrayContaining(events.map(({ json }) => json)));
          expect(requests.map((one) => one.length)).toEqual(requests.map(() => CLAIM_ROWS_MAX));
        });

        it("gives every tenant its turn, though more of them wait than one claim serves", async () => {
          const tenants = 2.5 * CLAIM_ROWS_MAX;
          await backlog("'backlog'", 10 * CLAIM_ROWS_MAX);
          await backlog(`'turn-' || n % ${tenants}`, 4 * tenants);
          const { publish, requests } = requestsOf();
          expect(await publish()).toEqual({ kind: "idle" });
          // Each 100 tenants take one claim, and those that are left another: none of them has two before all have one.
          const first = requests.slice(0, 3).flat();
          expect(new Set(first).size).toBe(tenants + 1);
          expect(first).toHaveLength(tenants + 1);
          expect(requests.flat()).toHaveLength(10 * CLAIM_ROWS_MAX + 4 * tenants);
        });

        it("goes on behind a hundred tenants whose events another claim holds, and comes again when all are held", async () => {
          const tenants = CLAIM_ROWS_MAX + 1;
          await backlog(`'turn-' || lpad(n::text, 3, '0')`, tenants);
          let claims = 0;
          const { publish, clock } = requestsOf({
            // What a claim finds locked is not in its answer; whose turn was last is.
            publisherBatch: async (statements) => {
              claims += 1;
              const answer = await db.publisherBatch(statements);
              if (!answer.ok) return answer;
              const [claimed, due] = answer.value.slice(-2);
              const [row] = claimed?.rows ?? [];
              assert(row !== undefined && claimed !== undefined && due !== undefined, "a claim always answers");
              return {
                ok: true,
                value: [
                  { ...claimed, rows: [{ ...row, id: null }] },
                  { ...due, rows: [{ at: null }] },
                ],
              };
            },
          });
          expect(await publish()).toEqual({ kind: "due", at: clock.now() });
          // For the hundred, and for the one behind them.
          expect(claims).toBe(2);
        });

        it("remembers whose turn it was, also when it had to stop", async () => {
          const tenants = 2 * CLAIM_ROWS_MAX;
          await backlog(`'turn-' || n % ${tenants}`, 2 * tenants);
          let isAway = false;
          const { publish, requests } = requestsOf({
            publisherBatch: async (statements) => {
              if (isAway) throw new Error("killed");
              isAway = true;
              return db.publisherBatch(statements);
            },
          });
          await expect(publish()).rejects.toThrow("killed");
          isAway = false;
          await expect(publish()).rejects.toThrow("killed");
          expect(new Set(requests.flat()).size).toBe(tenants);
        });
      });

      it("warns of an event that has waited for long, once however much there is to do", async () => {
        const lines: string[] = [];
        const log = createLog({}, (_, line) => void lines.push(line));
        const task = newTask();
        await project(db, "aged", task, await eventsOf("aged", task, CLAIM_ROWS_MAX + 1));
        const { publish, move } = publisherOf({ log });
        move(OUTBOX_AGE_MS_MAX + 1);
        expect(await publish()).toEqual({ kind: "idle" });
        expect(lines).toEqual([expect.stringContaining("publish.behind")]);
        const next = newTask();
        await project(db, "aged", next, await eventsOf("aged", next, 1));
        const inTime = publisherOf({ log });
        inTime.move(OUTBOX_AGE_MS_MAX);
        expect(await inTime.publish()).toEqual({ kind: "idle" });
        expect(lines).toHaveLength(1);
      });

      it("deletes what was published more than seven days ago, and nothing younger", async () => {
        const task = newTask();
        await project(db, "old", task, await eventsOf("old", task, 2));
        await ask(
          "postgres",
          null,
          `UPDATE event_outbox SET published_at = CASE aggregate_seq WHEN 1 THEN now() - interval '8 days'
          ELSE now() - interval '6 days' END WHERE tenant_id = 'old'`,
        );
        const { publish, move, clock } = publisherOf();
        move(Date.now() - clock.now());
        await publish();
        expect(
          await ask("outbox_publisher", null, "SELECT aggregate_seq FROM event_outbox WHERE tenant_id = 'old'"),
        ).toEqual([{ aggregate_seq: expect.anything() }]);
      });

      it("sends again, on a fresh queue, what not every consumer has processed", async () => {
        const task = newTask();
        const events = await eventsOf("restart", task, 2);
        await project(db, "restart", task, events);
        await publisherOf().publish();
        await consume(events.slice(0, 1), [recorder("one"), recorder("two")]);
        await consume(events, [recorder("one")]);
        const { text, params } = unpublishStatement(["one", "two"]);
        const only = `${text} AND o.tenant_id = 'restart'`;
        const owner = asUser(bench, "postgres");
        expect(await owner(null, [only, params ?? []])).toMatchObject({ code: null, count: 1 });
        const { publish, sent } = publisherOf();
        await publish();
        expect(sent).toEqual([events[1]?.json]);
      });
    });

    it("reach every consumer once and in order, with four publishers that die at random and a queue that shuffles", async () => {
      const TENANTS = 5;
      const EVENTS = 10;
      const random = seeded(20_260_102);
      const tasks: { tenant: string; task: string }[] = [];
      for (let n = 0; n < TENANTS * TASKS; n++) {
        const tenant = `storm-${n % TENANTS}`;
        const task = newTask();
        tasks.push({ tenant, task });
      }
      await Promise.all(
        tasks.map(async ({ tenant, task }) => project(db, tenant, task, await eventsOf(tenant, task, EVENTS))),
      );
      const time = steppedClock();
      const queue: string[] = [];
      const later: string[] = [];
      let deaths = 0;
      let isStorm = true;
      const die = (): void => {
        if (!isStorm || random() >= 0.3) return;
        deaths += 1;
        throw new Error("killed");
      };
      /** A kill strikes before or after the request: the answer is lost, the work may be done. */
      const publisher = () =>
        createPublisher({
          publisherBatch: async (statements) => {
            die();
            const result = await db.publisherBatch(statements);
            die();
            return result;
          },
          // What the queue took before its sender died is sent; a reject would be the queue's own refusal.
          send: async (messages) => void queue.push(...messages),
          bury: buryOutbox(db, time.clock),
          newToken: () => `storm-${++tokens}`,
          clock: time.clock,
          random,
          log: quiet,
        });
      const publishers = [0, 1, 2, 3].map(() => publisher());
      const published = new Set<string>();
      let deliveries = 0;
      const deliver = async (): Promise<void> => {
        const batch: string[] = [];
        while (queue.length > 0 && batch.length < 100) {
          const [json = ""] = queue.splice(Math.floor(random() * queue.length), 1);
          batch.push(json, ...(random() < 0.2 ? [json] : []));
          published.add(json);
        }
        deliveries += batch.length;
        const messages = batch.map((json) => messageOf(json));
        await consumeEvents(
          messages.map(({ message }) => message),
          {
            db,
            clock: time.clock,
            log: quiet,
            consumers: [recorder("storm")],
          },
        );
        for (const { message, answers } of messages) if (answers[0]?.kind !== "ack") later.push(String(message.body));
        // A retry is delayed: the others go first.
        if (queue.length === 0) queue.push(...later.splice(0));
      };
      for (let turn = 0; turn < 40 || published.size < TENANTS * TASKS * EVENTS; turn++) {
        isStorm = turn < 40;
        await Promise.all(publishers.map((publish) => publish().catch(() => undefined)));
        await deliver();
        time.move(CLAIM_MS / 4);
      }
      while (queue.length > 0) await deliver();
      expect(deaths).toBeGreaterThan(20);
      expect(published.size).toBe(TENANTS * TASKS * EVENTS);
      expect(deliveries).toBeGreaterThan(published.size);
      for (const { tenant, task } of tasks) {
        expect(await effectsOf(tenant, task)).toEqual(Array.from({ length: EVENTS }, (_, n) => n + 1));
      }
    });

    describe("a consumer", () => {
      it("is given an event once, however often it comes", async () => {
        const task = newTask();
        const events = await eventsOf("dup", task, 3);
        await project(db, "dup", task, events);
        expect(await consume([...events, ...events], [usageConsumer, recorder("r")])).toEqual(
          events.concat(events).map(() => ["ack"]),
        );
        await consume(events, [usageConsumer, recorder("r")]);
        expect(await effectsOf("dup", task)).toEqual([1, 2, 3]);
        expect(
          await ask(
            "app_user",
            "dup",
            "SELECT id, task_id, model, input_tokens::int, output_tokens::int, cost_micros::int FROM usage",
          ),
        ).toEqual([
          {
            id: `${task}:3`,
            task_id: task,
            model: "offline/scripted",
            input_tokens: 3,
            output_tokens: 4,
            cost_micros: 12,
          },
        ]);
      });

      it("waits for a predecessor, and takes both when it comes", async () => {
        const task = newTask();
        const [first, second, third] = await eventsOf("wait", task, 3);
        if (first === undefined || second === undefined || third === undefined) throw new Error("three events");
        expect(await consume([third, second], [recorder("r")])).toEqual([[GAP_RETRY_SECONDS], [GAP_RETRY_SECONDS]]);
        expect(await effectsOf("wait", task)).toEqual([]);
        expect(await consume([first], [recorder("r")])).toEqual([["ack"]]);
        expect(await effectsOf("wait", task)).toEqual([1, 2, 3]);
        expect(await consume([third, second], [recorder("r")])).toEqual([["ack"], ["ack"]]);
      });

      it("gets a letter for an event whose predecessor does not come, closed when it comes after all", async () => {
        const task = newTask();
        const [first, second] = await eventsOf("gap", task, 2);
        if (first === undefined || second === undefined) throw new Error("two events");
        const { clock, move } = steppedClock();
        await consume([second], [recorder("r")], clock);
        move(GAP_MS_MAX);
        expect(await consume([second], [recorder("r")], clock)).toEqual([["ack"]]);
        expect(await lettersOf("gap")).toEqual([
          { source: "consumer:r", reason: "gap", event_id: second.id, open: true },
        ]);
        await consume([first], [recorder("r")], clock);
        expect(await effectsOf("gap", task)).toEqual([1, 2]);
        expect(await lettersOf("gap")).toEqual([
          { source: "consumer:r", reason: "gap", event_id: second.id, open: false },
        ]);
      });

      it("loses one event that the database refuses for good, to a letter, and none behind it", async () => {
        const task = newTask();
        const events = await eventsOf("poison", task, 4);
        const picky: Consumer = {
          name: "picky",
          effect: (ready, scope) => [
            ...recorder("picky").effect(ready, scope),
            {
              text: `SELECT 1 / (r.aggregate_seq - 2) FROM ${ready} r`,
              params: [scope.tenant, "picky", scope.aggregateId],
            },
          ],
        };
        expect(await consume(events, [picky])).toEqual(events.map(() => ["ack"]));
        expect(await effectsOf("poison", task)).toEqual([1, 3, 4]);
        expect(await lettersOf("poison")).toEqual([
          { source: "consumer:picky", reason: "refused", event_id: `${task}:2`, open: true },
        ]);
      });

      it("that works outside of the database is asked again until it succeeded, and not after that", async () => {
        const task = newTask();
        const events = await eventsOf("after", task, 2);
        const told: unknown[][] = [];
        let isAway = true;
        const outside: Consumer = {
          name: "outside",
          effect: (ready, { tenant, aggregateId }) => [
            {
              text: `SELECT r.aggregate_seq FROM ${ready} r ORDER BY 1`,
              params: [tenant, "outside", aggregateId],
            },
          ],
          after: async (_tenant, rows) => {
            if (isAway) throw new Error("away");
            told.push(rows.map((row) => Number(row.aggregate_seq)));
          },
        };
        expect(await consume(events, [outside])).toEqual([[1], [1]]);
        isAway = false;
        expect(await consume(events, [outside])).toEqual([["ack"], ["ack"]]);
        await consume(events, [outside]);
        expect(told).toEqual([[1, 2]]);
      });

      it("is not told of another tenant's events of the same task id", async () => {
        const task = newTask();
        await consume(await eventsOf("own-a", task, 1), [recorder("r")]);
        await consume(await eventsOf("own-b", task, 2), [recorder("r")]);
        expect(await effectsOf("own-a", task)).toEqual([1]);
        expect(await effectsOf("own-b", task)).toEqual([1, 2]);
      });

      it("gets its messages again while the database is away, later and later", async () => {
        const task = newTask();
        const [event] = await eventsOf("away", task, 1);
        await bench.endpoint.setFault("refuse");
        const messages = [1, 5, 40].map((attempts) => messageOf(event?.json, attempts));
        await consumeEvents(
          messages.map(({ message }) => message),
          { db, clock: steppedClock().clock, log: quiet, consumers: [recorder("r")] },
        );
        await bench.endpoint.setFault("none");
        expect(messages.map(({ answers }) => answers)).toEqual(
          [1, 16, 600].map((delaySeconds) => [{ kind: "retry", delaySeconds }]),
        );
      });

      it("keeps the rows of a task that goes on, and forgets those of one that ended long ago", async () => {
        const { clock, move } = steppedClock();
        const [ended, going] = [newTask(), newTask()];
        await consume(await eventsOf("keep-rows", ended, 3), [recorder("r")], clock);
        await consume((await eventsOf("keep-rows", going, 3)).slice(0, 2), [recorder("r")], clock);
        move(INBOX_KEEP_MS + 1);
        // Any task whose id sorts before theirs looks at them.
        await consume(await eventsOf("keep-rows", taskNamed(0), 1), [recorder("r")], clock);
        const rows = await ask("app_user", "keep-rows", "SELECT DISTINCT aggregate_id FROM inbox_events ORDER BY 1");
        expect(rows.map(({ aggregate_id }) => aggregate_id)).toEqual([taskNamed(0), going]);
      });
    });

    it("costs what its own task costs, however many others the inbox holds", async () => {
      const tenant = tenantNamed("crowd");
      const fill = `INSERT INTO inbox_events (tenant_id, consumer, aggregate_id, source, event_id, event_type, aggregate_seq,
          created_at, processed_at)
        SELECT 'crowd', 'usage', t.id, 's', t.id || ':' || seq, CASE seq WHEN 3 THEN 'task.done' ELSE 'task.started' END, seq,
          $1::timestamptz, $1::timestamptz
        FROM (SELECT md5(n::text) AS id FROM generate_series(1, 300) n) t, generate_series(1, 3) seq`;
      const { clock } = steppedClock();
      expect(await db.batch(tenant, [{ text: fill, params: [new Date(clock.now()).toISOString()] }])).toMatchObject({
        ok: true,
      });
      const statements: SqlStatement[] = [];
      const recording = {
        batch: (of: TenantId, batch: readonly SqlStatement[]) => {
          statements.push(...batch);
          return db.batch(of, batch);
        },
      };
      const messages = (await eventsOf("crowd", newTask(), 3)).map(({ json }) => messageOf(json).message);
      await consumeEvents(messages, { db: recording, clock, log: quiet, consumers: [usageConsumer] });
      const explained = await db.batch(
        tenant,
        statements.map(({ text, params = [] }) => ({
          text: `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`,
          params,
        })),
      );
      assert(explained.ok, "every statement can be explained");
      const plans = explained.value.map(
        ({ rows }) => rows[0]?.["QUERY PLAN"] as [{ Plan: { "Shared Hit Blocks": number } }],
      );
      // Pages of 8 KB. Rows of the inbox read once for each row of a sample were eight million.
      const pages = plans.reduce((sum, [{ Plan }]) => sum + Plan["Shared Hit Blocks"], 0);
      expect(plans.length).toBeGreaterThan(5);
      expect(pages).toBeLessThan(2_000);
    });

    describe("a message", () => {
      it("that is no event of ours is acknowledged, with a letter where a tenant can be told, and harms no other", async () => {
        const task = newTask();
        const [good] = await eventsOf("unread", task, 1);
        const bodies = ["not json", '{"tenantid":"unread","id":"\\u0000"}', { tenantid: "unread" }, good?.json];
        const messages = bodies.map((body) => messageOf(body));
        await consumeEvents(
          messages.map(({ message }) => message),
          { db, clock: steppedClock().clock, log: quiet, consumers: [recorder("r")] },
        );
        expect(messages.map(({ answers }) => answers)).toEqual(bodies.map(() => [{ kind: "ack" }]));
        expect(await effectsOf("unread", task)).toEqual([1]);
        expect(await lettersOf("unread")).toEqual(
          [1, 2].map(() => ({ source: "queue", reason: "unreadable", event_id: null, open: true })),
        );
      });

      it("that the queue gave up on becomes a letter, or comes again while that cannot be written", async () => {
        const task = newTask();
        const [event] = await eventsOf("dead", task, 1);
        const [first, second] = [messageOf(event?.json, 101), messageOf(event?.json, 3)];
        const ports = { db, clock: steppedClock().clock, log: quiet };
        await bench.endpoint.setFault("refuse");
        await consumeDeadEvents([second.message], ports);
        await bench.endpoint.setFault("none");
        await consumeDeadEvents([first.message], ports);
        expect([first.answers, second.answers]).toEqual([[{ kind: "ack" }], [{ kind: "retry", delaySeconds: 4 }]]);
        expect(await lettersOf("dead")).toEqual([
          { source: "queue", reason: "retries_exhausted", event_id: `${task}:1`, open: true },
        ]);
      });
    });

    describe("a dead letter", () => {
      const sent: string[] = [];
      const rung: string[] = [];
      let isPicky = true;
      /** Refuses the second event until it is mended. */
      const picky: Consumer = {
        name: "picky",
        effect: (ready, scope) => [
          ...recorder("picky").effect(ready, scope),
          {
            text: `SELECT 1 / (r.aggregate_seq - ${isPicky ? 2 : 0}) FROM ${ready} r`,
            params: [scope.tenant, "picky", scope.aggregateId],
          },
        ],
      };
      const { clock, move } = steppedClock();
      const letters = () =>
        createDeadLetters({
          db,
          consumers: [picky, recorder("r")],
          replayers: {
            outbox: replayOutbox({ publisherBatch: db.publisherBatch, ring: async (tenant) => void rung.push(tenant) }),
            queue: replayQueue(async (messages) => void sent.push(...messages)),
          },
          clock,
          log: quiet,
        });
      const first = async (tenant: string) => {
        const page = await letters().list(tenantNamed(tenant), { state: null, source: null, limit: 10, before: null });
        const [letter] = page.items;
        if (letter === undefined) throw new Error("no letter");
        return letter;
      };
      const replay = async (tenant: string, id: string) =>
        (await letters().replay(tenantNamed(tenant), id, "key:ci"))?.status;

      it("of a consumer is refused as before, then applied to that consumer alone, once", async () => {
        const task = newTask();
        await consume(await eventsOf("replay", task, 3), [picky, recorder("r")], clock);
        const { id } = await first("replay");
        isPicky = true;
        expect(await replay("replay", id)).toBe("refused");
        isPicky = false;
        const both = await Promise.all([replay("replay", id), replay("replay", id)]);
        expect(both.toSorted()).toEqual(["already_applied", "replayed"]);
        expect(await replay("replay", id)).toBe("already_applied");
        const rows = await ask(
          "app_user",
          "replay",
          `SELECT consumer, aggregate_seq::int AS seq FROM test_effects WHERE aggregate_id = '${task}' ORDER BY n`,
        );
        expect(rows.filter(({ consumer }) => consumer === "picky").map(({ seq }) => seq)).toEqual([1, 3, 2]);
        expect(rows.filter(({ consumer }) => consumer === "r").map(({ seq }) => seq)).toEqual([1, 2, 3]);
        expect(await first("replay")).toMatchObject({ state: "resolved", replay_count: 1, replayed_by: "key:ci" });
        isPicky = true;
      });

      it("of a gap gives up what never came, and a late predecessor has no effect any more", async () => {
        const task = newTask();
        const events = await eventsOf("skip", task, 4);
        await consume(events.slice(2), [recorder("r")], clock);
        move(GAP_MS_MAX);
        await consume(events.slice(2), [recorder("r")], clock);
        const { items } = await letters().list(tenantNamed("skip"), {
          state: "open",
          source: "consumer:r",
          limit: 10,
          before: null,
        });
        const third = items.find(({ sequence }) => sequence === 3);
        expect(await replay("skip", third?.id ?? "")).toBe("replayed");
        await consume(events.slice(0, 2), [recorder("r")], clock);
        expect(await effectsOf("skip", task)).toEqual([3, 4]);
        expect((await lettersOf("skip")).map(({ open: isOpen }) => isOpen)).toEqual([false, false]);
      });

      it("of the outbox makes its event claimable again and rings; dying again opens it again", async () => {
        const task = newTask();
        await project(db, "rearm", task, await eventsOf("rearm", task, 1));
        const give = async () => {
          await ask(
            "postgres",
            null,
            "UPDATE event_outbox SET attempts = 19, next_attempt_at = NULL WHERE tenant_id = 'rearm'",
          );
          await publisherOf({ send: () => Promise.reject(new Error("away")) }).publish();
        };
        await give();
        const { id } = await first("rearm");
        expect(await replay("rearm", id)).toBe("replayed");
        expect(await replay("rearm", id)).toBe("already_applied");
        expect(rung).toEqual(["rearm"]);
        await give();
        expect(await first("rearm")).toMatchObject({ id, state: "open", attempts: 40 });
        await replay("rearm", id);
        const { publish, sent: out } = publisherOf();
        await publish();
        expect(out).toHaveLength(1);
      });

      it("of the queue goes to the queue again; one that cannot be read cannot be replayed", async () => {
        const task = newTask();
        const [event] = await eventsOf("requeue", task, 1);
        await consumeDeadEvents([messageOf(event?.json).message, messageOf('{"tenantid":"requeue"}').message], {
          db,
          clock,
          log: quiet,
        });
        const { items } = await letters().list(tenantNamed("requeue"), {
          state: null,
          source: null,
          limit: 10,
          before: null,
        });
        const statuses = new Map<string | null, unknown>();
        for (const { id, event_id } of items) statuses.set(event_id, await replay("requeue", id));
        expect(statuses).toEqual(
          new Map<string | null, unknown>([
            [`${task}:1`, "replayed"],
            [null, "impossible"],
          ]),
        );
        expect(sent).toEqual([event?.json]);
      });

      it("is another tenant's to nobody", async () => {
        const { id } = await first("requeue");
        expect(await letters().replay(tenantNamed("stranger"), id, "x")).toBeNull();
        expect(
          (await letters().list(tenantNamed("stranger"), { state: null, source: null, limit: 10, before: null })).items,
        ).toEqual([]);
      });

      it("is listed newest first, in pages without gap or repetition", async () => {
        for (let n = 0; n < 5; n++) {
          const [event] = await eventsOf("pages", newTask(), 1);
          await consumeDeadEvents([messageOf(event?.json).message], { db, clock, log: quiet });
          if (n % 2 === 0) move(1);
        }
        const query = { state: "open", source: null, limit: 2 } as const;
        const seen: string[] = [];
        let before: string | null = null;
        do {
          const page: { items: readonly { id: string; created_at: string }[]; next: string | null } =
            await letters().list(tenantNamed("pages"), { ...query, before });
          seen.push(...page.items.map(({ created_at, id }) => `${created_at} ${id}`));
          before = page.next;
        } while (before !== null);
        expect(new Set(seen).size).toBe(5);
        expect(seen).toEqual(seen.toSorted().reverse());
      });

      it("that was settled long ago is deleted when another is written; an open one stays", async () => {
        const events = await Promise.all(
          [newTask(), newTask(), newTask()].map(async (task) => (await eventsOf("tidy", task, 1))[0]),
        );
        const bury = (event: OutboxEvent | undefined) =>
          consumeDeadEvents([messageOf(event?.json).message], { db, clock, log: quiet });
        await bury(events[0]);
        await replay("tidy", (await first("tidy")).id);
        await bury(events[1]);
        move(LETTER_KEEP_MS + 1);
        await bury(events[2]);
        expect((await lettersOf("tidy")).map(({ event_id }) => event_id)).toEqual(
          [events[1]?.id, events[2]?.id].toSorted(),
        );
      });

      it("cannot be listed or replayed while the database is away, and says so", async () => {
        const { id } = await first("tidy");
        await bench.endpoint.setFault("refuse");
        const query = { state: null, source: null, limit: 10, before: null };
        await expect(letters().list(tenantNamed("tidy"), query)).rejects.toMatchObject({ code: "UNAVAILABLE" });
        await expect(letters().replay(tenantNamed("tidy"), id, "x")).rejects.toMatchObject({ code: "UNAVAILABLE" });
        await bench.endpoint.setFault("none");
      });
    });
  });
}
