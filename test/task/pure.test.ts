/** The small pure parts: due times, backoff, frames, conversation, totals, the text buffer. */

import { describe, expect, it } from "vitest";
import type { Clock } from "../../src/platform/index.ts";
import { changeDue, isDue, nextDue } from "../../src/task/journal/due.ts";
import { encodeFrames, framesBetween, parseFrames } from "../../src/task/journal/frames.ts";
import { lastTextOf, toMessages, totalsOf } from "../../src/task/journal/history.ts";
import { TEXT_FLUSH_MS_MIN, TEXT_HELD_CHARS_MAX } from "../../src/task/limits.ts";
import { nextRetryDelayMs } from "../../src/task/loop/backoff.ts";
import { childTraceOf } from "../../src/task/loop/run.ts";
import { TextBuffer } from "../../src/task/loop/text-buffer.ts";
import { row } from "./approvals.ts";
import { call, history, result, step } from "./history.ts";

describe("due times", () => {
  it("wakes at the earliest reason", () => {
    expect(nextDue({ lease: 30, retry: 10, deadline: 20 })).toBe(10);
    expect(nextDue({})).toBeNull();
  });
  it("changes and removes reasons without touching the others", () => {
    expect(changeDue({ lease: 1, deadline: 2 }, { lease: null, retry: 3 })).toEqual({ deadline: 2, retry: 3 });
  });
  it("is due at its time, not before", () => {
    expect(isDue({ retry: 10 }, "retry", 9)).toBe(false);
    expect(isDue({ retry: 10 }, "retry", 10)).toBe(true);
    expect(isDue({}, "retry", 10)).toBe(false);
  });
});

describe("backoff between attempts", () => {
  for (const [attempt, random, delayMs] of [
    [1, 0, 500],
    [1, 1, 1_000],
    [2, 1, 2_000],
    [3, 0.5, 2_250],
    [20, 1, 30_000],
  ] as const) {
    it(`attempt ${attempt} with ${random} waits ${delayMs} ms`, () => {
      expect(nextRetryDelayMs(attempt, () => random)).toBe(delayMs);
    });
  }
});

describe("frames", () => {
  const events = [
    { type: "text.delta", data: { text: "one\n\ntwo\r\nid: 9" } },
    { type: "task.done", data: {} },
  ];
  const frames = encodeFrames(events, 7, 0);

  it("keeps line breaks of the data inside one data line", () => {
    expect(frames.split("\n\n").filter((frame) => frame !== "")).toHaveLength(2);
    expect(parseFrames(frames)).toEqual([
      { seq: 7, type: "text.delta", at: "1970-01-01T00:00:00.000Z", data: { text: "one\n\ntwo\r\nid: 9" } },
      { seq: 8, type: "task.done", at: "1970-01-01T00:00:00.000Z", data: {} },
    ]);
  });
  it("resumes in the middle of a batch with the same bytes", () => {
    expect(framesBetween(frames, 6, Number.POSITIVE_INFINITY)).toBe(frames);
    expect(`${encodeFrames(events.slice(0, 1), 7, 0)}${framesBetween(frames, 7, Number.POSITIVE_INFINITY)}`).toBe(
      frames,
    );
    expect(framesBetween(frames, 8, Number.POSITIVE_INFINITY)).toBe("");
  });
});

describe("the conversation", () => {
  it("pairs each call with its result in the order of the calls", () => {
    const messages = toMessages(
      "do it",
      history([step(0, [call("a", {}, "x"), call("b", {}, "y")])], [result(0, 1, "second"), result(0, 0, "first")]),
    );
    expect(
      messages.map((message) => (message.role === "tool" ? [message.callId, message.content] : message.role)),
    ).toEqual(["user", "assistant", ["x", '"first"'], ["y", '"second"']]);
  });
  it("leaves out a step whose calls are not all answered", () => {
    expect(toMessages("do it", history([step(0, [call("a"), call("b")])], [result(0, 0)]))).toHaveLength(1);
  });
  it("tells the model the error of a failed call", () => {
    const failed = { ...result(0, 0), success: false, error: { code: "TOOL_TIMEOUT", message: "too slow" } as const };
    expect(toMessages("x", history([step(0, [call("a")])], [failed])).at(-1)).toMatchObject({
      isError: true,
      content: '{"error":{"code":"TOOL_TIMEOUT","message":"too slow"}}',
    });
  });
});

