/**
 * Puts a counter at the head of every loop of a WebAssembly module: each time it has run down, an imported function
 * is called, which may stop the module by throwing or suspend it by returning a promise.
 *
 * An interpreter's own interrupt checks sit in its bytecode loop and its regular expressions. Loops in its C library
 * have none: `new Array(4294967295).indexOf(1)` would hold the thread for minutes. With this no loop is unbounded,
 * whoever wrote it. The cost, measured on QuickJS: about a tenth of its speed and 5 % of its size.
 *
 * Covers the instructions of WebAssembly 1.0 with sign extension, saturating conversion, bulk memory, reference types
 * and the first form of exceptions; anything else stops the build, because skipping an unknown instruction could lose a loop.
 * @see https://webassembly.github.io/spec/core/binary/
 */

const SECTION_IMPORT = 2;
const SECTION_GLOBAL = 6;
const SECTION_EXPORT = 7;
const SECTION_CODE = 10;
const OP_LOOP = 0x03;

/** How the operands of an instruction are skipped. */
type Operands = "unknown" | "none" | "one" | "two" | "byte" | "f32" | "f64" | "table" | "vector" | "prefix";

function operandsOf(opcode: number): Operands {
  if (opcode >= 0x45 && opcode <= 0xc4) return "none"; // comparison, arithmetic, conversion, sign extension
  if (opcode >= 0x28 && opcode <= 0x3e) return "two"; // loads and stores: alignment, offset
  switch (opcode) {
    case 0x00: // unreachable
    case 0x01: // nop
    case 0x05: // else
    case 0x0b: // end
    case 0x19: // catch_all
    case 0x0f: // return
    case 0x1a: // drop
    case 0x1b: // select
    case 0xd1: // ref.is_null
      return "none";
    case 0x02: // block
    case OP_LOOP:
    case 0x04: // if
    case 0x06: // try
    case 0x07: // catch
    case 0x08: // throw
    case 0x09: // rethrow
    case 0x0c: // br
    case 0x0d: // br_if
    case 0x10: // call
    case 0x18: // delegate
    case 0x20: // local.get, .set, .tee
    case 0x21:
    case 0x22:
    case 0x23: // global.get, .set
    case 0x24:
    case 0x25: // table.get, .set
    case 0x26:
    case 0x41: // i32.const
    case 0x42: // i64.const
    case 0xd0: // ref.null
    case 0xd2: // ref.func
      return "one";
    case 0x11: // call_indirect
      return "two";
    case 0x0e: // br_table
      return "table";
    case 0x1c: // select with types
      return "vector";
    case 0x3f: // memory.size
    case 0x40: // memory.grow
      return "byte";
    case 0x43:
      return "f32";
    case 0x44:
      return "f64";
    case 0xfc:
      return "prefix";
    default:
      return "unknown";
  }
}

/** Operands after the 0xfc prefix: none for conversions, one for drops and fills, two for copies and inits. */
const prefixedOperands = (operation: number): number =>
  operation <= 7 ? 0 : operation === 8 || operation === 10 || operation === 12 || operation === 14 ? 2 : 1;

type Part = Uint8Array | readonly number[];

class Reader {
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
  skipNumbers(count: number): void {
    for (let index = 0; index < count; index++) this.number();
  }
}

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 0x80);
  }
}

/** Signed LEB128 of a number that is not negative: one more bit, so that it does not read as negative. */
const signed = (value: number): number[] => {
  const bytes = unsigned(value);
  const last = bytes.at(-1) ?? 0;
  return last < 0x40 ? bytes : [...bytes.slice(0, -1), last | 0x80, 0];
};

