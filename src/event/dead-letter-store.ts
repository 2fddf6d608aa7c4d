/**
 * Dead letters: what could not be handled, and stands until somebody settles it. One row per source and event, so that
 * burying twice is one letter; one that was settled and dies again is open again. Statements only.
 */
import { readTimestamp, type SqlParam, type SqlRow, type SqlStatement, toRfc3339 } from "../platform/index.ts";
import { type Lane, letterSource } from "./consumer.ts";
import { LETTER_CLEAN_ROWS } from "./limits.ts";

/** SQL of a letter's id, from SQL of its source and of its event's id. */
export const letterIdSql = (source: string, event: string): string =>
  `left(encode(sha256(convert_to(${source} || '/' || ${event}, 'UTF8')), 'hex'), 36)`;

const REOPENED = `ON CONFLICT (tenant_id, id) DO UPDATE SET resolved_at = NULL, reason = EXCLUDED.reason, sqlstate = EXCLUDED.sqlstate,
  error = EXCLUDED.error, attempts = dead_letters.attempts + EXCLUDED.attempts
WHERE dead_letters.resolved_at IS NOT NULL`;

export type NewLetter = {
  readonly tenant: string;
  readonly source: string;
  readonly reason: string;
  readonly error: string;
  /** What the letter is keyed by; the event's id where there is one. */
  readonly key: string;
  readonly event: { readonly id: string; readonly type: string; readonly task: string; readonly seq: number } | null;
  /** What a replay needs. */
  readonly payload: string;
  readonly attempts: number;
  readonly traceId: string | null;
  /** RFC 3339. */
  readonly at: string;
};

const INSERT = `INSERT INTO dead_letters (tenant_id, id, source, reason, error, event_id, event_type, aggregate_id, aggregate_seq,
  payload_json, attempts, trace_id, created_at)
VALUES ($1, ${letterIdSql("$2::text", "$3::text")}, $2, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13::timestamptz) ${REOPENED}`;

/** Postgres stores no NUL and no broken UTF-16, and a message that cannot be read may hold both. */
const storable = (text: string): string => text.toWellFormed().replaceAll("\0", "\uFFFD");

export const letterStatement = (letter: NewLetter): SqlStatement => ({
  text: INSERT,
  params: [
    letter.tenant,
    letter.source,
    letter.key,
    letter.reason,
    storable(letter.error),
    letter.event?.id ?? null,
    letter.event?.type ?? null,
    letter.event?.task ?? null,
    letter.event?.seq ?? null,
    storable(letter.payload),
    letter.attempts,
    letter.traceId,
    letter.at,
  ],
});

/** @param rows SQL of inbox rows that uses $1 tenant, $2 consumer, $3 aggregate id. */
const FROM_INBOX = (
  rows: string,
): string => `INSERT INTO dead_letters (tenant_id, id, source, reason, sqlstate, error, event_id,
  event_type, aggregate_id, aggregate_seq, payload_json, attempts, trace_id, created_at)
SELECT $1, ${letterIdSql("$4::text", "r.event_id")}, $4, $5, $6, $7, r.event_id, r.event_type, r.aggregate_id, r.aggregate_seq,
  r.event_data_json, 1, r.event_data_json::json #>> '{data,task,trace_id}', $8::timestamptz
FROM ${rows} r WHERE r.consumer = $2 AND r.aggregate_id = $3 ${REOPENED}`;

type Cause = {
  readonly reason: "refused" | "gap";
  readonly sqlstate: string | null;
  readonly error: string;
  readonly at: string;
};

/** Letters for inbox rows of one consumer. */
export const inboxLetterStatement = (
  lane: Lane,
  rows: { readonly sql: string; readonly params: readonly SqlParam[] },
  cause: Cause,
): SqlStatement => ({
  text: FROM_INBOX(rows.sql),
  params: [
    lane.tenant,
    lane.consumer,
    lane.aggregateId,
    letterSource(lane.consumer),
    cause.reason,
    cause.sqlstate,
    storable(cause.error.slice(0, 500)),
    cause.at,
    ...rows.params,
  ],
});

/** Rows that still wait, among those named by $9. */
export const WAITING_NAMED = `(SELECT i.* FROM inbox_events i WHERE i.tenant_id = $1 AND i.consumer = $2 AND i.aggregate_id = $3
  AND i.processed_at IS NULL AND i.event_id = ANY($9::text[]))`;

const CLEAN = `DELETE FROM dead_letters d USING (SELECT id FROM dead_letters
  WHERE tenant_id = $1 AND created_at < $2::timestamptz AND resolved_at < $2::timestamptz
  ORDER BY created_at LIMIT ${LETTER_CLEAN_ROWS}) old WHERE d.tenant_id = $1 AND d.id = old.id`;

