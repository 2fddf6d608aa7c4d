/** What an attempt's outcome means for its delivery: a pure decision. Sending and storing are elsewhere. */
import type { Random } from "../platform/index.ts";
import { ATTEMPT_DELAYS_MS, ATTEMPT_JITTER, RETRY_AFTER_MS_MAX } from "./webhook-limits.ts";

export type Outcome =
  /** `retryAfterMs` only with 429 and 503. */
  | { readonly kind: "answered"; readonly status: number; readonly retryAfterMs: number | null }
  | {
      readonly kind: "unanswered";
      readonly reason: "timeout" | "connection" | "address_refused" | "secret_unreadable";
    };

export type Verdict =
  | { readonly kind: "delivered"; readonly status: number }
  | { readonly kind: "retry"; readonly status: number | null; readonly error: string; readonly delayMs: number }
  | {
      readonly kind: "failed";
      readonly status: number | null;
      readonly error: string;
      /** gone: the receiver said 410, which ends the whole endpoint. too_large: never sent. */
      readonly reason: "exhausted" | "gone" | "too_large";
    };

const UNANSWERED = {
  timeout: "no answer in time",
  connection: "the connection failed or broke off",
  address_refused: "the address may not be reached",
  secret_unreadable: "the signing secret cannot be read; rotate it",
} as const satisfies Record<Extract<Outcome, { kind: "unanswered" }>["reason"], string>;

/** One sentence for the owner; null when the receiver took it. */
export function faultOf(outcome: Outcome): string | null {
  if (outcome.kind === "unanswered") return UNANSWERED[outcome.reason];
  const { status } = outcome;
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) return `answered ${status}; redirects are not followed`;
  return `answered ${status}`;
}

/**
 * Delay until the next attempt: the schedule's, moved by jitter, or what the receiver asked for when that is longer.
 * @param attempts how many were made, the one that just failed included.
 * @returns whole milliseconds; null when that was the last attempt.
 */
export function nextDelayMs(attempts: number, retryAfterMs: number | null, random: Random): number | null {
  const delayMs = ATTEMPT_DELAYS_MS[attempts];
  if (delayMs === undefined) return null;
  const jittered = Math.round(delayMs * (1 - ATTEMPT_JITTER + 2 * ATTEMPT_JITTER * random()));
  return Math.max(jittered, Math.min(retryAfterMs ?? 0, RETRY_AFTER_MS_MAX));
}

/** @param attempts as in nextDelayMs. */
export function judgeAttempt(outcome: Outcome, attempts: number, random: Random): Verdict {
  const error = faultOf(outcome);
  const status = outcome.kind === "answered" ? outcome.status : null;
  if (error === null && status !== null) return { kind: "delivered", status };
  const fault = { status, error: error ?? "" };
  if (status === 410) return { kind: "failed", ...fault, reason: "gone" };
  const delayMs = nextDelayMs(attempts, outcome.kind === "answered" ? outcome.retryAfterMs : null, random);
  return delayMs === null ? { kind: "failed", ...fault, reason: "exhausted" } : { kind: "retry", ...fault, delayMs };
}

/**
 * @param text of `Retry-After`: seconds, or an HTTP date.
 * @returns milliseconds from now, not below 0; null when it is neither.
 * @see RFC 9110, section 10.2.3
 */
export function parseRetryAfter(text: string | null, now: number): number | null {
  if (text === null) return null;
  if (/^\d{1,9}$/.test(text.trim())) return Number(text) * 1_000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
