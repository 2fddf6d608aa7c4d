/**
 * One fact of the audit log: who did what to what, and how it came out. Never a payload: arguments are a digest, details
 * a short summary. Which actions there are is this table; what a log line would say besides stands in the log.
 */
import { INTEGER_MAX } from "../platform/index.ts";
import { DETAILS_CHARS_MAX } from "./limits.ts";

/**
 * closed: while the log cannot take a row, the change is refused. open: it goes through, for stopping something must
 * always be possible, and for what happened already there is nothing to refuse.
 */
export const AUDIT_ACTIONS = {
  "auth.succeeded": "open",
  "auth.failed": "open",
  "tenant.created": "closed",
  "key.created": "closed",
  "key.revoked": "open",
  "pack.published": "closed",
  "webhook.created": "closed",
  "webhook.updated": "closed",
  "webhook.deleted": "open",
  "webhook.rotated": "closed",
  "webhook.tested": "closed",
  "secret.written": "closed",
  "secret.deleted": "open",
  "policy.published": "closed",
  "policy.activated": "closed",
  "policy.deactivated": "closed",
  "approval.decided": "closed",
  "task.cancelled": "open",
  "task.replayed": "closed",
  "dead_letter.replayed": "closed",
  "tool.executed": "open",
} as const satisfies Record<string, "open" | "closed">;

export type AuditAction = keyof typeof AUDIT_ACTIONS;

/**
 * intended: about to be done; written before a change, so that none goes unrecorded. done, failed: how it came out;
 * without one of them the program stopped in between. denied: it was not let through. cancelled, unknown: it was under way
 * and broke off, by a person's or a limit's doing or by a fault; whether it took effect is not known.
 */
export type AuditResult = "intended" | "done" | "failed" | "denied" | "cancelled" | "unknown";

export type AuditEntry = {
  /** Up to 36 characters; the key that makes a second writing do nothing. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly action: AuditAction;
  /** `key:<id>`, `token:<issuer>#<subject>`, `operator`, `header`, `agent:<pack>@<digest>/task:<id>`. */
  readonly actor: string;
  /** What it was done to: `task:<id>`, `key:<id>`, `tool:<id>`, ... */
  readonly resource: string;
  readonly result: AuditResult;
  /** What the policy said, and the first rule that said so. */
  readonly decision?: "allow" | "ask" | "deny";
  readonly ruleId?: string;
  /** SHA-256 of the canonical arguments. */
  readonly argsHash?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly durationMs?: number;
  readonly packDigest?: string;
  /** The approval it was done on, or not let through by. */
  readonly approvalId?: string;
  readonly traceId?: string;
};

/** The object that takes a tenant's entries. */
export interface AuditStub {
  /** stored: they will be in the log, whatever happens. full: the database has been away too long; nothing was taken. */
  append(tenant: string, entries: readonly AuditEntry[]): Promise<"stored" | "full">;
}

const ACTOR_CHARS_MAX = 256;
const RESOURCE_CHARS_MAX = 256;
const RULE_CHARS_MAX = 128;

/** Postgres stores no NUL and no broken UTF-16. */
const storable = (text: string, charsMax: number): string =>
  text.slice(0, charsMax).toWellFormed().replaceAll("\0", "\uFFFD");

/** JSON of at most DETAILS_CHARS_MAX characters; a longer one keeps its start as text. */
function toDetails(details: AuditEntry["details"]): string | null {
  if (details === undefined) return null;
  const json = JSON.stringify(details);
  if (json.length <= DETAILS_CHARS_MAX) return json.toWellFormed();
  // Escaping makes the start longer again: a third of the room is enough for any text.
  return JSON.stringify({ truncated: true, start: json.slice(0, DETAILS_CHARS_MAX / 3).toWellFormed() });
}

/** The entry's columns, in the order the statement names them. */
export const toColumns = (tenant: string, entry: AuditEntry): readonly (string | number | null)[] => [
  tenant,
  entry.id,
  entry.action,
  storable(entry.actor, ACTOR_CHARS_MAX),
  storable(entry.resource, RESOURCE_CHARS_MAX),
  entry.decision ?? null,
  entry.ruleId === undefined ? null : storable(entry.ruleId, RULE_CHARS_MAX),
  entry.result,
  entry.argsHash ?? null,
  toDetails(entry.details),
  entry.durationMs === undefined ? null : Math.min(entry.durationMs, INTEGER_MAX),
  entry.packDigest ?? null,
  entry.approvalId ?? null,
  entry.traceId ?? null,
  new Date(entry.at).toISOString(),
];
