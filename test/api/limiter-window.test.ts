/** The sliding window as data: what passes, when a place comes back, and that it never grows. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pruneWindow, takePlace, type Window, windowEnd } from "../../src/api/limiter-window.ts";
import { WINDOW_SLICES } from "../../src/api/limits.ts";

const MINUTE = { limit: 10, windowMs: 60_000 };
const START = Date.parse("2026-01-02T03:04:05.000Z");

/** Asks at each of these moments; what was answered, and the window after it. */
function play(moments: readonly number[], limit = MINUTE) {
  const windows: Window[] = [];
  const answers = moments.map((now) => {
    const { window, answer } = takePlace(windows.at(-1) ?? null, now, limit);
    windows.push(window);
    return answer;
  });
  return { answers, window: windows.at(-1) ?? null };
}

describe("a window", () => {
  it("lets the limit through and no more", () => {
    const { answers } = play(Array.from({ length: 50 }, () => START));
    expect(answers.filter(({ isAllowed }) => isAllowed)).toHaveLength(10);
  });

  it("says what remains, and nothing below zero", () => {
    const { answers } = play(Array.from({ length: 12 }, () => START));
    expect(answers.map(({ remaining }) => remaining)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0]);
  });

  it("says when the first place comes back, and keeps its word", () => {
    const full = Array.from({ length: 10 }, () => START);
    const { resetMs } = play([...full, START]).answers[10] ?? { resetMs: 0 };
    expect(resetMs).toBeGreaterThanOrEqual(60_000);
    expect(resetMs).toBeLessThanOrEqual(61_000);
    expect(play([...full, START + resetMs - 1]).answers[10]?.isAllowed).toBe(false);
    expect(play([...full, START + resetMs]).answers[10]?.isAllowed).toBe(true);
  });

  it("does not count what it refused", () => {
    const knocking = Array.from({ length: 1_000 }, (_, index) => START + index * 50);
    const { answers } = play([...knocking, START + 70_000]);
    expect(answers.at(-1)?.isAllowed).toBe(true);
  });

  it("gives nobody twice the limit at the turn of a minute", () => {
    const turn = Math.ceil(START / 60_000) * 60_000;
    const { answers } = play([...Array.from({ length: 10 }, () => turn - 1), turn]);
    expect(answers.at(-1)?.isAllowed).toBe(false);
  });

  it("survives a clock that goes back, without a place too many", () => {
    const { answers } = play([...Array.from({ length: 10 }, (_, index) => START - index * 1_000), START]);
    expect(answers.filter(({ isAllowed }) => isAllowed)).toHaveLength(10);
  });

  it("forgets what was counted under another length", () => {
    const { window } = play(Array.from({ length: 10 }, () => START));
    expect(takePlace(window, START, { limit: 10, windowMs: 30_000 }).answer.remaining).toBe(9);
  });

  it("is empty when its end has passed, and not a moment before", () => {
    const { window } = play([START, START + 1_500]);
    const end = windowEnd(window ?? { sliceMs: 1, slices: [] }, 60_000) ?? 0;
    expect(pruneWindow(window, end - 1, 60_000).slices).toHaveLength(1);
    expect(pruneWindow(window, end, 60_000).slices).toEqual([]);
  });

  it("never passes more than the limit in any stretch of its length, nor holds more than a few slices", () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 300 });
    fc.assert(
      fc.property(
        gaps,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 10_000 }),
        (steps, limit, windowMs) => {
          let now = START;
          const moments = steps.map((step) => {
            now += step;
            return now;
          });
          const { answers, window } = play(moments, { limit, windowMs });
          const passed = moments.filter((_, index) => answers[index]?.isAllowed);
          const crowds = passed.map((from) => passed.filter((at) => at >= from && at < from + windowMs).length);
          expect(Math.max(0, ...crowds)).toBeLessThanOrEqual(limit);
          expect(window?.slices.length ?? 0).toBeLessThanOrEqual(WINDOW_SLICES + 2);
        },
      ),
      { seed: 7, numRuns: 200 },
    );
  });
});
