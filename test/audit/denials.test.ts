/** How many refusals of a minute get a row, and where the others are named. */
import { describe, expect, it } from "vitest";
import { type DenialWindow, takeDenial } from "../../src/audit/denials.ts";
import { DENIALS_PER_MINUTE_MAX } from "../../src/audit/limits.ts";

/** One refusal for each time, in order: what each row names, null for none. */
function take(times: readonly number[], carried = 0): (number | null)[] {
  let window: DenialWindow | null = null;
  return times.map((now) => {
    const taken = takeDenial(window, { now, carried });
    window = taken.window;
    return taken.unrecorded;
  });
}
const many = (count: number, now = 0): number[] => Array.from({ length: count }, () => now);

describe("refusals", () => {
  it("have a row each up to the limit of a minute, and none over it", () => {
    const taken = take(many(DENIALS_PER_MINUTE_MAX + 3));
    expect(taken).toEqual([...many(DENIALS_PER_MINUTE_MAX), null, null, null]);
  });

  it("over the limit are named once, in the first row of a later minute", () => {
    const taken = take([...many(DENIALS_PER_MINUTE_MAX + 3), 59_999, 60_000, 60_001]);
    expect(taken.slice(-3)).toEqual([null, 4, 0]);
  });

  it("that come with a count of others keep it, with a row and without one", () => {
    const taken = take([...many(DENIALS_PER_MINUTE_MAX + 1), 60_000], 2);
    expect([taken[0], taken.at(-2), taken.at(-1)]).toEqual([2, null, 5]);
  });
});
