/** What a failed attempt leads to, and how long to wait before the next one. Pure. */
import type { Random } from "../platform/index.ts";
import { BACKOFF_MS_MAX, BACKOFF_MS_MIN, OUTAGE_MS, RETRY_AFTER_MS_MAX } from "./limits.ts";
import type { ProviderFailure } from "./provider.ts";
import type { TurnFailure } from "./types.ts";

type Reason = ProviderFailure["reason"];

type Consequence = {
  /** Fatal: no model is asked again, the task fails with this code. */
  readonly fatal: TurnFailure["code"] | null;
  /** Whether it speaks against the provider. What the caller did wrong, or asked too often, never does. */
  readonly countsForBreaker: boolean;
  /** The provider cannot take calls now; when all of them say so the task waits and spends no attempt. */
  readonly isOutage: boolean;
  /** The model may have been at work: what the provider did not count is unknown, not nothing. */
  readonly mayCost: boolean;
};

const RETRIED = { fatal: null, countsForBreaker: true, isOutage: false, mayCost: false } as const;
const DOWN = { ...RETRIED, isOutage: true } as const;
const BROKEN_OFF = { ...RETRIED, mayCost: true } as const;
const REFUSED = { ...RETRIED, countsForBreaker: false } as const;

export const CONSEQUENCES = {
  rate_limited: { ...REFUSED, isOutage: true },
  overloaded: DOWN,
  connect: DOWN,
  server: RETRIED,
  timeout: BROKEN_OFF,
  cut: BROKEN_OFF,
  auth: { ...REFUSED, fatal: "PROVIDER_AUTH" },
  spend_limit: { ...REFUSED, fatal: "PROVIDER_BUDGET" },
  context_too_long: { ...REFUSED, fatal: "CONTEXT_TOO_LONG" },
  // The same request fails again, on this model and, being malformed for one, most likely on the next.
  bad_request: { ...REFUSED, fatal: "PROVIDER_UNAVAILABLE" },
} as const satisfies Record<Reason, Consequence>;

/**
 * Delay before the next attempt: full jitter under an exponential cap, unless the provider named a time.
 * @param attempt 1-based, the attempt that just failed.
 * @param random uniform in [0, 1).
 * @returns whole milliseconds, or null when the provider wants a longer pause than a turn waits.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function nextDelayMs(attempt: number, retryAfterMs: number | null, random: Random): number | null {
  if (retryAfterMs !== null && retryAfterMs > RETRY_AFTER_MS_MAX) return null;
  const cap = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** attempt);
  const jitterMs = Math.round(BACKOFF_MS_MIN + random() * (cap - BACKOFF_MS_MIN));
  return retryAfterMs === null ? jitterMs : Math.max(retryAfterMs, BACKOFF_MS_MIN);
}

/** How long a task waits when nobody named a time: spread, so that a recovered provider is not met by all at once. */
export const nextOutageMs = (random: Random): number => Math.round(OUTAGE_MS * (0.5 + random()));

const SENTENCES: Readonly<Record<Reason, string>> = {
  rate_limited: "refused the call because too many were made",
  spend_limit: "refused the call because a spending limit is reached",
  overloaded: "is overloaded",
  server: "failed to answer",
  connect: "could not be reached",
  timeout: "took too long to answer",
  cut: "broke off its answer",
  auth: "refused the credential",
  context_too_long: "cannot read a conversation of this length",
  bad_request: "did not accept the request",
};

/** One sentence for a person: the model, what happened, the status; nothing a user or a model wrote. */
export function describeFailure(model: string, failure: Pick<ProviderFailure, "reason" | "status">): string {
  const status = failure.status === null ? "" : ` (HTTP ${failure.status})`;
  // The one refusal whose reason its status tells: a mistyped or retired model, or one that was never pulled.
  const what = failure.status === 404 ? "is not known to its provider" : SENTENCES[failure.reason];
  return `${model} ${what}${status}.`;
}
