/** The memory of an engine as a file and back. */
import { describe, expect, it } from "vitest";
import { encodeImage, gapsOf, parseImage, placeImage, takeImage } from "../../../src/tool/workers/image.ts";

const PAGE = 4096;
const memoryOf = (pages: number, marks: Readonly<Record<number, number>>): Uint8Array => {
  const memory = new Uint8Array(pages * PAGE);
  for (const [at, value] of Object.entries(marks)) memory[Number(at)] = value;
  return memory;
};

describe("an image", () => {
  const now = memoryOf(8, { 0: 1, [PAGE * 3 - 1]: 2, [PAGE * 3]: 3, [PAGE * 7 + 5]: 4 });

  it("laid over a new instance is the memory it was taken from", () => {
    const fresh = memoryOf(2, { 0: 9, 7: 8, [PAGE + 1]: 7 });
    const image = parseImage(encodeImage(now, fresh, []));
    const memory = memoryOf(9, { 0: 9, 7: 8, [PAGE + 1]: 7 });
    placeImage(image, memory);
    expect(memory.subarray(0, now.length)).toEqual(now);
    expect(image.memoryBytes).toBe(now.length);
  });

  it("leaves gaps, which are all that it is not laid over, but for what is untouched", () => {
    const image = parseImage(encodeImage(now, now, []));
    const pages = (untouched: readonly [number, number]) =>
      gapsOf(image, 9 * PAGE, { from: untouched[0] * PAGE, to: untouched[1] * PAGE }).map(({ from, to }) => [
        from / PAGE,
        to / PAGE,
      ]);
    const runs = image.runs.map(({ at, bytes }) => [at / PAGE, bytes.length / PAGE]);
    expect(runs).toEqual([
      [0, 1],
      [2, 2],
      [7, 1],
    ]);
    expect(pages([4, 4])).toEqual([
      [1, 2],
      [4, 7],
      [8, 9],
    ]);
    expect(pages([5, 6])).toEqual([
      [1, 2],
      [4, 5],
      [6, 7],
      [8, 9],
    ]);
    expect(pages([3, 8])).toEqual([
      [1, 2],
      [8, 9],
    ]);
    expect(pages([1, 9])).toEqual([]);
  });

  it("holds only the pages that hold something, now or in a new instance", () => {
    const { runs } = parseImage(encodeImage(now, memoryOf(8, { [PAGE * 5]: 1 }), []));
    expect(runs.map(({ at, bytes }) => [at / PAGE, bytes.length / PAGE])).toEqual([
      [0, 1],
      [2, 2],
      [5, 1],
      [7, 1],
    ]);
  });

  it("keeps its roots, and is read wherever in a larger buffer it stands", () => {
    const file = encodeImage(now, now, [7, 0xffff_fff0]);
    const larger = new Uint8Array(file.length + 64);
    larger.set(file, 32);
    const image = parseImage(larger.subarray(32, 32 + file.length));
    expect(image).toEqual(parseImage(file));
    expect(image.roots).toEqual([7, 0xffff_fff0]);
  });
});

describe("an image of what an engine has come to", () => {
  const base = parseImage(encodeImage(memoryOf(2, { 0: 1, [PAGE]: 2 }), new Uint8Array(), [7]));
  const NOWHERE = { from: 0, to: 0 };

  it("laid over a new instance is the memory it was taken from, with the roots of the first", () => {
    const now = memoryOf(6, { 0: 3, [PAGE * 4 - 1]: 4, [PAGE * 4]: 5 });
    const image = takeImage(now, base, NOWHERE);
    const memory = memoryOf(7, { 5: 9, [PAGE + 1]: 9 });
    placeImage(image, memory);
    expect(memory.subarray(0, now.length)).toEqual(now);
    expect([image.memoryBytes, image.roots]).toEqual([now.length, [7]]);
  });

  it("holds the pages of the first and those that hold something, and looks at none that are untouched", () => {
    const now = memoryOf(8, { [PAGE * 3]: 1, [PAGE * 5 + 7]: 1, [PAGE * 6]: 1 });
    const untouched = { from: PAGE * 4 + 8, to: PAGE * 7 };
    const { runs } = takeImage(now, base, untouched);
    expect(runs.map(({ at, bytes }) => [at / PAGE, bytes.length / PAGE])).toEqual([
      [0, 2],
      [3, 1],
    ]);
  });

  it("is a copy", () => {
    const now = memoryOf(2, { 0: 1 });
    const image = takeImage(now, base, NOWHERE);
    now.fill(9);
    expect(image.runs[0]?.bytes[0]).toBe(1);
  });
});
