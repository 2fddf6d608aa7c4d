/**
 * What Postgres keeps of webhooks and their deliveries. Statements and readers only; every write may run twice. When to
 * send and what an answer means is decided elsewhere.
 */
import { readTimestamp, type SqlRow, type SqlStatement, type TenantId, type WebhookId } from "../platform/index.ts";
import type { Consumer } from "./consumer.ts";

export type Webhook = {
  readonly id: string;
  readonly url: string;
  readonly description: string;
  /** Empty: every type. */
  readonly eventTypes: readonly string[];
  readonly state: "enabled" | "disabled";
  /** Why we disabled it; null when it is enabled, or its owner did. */
  readonly disabledReason: string | null;
  /** Failed attempts since the last one that was taken. */
  readonly failures: number;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Sealed. No answer holds it. */
  readonly secrets: string;
};

export type Delivery = {
  readonly id: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly state: "pending" | "delivered" | "failed";
  readonly attempts: number;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly nextAttemptAt: number | null;
  readonly createdAt: number;
  readonly deliveredAt: number | null;
};

export type DueDelivery = { readonly id: string; readonly body: string; readonly attempts: number };

/** One endpoint of one tenant: the key of everything here. */
export type Endpoint = { readonly tenant: TenantId; readonly webhookId: WebhookId };

const keyOf = ({ tenant, webhookId }: Endpoint) => [tenant, webhookId] as const;
const toIso = (at: number): string => new Date(at).toISOString();

const COLUMNS = `id, url, description, event_types, secrets_ciphertext, state, disabled_reason, failures, created_at,
  updated_at`;
const SELECT = `SELECT ${COLUMNS} FROM webhooks WHERE tenant_id = $1 AND id = $2`;

export const webhookStatement = (endpoint: Endpoint): SqlStatement => ({ text: SELECT, params: keyOf(endpoint) });

export const webhooksStatement = (tenant: TenantId): SqlStatement => ({
  text: `SELECT ${COLUMNS} FROM webhooks WHERE tenant_id = $1 ORDER BY created_at, id`,
  params: [tenant],
});

const INSERT = `INSERT INTO webhooks (tenant_id, id, url, description, event_types, secrets_ciphertext)
SELECT $1::text, $2::text, $3::text, $4::text, $5::text[], $6::text
WHERE (SELECT count(*) FROM webhooks WHERE tenant_id = $1::text) < $7
ON CONFLICT DO NOTHING`;

export type NewWebhook = Pick<Webhook, "url" | "description" | "eventTypes" | "secrets">;

/** One at a time per tenant, so that the limit holds. The last statement reads the endpoint: no row is a full tenant. */
export const insertStatements = (endpoint: Endpoint, webhook: NewWebhook, most: number): SqlStatement[] => [
  {
    text: "SELECT pg_advisory_xact_lock(hashtextextended('vasini.webhooks:' || $1, 0))",
    params: [endpoint.tenant],
  },
  {
    text: INSERT,
    params: [...keyOf(endpoint), webhook.url, webhook.description, webhook.eventTypes, webhook.secrets, most],
  },
  webhookStatement(endpoint),
];

const UPDATE = `UPDATE webhooks SET url = coalesce($3, url), description = coalesce($4, description),
  event_types = coalesce($5::text[], event_types), state = coalesce($6::text, state),
  disabled_reason = CASE WHEN $6::text IS NULL THEN disabled_reason END,
  failures = CASE WHEN $6::text IS NULL THEN failures ELSE 0 END, updated_at = now()
WHERE tenant_id = $1 AND id = $2 RETURNING ${COLUMNS}`;

export type WebhookChange = Partial<Pick<Webhook, "url" | "description" | "eventTypes" | "state">>;

/** What the owner sets; a state also ends the record of failures. */
export const updateStatement = (endpoint: Endpoint, change: WebhookChange): SqlStatement => ({
  text: UPDATE,
  params: [
    ...keyOf(endpoint),
    change.url ?? null,
    change.description ?? null,
    change.eventTypes ?? null,
    change.state ?? null,
  ],
});

/** Takes the new secrets only in the place of those they were made from. The last statement reads what stands there. */
export const secretsStatements = (endpoint: Endpoint, before: string, after: string): SqlStatement[] => [
  {
    text: `UPDATE webhooks SET secrets_ciphertext = $3, updated_at = now()
WHERE tenant_id = $1 AND id = $2 AND secrets_ciphertext = $4`,
    params: [...keyOf(endpoint), after, before],
  },
  webhookStatement(endpoint),
];

