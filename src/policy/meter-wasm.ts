/**
 * Puts a counter at the head of every loop of a WebAssembly module. Where it has run down, an imported function is called,
 * which may stop the module by throwing or suspend it by returning a promise; or the module ends there.
 *
 * An interpreter's own interrupt checks sit in its bytecode loop and its regular expressions. Loops in its C library
 * have none: `new Array(4294967295).indexOf(1)` would hold the thread for minutes. With this no loop is unbounded,
 * whoever wrote it. The cost, measured on QuickJS: about a tenth of its speed and 5 % of its size.
 *
 * @see https://webassembly.github.io/spec/core/binary/
 */
import { type Bounds, OP_LOOP, skipOperands } from "./wasm-instruction.ts";
import { append, concat, type Part, Reader, signed, unsigned } from "./wasm-reader.ts";

const SECTION_IMPORT = 2;
const SECTION_TABLE = 4;
const SECTION_MEMORY = 5;
const SECTION_GLOBAL = 6;
const SECTION_EXPORT = 7;
const SECTION_CODE = 10;

/** Of a table in a module that nobody trusts: what an interpreter of policies has is a few hundred. */
const TABLE_ELEMENTS_MAX = 10_000;

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

const countDown = (counter: readonly number[], atZero: readonly number[]): number[] => [
  ...[0x23, ...counter, 0x41, 1, 0x6b, 0x24, ...counter], // counter = counter - 1
  ...[0x23, ...counter, 0x45, 0x04, 0x40, ...atZero, 0x0b], // if it is zero: ...
];
