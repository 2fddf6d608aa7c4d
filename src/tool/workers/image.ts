/**
 * The memory of an engine that has started: an engine that takes seconds to start is started once, when the assets are
 * built, and every call begins from a copy. Whole pages, and only those that hold something. In a file where the build
 * wrote it; as it is where an isolate took it of an engine that went on from there.
 */

const PAGE_BYTES = 4096;
/** Memory size, number of roots, number of runs: unsigned 32-bit, little endian, as is all in the head. */
const HEAD_NUMBERS = 3;

export type Image = {
  /** Size of the memory it was taken from. */
  readonly memoryBytes: number;
  /** Addresses the host must know, in the order the engine wrote them. */
  readonly roots: readonly number[];
  readonly runs: readonly { readonly at: number; readonly bytes: Uint8Array }[];
};

/** Addresses; `to` is past the last. */
type Span = { readonly from: number; readonly to: number };

/**
 * @param fresh memory of a new instance of the same code. A page that holds something there and nothing now is part
 * of the image, because the copy is laid over a new instance.
 */
export function encodeImage(now: Uint8Array, fresh: Uint8Array, roots: readonly number[]): Uint8Array<ArrayBuffer> {
  const runs = findRuns(now.length, (at) => !(isZero(now, at) && isZero(fresh, at)));
  const numbers = [
    ...[now.length, roots.length, runs.length],
    ...roots,
    ...runs.flatMap(({ at, end }) => [at, end - at]),
  ];
  const data = runs.reduce((sum, { at, end }) => sum + end - at, 0);
  const file = new Uint8Array(numbers.length * 4 + data);
  const head = new DataView(file.buffer);
  for (const [index, number] of numbers.entries()) head.setUint32(index * 4, number, true);
  let to = numbers.length * 4;
  for (const { at, end } of runs) {
    file.set(now.subarray(at, end), to);
    to += end - at;
  }
  return file;
}

/** Of a file that this project's build wrote; its bytes are shared with the image, not copied. */
export function parseImage(file: Uint8Array): Image {
  const head = new DataView(file.buffer, file.byteOffset);
  const number = (index: number) => head.getUint32(index * 4, true);
  const [memoryBytes, rootCount, runCount] = [number(0), number(1), number(2)];
  const roots = Array.from({ length: rootCount }, (_, index) => number(HEAD_NUMBERS + index));
  let from = (HEAD_NUMBERS + rootCount + runCount * 2) * 4;
  const runs = Array.from({ length: runCount }, (_, index) => {
    const [at, length] = [
      number(HEAD_NUMBERS + rootCount + index * 2),
      number(HEAD_NUMBERS + rootCount + index * 2 + 1),
    ];
    from += length;
    return { at, bytes: file.subarray(from - length, from) };
  });
  return { memoryBytes, roots, runs };
}

/**
 * The memory of an engine that was resumed from `base`, as something to resume from in its place. All that a new instance
 * may hold is in the base, so the base's pages are in the image whatever they hold now.
 * @param now copied.
 * @param untouched where nothing was written since: to look at zeros takes most of the time.
 */
export function takeImage(now: Uint8Array, base: Image, untouched: Span): Image {
  const isOfBase = new Uint8Array(now.length / PAGE_BYTES);
  for (const { at, bytes } of base.runs) isOfBase.fill(1, at / PAGE_BYTES, (at + bytes.length) / PAGE_BYTES);
  const isUntouched = (at: number) => at >= untouched.from && at + PAGE_BYTES <= untouched.to;
  const isKept = (at: number) => isOfBase[at / PAGE_BYTES] === 1 || !(isUntouched(at) || isZero(now, at));
  const runs = findRuns(now.length, isKept).map(({ at, end }) => ({ at, bytes: now.slice(at, end) }));
  return { memoryBytes: now.length, roots: base.roots, runs };
}

/** @param memory of a new instance, at least as large as the one the image was taken from. */
export function placeImage(image: Image, memory: Uint8Array): void {
  for (const { at, bytes } of image.runs) memory.set(bytes, at);
}

/** What of a memory is neither laid over by the image nor known to be untouched: there a rewound one has to be made zero. */
export function gapsOf(image: Image, length: number, untouched: Span): readonly Span[] {
  const covered = [...image.runs.map(({ at, bytes }) => ({ from: at, to: at + bytes.length })), untouched];
  const gaps: Span[] = [];
  let at = 0;
  for (const { from, to } of covered.sort((one, other) => one.from - other.from)) {
    if (from > at) gaps.push({ from: at, to: from });
    at = Math.max(at, to);
  }
  return at < length ? [...gaps, { from: at, to: length }] : gaps;
}

/** @param isKept of a page, by its address. */
function findRuns(length: number, isKept: (at: number) => boolean): { readonly at: number; readonly end: number }[] {
  const runs: { at: number; end: number }[] = [];
  for (let at = 0; at < length; at += PAGE_BYTES) {
    if (!isKept(at)) continue;
    const last = runs.at(-1);
    if (last?.end === at) last.end = at + PAGE_BYTES;
    else runs.push({ at, end: at + PAGE_BYTES });
  }
  return runs;
}

/** Of a page; past its end a memory is zero. */
function isZero({ buffer, byteOffset, length }: Uint8Array, at: number): boolean {
  if (at >= length) return true;
  const words = new Uint32Array(buffer, byteOffset + at, PAGE_BYTES / 4);
  // By its index: an isolate does this once, in code that nothing has made fast yet, where an iterator takes far longer.
  for (let index = 0; index < words.length; index++) if (words[index] !== 0) return false;
  return true;
}
