/** Every limit of the policy room: its unit, its reason, and what happens at it. */

/** Reasons of one decision that are kept, and characters of each: for people and the model to read. More are cut. */
export const REASONS_MAX = 10;
export const REASON_CHARS_MAX = 300;
/** Characters of a rule's name. */
export const RULE_CHARS_MAX = 64;

/** Decisions that one isolate remembers: one for each tool of a tenant's agents at work, and some. The one asked longest ago goes. */
export const DECISIONS_REMEMBERED_MAX = 1_000;
/** UTF-16 code units of a question whose decision is remembered: most have 500. Over it the policy is asked each time. */
export const REMEMBERED_QUESTION_CHARS_MAX = 2_000;

/** Longest another engine may take to answer, from the request to the end of its answer. Over it the answer is no. */
export const EXTERNAL_TIMEOUT_MS = 2_000;
/** Bytes of such an answer: a decision is a few hundred. Over it the answer is no. */
export const EXTERNAL_ANSWER_BYTES_MAX = 64 * 1024;

/**
 * Characters of the name of a policy, as its column has them. A longer one is cut: a row that is refused would take its
 * task's other rows with it.
 */
export const POLICY_NAME_CHARS_MAX = 128;

/** Bytes of a tenant's compiled policy: the default one has 160 KiB. A larger one is refused. */
export const POLICY_BYTES_MAX = 512 * 1024;
/** Policies of one tenant that are kept: for going back to one. Over it the oldest that is not active makes room. */
export const POLICIES_KEPT_MAX = 20;
/** Modules that one publication removes from the bucket: one, unless earlier ones could not. The others go with the next. */
export const REMOVED_AT_ONCE_MAX = 100;
/** How long a Worker may go on with the policy that it knows to be active: as long as with a key. */
export const ACTIVE_TTL_MS = 30_000;
/** Tenants whose active policy one isolate remembers. Over it the one that was asked for first is asked anew. */
export const ACTIVE_CACHE_TENANTS_MAX = 1_000;
/** Longest a tenant's policy may take, from asking which it is to its answer, its isolate's start included. Over it: no. */
export const OWN_TIMEOUT_MS = 2_000;
/** Tries at what a deploy or a busy machine may interrupt, and the wait between two. After the last the answer is no. */
export const ASK_ATTEMPTS_MAX = 3;
export const ASK_RETRY_MS = 100;
/** Milliseconds of CPU of one question in its isolate. The fuel of a policy is over long before: this is for our own code. */
export const ISOLATE_CPU_MS = 500;
/** Names that the isolates of one policy take in turn when one of them broke: each is billed by the day. */
export const ISOLATES_PER_POLICY_MAX = 8;
/** Policies whose isolates one of ours remembers. A forgotten one is loaded once more. */
export const ISOLATES_REMEMBERED_MAX = 1_000;

/** How long a decision is kept: 90 days to look back at, and to rehearse with. */
export const DECISION_KEEP_MS = 90 * 24 * 60 * 60 * 1_000;
/** Rows that are removed beside each write of decisions, more than it adds: so what is old goes where something new comes. */
export const DECISION_CLEAN_ROWS = 20;
