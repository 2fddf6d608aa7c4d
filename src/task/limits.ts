/** Every limit of a task, with its unit, its reason, and what happens there. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How far ahead the alarm is armed while a run goes on: after a crash the run resumes within this time. */
export const LEASE_MS = 15 * SECOND;
/** The lease is renewed when less than this remains, so one renewal is one row per 10 s, not one per step. */
export const LEASE_RENEW_BELOW_MS = 5 * SECOND;
/** How often a run looks at its lease. */
export const LEASE_CHECK_MS = 2.5 * SECOND;
/** From the acceptance to the alarm that starts the task, so that the answer is on its way first. */
export const START_AFTER_MS = 5;
/** The first alarm of a task that does not start itself: the net under its message. */
export const ACCEPT_NET_MS = 30 * SECOND;
/** A slot that was granted with the acceptance is taken within this time, or asked for again. */
export const RESERVED_MS = 10 * SECOND;
/** A task that was refused a running slot looks again after this time, should no release have kicked it. */
export const SLOT_RETRY_MS = 60 * SECOND;
/** The index has this long to answer a task; then it counts as one that cannot be reached. */
export const INDEX_ASK_MS_MAX = 8 * SECOND;
/** The index could not be reached: the task asks it again after this time. */
export const INDEX_RETRY_MS = 2 * SECOND;
/** An alarm that is overdue by this much counts as lost: a kick sets it again. */
export const ALARM_LATE_MS = 4 * SECOND;
/** An alarm handler that failed on a fault of our own is tried again after this time. */
export const FAULT_RETRY_MS = 5 * SECOND;

/** An alarm may run for 15 minutes [platform]; no piece of work starts that could pass this mark. */
export const ALARM_BUDGET_MS = 14 * MINUTE;
/** One model turn with all its retries and fallbacks; over it the turn counts as a failed attempt. */
export const TURN_TIMEOUT_MS = 10 * MINUTE;
/** Output tokens asked of a model in one turn; a longer answer ends with finish reason `max_tokens`. */
export const TURN_OUTPUT_TOKENS_MAX = 8_192;

/** Output tokens asked of a judge: one small object, and so many more for each rule of the pack; a longer answer is no judgement. */
export const JUDGE_OUTPUT_TOKENS = 512;
export const JUDGE_RULE_TOKENS = 24;

/** Time a task may take, not counting what it spends `waiting`; then it is `failed` with DEADLINE_EXCEEDED. */
export const DEADLINE_MS = HOUR;

/** Entries into `retry` before a task is given up as `failed`, then `dead_letter`. */
export const ATTEMPTS_MAX = 3;
/** First and longest delay between attempts; full jitter in between. */
export const RETRY_DELAY_MS_MIN = 500;
export const RETRY_DELAY_MS_MAX = 30 * SECOND;

/** Equal calls with equal results in a row: then the run is going in circles, LOOP_DETECTED. */
export const EQUAL_CALLS_MAX = 3;
/** Turns in a row whose every call had malformed arguments: the third ends the task. */
export const MALFORMED_TURNS_MAX = 3;
/** Calls that one turn may ask for; further ones are answered with TOOL_LIMIT. */
export const CALLS_PER_TURN_MAX = 50;

/** Approvals of one task that its tenant's list is told of, the newest; more than a turn can ask for at once. */
export const APPROVALS_TOLD_MAX = 100;
/** Undecided approvals a tenant's list holds; over it a task's own wait until there is room, and are decided by id. */
export const APPROVALS_OPEN_MAX = 5_000;
/** Settled approvals a tenant's list holds; the oldest make room. Each stays readable with its task. */
export const APPROVALS_SETTLED_MAX = 1_000;
/** Arguments a list carries, in characters of JSON; longer ones are left out of it. */
export const APPROVAL_ARGUMENTS_CHARS_MAX = 4_096;
/** A tenant's list had no room for a task's approvals: it is told again after this time. */
export const APPROVALS_FULL_RETRY_MS = MINUTE;

/** How often a piece of work may be handed on; then it has to be done. Ends circles of packs that name each other. */
export const HANDOFF_DEPTH_MAX = 3;
/** Handoffs of one task; further calls are answered with TOOL_LIMIT. */
export const HANDOFFS_PER_TASK_MAX = 10;
/** Of a parent's task a child is told at most this much; the middle is left out. */
export const HANDOFF_CONTEXT_CHARS_MAX = 32 * 1024;
/** Of a child's output its parent's model is told at most this much; the child's task has it whole. */
export const HANDOFF_OUTPUT_CHARS_MAX = 64 * 1024;
/** When a parent asks after a child by itself: after this time, then the more seldom the longer the child takes. */
export const HANDOFF_CHECK_MS_MIN = MINUTE;
export const HANDOFF_CHECK_MS_MAX = HOUR;
/** First and longest delay before an end is told again to the other task. */
export const HANDOFF_TELL_MS_MIN = 5 * SECOND;
export const HANDOFF_TELL_MS_MAX = 10 * MINUTE;
/** Another task's object has this long to answer; then it is asked again later. */
export const HANDOFF_ASK_MS_MAX = 30 * SECOND;