describe("totals", () => {
  it("adds the four classes and the cost of every turn, and of turns that came to nothing", () => {
    const spent = {
      usage: { inputTokens: 1, cacheReadTokens: 1, cacheWriteTokens: 1, outputTokens: 1 },
      costMicros: 7,
    };
    const totals = totalsOf({ ...history([step(0, []), step(1, [])]), spent: [spent] });
    expect(totals).toEqual({
      usage: { inputTokens: 21, cacheReadTokens: 3, cacheWriteTokens: 5, outputTokens: 11 },
      costMicros: 207,
    });
  });
  it("has no cost as soon as one price is unknown", () => {
    expect(totalsOf(history([step(0, []), step(1, [], { costMicros: null })])).costMicros).toBeNull();
  });
  it("does not charge steps taken over from another task", () => {
    expect(totalsOf(history([step(0, [], { replayed: true }), step(1, [])])).costMicros).toBe(100);
  });
  it("keeps the last text that any turn gave", () => {
    expect(lastTextOf(history([step(0, [], { text: "a" }), step(1, [call("t")])]))).toBe("a");
    expect(lastTextOf(history([]))).toBeNull();
  });
});

describe("the text buffer", () => {
  /** A clock whose sleeps end when the test says so. */
  function manualClock() {
    const sleepers: (() => void)[] = [];
    let now = 0;
    const clock: Clock = {
      now: () => now,
      sleep: (_ms, signal) =>
        new Promise((resolve, reject) => {
          sleepers.push(resolve);
          signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
        }),
    };
    const advance = (ms: number) => {
      now += ms;
    };
    return { clock, advance, wake: () => sleepers.splice(0).forEach((resolve) => void resolve()) };
  }

  const READER = { isThere: true };

  it("sends the first piece at once and gathers the following ones until the timer", async () => {
    const { clock, wake } = manualClock();
    const written: string[] = [];
    const buffer = new TextBuffer(clock, READER, (text) => written.push(text));
    buffer.push("a");
    buffer.push("b");
    buffer.push("c");
    expect(written).toEqual(["a"]);
    wake();
    await Promise.resolve();
    await Promise.resolve();
    expect(written).toEqual(["a", "bc"]);
  });
  it("does not wait once it holds enough", () => {
    const { clock, advance } = manualClock();
    const written: string[] = [];
    const buffer = new TextBuffer(clock, READER, (text) => written.push(text));
    buffer.push("a");
    advance(TEXT_FLUSH_MS_MIN);
    buffer.push("b".repeat(2_047));
    expect(written).toHaveLength(1);
    buffer.push("b");
    expect(written[1]).toHaveLength(2_048);
  });
  it("holds more of what comes all at once, and never more than so much", () => {
    const { clock, advance } = manualClock();
    const written: string[] = [];
    const buffer = new TextBuffer(clock, READER, (text) => written.push(text));
    const piece = "b".repeat(2_048);
    for (let pushed = 0; pushed <= TEXT_HELD_CHARS_MAX; pushed += piece.length) buffer.push(piece);
    expect(written.map(({ length }) => length)).toEqual([2_048, TEXT_HELD_CHARS_MAX]);
    advance(TEXT_FLUSH_MS_MIN - 1);
    buffer.push(piece);
    expect(written).toHaveLength(2);
    advance(1);
    buffer.push("c");
    expect(written[2]).toBe(`${piece}c`);
  });
  it("holds everything back while nobody reads along, and goes on from there when somebody comes", () => {
    const written: string[] = [];
    const audience = { isThere: false };
    const buffer = new TextBuffer(manualClock().clock, audience, (text) => written.push(text));
    buffer.push("a".repeat(5_000));
    buffer.push("b");
    expect([written, buffer.hasWritten]).toEqual([[], false]);
    audience.isThere = true;
    buffer.flush();
    buffer.push("c");
    expect(written).toEqual([`${"a".repeat(5_000)}b`]);
    expect(buffer.take()).toBe("c");
  });
  it("hands the rest to the commit that ends the turn", () => {
    const buffer = new TextBuffer(manualClock().clock, READER, () => undefined);
    buffer.push("a");
    buffer.push("b");
    expect(buffer.take()).toBe("b");
    expect(buffer.take()).toBe("");
  });
  it("starts afresh after a reset", () => {
    const written: string[] = [];
    const buffer = new TextBuffer(manualClock().clock, READER, (text) => written.push(text));
    buffer.push("a");
    buffer.push("void");
    buffer.reset();
    expect(buffer.hasWritten).toBe(false);
    buffer.push("b");
    expect(written).toEqual(["a", "b"]);
  });
});

describe("what a task asks of somebody else", () => {
  it("is a span of its own in the trace of the request that began it", () => {
    const trace = "00-0af7651916cd43dd8448eb211c80319c";
    const { request, ...rest } = row();
    const task = { ...rest, request: { ...request, traceparent: `${trace}-b7ad6b7169203331-01` } };
    const spans = [childTraceOf(task), childTraceOf(task), task.request.traceparent];
    expect(spans.every((one) => one.startsWith(`${trace}-`))).toBe(true);
    expect(new Set(spans).size).toBe(3);
  });
});
