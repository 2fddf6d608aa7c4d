/** Every number the local runner waits or counts by: unit, reason, and what happens at the limit. */

/** From starting the worker to its first `/ready`; past it the start fails with one sentence. A cold, busy laptop needs 20 s. */
export const READY_MS_MAX = 120_000;

/** Pause between two looks at `/ready` while starting. */
export const READY_POLL_MS = 100;

/** One request of the runner to its own worker; past it the request counts as failed. */
export const REQUEST_MS_MAX = 30_000;

/** A connection of a client that asks for nothing is ended after this: longer than clients keep theirs, so none is ended as it is used again. */
export const KEEP_ALIVE_MS = 120_000;

/** From the start of a request, or of a connection that asks for nothing yet, to the end of its headers; past it the connection is ended. */
export const HEADERS_MS_MAX = 60_000;

/** First line and headers of a request, in bytes; past it a bare 431. The worker, which allows less, says more. */
export const HEADER_BYTES_MAX = 64 * 1024;

/** Pause between two runs of the scheduled handler: what the platform's cron trigger would do, which locally never fires. */
export const SCHEDULED_EVERY_MS = 60_000;

/** Requests in a row, one each minute, that the worker took and did not answer within REQUEST_MS_MAX, before it is started again. */
export const SILENCES_MAX = 2;

/** Pause between two looks at the packs' files. Looking costs a stat per file and works on every file system, unlike watching. */
export const PACKS_POLL_MS = 1_000;

/** Pause between two looks for new child processes: an edit of the source gives the worker a new process. */
export const CHILDREN_POLL_MS = 2_000;

/** From the signal to the forced end of the worker. Everything it accepted is on disk already. */
export const STOP_MS_MAX = 2_500;

/** From ending an orphan to giving up on it. */
export const ORPHAN_MS_MAX = 3_000;

/** Unexpected ends of the worker in a row before the runner gives up; the delay doubles from the base. */
export const RESTARTS_MAX = 3;
export const RESTART_BASE_MS = 1_000;

/** A worker that lived this long was healthy: its end starts a new row of restarts. */
export const HEALTHY_MS = 60_000;

/** The log file, in bytes; past it the file becomes `log.1`, replacing the one before, and a new one starts. */
export const LOG_BYTES_MAX = 5 * 1024 * 1024;

/** Lines of one error of the bundler that are shown; the rest stands in the log. */
export const ERROR_LINES_MAX = 40;

/** One line of the worker's output, in characters; a longer one is cut. */
export const LINE_CHARS_MAX = 16 * 1024;
