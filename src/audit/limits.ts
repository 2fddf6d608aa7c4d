/** Every limit of the audit room: its unit, its reason, and what happens at it. */

/** Characters of the details of an entry, as JSON: of a call its summary, its arguments' shape and its requests, never a payload. Longer ones are cut. */
export const DETAILS_CHARS_MAX = 3_000;

/** Entries a tenant's object holds that Postgres does not have yet. Over it the object answers "full", and what must not happen unrecorded does not happen. */
export const BUFFER_ENTRIES_MAX = 1_000;
/** Of them those that authentication may use. Over it its entries are log lines alone: no stranger with a wrong key may keep a tenant from its changes. */
export const BUFFER_AUTH_ENTRIES_MAX = 800;

/** Rows about refused calls and keys of one tenant in a minute. Over it they are a number in the next row. */
export const DENIALS_PER_MINUTE_MAX = 60;

/** Entries of one call to the object. */
export const APPEND_ENTRIES_MAX = 100;

/** Entries of one request to Postgres. */
export const FLUSH_ENTRIES = 100;
/** From the first entry to its flush: several of one moment ride together. */
export const FLUSH_DELAY_MS = 200;
/** First and longest delay before Postgres is asked again after it could not be reached. */
export const FLUSH_RETRY_MS_MIN = 1_000;
export const FLUSH_RETRY_MS_MAX = 30_000;

/** Rows of one page of the log. */
export const PAGE_ROWS_MAX = 500;
export const PAGE_ROWS_DEFAULT = 100;
