/** Events, a seeded random, a queue that duplicates and reorders, and a table that records in which order effects ran. */
import type { QueueMessage } from "../../../src/event/consume.ts";
import type { Consumer } from "../../../src/event/consumer.ts";
import { outboxStatements } from "../../../src/event/outbox-store.ts";
import { type OutboxEvent, toOutboxEvent } from "../../../src/event/task-event.ts";
import { type Clock, createDb, createLog, type Db, type Random, systemClock } from "../../../src/platform/index.ts";
import { asUser, type Bench, tenantNamed } from "./bench.ts";

/** The port, with all the time it needs: what is shown here is not how long a busy machine takes. */
export const patientPortOf = (bench: Bench): Db =>
  createDb({
    database: { url: bench.endpoint.connectionString("app_user"), httpEndpoint: bench.endpoint.url },
    outboxDatabaseUrl: bench.endpoint.connectionString("outbox_publisher"),
    clock: { now: () => 0, sleep: (ms, signal) => systemClock.sleep(ms * 30, signal) },
    random: () => 0,
  });

export const quiet = createLog({}, () => undefined);
export const START = Date.parse("2026-01-02T03:04:05.678Z");

/** Ends only when it is told to: whoever sleeps by a clock that stands still sleeps on. */
const sleepOn: Clock["sleep"] = (_ms, signal) =>
  new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));

/** A clock that moves only when it is told to. */
export function steppedClock() {
  let now = START;
  const clock: Clock = { now: () => now, sleep: sleepOn };
  const move = (ms: number): void => {
    now += ms;
  };
  return { clock, move };
}

/** The same numbers for the same seed. @see https://en.wikipedia.org/wiki/Xorshift */
export function seeded(seed: number): Random {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

export const taskNamed = (n: number): string => `00000000-0000-8000-8000-${String(n).padStart(12, "0")}`;

/** Events of one task, from `task.queued` over retries to `task.done`. */
export async function eventsOf(tenant: string, task: string, count: number): Promise<OutboxEvent[]> {
  const typeAt = (seq: number) => (seq === 1 ? "task.queued" : seq === count ? "task.done" : "task.started");
  const subject = {
    tenant: tenantNamed(tenant),
    task: {
      task_id: task,
      agent_id: "agent",
      pack_id: "hello",
      pack_version: "1.0.0",
      pack_digest: "d",
      trace_id: "t-1",
    },
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  };
  const usage = { input_tokens: 3, cache_read_tokens: 0, cache_write_tokens: 0, output_tokens: 4 };
  const data = { usage, cost_micros: 12, model: "offline/scripted" };
  const at = new Date(START).toISOString();
  return Promise.all(
    Array.from({ length: count }, (_, n) => toOutboxEvent(subject, { type: typeAt(n + 1), seq: n + 1, at, data })),
  );
}

const AGENT = `INSERT INTO agents (tenant_id, id, pack_id, pack_version) VALUES ($1, 'agent', 'hello', '1.0.0') ON CONFLICT DO NOTHING`;
const TASK = `INSERT INTO tasks (tenant_id, id, agent_id, input_text, idempotency_key, pack_id, pack_version, pack_digest)
  VALUES ($1, $2, 'agent', 'Hi', $2, 'hello', '1.0.0', 'd') ON CONFLICT DO NOTHING`;

/** The rows that events speak about, and the events, as a task's projection writes them. */
export async function project(db: Db, tenant: string, task: string, events: readonly OutboxEvent[]): Promise<void> {
  const rows = [
    { text: AGENT, params: [tenant] },
    { text: TASK, params: [tenant, task] },
  ];
  const done = await db.batch(tenantNamed(tenant), [...rows, ...outboxStatements(events)]);
  if (!done.ok) throw new Error(done.error.message);
}

/** Writes down each effect: n counts over all, so the order in which they were committed to a task shows. */
export const JOURNAL_TABLE = `CREATE TABLE test_effects (n bigint GENERATED ALWAYS AS IDENTITY, tenant_id text NOT NULL,
  consumer text NOT NULL, aggregate_id text NOT NULL, aggregate_seq bigint NOT NULL)`;

export const recorder = (name: string): Consumer => ({
  name,
  effect: (ready, { tenant, aggregateId }) => [
    {
      text: `INSERT INTO test_effects (tenant_id, consumer, aggregate_id, aggregate_seq)
        SELECT r.tenant_id, r.consumer, r.aggregate_id, r.aggregate_seq FROM ${ready} r ORDER BY r.aggregate_seq`,
      params: [tenant, name, aggregateId],
    },
  ],
});

/** The table exists beside ours for as long as the bench does. */
export async function openJournal(bench: Bench): Promise<void> {
  const owner = asUser(bench, "postgres");
  for (const text of [JOURNAL_TABLE, "GRANT SELECT, INSERT ON test_effects TO app_user"]) {
    const answer = await owner(null, [text]);
    if (answer.code !== null) throw new Error(answer.message);
  }
}

export type Answered = { readonly kind: "ack" } | { readonly kind: "retry"; readonly delaySeconds: number };

/** A message that remembers how it was answered. */
export function messageOf(body: unknown, attempts = 1) {
  const answers: Answered[] = [];
  const message: QueueMessage = {
    id: crypto.randomUUID(),
    body,
    attempts,
    ack: () => void answers.push({ kind: "ack" }),
    retry: ({ delaySeconds }) => void answers.push({ kind: "retry", delaySeconds }),
  };
  return { message, answers };
}