function concat(parts: readonly Part[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function skipOperands(reader: Reader, opcode: number): void {
  switch (operandsOf(opcode)) {
    case "unknown":
      throw new Error(`instruction 0x${opcode.toString(16)} is not known to the loop meter`);
    case "none":
      return;
    case "one":
      reader.skipNumbers(1);
      break;
    case "two":
      reader.skipNumbers(2);
      break;
    case "byte":
      reader.at += 1;
      break;
    case "f32":
      reader.at += 4;
      break;
    case "f64":
      reader.at += 8;
      break;
    case "table":
      reader.skipNumbers(reader.number() + 1);
      break;
    case "vector":
      reader.skipNumbers(reader.number());
      break;
    case "prefix":
      reader.skipNumbers(prefixedOperands(reader.number()));
      break;
  }
}

/** One function's body with `snippet` after each loop header. */
function meterBody(bytes: Uint8Array, from: number, to: number, snippet: readonly number[]): Uint8Array {
  const reader = new Reader(bytes, from);
  const groups = reader.number();
  for (let group = 0; group < groups; group++) reader.skipNumbers(2); // count and type of locals
  const parts: Part[] = [];
  let copied = from;
  while (reader.at < to) {
    const opcode = reader.byte();
    skipOperands(reader, opcode);
    if (opcode !== OP_LOOP) continue;
    parts.push(bytes.subarray(copied, reader.at), snippet);
    copied = reader.at;
  }
  return concat([...parts, bytes.subarray(copied, to)]);
}

function meterCode(bytes: Uint8Array, snippet: readonly number[]): Uint8Array {
  const reader = new Reader(bytes, 0);
  const count = reader.number();
  const parts: Part[] = [unsigned(count)];
  for (let index = 0; index < count; index++) {
    const length = reader.number();
    const body = meterBody(bytes, reader.at, reader.at + length, snippet);
    parts.push(unsigned(body.length), body);
    reader.at += length;
  }
  return concat(parts);
}

/**
 * @param tick name of an imported function `(i32) -> i32`; it is called with 0 and its answer is dropped.
 * @param counter name under which the counter is exported, so that a host can hold it up where a tick may not be.
 * @param period loop rounds between two calls.
 */
export function meterLoops(
  module: Uint8Array,
  options: { readonly tick: string; readonly counter: string; readonly period: number },
): Uint8Array<ArrayBuffer> {
  const period = signed(options.period);
  const reader = new Reader(module, 8);
  const parts: Part[] = [module.subarray(0, 8)];
  let imported: Imported = { functions: [], globals: 0 };
  let counter: readonly number[] | undefined;
  while (reader.at < module.length) {
    const id = reader.byte();
    const length = reader.number();
    const section = module.subarray(reader.at, reader.at + length);
    reader.at += length;
    let body = section;
    if (id === SECTION_IMPORT) imported = readImports(section);
    else if (id === SECTION_GLOBAL) {
      counter = unsigned(imported.globals + new Reader(section, 0).number());
      // A mutable i32 that starts at one period; appended, so no index in the module changes.
      body = append(section, [0x7f, 1, 0x41, ...period, 0x0b]);
    } else if (id === SECTION_EXPORT || id === SECTION_CODE) {
      if (counter === undefined) throw new Error("the module has no global section to put the counter in");
      const tick = imported.functions.indexOf(options.tick);
      if (tick < 0) throw new Error(`the module imports no function ${options.tick}`);
      const name = [...new TextEncoder().encode(options.counter)];
      body =
        id === SECTION_EXPORT
          ? append(section, [...unsigned(name.length), ...name, 0x03, ...counter])
          : meterCode(section, countDown(counter, period, unsigned(tick)));
    }
    parts.push([id], unsigned(body.length), body);
  }
  return Uint8Array.from(concat(parts));
}

type Imported = { readonly functions: readonly string[]; readonly globals: number };

/** Names of the imported functions, in the order of their indices, and how many globals are imported. */
function readImports(section: Uint8Array): Imported {
  const reader = new Reader(section, 0);
  const functions: string[] = [];
  let globals = 0;
  const name = (): string => {
    const length = reader.number();
    reader.at += length;
    return new TextDecoder().decode(section.subarray(reader.at - length, reader.at));
  };
  const skipLimits = () => reader.skipNumbers(reader.number() % 2 === 1 ? 2 : 1);
  for (let left = reader.number(); left > 0; left--) {
    name();
    const field = name();
    const kind = reader.byte();
    if (kind === 0) {
      functions.push(field);
      reader.skipNumbers(1);
    } else if (kind === 1) {
      reader.skipNumbers(1);
      skipLimits();
    } else if (kind === 2) skipLimits();
    else if (kind === 3) {
      globals++;
      reader.skipNumbers(2);
    } else throw new Error(`import kind ${kind} is not known to the loop meter`);
  }
  return { functions, globals };
}

/** A section that is a vector, with one more element at its end. */
function append(section: Uint8Array, element: readonly number[]): Uint8Array {
  const reader = new Reader(section, 0);
  const count = reader.number();
  return concat([unsigned(count + 1), section.subarray(reader.at), element]);
}

const countDown = (counter: readonly number[], period: readonly number[], tick: readonly number[]): number[] => [
  ...[0x23, ...counter, 0x41, 1, 0x6b, 0x24, ...counter], // counter = counter - 1
  ...[0x23, ...counter, 0x45, 0x04, 0x40], // if it is zero
  ...[0x41, ...period, 0x24, ...counter], // counter = period
  ...[0x41, 0, 0x10, ...tick, 0x1a, 0x0b], // drop(tick(0)); end
];
