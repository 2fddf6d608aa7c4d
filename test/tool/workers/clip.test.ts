/** The beginning of a text that is too long: as much as there is room for, whatever it costs as JSON, and no half character. */
import { describe, expect, it } from "vitest";
import { clipText, utf8Bytes } from "../../../src/tool/workers/clip.ts";
import { READ_BYTES_MAX } from "../../../src/tool/workers/limits.ts";

/** No character takes more as JSON. */
const CHARACTER_BYTES_MAX = 6;
const jsonBytes = (text: string): number => utf8Bytes(JSON.stringify(text));

describe("a text that is too long", () => {
  for (const [what, text] of [
    ["by one byte", "x".repeat(READ_BYTES_MAX - 1)],
    ["by much", "x".repeat(5 * READ_BYTES_MAX)],
    ["of two bytes each", "ü".repeat(READ_BYTES_MAX)],
    ["of pairs", "🙂".repeat(READ_BYTES_MAX)],
    ["of pairs, begun at another place", `x${"🙂".repeat(READ_BYTES_MAX)}`],
    ["of characters that are escaped", "\u0001".repeat(READ_BYTES_MAX)],
    ["of dear characters after cheap ones", "x".repeat(READ_BYTES_MAX / 2) + "\u0001🙂\n".repeat(READ_BYTES_MAX)],
  ] as const) {
    it(`is cut where there is no more room: ${what}`, () => {
      const head = clipText(text);
      expect(text.startsWith(head)).toBe(true);
      expect(head.isWellFormed()).toBe(true);
      expect(jsonBytes(head)).toBeLessThanOrEqual(READ_BYTES_MAX);
      expect(jsonBytes(head)).toBeGreaterThan(READ_BYTES_MAX - CHARACTER_BYTES_MAX);
    });
  }

  it("is mended where its characters are broken", () => {
    const head = clipText("\ud800".repeat(READ_BYTES_MAX));
    expect(new Set(head)).toEqual(new Set(["\ufffd"]));
    expect(jsonBytes(head)).toBeGreaterThan(READ_BYTES_MAX - CHARACTER_BYTES_MAX);
  });
});

describe("a text that fits", () => {
  it("stays as it is, to the last byte", () => {
    const text = "x".repeat(READ_BYTES_MAX - 2);
    expect(clipText(text)).toBe(text);
  });
});
