/**
 * Feeds one consumer with events of one task: stores them, runs the effect over those whose turn it is, and marks them, in
 * one transaction. An event whose predecessor is missing stays in the inbox and goes with it, whenever it comes; an event
 * whose effect the database refuses for good becomes a dead letter, and its successors go on.
 */
import {
  type Clock,
  type Db,
  type DbFailure,
  describeError,
  err,
  isRowFault,
  type Log,
  ok,
  type Result,
  type SqlRows,
  type SqlStatement,
  toRfc3339,
} from "../platform/index.ts";
import type { Consumer, Lane } from "./consumer.ts";
import { cleanLettersStatement, inboxLetterStatement, WAITING_NAMED } from "./dead-letter-store.ts";
import {
  cleanInboxStatement,
  closeLettersStatement,
  type EventState,
  FIRST_READY,
  insertStatement,
  lockStatement,
  processedStatement,
  READY,
  readStates,
  readyIdsStatement,
  settleNamedStatements,
  stateStatement,
} from "./inbox-store.ts";
import { GAP_MS_MAX, INBOX_KEEP_MS, LETTER_KEEP_MS, ONE_BY_ONE_MAX } from "./limits.ts";
import type { EventMessage } from "./message.ts";

export type InboxPorts = { readonly db: Pick<Db, "batch">; readonly clock: Clock; readonly log: Log };

/** refused: the database will never take it. unavailable: later it may; nothing is lost meanwhile. */
export type EffectFailure = Refused | Unavailable;
type Refused = { readonly kind: "refused"; readonly sqlstate: string | null; readonly message: string };
type Unavailable = { readonly kind: "unavailable" /** For the log: a code, or what broke. */; readonly why: string };

type Work = {
  /** Sub-select of the rows the effect runs over. */
  readonly ready: string;
  /** Before the effect, under the lock. */
  readonly before: readonly SqlStatement[];
  /** With the marking, just before it, when the effect is done. */
  readonly closing: readonly SqlStatement[];
  /** After everything. */
  readonly tail: readonly SqlStatement[];
};

/** The answers to the statements of `closing` and of `tail`. */
type Done = { readonly closing: readonly SqlRows[]; readonly tail: readonly SqlRows[] };

const unavailable = (failure: DbFailure): Unavailable => ({
  kind: "unavailable",
  why: failure.sqlstate ?? failure.reason,
});
const failureOf = (failure: DbFailure): EffectFailure =>
  isRowFault(failure)
    ? { kind: "refused", sqlstate: failure.sqlstate, message: failure.message }
    : unavailable(failure);

export async function runEffect(
  ports: InboxPorts,
  consumer: Consumer,
  lane: Lane,
  work: Work,
): Promise<Result<Done, EffectFailure>> {
  const now = toRfc3339(ports.clock.now());
  const effect = consumer.effect(work.ready, lane);
  if (consumer.after === undefined) {
    const settle = [closeLettersStatement(lane, work.ready, now), processedStatement(lane, work.ready, now)];
    return close(ports, lane, [...work.before, ...effect], settle, work);
  }
  const first = [lockStatement(lane), ...work.before, ...effect, readyIdsStatement(lane, work.ready)];
  const found = await ports.db.batch(lane.tenant, first);
  if (!found.ok) return err(failureOf(found.error));
  const ids = (found.value.at(-1)?.rows ?? []).map((row) => String(row.event_id));
  try {
    if (ids.length > 0) await consumer.after(lane.tenant, effect.length === 0 ? [] : (found.value.at(-2)?.rows ?? []));
  } catch (thrown) {
    return err({ kind: "unavailable", why: describeError(thrown) });
  }
  // Marked only now: had it failed, the effect would run again for the same rows.
  return close(ports, lane, [], settleNamedStatements(lane, ids, now), work);
}

/** One transaction under the lane's lock, to its end. */
async function close(
  { db }: InboxPorts,
  lane: Lane,
  before: readonly SqlStatement[],
  settle: readonly SqlStatement[],
  { closing, tail }: Pick<Work, "closing" | "tail">,
): Promise<Result<Done, EffectFailure>> {
  const done = await db.batch(lane.tenant, [lockStatement(lane), ...before, ...closing, ...settle, ...tail]);
  if (!done.ok) return err(failureOf(done.error));
  const from = 1 + before.length;
  return ok({
    closing: done.value.slice(from, from + closing.length),
    tail: done.value.slice(from + closing.length + settle.length),
  });
}

