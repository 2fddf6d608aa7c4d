/** What a provider's error means for the next attempt. One table for all wires; facts only, never the provider's prose. */
import type { ProviderFailure } from "../provider.ts";

/** An error answer, or an error event inside a stream (then without a status). */
export type WireError = {
  readonly provider: string;
  readonly status: number | null;
  readonly type: string | null;
  readonly code: string | null;
  /** Read to tell limits apart. It may quote the user, so it goes no further than this file. */
  readonly message: string;
  readonly headers: Headers | null;
  readonly requestId: string | null;
};

type Reason = ProviderFailure["reason"];

/** Error types of the two wires, for error events that carry no status. */
const REASON_OF_TYPE: ReadonlyMap<string, Reason> = new Map([
  ["rate_limit_error", "rate_limited"],
  ["rate_limit_exceeded", "rate_limited"],
  ["billing_error", "spend_limit"],
  ["insufficient_quota", "spend_limit"],
  ["overloaded_error", "overloaded"],
  ["timeout_error", "timeout"],
  ["authentication_error", "auth"],
  ["permission_error", "auth"],
  ["request_too_large", "context_too_long"],
  ["context_length_exceeded", "context_too_long"],
  ["invalid_request_error", "bad_request"],
  ["not_found_error", "bad_request"],
]);

const SPEND_CODE = /spend_limit|insufficient_quota|billing|credit_balance/;
const SPEND_PROSE = /spend(ing)? (limit|cap)|credit balance|billing|exceeded your (current )?quota|out of credits/i;
const CONTEXT_CODE = /context_length_exceeded|request_too_large/;
const CONTEXT_PROSE =
  /prompt is too long|context (length|window|size)|maximum (context|prompt) length|too many (input )?tokens|exceed(s|ed)? .{0,40}context|input length and .?max_tokens/i;

/** A type, a code, the id of a request: a name. Anything else may be words, or what a server was sent. */
const NAME = /^[\w.:/-]{1,64}$/;
/** A shorter key stands in names by chance, and is none of a provider's. */
const KEY_LENGTH_MIN = 8;

/**
 * @param now epoch milliseconds, for a `retry-after` that is a date.
 * @param apiKey what the server was sent, and may send back.
 */
export function toFailure(
  error: WireError,
  { now, apiKey }: { readonly now: number; readonly apiKey: string },
): ProviderFailure {
  const retryAfterMs = error.headers === null ? null : readRetryAfter(error.headers, now);
  const isKey = (name: string): boolean => apiKey.length >= KEY_LENGTH_MIN && name.includes(apiKey);
  const names = [error.type, error.code, error.requestId].filter(
    (name) => name !== null && NAME.test(name) && !isKey(name),
  );
  const facts = [...(error.status === null ? [] : [error.status]), ...names];
  return {
    reason: reasonOf(error, retryAfterMs),
    status: error.status,
    retryAfterMs,
    detail: `${error.provider} answered ${facts.join(" ") || "with an error"}`,
    usage: null,
  };
}

function reasonOf(error: WireError, retryAfterMs: number | null): Reason {
  const codes = `${error.type ?? ""} ${error.code ?? ""}`;
  if (error.status === null) {
    const known = [error.code, error.type].map((name) => REASON_OF_TYPE.get(name ?? ""));
    return known.find((reason) => reason !== undefined) ?? "server";
  }
  const byStatus = reasonOfStatus(error.status);
  if (byStatus === "rate_limited") {
    if (SPEND_CODE.test(codes)) return "spend_limit";
    // With a retry-after the provider itself says that time mends it, whatever its prose talks about.
    return retryAfterMs === null && SPEND_PROSE.test(error.message) ? "spend_limit" : "rate_limited";
  }
  if (byStatus === "auth") return SPEND_CODE.test(codes) ? "spend_limit" : "auth";
  if (byStatus === "bad_request") {
    const prose = error.status === 400 ? error.message : "";
    if (SPEND_CODE.test(codes) || /credit balance/i.test(prose)) return "spend_limit";
    return CONTEXT_CODE.test(codes) || CONTEXT_PROSE.test(prose) ? "context_too_long" : "bad_request";
  }
  return byStatus;
}

/** What a status says by itself. */
export function reasonOfStatus(status: number): Reason {
  if (status === 401 || status === 403) return "auth";
  if (status === 402) return "spend_limit";
  if (status === 408) return "timeout";
  if (status === 413) return "context_too_long";
  if (status === 429) return "rate_limited";
  if (status === 503 || status === 529) return "overloaded";
  return status >= 500 ? "server" : "bad_request";
}

/**
 * Milliseconds, or null when the header is absent or unreadable.
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
function readRetryAfter(headers: Headers, now: number): number | null {
  const exact = Number(headers.get("retry-after-ms") ?? Number.NaN);
  if (exact >= 0 && Number.isFinite(exact)) return Math.ceil(exact);
  const value = headers.get("retry-after")?.trim();
  if (value === undefined || value === "") return null;
  if (/^\d+(\.\d+)?$/.test(value)) return Math.ceil(Number(value) * 1_000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
