/** Sections of a WebAssembly module that say what it is given, read. */
import { Reader } from "./wasm-reader.ts";

export const SECTION = {
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  code: 10,
} as const;

const FUNCTION_TYPE = 0x60;
const I32 = 0x7f;
const KINDS = ["function", "table", "memory", "global"] as const;

export type Import = {
  readonly module: string;
  readonly name: string;
  readonly kind: (typeof KINDS)[number];
  /** Of a function the index of its type; else 0. */
  readonly type: number;
};

/** In the order of their indices, which each kind has its own of. */
export function readImports(section: Uint8Array): Import[] {
  const reader = new Reader(section, 0);
  const imports: Import[] = [];
  for (let left = reader.number(); left > 0; left--) {
    const [module, name] = [readName(reader), readName(reader)];
    const code = reader.byte();
    const kind = KINDS[code];
    if (kind === undefined) throw new Error(`import kind ${code} is not known to the loop meter`);
    imports.push({ module, name, kind, type: readImported(reader, kind) });
  }
  return imports;
}

function readImported(reader: Reader, kind: Import["kind"]): number {
  if (kind === "function") return reader.number();
  if (kind === "global") reader.skipNumbers(2);
  else {
    if (kind === "table") reader.skipNumbers(1);
    reader.skipNumbers(reader.number() % 2 === 1 ? 2 : 1); // at least, and at most
  }
  return 0;
}

function readName(reader: Reader): string {
  const length = reader.number();
  reader.at += length;
  // A mark of the byte order is part of a name, which is told from one without it.
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
    reader.bytes.subarray(reader.at - length, reader.at),
  );
}

/** Types of values by name, `i32` alone; all others by their number. */
export type FunctionType = { readonly parameters: readonly string[]; readonly results: readonly string[] };

/** In the order of their indices. */
export function readTypes(section: Uint8Array): FunctionType[] {
  const reader = new Reader(section, 0);
  const types: FunctionType[] = [];
  const values = () => {
    const list: string[] = [];
    for (let left = reader.number(); left > 0; left--) {
      const type = reader.byte();
      list.push(type === I32 ? "i32" : String(type));
    }
    return list;
  };
  for (let left = reader.number(); left > 0; left--) {
    if (reader.byte() !== FUNCTION_TYPE) throw new Error("a type in the WebAssembly module is not known to the meter");
    types.push({ parameters: values(), results: values() });
  }
  return types;
}

/** Of the module's own functions: indices of their types. */
export function readFunctions(section: Uint8Array): number[] {
  const reader = new Reader(section, 0);
  const functions: number[] = [];
  for (let left = reader.number(); left > 0; left--) functions.push(reader.number());
  return functions;
}
