/** The interpreter's memory as its host reads and writes it. A view per use: the buffer is replaced when it grows. */

/** A name may begin with a byte order mark, and is another one without it. */
const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });
const encoder = new TextEncoder();

export class GuestMemory {
  readonly #memory: WebAssembly.Memory;
  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
  }

  get size(): number {
    return this.#memory.buffer.byteLength;
  }

  /** @returns whether it grew. */
  grow(pages: number): boolean {
    try {
      this.#memory.grow(pages);
      return true;
    } catch {
      return false; // the process has no more: for the interpreter the same as its limit
    }
  }

  bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, at >>> 0, length);
  }

  view(): DataView {
    return new DataView(this.#memory.buffer);
  }

  u32(at: number): number {
    return this.view().getUint32(at >>> 0, true);
  }

  setU32(at: number, value: number): void {
    this.view().setUint32(at >>> 0, value, true);
  }

  setU64(at: number, value: number): void {
    this.view().setBigUint64(at >>> 0, BigInt.asUintN(64, BigInt(Math.trunc(value))), true);
  }

  /** Up to the first NUL; null when there is none within `most` bytes. */
  text(at: number, most: number): string | null {
    const all = new Uint8Array(this.#memory.buffer, at >>> 0);
    const end = all.subarray(0, most + 1).indexOf(0);
    return end < 0 ? null : decoder.decode(all.subarray(0, end));
  }

  /** With a NUL at its end. @returns how many bytes, or null when it does not fit into `room`. */
  setText(at: number, text: string, room: number): number | null {
    const bytes = encoder.encode(`${text}\0`);
    if (bytes.length > room) return null;
    this.bytes(at, bytes.length).set(bytes);
    return bytes.length;
  }

  /** The pieces of a scattered read or write. @param count how many; each is an address and a length. */
  *pieces(at: number, count: number): Generator<Uint8Array> {
    for (let index = 0; index < count; index++)
      yield this.bytes(this.u32(at + index * 8), this.u32(at + index * 8 + 4));
  }
}
