/** What an outcome means: the schedule as a table, each kind of answer, and what a receiver may ask for. */
import { describe, expect, it } from "vitest";
import { ATTEMPT_DELAYS_MS, RETRY_AFTER_MS_MAX } from "../../src/event/webhook-limits.ts";
import { judgeAttempt, nextDelayMs, type Outcome, parseRetryAfter } from "../../src/event/webhook-verdict.ts";

const middle = () => 0.5;
const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];
const answered = (status: number, retryAfterMs: number | null = null): Outcome => ({
  kind: "answered",
  status,
  retryAfterMs,
});

describe("the schedule", () => {
  const rows: readonly (readonly [attempts: number, delayMs: number | null])[] = [
    [1, 5 * SECOND],
    [2, 5 * MINUTE],
    [3, 30 * MINUTE],
    [4, 2 * HOUR],
    [5, 5 * HOUR],
    [6, 10 * HOUR],
    [7, 14 * HOUR],
    [8, 20 * HOUR],
    [9, 24 * HOUR],
    [10, null],
  ];
  for (const [attempts, delayMs] of rows) {
    it(`waits ${delayMs === null ? "no more" : `${delayMs / SECOND} s`} after attempt ${attempts}`, () => {
      expect(nextDelayMs(attempts, null, middle)).toBe(delayMs);
    });
  }

  it("has ten attempts, the first at once, over about 75 hours", () => {
    expect(ATTEMPT_DELAYS_MS).toHaveLength(10);
    expect(ATTEMPT_DELAYS_MS[0]).toBe(0);
    const hours = ATTEMPT_DELAYS_MS.reduce((sum: number, ms) => sum + ms, 0) / HOUR;
    expect(Math.floor(hours)).toBe(75);
  });

  it("moves each delay by a tenth at most, either way", () => {
    expect(nextDelayMs(2, null, () => 0)).toBe(4.5 * MINUTE);
    expect(nextDelayMs(2, null, () => 0.999_999)).toBeCloseTo(5.5 * MINUTE, -2);
  });

  it("obeys a receiver that asks for more time, up to a day, and for less not at all", () => {
    expect(nextDelayMs(1, 90 * SECOND, middle)).toBe(90 * SECOND);
    expect(nextDelayMs(1, 30 * 24 * HOUR, middle)).toBe(RETRY_AFTER_MS_MAX);
    expect(nextDelayMs(5, 1 * SECOND, middle)).toBe(5 * HOUR);
  });
});

describe("an answer", () => {
  for (const status of [200, 201, 202, 204, 299]) {
    it(`${status} is delivered`, () => {
      expect(judgeAttempt(answered(status), 1, middle)).toEqual({ kind: "delivered", status });
    });
  }

  for (const status of [301, 302, 307, 400, 401, 404, 408, 429, 500, 503]) {
    it(`${status} is tried again`, () => {
      expect(judgeAttempt(answered(status), 1, middle)).toMatchObject({ kind: "retry", status, delayMs: 5 * SECOND });
      expect(judgeAttempt(answered(status), 10, middle)).toMatchObject({ kind: "failed", status, reason: "exhausted" });
    });
  }

  it("410 ends the delivery at the first attempt", () => {
    expect(judgeAttempt(answered(410), 1, middle)).toEqual({
      kind: "failed",
      status: 410,
      error: "answered 410",
      reason: "gone",
    });
  });

  it("in time on the last attempt is as good as any", () => {
    expect(judgeAttempt(answered(204), 10, middle)).toMatchObject({ kind: "delivered" });
  });

  for (const reason of ["timeout", "connection", "address_refused", "secret_unreadable"] as const) {
    it(`that never came (${reason}) is tried again, and says why`, () => {
      const verdict = judgeAttempt({ kind: "unanswered", reason }, 1, middle);
      expect(verdict).toMatchObject({ kind: "retry", status: null, error: expect.stringMatching(/\w+ \w+/) });
    });
  }
});

describe("Retry-After", () => {
  const now = Date.parse("2026-01-02T03:04:05Z");
  const rows: readonly (readonly [text: string | null, ms: number | null])[] = [
    ["120", 120_000],
    [" 0 ", 0],
    ["Fri, 02 Jan 2026 03:05:05 GMT", 60_000],
    ["Fri, 02 Jan 2026 03:00:00 GMT", 0],
    ["-5", 0],
    ["soon", null],
    ["", null],
    [null, null],
  ];
  for (const [text, ms] of rows) {
    it(`${text === null ? "absent" : `"${text}"`} is ${ms === null ? "nothing" : `${ms} ms`}`, () => {
      expect(parseRetryAfter(text, now)).toBe(ms);
    });
  }
});
