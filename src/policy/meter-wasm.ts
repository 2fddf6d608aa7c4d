/**
 * Puts a counter at the head of every loop of a WebAssembly module. Where it has run down, an imported function is called,
 * which may stop the module by throwing or suspend it by returning a promise; or the module ends there.
 *
 * An interpreter's own interrupt checks sit in its bytecode loop and its regular expressions. Loops in its C library
 * have none: `new Array(4294967295).indexOf(1)` would hold the thread for minutes. With this no loop is unbounded,
 * whoever wrote it. The cost, measured on QuickJS: about a tenth of its speed and 5 % of its size.
 *
 * Covers the instructions of WebAssembly 1.0 with sign extension, saturating conversion, bulk memory, reference types
 * and the first form of exceptions; anything else is refused, because skipping an unknown instruction could lose a loop.
 * So is every form of a known one that newer proposals made longer: whoever wrote the module may want to hide a loop.
 * @see https://webassembly.github.io/spec/core/binary/
 */

const SECTION_IMPORT = 2;
const SECTION_TABLE = 4;
const SECTION_MEMORY = 5;
const SECTION_GLOBAL = 6;
const SECTION_EXPORT = 7;
const SECTION_CODE = 10;
const OP_LOOP = 0x03;

/** Types of values that stand in one byte: numbers, functions, references of the host. */
const VALUE_TYPES: readonly number[] = [0x7f, 0x7e, 0x7d, 0x7c, 0x70, 0x6f];
const EMPTY_TYPE = 0x40;
/** An alignment is below it; from it on the bit says that the index of a memory follows. */
const MEMORY_INDEX_BIT = 0x40;
/** The first instruction behind 0xfc that handles memory in bulk, and the last one behind it that is known. */
const BULK_FIRST = 8;
const PREFIXED_LAST = 17;
/** Of a table in a module that nobody trusts: what an interpreter of policies has is a few hundred. */
const TABLE_ELEMENTS_MAX = 10_000;

/** How the operands of an instruction are skipped. */
type Operands =
  | ("unknown" | "none" | "one" | "two" | "memory" | "global" | "block")
  | ("zero" | "f32" | "f64" | "table" | "type" | "types" | "prefix");