/** Text is stored and sent when it is this old or this long, the first piece of a turn at once. */
export const TEXT_FLUSH_MS = 100;
export const TEXT_FLUSH_CHARS = 2_048;
/** But for its length not sooner after the piece before: faster than any model writes, a piece would have the disk for itself. */
export const TEXT_FLUSH_MS_MIN = 10;
/** Nor is more than this held for that. */
export const TEXT_HELD_CHARS_MAX = 32 * 1024;

/** Events that stand in the task's own row until a row of the log takes them along; longer ones get one of their own. */
export const TAIL_CHARS_MAX = 8 * 1024;
/** Events and record of a commit in one row, in characters of up to 3 bytes: the platform's rows end at 2 MB. Over it two rows. */
export const LOG_ROW_CHARS_MAX = 512 * 1024;

/** A comment on every open stream this often, so that proxies and readers know it lives. */
export const HEARTBEAT_MS = 15 * SECOND;
/** Stored events are read and sent in pages of about this size. */
export const STREAM_PAGE_CHARS = 256 * 1024;
/** A reader that lags this far behind the live stream is fed from storage instead, at its own pace. */
export const STREAM_LAG_BYTES_MAX = 1024 * 1024;
/** Readers of one task at once; the next one is refused. */
export const SUBSCRIBERS_MAX = 1_000;
/** Callers who wait for the end of one task at once; the next one is told at once that it has not ended. */
export const WAITERS_MAX = 1_000;

/** The alarm repeats a projection whose flush was lost with its isolate. */
export const PROJECTION_NET_MS = 30 * SECOND;
/** First and longest delay before Postgres is told again after it could not be reached; with jitter. */
export const PROJECTION_RETRY_MS_MIN = 1 * SECOND;
export const PROJECTION_RETRY_MS_MAX = 30 * SECOND;
/** Arguments or a result in Postgres, in characters; a longer one keeps its start. The journal has it whole. */
export const PROJECTION_RESULT_CHARS_MAX = 32 * 1024;
/** Arguments and results in one request to Postgres, about: it has two seconds. */
export const PROJECTION_BATCH_CHARS = 512 * 1024;
/** Calls in one request to Postgres: a row each, and one in the audit log. With their events they stay far under the 1,000 statements that a request may have. */
export const PROJECTION_BATCH_CALLS = 100;

/** Characters of what an audit row says of a call's result or error. */
export const SUMMARY_CHARS_MAX = 500;
/** Of an error this much is searched for data that must not be in the row; far more than stays of it. */
export const SUMMARY_READ_CHARS_MAX = 4_000;
/** What a call that was broken off asked of the network is waited for this long; then Postgres is told without it. */
export const BROKEN_WAIT_MS = 10 * SECOND;

/** Events of the journal that are read at once to find those that leave the system. */
export const TOLD_PAGE_EVENTS = 500;

/** After its retention a task leaves a tombstone for as long as an old message or key could still arrive. */
export const TOMBSTONE_MS = 30 * DAY;

/**
 * The index grants a running slot for this long; a run renews it, as often from the start of its alarm on. Twice the renewal, each
 * late by a look at the lease, and what a grant with the acceptance may be older: one renewal may be lost.
 */
export const SLOT_LEASE_MS = 60 * SECOND;
export const SLOT_RENEW_MS = 20 * SECOND;
/** The directory has this long to take down a tenant with tasks; then the index goes on, and tells it again with its next call. */
export const ENLIST_MS_MAX = 1 * SECOND;
/** How often a tenant's index looks for lapsed leases and overdue tasks while it has unfinished tasks. */
export const INDEX_SWEEP_MS = 30 * SECOND;
/** A waiting task whose own time passed this long ago is asked why it sleeps. */
export const WATCH_GRACE_MS = 60 * SECOND;
/** Tenants that one tick of the cron sweeps; the next tick goes on behind them. Far under the calls that one invocation may make. */
export const TENANTS_PER_SWEEP_MAX = 500;
/** Tasks kicked at once by a sweep or a release; the rest follow on the next look. */
export const INDEX_KICKS_MAX = 50;

/** The task that has a session's files has this long to hand them over, at most 10 MiB; then the next begins without. */
export const SESSION_FILES_MS_MAX = 10 * SECOND;

/** Bytes of a file in one row; a larger file is kept in several. The platform's rows end at 2 MB. */
export const FILE_ROW_BYTES_MAX = 1024 * 1024;
