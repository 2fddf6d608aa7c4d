/** Draws that come out the same for the same seed: for whoever writes files, and for simulated worlds. */

/** mulberry32: small, fast, and good enough to draw words, digits and moments. @returns numbers in [0, 1). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @throws Error when there is nothing to pick from */
export function pickBy<T>(random: () => number, items: readonly T[]): T {
  const [picked] = items.slice(Math.floor(random() * items.length));
  if (picked === undefined) throw new Error("there is nothing to pick from");
  return picked;
}
