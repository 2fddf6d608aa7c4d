/** Bytes of a WebAssembly module, read and put together: numbers, types, vectors. Knows no section and no instruction. */

/** Types of values that stand in one byte: numbers, functions, references of the host. */
const VALUE_TYPES: readonly number[] = [0x7f, 0x7e, 0x7d, 0x7c, 0x70, 0x6f];

export type Part = Uint8Array | readonly number[];

export class Reader {
  readonly bytes: Uint8Array;
  at: number;
  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }
  byte(): number {
    const value = this.bytes[this.at++];
    if (value === undefined) throw new Error("the WebAssembly module ends too early");
    return value;
  }
  /** Unsigned LEB128; signed ones are skipped with it too, their length is found the same way. */
  number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }
  skipType(): void {
    const type = this.byte();
    if (!VALUE_TYPES.includes(type)) throw new Error(`type 0x${type.toString(16)} is not known to the loop meter`);
  }
  /** At the beginning of a function's body. @returns how many there are */
  skipLocals(): number {
    let locals = 0;
    for (let groups = this.number(); groups > 0; groups--) {
      locals += this.number();
      this.skipType();
    }
    return locals;
  }
  skipNumbers(count: number): void {
    for (let index = 0; index < count; index++) this.number();
  }
}

export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 0x80);
  }
}

/** Signed LEB128 of a number that is not negative: one more bit, so that it does not read as negative. */
export const signed = (value: number): number[] => {
  const bytes = unsigned(value);
  const last = bytes.at(-1) ?? 0;
  return last < 0x40 ? bytes : [...bytes.slice(0, -1), last | 0x80, 0];
};

export function concat(parts: readonly Part[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A section that is a vector, with one more element at its end. */
export function append(section: Uint8Array, element: readonly number[]): Uint8Array {
  const reader = new Reader(section, 0);
  const count = reader.number();
  return concat([unsigned(count + 1), section.subarray(reader.at), element]);
}

/** The number that stands there. */
export const numberAt = (bytes: Uint8Array, at: number): number => new Reader(bytes, at).number();
