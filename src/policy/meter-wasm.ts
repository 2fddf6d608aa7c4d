/**
 * Puts a counter into a WebAssembly module, which a module of our own counts its loops with: where it has run down, an
 * imported function is called, which may stop the module by throwing or suspend it by returning a promise. Modules of
 * strangers have fuel instead (meter-fuel.ts).
 *
 * An interpreter's own interrupt checks sit in its bytecode loop and its regular expressions. Loops in its C library
 * have none: `new Array(4294967295).indexOf(1)` would hold the thread for minutes. With this no loop is unbounded.
 * The cost, measured on QuickJS: about a tenth of its speed and 5 % of its size.
 * @see https://webassembly.github.io/spec/core/binary/
 */
import { type Metering, meterBody } from "./meter-body.ts";
import { append, concat, type Part, Reader, signed, unsigned } from "./wasm-reader.ts";
import { type Import, readImports, SECTION } from "./wasm-section.ts";

function meterCode(bytes: Uint8Array, metering: Metering): Uint8Array {
  const reader = new Reader(bytes, 0);
  const count = reader.number();
  const parts: Part[] = [unsigned(count)];
  for (let index = 0; index < count; index++) {
    const length = reader.number();
    const body = meterBody(bytes, reader.at, reader.at + length, metering);
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
    ...{ counter, start: period, isTrusted: true, check: () => undefined },
    metering: (functions, index) => {
      const at = functions.indexOf(tick);
      if (at < 0) throw new Error(`the module imports no function ${tick}`);
      const code = [
        ...[0x23, ...index, 0x41, 1, 0x6b, 0x24, ...index], // counter = counter - 1
        ...[0x23, ...index, 0x45, 0x04, 0x40], // if it is zero:
        ...[0x41, ...signed(period), 0x24, ...index, 0x41, 0, 0x10, ...unsigned(at), 0x1a], // counter = period; drop(tick(0))
        0x0b,
      ];
      return { codeFor: ({ kind }) => (kind === "loop" ? code : []), weights: { extra: () => 0, own: () => 0 } };
    },
  });

export type MeterOptions = {
  /** Name under which the counter is exported, and what it starts with. */
  readonly counter: string;
  readonly start: number;
  /** Whether it is one of our own dependencies. */
  readonly isTrusted: boolean;
  /** Throws for a section that it must not have. */
  readonly check: (id: number, section: Uint8Array) => void;
  /** What is put into its functions. @param imported functions by name, which have the first indices; @param index of the counter */
  readonly metering: (imported: readonly string[], index: readonly number[]) => Pick<Metering, "weights" | "codeFor">;
};

/** A module with one global more, and with code that counts in it. */
export function meter(module: Uint8Array, options: MeterOptions): Uint8Array<ArrayBuffer> {
  if (module.length < 8) throw new Error("the WebAssembly module ends too early");
  const reader = new Reader(module, 8);
  const parts: Part[] = [module.subarray(0, 8)];
  let imports: readonly Import[] = [];
  let globals: number | undefined;
  while (reader.at < module.length) {
    const id = reader.byte();
    const length = reader.number();
    const section = module.subarray(reader.at, reader.at + length);
    reader.at += length;
    let body = section;
    options.check(id, section);
    if (id === SECTION.import) imports = readImports(section);
    else if (id === SECTION.global) {
      globals = imports.filter(({ kind }) => kind === "global").length + new Reader(section, 0).number();
      // A mutable i32; appended, so no index in the module changes.
      body = append(section, [0x7f, 1, 0x41, ...signed(options.start), 0x0b]);
    } else if (id === SECTION.export || id === SECTION.code) {
      if (globals === undefined) throw new Error("the module has no global section to put the counter in");
      const counter = unsigned(globals);
      const name = [...new TextEncoder().encode(options.counter)];
      body =
        id === SECTION.export
          ? append(section, [...unsigned(name.length), ...name, 0x03, ...counter])
          : meterCode(section, {
              ...options.metering(functionsOf(imports), counter),
              globals,
              isTrusted: options.isTrusted,
            });
    }
    parts.push([id], unsigned(body.length), body);
  }
  return Uint8Array.from(concat(parts));
}

const functionsOf = (imports: readonly Import[]): string[] =>
  imports.filter(({ kind }) => kind === "function").map(({ name }) => name);
