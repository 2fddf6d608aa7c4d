/**
 * How much there is to compile in a module of a stranger. V8's first compiler notes each local and each value on the stack
 * anew wherever a block begins: half a megabyte of small blocks in a function of 50,000 locals took all memory there was,
 * before any of it ran (tried). What runs is fuel's to bound (meter-fuel.ts).
 */
import { type Bounds, isClosing, isOpening, skipOperands } from "./wasm-instruction.ts";
import { numberAt, Reader } from "./wasm-reader.ts";
import type { FunctionType } from "./wasm-section.ts";

/**
 * Of a module, in locals and values at each beginning of a block and at each branch: 44 ns and 24 bytes each at most. The
 * default policy has 90 thousand, one of 800 rules ten times as many. With more a module is refused.
 */
const NOTES_MAX = 4_000_000;

const OP_ELSE = 0x05;
const OP_BRANCH_TABLE = 0x0e;
const OP_CALL = 0x10;
const OP_CALL_INDIRECT = 0x11;
const EMPTY_TYPE = 0x40;

/** What instructions leave on the stack more than they take from it. Those that are not here leave it as high as it was. */
const EFFECTS: readonly (readonly [first: number, last: number, effect: number])[] = [
  [0x04, 0x04, -1], // if
  [0x0d, 0x0e, -1], // br_if, br_table
  [0x1a, 0x1a, -1], // drop
  [0x1b, 0x1b, -2], // select
  [0x20, 0x20, 1], // local.get, and .set
  [0x21, 0x21, -1],
  [0x23, 0x23, 1], // global.get, and .set
  [0x24, 0x24, -1],
  [0x36, 0x3e, -2], // stores
  [0x3f, 0x3f, 1], // memory.size
  [0x41, 0x44, 1], // constants
  [0x46, 0x4f, -1], // comparison and arithmetic of two
  [0x51, 0x66, -1],
  [0x6a, 0x78, -1],
  [0x7c, 0x8a, -1],
  [0x92, 0x98, -1],
  [0xa0, 0xa6, -1],
];

/** By opcode: it is looked up for every instruction there is. */
const EFFECT = Int8Array.from(
  { length: 256 },
  (_, opcode) => EFFECTS.find(([first, last]) => opcode >= first && opcode <= last)?.[2] ?? 0,
);

/** Which globals it names is looked at where it is metered. */
const BOUNDS: Bounds = { globals: Number.POSITIVE_INFINITY, isTrusted: false };

export type Shape = {
  readonly types: readonly FunctionType[];
  /** Of each function the index of its type: those that are imported, then its own. */
  readonly functions: readonly number[];
  readonly imported: number;
};

/** @throws Error when there is too much */
export function checkShape(section: Uint8Array, shape: Shape): void {
  const reader = new Reader(section, 0);
  let notes = 0;
  for (let index = shape.imported, left = reader.number(); left > 0; index++, left--) {
    const length = reader.number();
    notes += countNotes(reader, reader.at + length, shape, index);
    if (notes > NOTES_MAX)
      throw new Error("the WebAssembly module has too many locals, values and blocks in one function");
  }
}

/** As V8 counts, where code can be reached; elsewhere nothing is noted, and any number will do. */
function countNotes(reader: Reader, to: number, shape: Shape, index: number): number {
  const locals = reader.skipLocals() + typeAt(shape, shape.functions[index]).parameters.length;
  const open: { readonly height: number; readonly results: number }[] = [];
  let [height, notes] = [0, 0];
  while (reader.at < to) {
    const at = reader.at;
    const opcode = reader.byte();
    skipOperands(reader, opcode, BOUNDS);
    height = Math.max(0, height + (EFFECT[opcode] ?? 0));
    if (opcode === OP_CALL) height = after(height, typeAt(shape, shape.functions[numberAt(reader.bytes, at + 1)]));
    else if (opcode === OP_CALL_INDIRECT) height = after(height - 1, typeAt(shape, numberAt(reader.bytes, at + 1)));
    else if (isOpening(opcode)) open.push({ height, results: resultsOf(reader.bytes, at + 1, shape) });
    else if (isClosing(opcode)) {
      const block = open.pop();
      height = (block?.height ?? 0) + (block?.results ?? 0);
    } else if (opcode === OP_ELSE) height = open.at(-1)?.height ?? 0;
    if (opcode === OP_BRANCH_TABLE) notes += (numberAt(reader.bytes, at + 1) + 1) * (locals + height);
    else if (isOpening(opcode) || isBranch(opcode)) notes += locals + height + 1;
  }
  return notes;
}

const isBranch = (opcode: number): boolean => opcode === 0x0c || opcode === 0x0d;

const after = (height: number, { parameters, results }: FunctionType): number =>
  Math.max(0, height - parameters.length) + results.length;

function resultsOf(bytes: Uint8Array, at: number, shape: Shape): number {
  const first = bytes[at] ?? 0;
  if (first === EMPTY_TYPE) return 0;
  return first > EMPTY_TYPE && first < 0x80 ? 1 : typeAt(shape, numberAt(bytes, at)).results.length;
}

function typeAt({ types }: Shape, index: number | undefined): FunctionType {
  const type = index === undefined ? undefined : types[index];
  if (type === undefined) throw new Error("the WebAssembly module names a type that it has not");
  return type;
}
