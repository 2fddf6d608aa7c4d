/** Unknown data is told apart by what it is, not by what it says. */
import { describe, expect, it } from "vitest";
import { isDeeperThan, isRecord, listOf } from "../../src/platform/index.ts";

describe("an object", () => {
  for (const [value, is] of [
    [{}, true],
    [Object.create(null), true],
    [[], false],
    [null, false],
    [undefined, false],
    ["{}", false],
    [1, false],
  ] as const) {
    it(`is ${is ? "" : "not "}${JSON.stringify(value) ?? "nothing"}`, () => expect(isRecord(value)).toBe(is));
  }
});

describe("a list", () => {
  it("is itself, and whatever is none is empty", () => {
    expect(listOf([1, [2]])).toEqual([1, [2]]);
    expect([{ length: 2, 0: "a", 1: "b" }, "ab", null, undefined].map(listOf)).toEqual([[], [], [], []]);
  });
});

describe("depth", () => {
  for (const [value, levels] of [
    [1, 0],
    [{}, 1],
    [[[]], 2],
    [{ a: 1, b: [{ c: null }] }, 3],
  ] as const) {
    it(`of ${JSON.stringify(value)} is ${levels}`, () => {
      expect(isDeeperThan(value, levels)).toBe(false);
      if (levels > 0) expect(isDeeperThan(value, levels - 1)).toBe(true);
    });
  }
});
