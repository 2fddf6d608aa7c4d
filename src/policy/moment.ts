/** A moment as a policy is told of it: coarse, so that equal questions stay equal for an hour. */
import type { Circumstances } from "./types.ts";

/** @param at epoch milliseconds. */
export function momentOf(at: number): Circumstances["at"] {
  const time = new Date(at);
  // Sunday is 0 in JavaScript and the last day of the week in ISO 8601.
  return { hour: time.getUTCHours(), weekday: time.getUTCDay() || 7 };
}
