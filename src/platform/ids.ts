/**
 * Branded identifiers and the only functions that make them. Every grammar here excludes `/`, so a name composed
 * with `/` cannot be read two ways: tenant `a/b` cannot exist.
 */
import { lengthPrefixed, sha256, toHex } from "./bytes.ts";

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

export type TenantId = Branded<"TenantId">;
export type TaskId = Branded<"TaskId">;
export type PackId = Branded<"PackId">;
export type SessionId = Branded<"SessionId">;
export type TraceId = Branded<"TraceId">;
export type WebhookId = Branded<"WebhookId">;
export type IdempotencyKey = Branded<"IdempotencyKey">;

const TENANT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,35}$/;
const SESSION = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const PACK = /^[a-z][a-z0-9-]{0,127}$/;
const TASK = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const WEBHOOK = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const TRACE = /^[A-Za-z0-9._-]{1,64}$/;
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

// The casts below are the one place a string becomes an id; each follows the test of its grammar.
const parser =
  <Id extends string>(grammar: RegExp) =>
  (text: unknown): Id | undefined =>
    typeof text === "string" && grammar.test(text) ? (text as Id) : undefined;

/** 1-36 of letters, digits, `.`, `_`, `-`, starting with a letter or digit; undefined when it is not. */
export const parseTenantId = parser<TenantId>(TENANT);
/** As a tenant id, up to 64. */
export const parseSessionId = parser<SessionId>(SESSION);
/** Lower-case letters, digits and `-`, starting with a letter, up to 128. */
export const parsePackId = parser<PackId>(PACK);
/** A UUID of version 8 in lower case. */
export const parseTaskId = parser<TaskId>(TASK);
/** A UUID of version 4 in lower case. */
export const parseWebhookId = parser<WebhookId>(WEBHOOK);
/** What `X-Request-ID` may hold: 1-64 of letters, digits, `.`, `_`, `-`. */
export const parseTraceId = parser<TraceId>(TRACE);
/** 1-255 visible ASCII characters. */
export const parseIdempotencyKey = parser<IdempotencyKey>(IDEMPOTENCY_KEY);

/** UUID version 8 (custom) from the first 16 bytes of a SHA-256. @see RFC 9562, section 5.8 */
async function uuid8(parts: readonly string[]): Promise<string> {
  const bytes = (await sha256(lengthPrefixed(parts))).slice(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = toHex(bytes);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** The task that this tenant's key can reach, and the only one: the same key always gives the same id. */
export const deriveTaskId = async (tenant: TenantId, key: IdempotencyKey): Promise<TaskId> =>
  (await uuid8(["task", tenant, key])) as TaskId; // uuid8 yields the grammar of TASK by construction

/** The task that a task's call hands its work to; no client's key leads there. @param callKey the same for each repetition. */
export const deriveChildTaskId = async (tenant: TenantId, callKey: string): Promise<TaskId> =>
  (await uuid8(["handoff", tenant, callKey])) as TaskId; // as above

/** One agent is (tenant, pack, version, session?). */
export const deriveAgentId = (agent: {
  readonly tenant: TenantId;
  readonly packId: string;
  readonly packVersion: string;
  readonly sessionId: string | null;
}): Promise<string> => uuid8(["agent", agent.tenant, agent.packId, agent.packVersion, agent.sessionId ?? ""]);

/** The name of a task's object. Another tenant's id addresses another, empty object: it reads as not found. */
export const taskObjectName = (tenant: TenantId, task: TaskId): string => `${tenant}/${task}`;

export const newWebhookId = (): WebhookId => crypto.randomUUID() as WebhookId;

/** 32 hexadecimal digits, never all zero. */
export const newTraceId = (): TraceId => toHex(crypto.getRandomValues(new Uint8Array(16))) as TraceId;
