/** One function's body with code put in: which places there are, and how much runs from each to the next. Bytes alone. */
import { type Bounds, isClosing, isOpening, OP_LOOP, skipOperands } from "./wasm-instruction.ts";
import { concat, type Part, Reader } from "./wasm-reader.ts";

/** A place for code: where a function begins, where each round of a loop begins, or before an instruction. */
export type Place = {
  readonly kind: "entry" | "loop" | "instruction";
  /** Where in the bytes. */
  readonly at: number;
  /**
   * Of what may run from here on before another place is passed, which it does once at most: between two places
   * nothing goes back. An inner loop has a place of its own.
   */
  weight: number;
};

export type Weights = {
  /** Of an instruction, beside its bytes. */
  readonly extra: (opcode: number) => number;
  /** Of one that has a place of its own, because it is seldom reached and takes long; 0 for all others. */
  readonly own: (opcode: number, bytes: Uint8Array, at: number) => number;
};

export type Metering = Bounds & {
  readonly weights: Weights;
  /** Empty: nothing is put in there. It must leave the stack as it is. */
  readonly codeFor: (place: Place) => readonly number[];
};

export function meterBody(bytes: Uint8Array, from: number, to: number, metering: Metering): Uint8Array {
  const parts: Part[] = [];
  let copied = from;
  for (const place of placesOf(bytes, from, to, metering)) {
    const code = metering.codeFor(place);
    if (code.length === 0) continue;
    parts.push(bytes.subarray(copied, place.at), code);
    copied = place.at;
  }
  return concat([...parts, bytes.subarray(copied, to)]);
}

/** In the order in which they stand. */
function placesOf(bytes: Uint8Array, from: number, to: number, { weights, ...bounds }: Metering): Place[] {
  const reader = new Reader(bytes, from);
  const entry: Place = { kind: "entry", weight: reader.skipLocals(), at: reader.at };
  const places = [entry];
  /** Of each open block: the place that pays for what stands directly in it. */
  const open = [entry];
  while (reader.at < to) {
    const at = reader.at;
    const opcode = reader.byte();
    skipOperands(reader, opcode, bounds);
    const place = open.at(-1);
    if (place === undefined) throw new Error("the WebAssembly module has a function that goes on behind its end");
    place.weight += reader.at - at + weights.extra(opcode);
    const weight = weights.own(opcode, bytes, at);
    if (weight > 0) places.push({ kind: "instruction", at, weight });
    if (opcode === OP_LOOP) {
      const loop: Place = { kind: "loop", at: reader.at, weight: 0 };
      places.push(loop);
      open.push(loop);
    } else if (isOpening(opcode)) open.push(place);
    else if (isClosing(opcode)) open.pop();
  }
  if (reader.at !== to) throw new Error("the WebAssembly module has a function that does not end where it says");
  return places;
}
