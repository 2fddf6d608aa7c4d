/** Every limit of this room: unit, reason, and what happens at the limit. How many entries and how long is the pack's to say. */

/** UTF-8 bytes of one value. It is read whole into a prompt or a tool's answer. Over it: refused as too_large. */
export const VALUE_BYTES_MAX = 128 * 1024;
/** Values under names of their own in one session's object. Over it the one that expires first makes room. Redis has a limit of its own. */
export const VALUES_MAX = 1_000;
/** One question to wherever memory lives. A task waits for it twice; over it the task goes on without. */
export const MEMORY_TIMEOUT_MS = 1_000;

/** Characters kept of each side of an exchange. Over it: cut, and marked as cut. */
export const EXCHANGE_SIDE_CHARS_MAX = 8_000;
/** Characters of all exchanges a task is told of, about 6,000 tokens on every turn. Over it the oldest are left out. */
export const RECALL_CHARS_MAX = 24_000;