/** What became of each event: `waiting` for a predecessor, or done with (processed, or a dead letter stands for it). */
export type Fed = Result<ReadonlyMap<string, "settled" | "waiting">, { readonly why: string }>;

export async function feed(ports: InboxPorts, consumer: Consumer, events: readonly EventMessage[]): Promise<Fed> {
  const [first] = events;
  if (first === undefined) return ok(new Map());
  const lane: Lane = { tenant: first.tenant, consumer: consumer.name, aggregateId: first.aggregateId };
  const nowMs = ports.clock.now();
  const now = toRfc3339(nowMs);
  const before = [insertStatement(lane, events, now)];
  const ids = events.map(({ id }) => id);
  const state = stateStatement(lane, ids, toRfc3339(nowMs - GAP_MS_MAX));
  const tail = [cleanInboxStatement(lane, toRfc3339(nowMs - INBOX_KEEP_MS)), state];
  const done = await runEffect(ports, consumer, lane, { ready: READY, before, closing: [], tail });
  if (done.ok) return settleOverdue(ports, lane, readStates(done.value.tail.at(-1)?.rows ?? []));
  if (done.error.kind === "unavailable") return err(done.error);
  return oneByOne(ports, consumer, lane, { before, state });
}

/** One of the ready events is refused. Which one shows when each goes alone; the others are not held up by it. */
async function oneByOne(
  ports: InboxPorts,
  consumer: Consumer,
  lane: Lane,
  { before, state }: { readonly before: readonly SqlStatement[]; readonly state: SqlStatement },
): Promise<Fed> {
  const tail = [readyIdsStatement(lane, READY), state];
  for (let turn = 0; turn < ONE_BY_ONE_MAX; turn++) {
    const one = await runEffect(ports, consumer, lane, { ready: FIRST_READY, before, closing: [], tail });
    if (one.ok) {
      const [ready, states] = one.value.tail;
      if (ready?.rows.length === 0) return settleOverdue(ports, lane, readStates(states?.rows ?? []));
      continue;
    }
    if (one.error.kind === "unavailable") return err(one.error);
    const failure = await bury(ports, lane, one.error, before);
    if (failure !== null) return err(failure);
  }
  return err({ why: `more than ${ONE_BY_ONE_MAX} events of one task` });
}

/** A letter for the first ready event, which counts as processed from now on. Null when that is written. */
async function bury(
  { db, clock, log }: InboxPorts,
  lane: Lane,
  refusal: Refused,
  before: readonly SqlStatement[],
): Promise<Unavailable | null> {
  const now = toRfc3339(clock.now());
  const facts = { tenant_id: lane.tenant, task_id: lane.aggregateId, consumer: lane.consumer };
  log.error("consumer.refused", { ...facts, sqlstate: refusal.sqlstate });
  const cause = { reason: "refused", sqlstate: refusal.sqlstate, error: refusal.message, at: now } as const;
  const done = await db.batch(lane.tenant, [
    lockStatement(lane),
    ...before,
    inboxLetterStatement(lane, { sql: FIRST_READY, params: [] }, cause),
    processedStatement(lane, FIRST_READY, now),
    cleanLettersStatement(lane.tenant, toRfc3339(clock.now() - LETTER_KEEP_MS)),
  ]);
  return done.ok ? null : unavailable(done.error);
}

/** What waited too long gets a letter. It stays in the inbox: when the predecessor comes, it follows, and its letter is closed. */
async function settleOverdue(ports: InboxPorts, lane: Lane, states: ReadonlyMap<string, EventState>): Promise<Fed> {
  const overdue = [...states].flatMap(([id, state]) => (state === "overdue" ? [id] : []));
  const fed = new Map([...states].map(([id, state]) => [id, state === "waiting" ? "waiting" : "settled"] as const));
  if (overdue.length === 0) return ok(fed);
  const { db, clock, log } = ports;
  const error = `Its predecessor did not come within ${GAP_MS_MAX / 60_000} minutes.`;
  const cause = { reason: "gap", sqlstate: null, error, at: toRfc3339(clock.now()) } as const;
  const buried = await db.batch(lane.tenant, [
    lockStatement(lane),
    inboxLetterStatement(lane, { sql: WAITING_NAMED, params: [overdue] }, cause),
    cleanLettersStatement(lane.tenant, toRfc3339(clock.now() - LETTER_KEEP_MS)),
  ]);
  if (!buried.ok) return err(unavailable(buried.error));
  log.error("consumer.gap", { tenant_id: lane.tenant, task_id: lane.aggregateId, consumer: lane.consumer });
  return ok(fed);
}
