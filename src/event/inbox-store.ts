/**
 * The inbox in Postgres: one row per consumer and event. What makes an effect happen once and in order is here: a lock per
 * consumer and task, taken first, so that what is ready cannot change inside the transaction. Statements only.
 */
import type { SqlRow, SqlStatement } from "../platform/index.ts";
import { type Lane, letterSource } from "./consumer.ts";
import { letterIdSql } from "./dead-letter-store.ts";
import { INBOX_SAMPLE_ROWS } from "./limits.ts";
import type { EventMessage } from "./message.ts";

const laneParams = ({ tenant, consumer, aggregateId }: Lane) => [tenant, consumer, aggregateId] as const;

/**
 * Unprocessed events all of whose predecessors are here: the sequence counts from 1 without gaps, so an event is next
 * when as many rows stand up to it as its own number.
 */
export const READY = `(SELECT i.* FROM inbox_events i
  WHERE i.tenant_id = $1 AND i.consumer = $2 AND i.aggregate_id = $3 AND i.processed_at IS NULL
    AND i.aggregate_seq = (SELECT count(*) FROM inbox_events p WHERE p.tenant_id = $1 AND p.consumer = $2
      AND p.aggregate_id = $3 AND p.aggregate_seq <= i.aggregate_seq))`;

/** The first of them alone. */
export const FIRST_READY = `(SELECT r.* FROM ${READY} r ORDER BY r.aggregate_seq LIMIT 1)`;

/** No part of the name can hold the `/` between them. */
export const lockStatement = ({ tenant, consumer, aggregateId }: Lane): SqlStatement => ({
  text: "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
  params: [`inbox/${tenant}/${consumer}/${aggregateId}`],
});

const INSERT = `INSERT INTO inbox_events (tenant_id, consumer, aggregate_id, source, event_id, event_type, aggregate_seq,
  event_data_json, created_at)
SELECT $1, $2, $3, e.source, e.id, e.type, e.seq, e.json, $4::timestamptz
FROM unnest($5::text[], $6::text[], $7::text[], $8::bigint[], $9::text[]) AS e(source, id, type, seq, json)
ON CONFLICT DO NOTHING`;

export const insertStatement = (lane: Lane, events: readonly EventMessage[], now: string): SqlStatement => ({
  text: INSERT,
  params: [
    ...laneParams(lane),
    now,
    events.map(({ source }) => source),
    events.map(({ id }) => id),
    events.map(({ type }) => type),
    events.map(({ aggregateSeq }) => aggregateSeq),
    events.map(({ json }) => json),
  ],
});

export const readyIdsStatement = (lane: Lane, ready: string): SqlStatement => ({
  text: `SELECT r.event_id FROM ${ready} r`,
  params: laneParams(lane),
});

/** Settles the letters that stood for these rows. */
export const closeLettersStatement = (lane: Lane, ready: string, now: string): SqlStatement => ({
  text: `UPDATE dead_letters SET resolved_at = $4::timestamptz WHERE tenant_id = $1 AND resolved_at IS NULL
    AND id IN (SELECT ${letterIdSql("$5::text", "r.event_id")} FROM ${ready} r WHERE r.consumer = $2 AND r.aggregate_id = $3)`,
  params: [...laneParams(lane), now, letterSource(lane.consumer)],
});

export const processedStatement = (lane: Lane, ready: string, now: string): SqlStatement => ({
  text: `UPDATE inbox_events SET processed_at = $4::timestamptz WHERE tenant_id = $1 AND consumer = $2 AND aggregate_id = $3
    AND event_id IN (SELECT r.event_id FROM ${ready} r)`,
  params: [...laneParams(lane), now],
});

/** Both for the rows named, where the effect ended outside of the transaction that found them ready. */
export const settleNamedStatements = (lane: Lane, ids: readonly string[], now: string): SqlStatement[] => [
  {
    text: `UPDATE dead_letters SET resolved_at = $2::timestamptz WHERE tenant_id = $1 AND resolved_at IS NULL
      AND id IN (SELECT ${letterIdSql("$3::text", "e.id")} FROM unnest($4::text[]) AS e(id))`,
    params: [lane.tenant, now, letterSource(lane.consumer), ids],
  },
  {
    text: `UPDATE inbox_events SET processed_at = $4::timestamptz WHERE tenant_id = $1 AND consumer = $2 AND aggregate_id = $3
      AND processed_at IS NULL AND event_id = ANY($5::text[])`,
    params: [...laneParams(lane), now, ids],
  },
];