/** Its deliveries go with it. */
export const deleteStatement = (endpoint: Endpoint): SqlStatement => ({
  text: "DELETE FROM webhooks WHERE tenant_id = $1 AND id = $2 RETURNING id",
  params: keyOf(endpoint),
});

/** No more deliveries than this wait for one endpoint. */
export const disableBacklogStatement = (endpoint: Endpoint, most: number, reason: string): SqlStatement => ({
  text: `UPDATE webhooks SET state = 'disabled', disabled_reason = $3, updated_at = now()
WHERE tenant_id = $1 AND id = $2 AND state = 'enabled' AND EXISTS (SELECT 1 FROM webhook_deliveries
  WHERE tenant_id = $1 AND webhook_id = $2 AND state = 'pending' AND created_at > webhooks.updated_at OFFSET $4 LIMIT 1)`,
  params: [...keyOf(endpoint), reason, most],
});

/** The cursor has all the digits of the time, for many rows share its milliseconds. */
const PAGE = `SELECT id, event_id, event_type, state, attempts, last_status, last_error, next_attempt_at, created_at,
  delivered_at, to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '|' || id AS cursor
FROM webhook_deliveries
WHERE tenant_id = $1 AND webhook_id = $2 AND ($3::timestamptz IS NULL OR (created_at, id) < ($3::timestamptz, $4::text))
ORDER BY created_at DESC, id DESC LIMIT $5`;

const CURSOR = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\|[0-9a-f-]{1,36}$/;
/** Also no day that no month has: Postgres would refuse it, and it is the caller's fault. */
export function isPageCursor(text: string): boolean {
  const at = Date.parse(text.slice(0, text.indexOf("|")));
  return CURSOR.test(text) && Number.isFinite(at) && toIso(at).slice(0, 19) === text.slice(0, 19);
}

/** @param before cursor of the page before. Asks for one row more, which says whether there is another page. */
export function pageStatement(endpoint: Endpoint, limit: number, before: string | null): SqlStatement {
  const [createdAt = null, id = null] = before?.split("|") ?? [];
  return { text: PAGE, params: [...keyOf(endpoint), createdAt, id, limit + 1] };
}

/** Newest first, and the cursor of the following page. */
export function readPage(rows: readonly SqlRow[], limit: number) {
  const items = rows.slice(0, limit).map(readDelivery);
  const last = rows[limit - 1];
  return { items, next: rows.length > limit && last !== undefined ? String(last.cursor) : null };
}

/**
 * The first of its task that waits: the others' turn comes after it. A scalar sub-query and no anti-join, so that it is one
 * look into an index for each row that is asked about, however much waits.
 */
const IS_FIRST = `(d.aggregate_id IS NULL OR d.aggregate_seq = (SELECT min(first.aggregate_seq) FROM webhook_deliveries first
  WHERE first.tenant_id = d.tenant_id AND first.webhook_id = d.webhook_id AND first.state = 'pending'
    AND first.aggregate_id = d.aggregate_id))`;

const DUE = `SELECT d.id, d.body, d.attempts FROM webhook_deliveries d
WHERE d.tenant_id = $1 AND d.webhook_id = $2 AND d.state = 'pending' AND d.next_attempt_at <= $3::timestamptz
  AND ${IS_FIRST}
ORDER BY d.next_attempt_at, d.aggregate_seq, d.id LIMIT $4`;

const NEXT = `SELECT d.next_attempt_at AS next_at FROM webhook_deliveries d
WHERE d.tenant_id = $1 AND d.webhook_id = $2 AND d.state = 'pending' AND ${IS_FIRST}
ORDER BY d.next_attempt_at LIMIT 1`;

/** The endpoint, what is due to it, and when the next of all that may go out is due. */
export const dueStatements = (endpoint: Endpoint, now: number, limit: number): SqlStatement[] => [
  webhookStatement(endpoint),
  { text: DUE, params: [...keyOf(endpoint), toIso(now), limit] },
  { text: NEXT, params: keyOf(endpoint) },
];

export function readDue(rows: readonly { readonly rows: readonly SqlRow[] }[]) {
  const [webhook, due, next] = rows;
  const nextAt = next?.rows[0]?.next_at;
  return {
    webhook: readWebhook(webhook?.rows[0]),
    due: (due?.rows ?? []).map(
      (row): DueDelivery => ({ id: String(row.id), body: String(row.body), attempts: Number(row.attempts) }),
    ),
    nextAt: nextAt === null || nextAt === undefined ? null : readTimestamp(nextAt),
  };
}

