/** Cursors: what goes in comes out, and nothing else is one. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCursor, toCursor } from "../../src/api/cursor.ts";

describe("cursor", () => {
  it("gives back whatever place it was made of, in letters that need no escaping in an address", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 100 }), (before) => {
        const cursor = toCursor(before);
        expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(parseCursor(cursor)).toBe(before);
      }),
    );
  });

  const foreign = ["", "!", "a b", "AAAA", toCursor("x").slice(1), "MQ", "Mi10aW1l", "x".repeat(600), "%31"];
  it.each(foreign)("refuses %j", (cursor) => {
    expect(parseCursor(cursor)).toBeUndefined();
  });
});
