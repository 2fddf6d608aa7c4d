/** Shapes of the routes for the audit log. */
import * as z from "zod";
import { AUDIT_ACTIONS, PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX } from "../audit/index.ts";
import { once } from "../platform/index.ts";

const text = once(() => z.string().nullable());
const count = once(() => z.int().nullable());

export const AuditQuery = once(() =>
  z.strictObject({
    after: z.coerce
      .number()
      .int()
      .min(0)
      .max(Number.MAX_SAFE_INTEGER)
      .default(0)
      .describe("`seq` of the last row you have"),
    limit: z.coerce.number().int().min(1).max(PAGE_ROWS_MAX).default(PAGE_ROWS_DEFAULT),
    action: z
      .enum(Object.keys(AUDIT_ACTIONS) as [keyof typeof AUDIT_ACTIONS, ...(keyof typeof AUDIT_ACTIONS)[]]) // the table is not empty
      .optional()
      .describe("Rows of this action alone"),
  }),
);

const Row = once(() =>
  z.object({
    tenant_id: z.string(),
    seq: z.int().describe("From 1, without a gap"),
    id: z.string(),
    action: z.string(),
    actor: z.string(),
    resource: z.string(),
    decision: text(),
    rule_id: text(),
    result: text().describe("intended, done, failed, denied, cancelled or unknown"),
    args_hash: text().describe("SHA-256 of the canonical arguments"),
    details_json: text(),
    duration_ms: count(),
    cost_micros: count(),
    model: text(),
    pack_digest: text(),
    approval_id: text(),
    request_id: text(),
    trace_id: text(),
    created_at: z.string().describe("RFC 3339, UTC"),
    prev_hash: z.string(),
    hash: z.string().describe("Over every field before it; see docs/data.md"),
  }),
);

export const AuditList = once(() =>
  z.object({
    items: z.array(Row()),
    next: z.int().describe("`after` of the following page"),
    head: z.object({ seq: z.int(), hash: z.string() }).describe("The last row of the log"),
  }),
);

export const Head = once(() =>
  z.object({
    kind: z.literal("head"),
    tenant_id: z.string(),
    seq: z.int(),
    hash: z.string(),
    signed_at: z.string().describe("RFC 3339, UTC"),
    public_key: z.string().describe("Ed25519, base64url"),
    signature: z.string().describe("base64url"),
  }),
);

export const SigningKey = once(() =>
  z.object({
    algorithm: z.literal("Ed25519"),
    public_key: z.string().describe("base64url"),
  }),
);
