/**
 * The outbox in Postgres: what tasks write into it as the application, and what the publisher does as its own role,
 * which sees every tenant's events and nothing else. Statements only.
 */
import { readTimestamp, type SqlRow, type SqlStatement } from "../platform/index.ts";
import { CLAIM_ROWS_MAX, CLEAN_ROWS_MAX } from "./limits.ts";
import type { OutboxEvent } from "./task-event.ts";

const INSERT = `INSERT INTO event_outbox (tenant_id, id, event_type, event_data_json, aggregate_id, aggregate_seq, traceparent,
  created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8::timestamptz) ON CONFLICT DO NOTHING`;

/** As the application, in the transaction of the rows that the events speak about. A repetition changes nothing. */
export const outboxStatements = (events: readonly OutboxEvent[]): SqlStatement[] =>
  events.map((event) => ({
    text: INSERT,
    params: [
      event.tenant,
      event.id,
      event.type,
      event.json,
      event.aggregateId,
      event.aggregateSeq,
      event.traceparent,
      event.createdAt,
    ],
  }));

/** In the words of the index ix_outbox_turns: rows are found by no other. */
const WAITS = "coalesce(published_at, dead_at) IS NULL";

/**
 * Times come from the publisher's clock, so that the lease, the backoff and the tests go by one clock. What the token has
 * already is claimed once more: the port repeats a claim whose answer was lost, and nobody else would send those rows.
 */
const DUE = `${WAITS} AND (next_attempt_at IS NULL OR next_attempt_at <= $3::timestamptz)
    AND (claimed_until IS NULL OR claimed_until <= $3::timestamptz OR claim_token = $1)`;

/** The first due row behind a place in the order of tenants: one probe of the index for a tenant, however many rows it has. */
const nextTurn = (after: string): string =>
  `SELECT tenant_id FROM event_outbox WHERE ${DUE} AND tenant_id > ${after} ORDER BY tenant_id, seq LIMIT 1`;

const BEFORE_ALL = "(-9223372036854775808)::bigint";

/** @param turns a table of tenants, with the seq in each one's order behind which it is given `share` rows */
const sharesOf = (turns: string, share: string): string =>
  `SELECT own.* FROM ${turns} t, LATERAL (SELECT o.tenant_id, o.id, o.seq FROM event_outbox o
    WHERE o.tenant_id = t.tenant_id AND o.seq > t.seq AND ${DUE}
    ORDER BY o.seq LIMIT (SELECT ${share} FROM ${turns}) FOR UPDATE SKIP LOCKED) own`;

/** One each where not all tenants have their turn in one claim: those in the last claim must not have what others had none of. */
const SHARE = `CASE $4 WHEN '' THEN ${CLAIM_ROWS_MAX} ELSE count(*) END / greatest(count(*), 1)`;

/**
 * Tenants take turns, so that the backlog of one does not stand before the events of all others: those behind $4 have the
 * same share each of what one claim takes. What some of them leave is shared once more by those who wait with more.
 * @see https://wiki.postgresql.org/wiki/Loose_indexscan
 */
const CLAIM = `WITH RECURSIVE turns AS (
  (SELECT tenant_id, ${BEFORE_ALL} AS seq, 1 AS turn FROM (${nextTurn("$4")}) t)
  UNION ALL
  SELECT following.tenant_id, ${BEFORE_ALL}, turn + 1 FROM turns, LATERAL (${nextTurn("turns.tenant_id")}) following
  WHERE turn < ${CLAIM_ROWS_MAX}
), first AS (${sharesOf("turns", SHARE)}
), hungry AS (
  SELECT tenant_id, max(seq) AS seq FROM first WHERE $4 = '' GROUP BY tenant_id
  HAVING count(*) = (SELECT ${SHARE} FROM turns)
), second AS (${sharesOf("hungry", `(${CLAIM_ROWS_MAX} - (SELECT count(*) FROM first)) / greatest(count(*), 1)`)}
), claimed AS (
  UPDATE event_outbox o SET claim_token = $1, claimed_until = $2::timestamptz
  FROM (SELECT tenant_id, id FROM first UNION ALL SELECT tenant_id, id FROM second) c
  WHERE o.tenant_id = c.tenant_id AND o.id = c.id
  RETURNING o.tenant_id, o.id, o.seq, o.event_type, o.event_data_json, o.aggregate_id, o.aggregate_seq, o.traceparent, o.attempts,
    o.created_at
)
SELECT claimed.*, last_turn FROM (SELECT (SELECT tenant_id FROM turns WHERE turn = ${CLAIM_ROWS_MAX}) AS last_turn) t
LEFT JOIN claimed ON true`;

export type Claim = {
  readonly token: string;
  readonly now: string;
  readonly until: string;
  /** The tenant whose turn was last, in the order of the database; empty: the first one is next. */
  readonly after: string;
};

export const claimStatement = ({ token, now, until, after }: Claim): SqlStatement => ({
  text: CLAIM,
  params: [token, until, now, after],
});

