/** Every limit of the policy room: its unit, its reason, and what happens at it. */

/** Reasons of one decision that are kept, and characters of each: for people and the model to read. More are cut. */
export const REASONS_MAX = 10;
export const REASON_CHARS_MAX = 300;
/** Characters of a rule's name. */
export const RULE_CHARS_MAX = 64;

/** Longest another engine may take to answer, from the request to the end of its answer. Over it the answer is no. */
export const EXTERNAL_TIMEOUT_MS = 2_000;
/** Bytes of such an answer: a decision is a few hundred. Over it the answer is no. */
export const EXTERNAL_ANSWER_BYTES_MAX = 64 * 1024;
