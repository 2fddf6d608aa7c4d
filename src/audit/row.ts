/**
 * A row of the audit log as it is read and exported, and the hash that chains it. Pure: the same bytes in TypeScript as
 * `app.audit_hash` makes in Postgres (docs/data.md), so that an export can be checked without us.
 */
import { sha256Hex, utf8Length } from "../platform/index.ts";

/** In the order they are hashed. */
export const AUDIT_FIELDS = [
  "prev_hash",
  "tenant_id",
  "seq",
  "id",
  "action",
  "actor",
  "resource",
  "decision",
  "rule_id",
  "result",
  "args_hash",
  "details_json",
  "duration_ms",
  "cost_micros",
  "model",
  "pack_digest",
  "approval_id",
  "request_id",
  "trace_id",
  "created_at",
] as const;

type Field = (typeof AUDIT_FIELDS)[number];
const NUMBER_FIELDS = ["seq", "duration_ms", "cost_micros"] as const;
type NumberField = (typeof NUMBER_FIELDS)[number];
type GivenField = "prev_hash" | "tenant_id" | "seq" | "id" | "action" | "actor" | "resource" | "created_at";

export const isNumberField = (name: string): boolean => NUMBER_FIELDS.some((field) => field === name);

/** Times are RFC 3339 with milliseconds. */
export type AuditRow = {
  readonly [name in Field]: (name extends NumberField ? number : string) | (name extends GivenField ? never : null);
} & { readonly hash: string };

/** `prev_hash` of a tenant's first row. */
export const FIRST_PREV_HASH = "0".repeat(64);

/** Lower-case hexadecimal of SHA-256 over each field as its length in bytes, a colon and its bytes; `-` for null. */
export const hashOf = (row: Pick<AuditRow, Field>): Promise<string> =>
  sha256Hex(
    AUDIT_FIELDS.map((field) => {
      const value = row[field];
      return value === null ? "-" : `${utf8Length(String(value))}:${value}`;
    }).join(""),
  );