/** A bite of the letters that were settled before `before`. */
export const cleanLettersStatement = (tenant: string, before: string): SqlStatement => ({
  text: CLEAN,
  params: [tenant, before],
});

/** As the API shows it. */
export type DeadLetter = {
  readonly id: string;
  readonly source: string;
  readonly reason: string;
  readonly state: "open" | "resolved";
  readonly sqlstate: string | null;
  readonly error: string | null;
  readonly event_id: string | null;
  readonly event_type: string | null;
  readonly task_id: string | null;
  readonly sequence: number | null;
  readonly attempts: number;
  readonly trace_id: string | null;
  readonly created_at: string;
  readonly resolved_at: string | null;
  readonly replay_count: number;
  readonly replayed_at: string | null;
  readonly replayed_by: string | null;
};

const COLUMNS = `id, source, reason, sqlstate, error, event_id, event_type, aggregate_id, aggregate_seq, attempts, trace_id,
  created_at, resolved_at, replay_count, replayed_at, replayed_by`;

export type LetterQuery = {
  readonly state: "open" | "resolved" | null;
  readonly source: string | null;
  readonly limit: number;
  /** The position of the last item of the page before. */
  readonly before: string | null;
};

/** In full precision: a cursor that rounds would leave letters out between two pages. */
const POSITION = `to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '|' || id AS position`;

const PAGE = `SELECT ${COLUMNS}, ${POSITION} FROM dead_letters
WHERE ($1::text IS NULL OR (resolved_at IS NULL) = ($1 = 'open')) AND ($2::text IS NULL OR source = $2)
  AND ($3::timestamptz IS NULL OR (created_at, id) < ($3::timestamptz, $4::text))
ORDER BY created_at DESC, id DESC LIMIT $5`;

/** Asks for one row more than the page holds, which says whether there is another page. */
export function letterPageStatement({ state, source, limit, before }: LetterQuery): SqlStatement {
  const bar = before?.indexOf("|") ?? -1;
  const [createdAt, id] = bar < 0 ? [null, null] : [before?.slice(0, bar) ?? "", before?.slice(bar + 1) ?? ""];
  return { text: PAGE, params: [state, source, createdAt, id, limit + 1] };
}

export const letterStatementById = (id: string): SqlStatement => ({
  text: `SELECT ${COLUMNS}, payload_json FROM dead_letters WHERE id = $1`,
  params: [id],
});

const REPLAYED = `UPDATE dead_letters SET replay_count = replay_count + 1, replayed_at = $3::timestamptz, replayed_by = $4,
  resolved_at = $3::timestamptz WHERE tenant_id = $1 AND id = $2 AND resolved_at IS NULL`;

/** Closes an open letter; of two replays at once the second changes nothing. */
export const replayedStatement = (
  letter: { readonly tenant: string; readonly id: string },
  by: { readonly at: string; readonly who: string },
): SqlStatement => ({ text: REPLAYED, params: [letter.tenant, letter.id, by.at, by.who.slice(0, 256)] });

const textOrNull = (value: unknown): string | null => (value === null || value === undefined ? null : String(value));
const timeOf = (value: unknown): string => toRfc3339(readTimestamp(value));
const timeOrNull = (value: unknown): string | null => (value === null || value === undefined ? null : timeOf(value));

export const readLetter = (row: SqlRow): DeadLetter => ({
  id: String(row.id),
  source: String(row.source),
  reason: String(row.reason),
  state: row.resolved_at === null ? "open" : "resolved",
  sqlstate: textOrNull(row.sqlstate),
  error: textOrNull(row.error),
  event_id: textOrNull(row.event_id),
  event_type: textOrNull(row.event_type),
  task_id: textOrNull(row.aggregate_id),
  sequence: row.aggregate_seq === null ? null : Number(row.aggregate_seq),
  attempts: Number(row.attempts),
  trace_id: textOrNull(row.trace_id),
  created_at: timeOf(row.created_at),
  resolved_at: timeOrNull(row.resolved_at),
  replay_count: Number(row.replay_count),
  replayed_at: timeOrNull(row.replayed_at),
  replayed_by: textOrNull(row.replayed_by),
});

/** Newest first, and the cursor of the following page. */
export function readLetterPage(rows: readonly SqlRow[], limit: number) {
  const page = rows.slice(0, limit);
  return { items: page.map(readLetter), next: rows.length > limit ? String(page.at(-1)?.position) : null };
}
