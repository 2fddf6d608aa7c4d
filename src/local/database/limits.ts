/** Every number the local database and the migrations wait or count by: unit, reason, and what happens at the limit. */

/** Pause between two tries for the migrations' lock, and the number of tries: a minute, then the migration gives up. */
export const LOCK_POLL_MS = 100;
export const LOCK_WAITS_MAX = 600;

/** Body of one request to the endpoint, in bytes; past it 413. Above anything the Worker sends in one unit of work. */
export const REQUEST_BYTES_MAX = 16 * 1024 * 1024;

/** Statements of one request; past it 400. */
export const STATEMENTS_MAX = 1_000;

/** From a request's first byte to its last; past it the connection is closed. Loopback needs a fraction of it. */
export const RECEIVE_MS_MAX = 10_000;

/** From the last byte of a request to its answer, waiting in line included; past it 504. The work itself goes on: PGlite cannot be interrupted. */
export const ANSWER_MS_MAX = 30_000;

/** Requests that wait or run at once; past it 503. One session serves them all, so a longer line only hides the trouble. */
export const LINE_MAX = 1_000;

/** From starting the thread to a migrated database; past it the start fails. The first start of a version makes its template: 10 s when busy. */
export const OPEN_MS_MAX = 120_000;

/** From asking the thread to close to ending it. Everything it answered is on disk already. */
export const CLOSE_MS_MAX = 3_000;

/** Connections to a real server, per user. */
export const POOL_MAX = 10;

/** One statement of the owner, in milliseconds: long enough to build an index, short of for ever. */
export const OWNER_STATEMENT_MS_MAX = 10 * 60 * 1_000;

/** Requests between two vacuums of the embedded database: some tens of milliseconds each. */
export const VACUUM_REQUESTS = 500;
