/** Bugs are asserted. An expected outcome is a Result, a lost dependency an AppError; neither belongs here. */

export class AssertionError extends Error {
  override name = "AssertionError";
}

/** Throws when `condition` does not hold; the message is for the log, never for the wire. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** The end of a switch over a tagged union: a new member fails to compile here. */
export function unreachable(value: never): never {
  throw new AssertionError(`unexpected value: ${JSON.stringify(value)}`);
}
