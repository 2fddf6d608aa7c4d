/** Every limit of webhooks: unit, reason, and what happens at the limit. */

/** Endpoints of one tenant: each event is written once for every one of them. Over it: 409 WEBHOOK_LIMIT_REACHED. */
export const WEBHOOKS_MAX = 20;
/** Types one endpoint may name. Over it: 400 INVALID_REQUEST. */
export const EVENT_TYPES_MAX = 50;
/** UTF-8 bytes of a body, as Standard Webhooks asks. A larger event is not sent: its delivery fails as `too_large`. */
export const BODY_BYTES_MAX = 20_000;

/** Bytes of a signing secret; 24 to 64 are allowed. Fixed: it is part of the secret's form. */
export const SECRET_BYTES = 32;
/** How long the secret before a rotation still signs, so that a receiver can take its time to change over. */
export const SECRET_OVERLAP_MS = 86_400_000;
/** Secrets that sign at once; each is a signature in a header. A further rotation ends the oldest early. */
export const SECRETS_MAX = 5;
/** Times a rotation starts over because another one came in between. Then 503 UNAVAILABLE. */
export const ROTATE_ATTEMPTS_MAX = 5;

/** One request, from its start to the answer's status. Over it: a failed attempt. */
export const SEND_MS_MAX = 15_000;
/** Requests of one endpoint at once: of its own tasks' events it gets so many in parallel. */
export const SENDS_AT_ONCE_MAX = 4;
/** How long one alarm goes on with due deliveries; then the next alarm goes on, and the platform's limit stays far. */
export const PASS_MS_MAX = 60_000;
/** When the alarm comes again by itself after the object died in the middle of a pass. Longer than any pass. */
export const PASS_NET_MS = 120_000;
/** Between passes while the database does not answer; doubled each time, with full jitter. */
export const REST_MS_MIN = 5_000;
export const REST_MS_MAX = 300_000;

/**
 * Delays before each attempt after the one before it, the first at once: about 75 hours in all, each with jitter.
 * After the last the delivery is failed.
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#deliverability-and-reliability
 */
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
export const ATTEMPT_DELAYS_MS = [
  0,
  5_000,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
] as const;
/** How far a delay is moved at random, either way: many deliveries that failed together do not come back together. */
export const ATTEMPT_JITTER = 0.1;
/** The longest wait that a receiver's `Retry-After` can ask for. A longer one counts as this. */
export const RETRY_AFTER_MS_MAX = 24 * HOUR_MS;

/** Deliveries of one endpoint that wait. Over it the endpoint is disabled: it does not keep up, and the rows would only grow. */
export const PENDING_MAX = 10_000;
/** How long ended deliveries are kept, for the list and for replays. Then they are removed. */
export const DELIVERY_RETENTION_MS = 30 * 24 * HOUR_MS;
/** Ended deliveries removed in one pass, so that a pass stays short. The next one goes on. */
export const CLEAN_ROWS_MAX = 500;
