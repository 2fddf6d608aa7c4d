/** What reaches a terminal, and how progress is told with and without one. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startProgress } from "../../src/cli/progress.ts";
import { formatElapsed, forTerminal, shorten } from "../../src/cli/terminal.ts";

describe("forTerminal", () => {
  const rows: readonly (readonly [string, string, string])[] = [
    ["keeps text of any language", "größe 日本\tx\n", "größe 日本\tx\n"],
    ["makes escape sequences harmless", "a\u001b[2Jb", "a\ufffd[2Jb"],
    ["makes a bell and a backspace visible", "\u0007\u0008", "\ufffd\ufffd"],
    ["makes a direction override visible", "a\u202eb", "a\ufffdb"],
    ["makes 8-bit controls visible", "\u009b31m", "\ufffd31m"],
    ["keeps lines that end in CRLF as lines", "a\r\nb\rc", "a\nb\ufffdc"],
  ];
  for (const [name, given, expected] of rows) it(name, () => expect(forTerminal(given)).toBe(expected));

  it("shortens to one line of the asked length", () => {
    expect(shorten("one\ntwo  three", 8)).toBe("one two…");
  });
});

describe("formatElapsed", () => {
  const rows: readonly (readonly [number, string])[] = [
    [0, "0.0 s"],
    [59_949, "59.9 s"],
    [60_000, "1:00"],
    [3_599_999, "59:59"],
    [3_600_000, "1:00:00"],
  ];
  for (const [ms, expected] of rows)
    it(`writes ${ms} ms as ${expected}`, () => expect(formatElapsed(ms)).toBe(expected));
});

describe("startProgress", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 0 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function startOn(isTTY: boolean) {
    const written: string[] = [];
    const progress = startProgress({ isTTY, columns: 80, write: (text: string) => void written.push(text) });
    return { written, progress };
  }

  it("writes one plain line every ten seconds when there is no terminal", () => {
    const { written, progress } = startOn(false);
    progress.update({ state: "running", steps: 1 });
    vi.advanceTimersByTime(9_999);
    expect(written).toEqual([]);
    vi.advanceTimersByTime(10_001);
    progress.stop();
    expect(written).toEqual(["running · 1 step · 10.0 s\n", "running · 1 step · 20.0 s\n"]);
  });

  it("redraws one line on a terminal and leaves none behind", () => {
    const { written, progress } = startOn(true);
    progress.update({ state: "running", steps: 2, tokens: 1234 });
    vi.advanceTimersByTime(100);
    expect(written.at(-1)?.startsWith("\r\u001b[2K")).toBe(true);
    expect(written.at(-1)?.slice(7)).toBe("running · 2 steps · 1,234 tokens · 0.1 s");
    progress.stop();
    expect(written.at(-1)).toBe("\r\u001b[2K");
  });

  it("stays away while text stands on the line", () => {
    const { written, progress } = startOn(true);
    vi.advanceTimersByTime(100);
    progress.around(false, () => void written.push("text"));
    vi.advanceTimersByTime(1_000);
    expect(written.at(-1)).toBe("text");
    expect(written.at(-2)).toBe("\r\u001b[2K");
  });
});
