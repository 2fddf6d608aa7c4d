/** Every limit of the policy room: its unit, its reason, and what happens at it. */

/** Reasons of one decision that are kept, and characters of each: for people and the model to read. More are cut. */
export const REASONS_MAX = 10;
export const REASON_CHARS_MAX = 300;
/** Characters of a rule's name. */
export const RULE_CHARS_MAX = 64;
