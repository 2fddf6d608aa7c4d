/** Every limit of a model turn, with its unit, its reason, and what happens there. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/**
 * Until response headers. `fetch` does not say when the connection stands, so the two are one limit; a hosted API
 * answers with headers at once. At it: `connect`, retried.
 */
export const HEADERS_MS_MAX = 10 * SECOND;
/** Added to HEADERS_MS_MAX per KiB of request: a long conversation takes time to upload and to admit. */
export const HEADERS_MS_PER_KIB = 25;
/** Until the first piece of an answer, from the start of the request. At it: `timeout`, retried. */
export const FIRST_TOKEN_MS_MAX = 60 * SECOND;
/** Between two pieces of an answer. At it: `timeout`, retried. */
export const IDLE_MS_MAX = 60 * SECOND;
/** One attempt from start to end. At it: `timeout`, retried. */
export const ATTEMPT_MS_MAX = 10 * MINUTE;
/**
 * One turn with all its attempts, models and waits. Ten seconds less than the task gives a turn, so that the turn ends
 * here, with its tokens counted, and not there. At it: what the last attempt said.
 */
export const TURN_MS_MAX = 10 * MINUTE - 10 * SECOND;
/** No attempt starts with less than this left of its turn: it could not end well. */
export const ATTEMPT_MS_MIN = 5 * SECOND;

/** Attempts per model before the next model of the chain is tried. */
export const ATTEMPTS_PER_MODEL = 3;
/** First and longest delay between attempts; full jitter in between. */
export const BACKOFF_MS_MIN = 500;
export const BACKOFF_MS_MAX = 30 * SECOND;
/** A provider that asks for a longer pause is treated as down: the turn does not wait, the next model is tried. */
export const RETRY_AFTER_MS_MAX = 120 * SECOND;
/** How long a task waits out an outage when nobody said for how long; spread by half of itself either way. */
export const OUTAGE_MS = 20 * SECOND;

/** Retries per tenant and provider and window: this share of the calls made, and never below the floor. */
export const RETRY_SHARE = 0.1;
export const RETRIES_MIN = 10;
export const RETRY_WINDOW_MS = 60 * SECOND;
/** Tenant and provider pairs watched at once by one isolate; the oldest is forgotten, which only favours it. */
export const RETRY_KEYS_MAX = 2_000;

/** Failures within the window that open a breaker. */
export const BREAKER_FAILURES = 5;
export const BREAKER_WINDOW_MS = 60 * SECOND;
/**
 * A failure is told to its breaker if, of the calls that its isolate made of late, at least this share failed: five of a
 * thousand are connections that broke, not a provider that is down. Calls count for half after each window.
 */
export const BREAKER_FAILURE_SHARE = 0.1;
export const BREAKER_SHARE_WINDOW_MS = 10 * SECOND;
/** Time a breaker stays open before one probe is let through. */
export const BREAKER_OPEN_MS = 120 * SECOND;
/**
 * A probe that reports nothing loses its lease, and the next caller probes. Longer than the wait for a first token,
 * which is when a probe reports success.
 */
export const PROBE_LEASE_MS = 90 * SECOND;
/** How long an isolate trusts what a breaker said. */
export const BREAKER_CACHE_MS = 1 * SECOND;
/** A breaker that does not answer within this is taken for closed: it protects a provider, it must not be one more outage. */
export const BREAKER_WAIT_MS_MAX = 300;
/** Retry hint of a caller that was refused because another one probes. */
export const PROBE_WAIT_MS = 5 * SECOND;

/** Characters of text and tool arguments in one reply, and of one event of its stream. At it the reply is broken off as `cut`: no honest one is longer. */
export const REPLY_CHARS_MAX = 4 * 1024 * 1024;
/** Characters of an error answer that are read; the rest is let go. It names a reason, which stands at its beginning. */
export const ERROR_CHARS_MAX = 64 * 1024;
/** After the last event of a stream, for its connection to come free. At it the connection is broken off, which costs the next call a handshake. */
export const LINGER_MS = 1 * SECOND;
/** Tool calls in one reply; a further one ends the attempt as `cut`. The task sets its own, lower limit. */
export const REPLY_CALLS_MAX = 256;
/** Objects and lists that stand in each other in a call's arguments, as in a tool's result. Over it they are malformed: what reads them recurses. */
export const ARGUMENTS_DEPTH_MAX = 64;
/** Characters of malformed tool arguments shown to the model again. */
export const MALFORMED_ECHO_CHARS = 2_000;

/** Characters of one tool result, and of all of them, in an answer of the offline provider. */
export const OFFLINE_RESULT_CHARS = 4_000;
export const OFFLINE_RESULTS_CHARS = 16_000;
/** Pieces one text of the offline provider is streamed in, at most; a longer text has longer pieces. */
export const OFFLINE_PIECES_MAX = 400;
