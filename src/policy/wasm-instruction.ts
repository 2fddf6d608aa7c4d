/**
 * How long each instruction of WebAssembly is. It covers those of version 1.0 with sign extension, saturating conversion, bulk
 * memory, reference types and the first form of exceptions; anything else is refused, because skipping an unknown instruction
 * could lose a loop. So is every form of a known one that newer proposals made longer: whoever wrote the module may want to
 * hide a loop.
 * @see https://webassembly.github.io/spec/core/binary/instructions.html
 */
import type { Reader } from "./wasm-reader.ts";

export const OP_LOOP = 0x03;
const OP_BLOCK = 0x02;
const OP_IF = 0x04;
const OP_TRY = 0x06;
const OP_END = 0x0b;
const OP_DELEGATE = 0x18;

/** Whether a block begins with it, whose end comes later. */
export const isOpening = (opcode: number): boolean => (opcode >= OP_BLOCK && opcode <= OP_IF) || opcode === OP_TRY;
/** Whether it is such an end, or that of the function. */
export const isClosing = (opcode: number): boolean => opcode === OP_END || opcode === OP_DELEGATE;

const EMPTY_TYPE = 0x40;
/** An alignment is below it; from it on the bit says that the index of a memory follows. */
const MEMORY_INDEX_BIT = 0x40;
/** The first instruction behind 0xfc that handles memory in bulk, and the last one behind it that is known. */
const BULK_FIRST = 8;
const PREFIXED_LAST = 17;

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
    case OP_END:
    case 0x19: // catch_all
    case 0x0f: // return
    case 0x1a: // drop
    case 0x1b: // select
    case 0xd1: // ref.is_null
      return "none";
    case OP_BLOCK:
    case OP_LOOP:
    case OP_IF:
    case OP_TRY:
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
    case OP_DELEGATE:
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

/**
 * What came after version 1.0 and is not for strangers: exceptions, which would catch what the host ends a module by;
 * references and tables, at 100 ns an instruction; memory in bulk, of which one may take as long as a million of the others;
 * conversions that saturate, which are calls in V8's first compiler. OPA's compiler writes none of them.
 */
const LATER: ReadonlySet<number> = new Set([
  ...[OP_TRY, 0x07, 0x08, 0x09, OP_DELEGATE, 0x19],
  ...[0x1c, 0x25, 0x26, 0xd0, 0xd1, 0xd2, 0xfc],
]);

/** What a body may hold. */
export type Bounds = { readonly globals: number; readonly isTrusted: boolean };

export function skipOperands(reader: Reader, opcode: number, bounds: Bounds): void {
  if (!bounds.isTrusted && LATER.has(opcode)) throw unknownInstruction(opcode);
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
      skipPrefixed(reader);
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

function skipPrefixed(reader: Reader): void {
  const operation = reader.number();
  if (operation > PREFIXED_LAST) throw new Error(`instruction 0xfc ${operation} is not known to the loop meter`);
  reader.skipNumbers(prefixedOperands(operation));
}

const unknownInstruction = (opcode: number): Error =>
  new Error(`instruction 0x${opcode.toString(16)} is not known to the loop meter`);
