/** The memory of an engine as a file and back. */
import { describe, expect, it } from "vitest";
import { encodeImage, parseImage, placeImage } from "../../../src/tool/workers/image.ts";

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