/** Looks only when a claim from the first tenant on got nothing: otherwise there is another round anyway. */
const NEXT_DUE = `SELECT min(coalesce(greatest(next_attempt_at, claimed_until), $2::timestamptz)) AS at FROM event_outbox
WHERE ${WAITS} AND $3 = '' AND NOT EXISTS (SELECT FROM event_outbox WHERE ${WAITS} AND claim_token = $1)`;

/** When the earliest unpublished row can be claimed; NULL when nothing is unpublished, or when nobody has to know. */
export const nextDueStatement = ({ token, now, after }: Claim): SqlStatement => ({
  text: NEXT_DUE,
  params: [token, now, after],
});

export type ClaimedEvent = {
  readonly tenant: string;
  readonly id: string;
  readonly seq: number;
  readonly type: string;
  readonly json: string;
  readonly aggregateId: string;
  readonly aggregateSeq: number;
  readonly traceparent: string | null;
  /** Failures so far. */
  readonly attempts: number;
  /** Epoch milliseconds of what it tells of. */
  readonly createdAt: number;
};

export type Claimed = {
  /** In the order they were written; RETURNING keeps none. */
  readonly events: readonly ClaimedEvent[];
  /** The tenant whose turn was last, also when nothing of it could be claimed; empty: all behind `after` had theirs. */
  readonly lastTurn: string;
};

export const readClaimed = (rows: readonly SqlRow[]): Claimed => ({
  events: rows
    .filter(({ id }) => id !== null)
    .map(readEvent)
    .sort((a, b) => a.seq - b.seq),
  lastTurn: String(rows[0]?.last_turn ?? ""),
});

const readEvent = (row: SqlRow): ClaimedEvent => ({
  tenant: String(row.tenant_id),
  id: String(row.id),
  seq: Number(row.seq),
  type: String(row.event_type),
  json: String(row.event_data_json),
  aggregateId: String(row.aggregate_id),
  aggregateSeq: Number(row.aggregate_seq),
  traceparent: row.traceparent === null ? null : String(row.traceparent),
  attempts: Number(row.attempts),
  createdAt: readTimestamp(row.created_at),
});

const MARK = `UPDATE event_outbox o SET published_at = $4::timestamptz, claim_token = NULL, claimed_until = NULL, last_error = NULL
FROM unnest($2::text[], $3::text[]) AS sent(tenant_id, id)
WHERE o.tenant_id = sent.tenant_id AND o.id = sent.id AND o.claim_token = $1`;

/** Marks only what the token still holds: a lapsed claim is another publisher's by now. */
export const markStatement = (token: string, sent: readonly ClaimedEvent[], now: string): SqlStatement => ({
  text: MARK,
  params: [token, sent.map(({ tenant }) => tenant), sent.map(({ id }) => id), now],
});

const FAIL = `UPDATE event_outbox SET attempts = attempts + 1, next_attempt_at = $4::timestamptz, dead_at = $5::timestamptz,
  last_error = $6, claim_token = NULL, claimed_until = NULL
WHERE tenant_id = $2 AND id = $3 AND claim_token = $1`;

/** @param outcome `dead`: the event is given up, and a dead letter stands for it. */
export const failStatement = (
  token: string,
  event: ClaimedEvent,
  outcome: { readonly retryAt: string | null; readonly deadAt: string | null; readonly error: string },
): SqlStatement => ({
  text: FAIL,
  params: [token, event.tenant, event.id, outcome.retryAt, outcome.deadAt, outcome.error],
});

const CLEAN = `DELETE FROM event_outbox o USING (
  SELECT tenant_id, id FROM event_outbox WHERE published_at < $1::timestamptz ORDER BY published_at LIMIT ${CLEAN_ROWS_MAX}) old
WHERE o.tenant_id = old.tenant_id AND o.id = old.id`;

/** A bite of the published rows from before `before`; the policy keeps the last 7 days whatever is asked. */
export const cleanStatement = (before: string): SqlStatement => ({ text: CLEAN, params: [before] });

const REARM = `UPDATE event_outbox SET dead_at = NULL, attempts = 0, next_attempt_at = NULL, last_error = NULL
WHERE tenant_id = $1 AND id = $2 AND dead_at IS NOT NULL`;

/** Makes a given-up event claimable again, as the publisher. */
export const rearmStatement = (tenant: string, id: string): SqlStatement => ({ text: REARM, params: [tenant, id] });

const UNPUBLISH = `UPDATE event_outbox o SET published_at = NULL, claim_token = NULL, claimed_until = NULL
WHERE o.published_at IS NOT NULL AND EXISTS (SELECT FROM unnest($1::text[]) AS c(name) WHERE NOT EXISTS (
  SELECT FROM inbox_events i WHERE i.tenant_id = o.tenant_id AND i.consumer = c.name AND i.event_id = o.id
    AND i.source = '/tenants/' || o.tenant_id || '/tasks/' || o.aggregate_id AND i.processed_at IS NOT NULL))`;

/**
 * As the database's owner: published events that not every consumer has processed go out again. For a queue that lost
 * its messages; the inbox keeps each effect to once.
 */
export const unpublishStatement = (consumers: readonly string[]): SqlStatement => ({
  text: UNPUBLISH,
  params: [consumers],
});
