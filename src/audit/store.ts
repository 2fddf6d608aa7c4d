/** The audit log in Postgres: rows in, pages out. The database numbers and chains them; nothing is ever changed. */
import type { SqlRow, SqlStatement } from "../platform/index.ts";
import { type AuditEntry, toColumns } from "./entry.ts";
import { AUDIT_FIELDS, type AuditRow, isNumberField } from "./row.ts";

// The chain's trigger replaces seq, prev_hash and hash; they are named because the columns are not null.
const INSERT = `INSERT INTO audit_log (tenant_id, id, action, actor, resource, decision, rule_id, result, args_hash, details_json,
  duration_ms, pack_digest, approval_id, trace_id, created_at, seq, prev_hash, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15::timestamptz, 0, '', '')
ON CONFLICT (tenant_id, id) DO NOTHING`;

/** Writing it a second time does nothing. */
export const auditStatement = (tenant: string, entry: AuditEntry): SqlStatement => ({
  text: INSERT,
  params: [...toColumns(tenant, entry)],
});

/** As the hash is made of it, so that a reader can make it again: numbers in decimal, times to the millisecond. */
const COLUMNS = AUDIT_FIELDS.map((field) =>
  field === "created_at"
    ? `to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at`
    : `${field}::text AS ${field}`,
).join(", ");

// Ordered by the column, not by its text of the same name.
const PAGE = `SELECT ${COLUMNS}, hash FROM audit_log
WHERE seq > $1 AND ($2::text IS NULL OR action = $2) ORDER BY audit_log.seq LIMIT $3`;
const HEAD = "SELECT seq::text AS seq, hash FROM audit_log ORDER BY audit_log.seq DESC LIMIT 1";

export type AuditPageQuery = {
  readonly after: number;
  readonly action: string | null;
  readonly limit: number;
};

/** The page, then the head of the chain, of one moment. */
export const auditPageStatements = (query: AuditPageQuery): SqlStatement[] => [
  { text: PAGE, params: [query.after, query.action, query.limit] },
  { text: HEAD },
];

/** What the statement above selects, with its numbers as numbers. */
export function readAuditRow(row: SqlRow): AuditRow {
  const fields = [...AUDIT_FIELDS, "hash"].map((field) => {
    const value = row[field];
    if (value === null || value === undefined) return [field, null];
    return [field, isNumberField(field) ? Number(value) : String(value)];
  });
  return Object.fromEntries(fields) as AuditRow; // every field of AuditRow is one of AUDIT_FIELDS or the hash
}

const DEAD_LETTER = `INSERT INTO dead_letters (tenant_id, id, source, reason, sqlstate, error, payload_json, attempts, trace_id)
VALUES ($1, $2, 'audit', 'refused', $3, $4, $5, 1, $6) ON CONFLICT DO NOTHING`;

/**
 * For what Postgres refuses for good: kept where somebody looks, instead of going round for ever.
 * @param refusal its id is made from the entry's, which may be what was refused.
 */
export const deadEntryStatement = (
  tenant: string,
  entry: AuditEntry,
  refusal: { readonly id: string; readonly sqlstate: string; readonly message: string },
): SqlStatement => ({
  text: DEAD_LETTER,
  params: [
    tenant,
    refusal.id,
    refusal.sqlstate,
    refusal.message.slice(0, 500),
    JSON.stringify(entry),
    entry.traceId ?? null,
  ],
});