/** Deliveries that ended before then. */
export const cleanStatement = (endpoint: Endpoint, before: number, limit: number): SqlStatement => ({
  text: `DELETE FROM webhook_deliveries WHERE tenant_id = $1 AND webhook_id = $2 AND id IN (SELECT id
  FROM webhook_deliveries WHERE tenant_id = $1 AND webhook_id = $2 AND state <> 'pending' AND created_at < $3::timestamptz
  ORDER BY created_at LIMIT $4)`,
  params: [...keyOf(endpoint), toIso(before), limit],
});

/** One attempt of one delivery. `attempts` is how many there were before it: a record made twice changes nothing. */
export type Attempt = Endpoint & { readonly id: string; readonly attempts: number };

const MINE = "tenant_id = $1 AND webhook_id = $2 AND id = $3 AND state = 'pending' AND attempts = $4";
const attemptKey = (attempt: Attempt) => [...keyOf(attempt), attempt.id, attempt.attempts] as const;

export const deliveredStatements = (attempt: Attempt, status: number, now: number): SqlStatement[] => [
  {
    text: `UPDATE webhook_deliveries SET state = 'delivered', attempts = attempts + 1, last_status = $5, last_error = NULL,
  next_attempt_at = NULL, delivered_at = $6::timestamptz WHERE ${MINE}`,
    params: [...attemptKey(attempt), status, toIso(now)],
  },
  {
    text: "UPDATE webhooks SET failures = 0 WHERE tenant_id = $1 AND id = $2 AND failures > 0",
    params: keyOf(attempt),
  },
];

export type Fault = { readonly status: number | null; readonly error: string };

export const retryStatement = (attempt: Attempt, fault: Fault, nextAt: number): SqlStatement => ({
  text: `WITH tried AS (UPDATE webhook_deliveries SET attempts = attempts + 1, last_status = $5, last_error = $6,
  next_attempt_at = $7::timestamptz WHERE ${MINE} RETURNING 1)
UPDATE webhooks SET failures = failures + 1 WHERE tenant_id = $1 AND id = $2 AND EXISTS (SELECT 1 FROM tried)`,
  params: [...attemptKey(attempt), fault.status, fault.error, toIso(nextAt)],
});

/**
 * The delivery ends, and a dead letter keeps what it held: one letter for each time it failed.
 * @param tries attempts this record adds: none for what was never sent.
 */
export const failedStatement = (attempt: Attempt, fault: Fault, reason: string, tries: 0 | 1): SqlStatement => ({
  text: `WITH failed AS (UPDATE webhook_deliveries SET state = 'failed', attempts = attempts + $8, last_status = $5,
  last_error = $6, next_attempt_at = NULL WHERE ${MINE} RETURNING *),
counted AS (UPDATE webhooks SET failures = failures + $8 WHERE tenant_id = $1 AND id = $2 AND EXISTS (SELECT 1 FROM failed))
INSERT INTO dead_letters (tenant_id, id, source, reason, error, event_id, event_type, aggregate_id, aggregate_seq,
  payload_json, attempts)
SELECT tenant_id, left(encode(sha256(convert_to('webhook/' || id || '/' || replays, 'UTF8')), 'hex'), 36), 'webhook', $7,
  last_error, event_id, event_type, aggregate_id, aggregate_seq,
  jsonb_build_object('webhook_id', webhook_id, 'delivery_id', id, 'replays', replays, 'event', body)::text, attempts
FROM failed ON CONFLICT DO NOTHING`,
  params: [...attemptKey(attempt), fault.status, fault.error, reason, tries],
});

/**
 * Ends an endpoint after one of its deliveries failed for good: at once, or only when it took nothing since that
 * delivery began, for one event that it cannot digest says nothing about the others.
 */
export const disableStatement = (attempt: Attempt, reason: string, when: "at once" | "silent"): SqlStatement => ({
  text: `UPDATE webhooks SET state = 'disabled', disabled_reason = $4, updated_at = now()
WHERE tenant_id = $1 AND id = $2 AND state = 'enabled' AND ($5 OR NOT EXISTS (SELECT 1 FROM webhook_deliveries taken
  JOIN webhook_deliveries failed ON failed.tenant_id = taken.tenant_id AND failed.webhook_id = taken.webhook_id
  WHERE taken.tenant_id = $1 AND taken.webhook_id = $2 AND taken.state = 'delivered' AND failed.id = $3
    AND taken.delivered_at >= failed.created_at))`,
  params: [...keyOf(attempt), attempt.id, reason, when === "at once"],
});

const LETTER = `SELECT l.tenant_id, l.event_id, l.event_type, l.aggregate_id, l.aggregate_seq, l.payload_json::jsonb AS payload
FROM dead_letters l WHERE l.tenant_id = $1 AND l.id = $2 AND l.source = 'webhook'`;

