/**
 * The state of an engine's `Math.random`. An engine seeds it when it starts; one that is resumed from an image has to
 * be seeded anew, or every call would draw the same numbers.
 * @see quickjs.c, js_math_random: xorshift64*
 */

/** From the start of a context; its structure is smaller. */
const SEARCHED_BYTES = 1024;
const STATE_BYTES = 8;
const MULTIPLIER = 0x2545_f491_4f6c_dd1dn;

/** The number in [0, 1) that was drawn when this state came to be. */
const toNumber = (state: bigint): number => Number(BigInt.asUintN(64, state * MULTIPLIER) >> 12n) / 2 ** 52;

/**
 * @returns the address of the state.
 * @param drawn what `Math.random()` has just given.
 */
export function findRandomState(memory: Uint8Array, context: number, drawn: number): number {
  const words = new BigUint64Array(memory.buffer, memory.byteOffset + context, SEARCHED_BYTES / STATE_BYTES);
  const index = words.findIndex((word) => toNumber(word) === drawn);
  if (index < 0) throw new Error("the engine keeps the state of Math.random where it is not looked for");
  return context + index * STATE_BYTES;
}

/** It is another one after each number that was drawn. */
export const randomStateIn = (memory: Uint8Array, at: number): Uint8Array => memory.subarray(at, at + STATE_BYTES);

/** @param randomBytes fills all it is given; the state is these bytes and nothing else. */
export function seedRandomState(memory: Uint8Array, at: number, randomBytes: (into: Uint8Array) => void): void {
  const state = randomStateIn(memory, at);
  randomBytes(state);
  // Zero would stay zero for ever.
  if (state.every((byte) => byte === 0)) state[0] = 1;
}