const STATE = `SELECT e.id, i.processed_at IS NOT NULL AS processed, i.created_at <= $5::timestamptz AS overdue
FROM unnest($4::text[]) AS e(id) JOIN inbox_events i
  ON i.tenant_id = $1 AND i.consumer = $2 AND i.aggregate_id = $3 AND i.event_id = e.id`;

/** How far each of these events is. @param overdueBefore what came before and still waits, waits in vain. */
export const stateStatement = (lane: Lane, ids: readonly string[], overdueBefore: string): SqlStatement => ({
  text: STATE,
  params: [...laneParams(lane), ids, overdueBefore],
});

export type EventState = "processed" | "waiting" | "overdue";

export const readStates = (rows: readonly SqlRow[]): ReadonlyMap<string, EventState> =>
  new Map(
    rows.map((row) => [
      String(row.id),
      row.processed === true ? "processed" : row.overdue === true ? "overdue" : "waiting",
    ]),
  );

/** Stand-ins for what never came: then what waits behind them can go on. Should one come yet, it counts as processed. */
const SKIP = `INSERT INTO inbox_events (tenant_id, consumer, aggregate_id, source, event_id, event_type, aggregate_seq, created_at,
  processed_at)
SELECT $1, $2, $3::text, $4, $3::text || ':' || n, 'skipped', n, $5::timestamptz, $5::timestamptz
FROM generate_series(1, $6::bigint) AS n
ON CONFLICT DO NOTHING`;

export const skipStatement = (lane: Lane, event: EventMessage, now: string): SqlStatement => ({
  text: SKIP,
  params: [...laneParams(lane), event.source, now, event.aggregateSeq - 1],
});

/** An effect that was refused for good is tried again: its row goes back to unprocessed while its letter is open. */
const REOPEN = `UPDATE inbox_events SET processed_at = NULL WHERE tenant_id = $1 AND consumer = $2 AND aggregate_id = $3
  AND event_id = $4 AND EXISTS (SELECT FROM dead_letters d WHERE d.tenant_id = $1 AND d.id = $5 AND d.resolved_at IS NULL)`;

export const reopenStatement = (lane: Lane, eventId: string, letterId: string): SqlStatement => ({
  text: REOPEN,
  params: [...laneParams(lane), eventId, letterId],
});

/**
 * Task ids are hashes, so the rows behind the task at hand are a random sample of all: each transaction looks at a few
 * and deletes the tasks among them that ended long ago. A task that did not end keeps its rows, however old: its next event
 * counts on them. The sample and the verdict on each of its tasks stand in sub-selects that no planner can join: a plan made
 * for a table without statistics would read every row once for each row of the sample.
 */
const CLEAN = `DELETE FROM inbox_events WHERE tenant_id = $1 AND consumer = $2 AND aggregate_id = ANY (ARRAY(
  SELECT o.aggregate_id FROM (SELECT DISTINCT s.aggregate_id FROM (SELECT aggregate_id FROM inbox_events
    WHERE tenant_id = $1 AND consumer = $2 AND aggregate_id > $3 ORDER BY aggregate_id LIMIT ${INBOX_SAMPLE_ROWS}) s) o
  WHERE (SELECT bool_and(i.created_at <= $4::timestamptz AND i.processed_at IS NOT NULL)
      AND bool_or(i.event_type IN ('task.done', 'task.failed', 'task.cancelled'))
    FROM inbox_events i WHERE i.tenant_id = $1 AND i.consumer = $2 AND i.aggregate_id = o.aggregate_id)))`;

export const cleanInboxStatement = (lane: Lane, before: string): SqlStatement => ({
  text: CLEAN,
  params: [...laneParams(lane), before],
});