function operandsOf(opcode: number): Operands {
  if (opcode >= 0x45 && opcode <= 0xc4) return "none"; // comparison, arithmetic, conversion, sign extension
  if (opcode >= 0x28 && opcode <= 0x3e) return "memory"; // loads and stores: alignment, offset
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
      return "block";
    case 0x23: // global.get, .set
    case 0x24:
      return "global";
    case 0xd0: // ref.null
      return "type";
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
    case 0x25: // table.get, .set
    case 0x26:
    case 0x41: // i32.const
    case 0x42: // i64.const
    case 0xd2: // ref.func
      return "one";
    case 0x11: // call_indirect
      return "two";
    case 0x0e: // br_table
      return "table";
    case 0x1c: // select with types
      return "types";
    case 0x3f: // memory.size
    case 0x40: // memory.grow
      return "zero";
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
  operation < BULK_FIRST ? 0 : operation === 8 || operation === 10 || operation === 12 || operation === 14 ? 2 : 1;

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
  skipType(): void {
    const type = this.byte();
    if (!VALUE_TYPES.includes(type)) throw new Error(`type 0x${type.toString(16)} is not known to the loop meter`);
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

/** What a body may hold. */
type Bounds = { readonly globals: number; readonly isBulkAllowed: boolean };

function skipOperands(reader: Reader, opcode: number, bounds: Bounds): void {
  switch (operandsOf(opcode)) {
    case "unknown":
      throw unknownInstruction(opcode);
    case "none":
      return;
    case "one":
      reader.skipNumbers(1);
      return;
    case "two":
      reader.skipNumbers(2);
      return;
    case "memory":
      if (reader.number() >= MEMORY_INDEX_BIT) throw unknownInstruction(opcode);
      reader.skipNumbers(1);
      return;
    case "global":
      // The counter comes behind the module's own: it must not be set from inside.
      if (reader.number() >= bounds.globals) throw new Error("the WebAssembly module names a global that it has not");
      return;
    case "block":
      skipBlockType(reader);
      return;
    case "zero":
      if (reader.byte() !== 0) throw unknownInstruction(opcode);
      return;
    case "f32":
      reader.at += 4;
      return;
    case "f64":
      reader.at += 8;
      return;
    case "table":
      reader.skipNumbers(reader.number() + 1);
      return;
    case "type":
      reader.skipType();
      return;
    case "types":
      for (let left = reader.number(); left > 0; left--) reader.skipType();
      return;
    case "prefix":
      skipPrefixed(reader, bounds);
      return;
  }
}

/** Nothing, a type, or the index of a signature: a signed number, so that its first byte tells it from the others. */
function skipBlockType(reader: Reader): void {
  const first = reader.bytes[reader.at] ?? 0;
  if (first === EMPTY_TYPE) reader.at += 1;
  else if (first > EMPTY_TYPE && first < 0x80) reader.skipType();
  else {
    reader.skipNumbers(1);
    const isNegative = ((reader.bytes[reader.at - 1] ?? 0) & 0x40) !== 0; // a type, spelled longer than it needs to be
    if (isNegative) throw new Error("the WebAssembly module has a block of a type that is not known to the loop meter");
  }
}

function skipPrefixed(reader: Reader, { isBulkAllowed }: Bounds): void {
  const operation = reader.number();
  const last = isBulkAllowed ? PREFIXED_LAST : BULK_FIRST - 1;
  if (operation > last) throw new Error(`instruction 0xfc ${operation} is not known to the loop meter`);
  reader.skipNumbers(prefixedOperands(operation));
}

const unknownInstruction = (opcode: number): Error =>
  new Error(`instruction 0x${opcode.toString(16)} is not known to the loop meter`);

/** What is put into bodies, and where. */
type Snippet = Bounds & { readonly code: readonly number[]; readonly isAtEntry: boolean };

/** One function's body with the snippet after each loop header, and at its beginning. */
function meterBody(bytes: Uint8Array, from: number, to: number, snippet: Snippet): Uint8Array {
  const reader = new Reader(bytes, from);
  for (let groups = reader.number(); groups > 0; groups--) {
    reader.number();
    reader.skipType();
  }
  const parts: Part[] = [];
  let copied = from;
  const insert = () => {
    parts.push(bytes.subarray(copied, reader.at), snippet.code);
    copied = reader.at;
  };
  if (snippet.isAtEntry) insert();
  while (reader.at < to) {
    const opcode = reader.byte();
    skipOperands(reader, opcode, snippet);
    if (opcode === OP_LOOP) insert();
  }
  if (reader.at !== to) throw new Error("the WebAssembly module has a function that does not end where it says");
  return concat([...parts, bytes.subarray(copied, to)]);
}

function meterCode(bytes: Uint8Array, snippet: Snippet): Uint8Array {
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

/** A module of this project's own dependencies, whose loops are counted. */
type Ticking = {
  /** Name of an imported function `(i32) -> i32`; it is called with 0 and its answer is dropped. */
  readonly tick: string;
  /** Name under which the counter is exported, so that a host can hold it up where a tick may not be. */
  readonly counter: string;
  /** Loop rounds between two calls. */
  readonly period: number;
};

export const meterLoops = (module: Uint8Array, { tick, counter, period }: Ticking): Uint8Array<ArrayBuffer> =>
  meter(module, {
    ...{ counter, start: period, isAtEntry: false, isBulkAllowed: true },
    atZero: ({ functions }, index) => {
      const at = functions.indexOf(tick);
      if (at < 0) throw new Error(`the module imports no function ${tick}`);
      return [...[0x41, ...signed(period), 0x24, ...index], ...[0x41, 0, 0x10, ...unsigned(at), 0x1a]]; // counter = period; drop(tick(0))
    },
  });

/**
 * A module that somebody else wrote, which ends by a trap when its fuel is used up. Each round of a loop and each call of
 * a function takes one, so that nothing in it is unbounded.
 * @param options.counter name under which the fuel is exported; `fuel` is what it starts with.
 * @throws Error for what is no module, holds what cannot be counted, or a table that is too large
 */
export const meterFuel = (
  module: Uint8Array,
  { counter, fuel }: { readonly counter: string; readonly fuel: number },
): Uint8Array<ArrayBuffer> =>
  // Nor memory in bulk: one such instruction may take as long as a million of the others.
  meter(module, { counter, start: fuel, isAtEntry: true, isBulkAllowed: false, atZero: () => [0x00] });

type MeterOptions = {
  readonly counter: string;
  readonly start: number;
  readonly isAtEntry: boolean;
  readonly isBulkAllowed: boolean;
  /** @param index of the counter */
  readonly atZero: (imported: Imported, index: readonly number[]) => readonly number[];
};

function meter(module: Uint8Array, options: MeterOptions): Uint8Array<ArrayBuffer> {
  if (module.length < 8) throw new Error("the WebAssembly module ends too early");
  const reader = new Reader(module, 8);
  const parts: Part[] = [module.subarray(0, 8)];
  let imported: Imported = { functions: [], globals: 0 };
  let globals: number | undefined;
  while (reader.at < module.length) {
    const id = reader.byte();
    const length = reader.number();
    const section = module.subarray(reader.at, reader.at + length);
    reader.at += length;
    let body = section;
    if (id === SECTION_IMPORT) imported = readImports(section);
    else if (id === SECTION_TABLE || id === SECTION_MEMORY) checkSpace(id, section, options);
    else if (id === SECTION_GLOBAL) {
      globals = imported.globals + new Reader(section, 0).number();
      // A mutable i32; appended, so no index in the module changes.
      body = append(section, [0x7f, 1, 0x41, ...signed(options.start), 0x0b]);
    } else if (id === SECTION_EXPORT || id === SECTION_CODE) {
      if (globals === undefined) throw new Error("the module has no global section to put the counter in");
      const counter = unsigned(globals);
      const name = [...new TextEncoder().encode(options.counter)];
      body =
        id === SECTION_EXPORT
          ? append(section, [...unsigned(name.length), ...name, 0x03, ...counter])
          : meterCode(section, { ...options, globals, code: countDown(counter, options.atZero(imported, counter)) });
    }
    parts.push([id], unsigned(body.length), body);
  }
  return Uint8Array.from(concat(parts));
}

/** Of a module that nobody trusts: one table of a moderate size, and no memory but the host's. */
function checkSpace(id: number, section: Uint8Array, { isBulkAllowed }: MeterOptions): void {
  if (isBulkAllowed) return;
  const reader = new Reader(section, 0);
  const count = reader.number();
  if (count === 0) return;
  if (id === SECTION_MEMORY || count > 1)
    throw new Error("the WebAssembly module has a memory or a table of its own too many");
  reader.skipType();
  reader.number(); // whether there is a maximum
  if (reader.number() > TABLE_ELEMENTS_MAX) throw new Error(`a table may have ${TABLE_ELEMENTS_MAX} elements`);
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

const countDown = (counter: readonly number[], atZero: readonly number[]): number[] => [
  ...[0x23, ...counter, 0x41, 1, 0x6b, 0x24, ...counter], // counter = counter - 1
  ...[0x23, ...counter, 0x45, 0x04, 0x40, ...atZero, 0x0b], // if it is zero: ...
];
