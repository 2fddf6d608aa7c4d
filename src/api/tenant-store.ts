/**
 * What Postgres is told of tenants and keys, for whoever reads across both. Statements only. The authority is their
 * objects: no secret and no digest is ever in a row, and nothing here is read to let anybody in.
 */
import type { SqlStatement, TenantId } from "../platform/index.ts";
import { toRfc3339 } from "../platform/index.ts";
import { scopesOf } from "./access.ts";
import type { KeyFacts, TenantFacts } from "./key-record.ts";
import { type KeyKind, prefixOf } from "./key-text.ts";

/** A key as it stands; `version` grows with each of its changes, so that an older one never replaces a newer. */
export type KeyNews = { readonly facts: KeyFacts; readonly version: number };

const TENANT = `INSERT INTO tenants (tenant_id, name, created_at, updated_at)
VALUES ($1, $2, $3::timestamptz, $3::timestamptz) ON CONFLICT DO NOTHING`;

const KEY = `INSERT INTO api_keys (tenant_id, id, name, prefix, scopes, created_by, created_at, expires_at, last_used_at,
  revoked_at, projected_version)
VALUES ($1, $2, $3, $4, $5, $6, $7::timestamptz, $8::timestamptz, $9::timestamptz, $10::timestamptz, $11)
ON CONFLICT (tenant_id, id) DO UPDATE SET last_used_at = EXCLUDED.last_used_at, revoked_at = EXCLUDED.revoked_at,
  projected_version = EXCLUDED.projected_version
WHERE api_keys.projected_version < EXCLUDED.projected_version`;

const DEAD_LETTER = `INSERT INTO dead_letters (tenant_id, id, source, reason, sqlstate, error, aggregate_id, aggregate_seq,
  payload_json, attempts)
VALUES ($1, $2, 'projection', 'refused', $3, $4, $5, $6, $7, 1) ON CONFLICT DO NOTHING`;

const toTime = (at: number | null): string | null => (at === null ? null : toRfc3339(at));

export const tenantStatement = ({ tenant, name, createdAt }: TenantFacts): SqlStatement => ({
  text: TENANT,
  params: [tenant, name, toRfc3339(createdAt)],
});

export const keyStatement = ({ facts, version }: KeyNews, kind: KeyKind): SqlStatement => ({
  text: KEY,
  params: [
    facts.tenant,
    facts.id,
    facts.name,
    prefixOf(kind, facts.id),
    [...scopesOf(facts.roles)].sort(),
    // A token's subject may be longer than the column.
    (facts.createdBy ?? "").slice(0, 256),
    toRfc3339(facts.createdAt),
    toTime(facts.expiresAt),
    toTime(facts.lastUsedAt),
    toTime(facts.revokedAt),
    version,
  ],
});

/** @param letter its id is made from what was refused and its version, so that burying twice is one row. */
export const deadLetterStatement = (letter: {
  readonly tenant: TenantId;
  readonly id: string;
  readonly sqlstate: string;
  readonly message: string;
  readonly aggregateId: string;
  readonly version: number;
  readonly payload: KeyFacts | TenantFacts;
}): SqlStatement => ({
  text: DEAD_LETTER,
  params: [
    letter.tenant,
    letter.id,
    letter.sqlstate,
    letter.message.slice(0, 500),
    letter.aggregateId,
    letter.version,
    JSON.stringify(letter.payload),
  ],
});
