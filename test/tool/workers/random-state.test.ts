/** Where an engine's random numbers come from: found in its memory, and set anew. */
import { describe, expect, it } from "vitest";
import { findRandomState, seedRandomState } from "../../../src/tool/workers/code-executor/random-state.ts";

const CONTEXT = 512;
const SIZE = 4096;

describe("the state of an engine's random numbers", () => {
  it("is found by the number that was drawn from it", () => {
    const memory = new Uint8Array(SIZE).fill(7);
    // The first state after the seed 1, and its number. @see quickjs.c, xorshift64star
    new DataView(memory.buffer).setBigUint64(CONTEXT + 40, 33_554_433n, true);
    expect(findRandomState(memory, CONTEXT, 0.28083505005035936)).toBe(CONTEXT + 40);
  });

  it("is not taken for found where it is not", () => {
    expect(() => findRandomState(new Uint8Array(SIZE), CONTEXT, 0.5)).toThrow(/not looked for/);
  });

  it("is every bit that it is seeded with", () => {
    const memory = new Uint8Array(SIZE);
    const seed = [0xfe, 1, 2, 3, 4, 5, 6, 7];
    seedRandomState(memory, 64, (into) => into.set(seed));
    expect([...memory.subarray(64, 72)]).toEqual(seed);
  });

  for (const [name, byte] of [
    ["nothing but zeros", 0],
    ["the largest numbers", 255],
  ] as const) {
    it(`is never zero, and touches nothing beside it, when it is seeded from ${name}`, () => {
      const memory = new Uint8Array(SIZE);
      seedRandomState(memory, 64, (into) => void into.fill(byte));
      expect(new DataView(memory.buffer).getBigUint64(64, true)).toBeGreaterThan(0n);
      memory.fill(0, 64, 72);
      expect(memory.every((byte) => byte === 0)).toBe(true);
    });
  }
});
