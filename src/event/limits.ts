/** Every limit of the events, with its unit, its reason, and what happens there. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

/** Events in one request to Postgres when a task tells them; more take another request. */
export const EVENTS_PER_REQUEST_MAX = 200;

/** Doorbells, by a hash of the tenant: one alone would hear every task of every tenant. */
export const DOORBELL_SHARDS = 8;
/** From a ring to the first look: rings meanwhile are answered together. */
export const RING_DELAY_MS = 200;
/** Publishing failed (database or queue away): the doorbell looks again after this time, doubled up to the second. */
export const PUBLISH_RETRY_MS_MIN = 1 * SECOND;
export const PUBLISH_RETRY_MS_MAX = 30 * SECOND;
/** Rounds of one alarm; what is left follows in the next, so that an alarm stays far below its 15 minutes [platform]. */
export const PUBLISH_ROUNDS_MAX = 50;

/** Rows that one round claims, and tenants that have a turn in it: as many as one queue request takes [platform]. */
export const CLAIM_ROWS_MAX = 100;
/** The log warns of an event that is older when it leaves: usually that is within a second. */
export const OUTBOX_AGE_MS_MAX = 1 * MINUTE;
/** A claim that was not marked by then is anybody's again: its publisher died. */
export const CLAIM_MS = 30 * SECOND;
/** Bytes of one queue request; the platform's limit is 256 KB, with 100 bytes of its own for each message. */
export const SEND_BYTES_MAX = 200 * 1024;
/** Bytes of one message; the platform's limit is 128 KB. An event that is longer is a dead letter at once. */
export const MESSAGE_BYTES_MAX = 120 * 1024;
/** One request to the queue; over it its events count as unsent, and come again should it have taken them. */
export const SEND_MS_MAX = 10 * SECOND;
/** Attempts to publish one event, about a day and a half; then it is a dead letter. */
export const PUBLISH_ATTEMPTS_MAX = 20;
/** First and longest delay before one event is tried again. */
export const EVENT_RETRY_MS_MIN = 1 * SECOND;
export const EVENT_RETRY_MS_MAX = 10 * MINUTE;
/** Published events are deleted after 7 days, by the policy of the database, so many in one bite. */
export const PUBLISHED_KEEP_MS = 7 * DAY;
export const CLEAN_ROWS_MAX = 500;

/** Tasks whose messages one queue batch works on at once: the platform gives six connections. */
export const CONSUME_LANES = 6;
/** An event whose predecessor is not there yet is looked at again after this time. */
export const GAP_RETRY_SECONDS = 30;
/** An event that has waited so long for its predecessor is a dead letter. It stays in the inbox and can still follow. */
export const GAP_MS_MAX = 10 * MINUTE;
/** Longest delay before a message is tried again while the database is away; the first is a second, then doubled. */
export const MESSAGE_RETRY_SECONDS_MAX = 600;
/** Events of one task that are taken one at a time after an effect was refused; then the message comes again. */
export const ONE_BY_ONE_MAX = 500;
/** Inbox rows of an ended task are deleted after 35 days: far longer than any queue keeps a message. */
export const INBOX_KEEP_MS = 35 * DAY;
/** Rows that one transaction looks at for that. */
export const INBOX_SAMPLE_ROWS = 20;
/** A settled dead letter is deleted after this time, a few each time another is written. Open ones stay. */
export const LETTER_KEEP_MS = 35 * DAY;
export const LETTER_CLEAN_ROWS = 20;
/** Characters of an unreadable message that its dead letter keeps. */
export const UNREADABLE_CHARS_MAX = 16 * 1024;

/** Entries that a tenant's stream in Redis keeps, about; older ones are dropped. */
export const STREAM_ENTRIES_MAX = 10_000;
/** One append to it; over it the event comes again. */
export const STREAM_TIMEOUT_MS = 2 * SECOND;
/** How long Redis remembers how far a task's events are in the stream: longer than any queue keeps a message. */
export const STREAM_GUARD_SECONDS = 35 * 24 * 60 * 60;