const REPLAY = `INSERT INTO webhook_deliveries (tenant_id, id, webhook_id, event_id, event_type, body, aggregate_id,
  aggregate_seq, replays, next_attempt_at)
SELECT l.tenant_id, l.payload ->> 'delivery_id', w.id, l.event_id, l.event_type, l.payload ->> 'event', l.aggregate_id,
  l.aggregate_seq, (l.payload ->> 'replays')::integer + 1, now()
FROM (${LETTER}) l JOIN webhooks w ON w.tenant_id = l.tenant_id AND w.id = l.payload ->> 'webhook_id'
ON CONFLICT (tenant_id, id) DO UPDATE SET state = 'pending', attempts = 0, next_attempt_at = now(), replays = EXCLUDED.replays
WHERE webhook_deliveries.state = 'failed' AND webhook_deliveries.replays = EXCLUDED.replays - 1`;

/**
 * Puts the delivery of a dead letter back in its line, with all its attempts before it: once for each letter, so that a
 * second replay changes nothing, also after the delivery failed again. The last statement names the endpoint: no row is
 * a letter of no endpoint that is there.
 */
export const replayStatements = (tenant: TenantId, letterId: string): SqlStatement[] => [
  { text: REPLAY, params: [tenant, letterId] },
  {
    text: `SELECT w.id AS webhook_id FROM (${LETTER}) l
JOIN webhooks w ON w.tenant_id = l.tenant_id AND w.id = l.payload ->> 'webhook_id'`,
    params: [tenant, letterId],
  },
];

/** Each ready event for each endpoint that wants it: once, under an id made of both. */
const DELIVER = (
  ready: string,
): string => `INSERT INTO webhook_deliveries (tenant_id, id, webhook_id, event_id, event_type,
  body, aggregate_id, aggregate_seq, next_attempt_at)
SELECT w.tenant_id, left(encode(sha256(convert_to(w.id || '/' || e.event_id, 'UTF8')), 'hex'), 32), w.id, e.event_id,
  e.event_type, e.event_data_json, e.aggregate_id, e.aggregate_seq, now()
FROM (${ready}) e JOIN webhooks w ON w.tenant_id = e.tenant_id
WHERE w.state = 'enabled' AND (cardinality(w.event_types) = 0 OR e.event_type = ANY (w.event_types))
ON CONFLICT DO NOTHING`;

/**
 * The endpoints to ring: whatever is due, and not only what was just written. A ring that was lost is then made up for
 * by the message's repetition, or by the tenant's next event.
 */
const OVERDUE = `SELECT DISTINCT d.webhook_id FROM webhook_deliveries d
JOIN webhooks w ON w.tenant_id = d.tenant_id AND w.id = d.webhook_id
WHERE d.tenant_id = $1 AND d.state = 'pending' AND d.next_attempt_at <= now() AND w.state = 'enabled'
  AND ${IS_FIRST}`;

export const deliverStatements: (consumer: string) => Consumer["effect"] = (consumer) => (ready, scope) => [
  { text: DELIVER(ready), params: [scope.tenant, consumer, scope.aggregateId] },
  { text: OVERDUE, params: [scope.tenant] },
];

/** Null for no row. */
export function readWebhook(row: SqlRow | undefined): Webhook | null {
  if (row === undefined) return null;
  return {
    id: String(row.id),
    url: String(row.url),
    description: String(row.description),
    eventTypes: Array.isArray(row.event_types) ? row.event_types.map(String) : [],
    state: row.state === "enabled" ? "enabled" : "disabled",
    disabledReason: readText(row.disabled_reason),
    failures: Number(row.failures),
    createdAt: readTimestamp(row.created_at),
    updatedAt: readTimestamp(row.updated_at),
    secrets: String(row.secrets_ciphertext),
  };
}

const readDelivery = (row: SqlRow): Delivery => ({
  id: String(row.id),
  eventId: String(row.event_id),
  eventType: String(row.event_type),
  state: row.state === "delivered" || row.state === "failed" ? row.state : "pending",
  attempts: Number(row.attempts),
  lastStatus: row.last_status === null ? null : Number(row.last_status),
  lastError: readText(row.last_error),
  nextAttemptAt: row.next_attempt_at === null ? null : readTimestamp(row.next_attempt_at),
  createdAt: readTimestamp(row.created_at),
  deliveredAt: row.delivered_at === null ? null : readTimestamp(row.delivered_at),
});

const readText = (value: unknown): string | null => (value === null || value === undefined ? null : String(value));
