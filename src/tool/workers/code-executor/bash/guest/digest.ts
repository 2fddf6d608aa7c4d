/** SHA-1 and SHA-256 for `sha1sum` and `sha256sum`. @see https://csrc.nist.gov/pubs/fips/180-4/upd1/final */

const rotateLeft = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));
const rotateRight = (value: number, bits: number): number => (value >>> bits) | (value << (32 - bits));

/** The first 32 bits of the fractional part of a root of each of the first primes. */
const rootBits = (count: number, power: number): readonly number[] => {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  return primes.map((prime) => Math.floor((prime ** power % 1) * 2 ** 32) | 0);
};
const SHA256_ROUNDS = rootBits(64, 1 / 3);
const SHA256_START = rootBits(8, 1 / 2);
const SHA1_START = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
const SHA1_ROUNDS = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6];

function nextSha256(state: readonly number[], block: readonly number[]): readonly number[] {
  const words = [...block];
  for (let t = 16; t < 64; t++) {
    const [w15 = 0, w2 = 0, w16 = 0, w7 = 0] = [words[t - 15], words[t - 2], words[t - 16], words[t - 7]];
    const s0 = rotateRight(w15, 7) ^ rotateRight(w15, 18) ^ (w15 >>> 3);
    const s1 = rotateRight(w2, 17) ^ rotateRight(w2, 19) ^ (w2 >>> 10);
    words.push((w16 + s0 + w7 + s1) | 0);
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let t = 0; t < 64; t++) {
    const s1 = rotateRight(e, 6) ^ rotateRight(e, 11) ^ rotateRight(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (SHA256_ROUNDS[t] ?? 0) + (words[t] ?? 0)) | 0;
    const s0 = rotateRight(a, 2) ^ rotateRight(a, 13) ^ rotateRight(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [a, b, c, d, e, f, g, h] = [(t1 + t2) | 0, a, b, c, (d + t1) | 0, e, f, g];
  }
  return [a, b, c, d, e, f, g, h];
}

function nextSha1(state: readonly number[], block: readonly number[]): readonly number[] {
  const words = [...block];
  for (let t = 16; t < 80; t++) {
    const mixed = (words[t - 3] ?? 0) ^ (words[t - 8] ?? 0) ^ (words[t - 14] ?? 0) ^ (words[t - 16] ?? 0);
    words.push(rotateLeft(mixed, 1));
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0] = state;
  for (let t = 0; t < 80; t++) {
    const quarter = Math.floor(t / 20);
    const choice = [(b & c) | (~b & d), b ^ c ^ d, (b & c) | (b & d) | (c & d), b ^ c ^ d][quarter] ?? 0;
    const next = (rotateLeft(a, 5) + choice + e + (SHA1_ROUNDS[quarter] ?? 0) + (words[t] ?? 0)) | 0;
    [a, b, c, d, e] = [next, a, rotateLeft(b, 30), c, d];
  }
  return [a, b, c, d, e];
}

const ALGORITHMS = {
  "SHA-1": { start: SHA1_START, next: nextSha1 },
  "SHA-256": { start: SHA256_START, next: nextSha256 },
} as const;

/** As `crypto.subtle.digest`, for these two. */
export async function digest(name: string, input: ArrayBuffer): Promise<ArrayBuffer> {
  const algorithm = name === "SHA-1" || name === "SHA-256" ? ALGORITHMS[name] : null;
  if (algorithm === null) throw new RangeError(`no digest ${name}`);
  const padded = new Uint8Array(Math.ceil((input.byteLength + 9) / 64) * 64);
  padded.set(new Uint8Array(input));
  padded[input.byteLength] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(input.byteLength) * 8n);
  let state: readonly number[] = algorithm.start;
  for (let at = 0; at < padded.length; at += 64) {
    const before = state;
    const block = Array.from({ length: 16 }, (_, word) => view.getInt32(at + word * 4));
    state = algorithm.next(before, block).map((value, index) => (value + (before[index] ?? 0)) | 0);
  }
  const output = new DataView(new ArrayBuffer(state.length * 4));
  for (const [index, value] of state.entries()) output.setInt32(index * 4, value);
  return output.buffer;
}
