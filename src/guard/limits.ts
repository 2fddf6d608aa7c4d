/** Every limit of the firewall, with its unit, its reason, and what happens there. */

/** Characters before a place that a rule may look back at. */
export const LOOKBEHIND_CHARS = 48;
/** For the words of an image, which may be a sentence; a stream keeps that many after it has passed them on. */
export const LOOKBEHIND_CHARS_MAX = 400;
/** Characters that a rule may look ahead past its match. */
export const LOOKAHEAD_CHARS = 2;
/** Longest finding, and so about the most that a stream holds back: a private key. What is longer is found in part. */
export const FINDING_CHARS_MAX = 8_900;
/** Values that one text may have tokens for; further ones are redacted without a way back. */
export const TOKENS_MAX = 1_000;
/** Findings in one event of a task; the rest is a count. */
export const EVENT_FINDINGS_MAX = 50;
/** Places where one rule may find something in one text; enough for people, and a bound for a hostile text. */
export const SIGNALS_PER_RULE_MAX = 20;
/** Encoded stretches of one text that are decoded and read, and the characters of each; what is beyond is not read. */
export const ENCODED_STRETCHES_MAX = 50;
export const ENCODED_CHARS_MAX = 8_192;
/** Faults in an answer that its model is told of; the rest shows with the next answer. */
export const FAULTS_TOLD_MAX = 10;
/** Characters of tool results that a judge of answers is shown, the newest first; it is told how many were left out. */
export const EVIDENCE_CHARS_MAX = 60_000;
/** Sources of a task that an answer may name, what was fetched first; one is enough, and a page of links has thousands. */
export const SOURCES_MAX = 500;
/**
 * Characters of one call's arguments that are searched for data; a model's turn has about as many at most. With
 * `pii_check` a person is asked about a call that sends out more.
 */
export const ARGUMENTS_CHARS_MAX = 100_000;
