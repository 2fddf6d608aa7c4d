/** Every number the command line waits or counts by: unit, reason, and what happens at the limit. */

/** One request that is not a stream; past it the command fails with `TIMEOUT`. The server answers in well under a second. */
export const REQUEST_MS_MAX = 30_000;

/** Tries of one request (the first included), for answers that may pass later; past them the last answer is the error. */
export const REQUEST_TRIES = 3;

/** Base of the jittered exponential delay between tries. */
export const RETRY_BASE_MS = 200;

/** Longest `Retry-After` that is waited out; a longer one ends the command, so that a script never hangs on it. */
export const RETRY_AFTER_MS_MAX = 5_000;

/** Silence on an event stream before it counts as lost: three missed heartbeats. The stream is then opened again. */
export const STREAM_SILENCE_MS_MAX = 45_000;

/** Reconnections in a row without one new event; past them the watch fails and says how to take it up again. */
export const RECONNECTS_MAX = 60;

/** Base and cap of the delay between reconnections. 60 of them span about five minutes. */
export const RECONNECT_BASE_MS = 100;
export const RECONNECT_MS_MAX = 5_000;

/** `--timeout` of a watch: a timer of JavaScript holds less than 25 days, and one that is set for longer ends at once. A longer one is refused. */
export const WATCH_MS_MAX = 24 * 86_400_000;

/** One server-sent event, in characters; a larger one is no event of ours and ends the watch with an error. */
export const EVENT_CHARS_MAX = 4 * 1024 * 1024;

/** Pause between plain progress lines when standard error is no terminal. */
export const PROGRESS_PLAIN_MS = 10_000;

/** Pause between redraws of the progress line on a terminal. */
export const PROGRESS_DRAW_MS = 100;

/** One file of a pack, in bytes: the server refuses a body above 1 MiB, so a larger file cannot be published. */
export const PACK_FILE_BYTES_MAX = 1024 * 1024;

/** Files of one pack with everything it reaches; past it reading stops with an error instead of walking a whole disk. */
export const PACK_FILES_MAX = 500;

/** Rows of one page of an audit log: what the server gives at most. */
export const AUDIT_PAGE_ROWS = 500;

/** Rows of one page of the log of decisions: what the server gives at most. */
export const DECISION_PAGE_ROWS = 100;

/** Decisions of one rehearsal; over it the command fails and asks for a shorter time. */
export const REHEARSED_MAX = 100_000;

/** One run of the policy compiler, in milliseconds; the first one by way of Go builds it. Past it the command fails. */
export const OPA_MS_MAX = 600_000;

/** Characters that the policy compiler may print. Past it the command fails. */
export const OPA_OUTPUT_CHARS_MAX = 4 * 1024 * 1024;

/** Changes that are shown to a person; a document has them all. */
export const CHANGES_SHOWN_MAX = 40;

/** Clock difference to the server that `doctor` warns about; tokens and deadlines tolerate less than a minute. */
export const CLOCK_SKEW_MS_WARN = 5_000;

/** One probe of `doctor`; past it the check fails. */
export const PROBE_MS_MAX = 5_000;

/** How often the engine that asks a tool about itself looks up (each is 10,000 steps); past it the tool is refused: it only has to define itself. */
export const TOOL_CALLS_MAX = 100;

/** Memory of that engine, in bytes, its own included; past it the tool is refused. */
export const TOOL_FACTS_BYTES_MAX = 32 * 1024 * 1024;

/** One case of `pack test`, in milliseconds: the longest a tool may run, and the start of its isolate. Past it the command fails. */
export const CASE_MS_MAX = 150_000;

/** One line of `guard scan`, in characters: an input of the largest request, as JSON. A longer one ends the command. */
export const GUARD_LINE_CHARS_MAX = 2 * 1024 * 1024;
