/**
 * Fuel for a WebAssembly module that somebody else wrote, whoever that is: it ends by a trap when its fuel is used up. What
 * is paid for is work, not rounds: each round of a loop and each call of a function costs as much as there is in it, so
 * that no body, however long, is a cheap one.
 * @see https://webassembly.github.io/spec/core/binary/
 */
import type { Weights } from "./meter-body.ts";
import { meter } from "./meter-wasm.ts";
import { numberAt, Reader, signed } from "./wasm-reader.ts";
import { type FunctionType, readFunctions, readImports, readTypes, SECTION } from "./wasm-section.ts";
import { checkShape } from "./wasm-shape.ts";

const OP_CALL = 0x10;
const OP_CALL_INDIRECT = 0x11;
const OP_MEMORY_GROW = 0x40;

/** Of a table: what an interpreter of policies has is a few hundred. */
const TABLE_ELEMENTS_MAX = 10_000;

/**
 * What things cost, beside one for each byte of code and each local: of those a machine does one in a nanosecond, or more.
 * Measured in V8's first compiler, which is the slower one: a division takes 25 ns, a float to an integer 40, growing by
 * nothing 23 and a call of the host up to 50.
 */
const COST = { place: 10, slow: 50, hostCall: 100, grow: 500 } as const;
/** A trap in any case, and no number that could run over: no module has so much in it that is one. */
const COST_MAX = 2 ** 30;

/** Instructions that take many times as long as others: division, remainder, root, rounding, minimum, float to integer. */
const SLOW: readonly (readonly [first: number, last: number])[] = [
  [0x6d, 0x70],
  [0x7f, 0x82],
  [0x8d, 0x91],
  [0x95, 0x97],
  [0x9b, 0x9f],
  [0xa3, 0xa5],
  [0xa8, 0xab],
  [0xae, 0xb1],
  [0xb5, 0xb5],
  [0xba, 0xba],
];
const SLOW_OPCODES: ReadonlySet<number> = new Set(
  SLOW.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => first + at)),
);

/** A function of the host: how many i32 it is given and gives. */
export type HostFunction = { readonly parameters: number; readonly results: 0 | 1 };

export type Fuelling = {
  /** Name under which the fuel is exported, and what it starts with. */
  readonly counter: string;
  readonly fuel: number;
  /** What may be imported from `env`, beside its `memory`, by name. */
  readonly host: Readonly<Record<string, HostFunction>>;
};

/** @throws Error for what is no module, holds what cannot be counted, or wants what the host does not give */
export const meterFuel = (module: Uint8Array, { counter, fuel, host }: Fuelling): Uint8Array<ArrayBuffer> =>
  meter(module, {
    ...{ counter, start: fuel, check: sectionCheck(host) },
    isTrusted: false,
    metering: (imported, index) => ({
      weights: weightsFor(imported.length),
      codeFor: ({ weight }) => charge(index, weight),
    }),
  });

/** @param imported how many functions: they have the first indices */
const weightsFor = (imported: number): Weights => ({
  extra: (opcode) => (SLOW_OPCODES.has(opcode) ? COST.slow : 0),
  own(opcode, bytes, at) {
    if (opcode === OP_MEMORY_GROW) return COST.grow;
    // One through a table may be one of the host.
    const isHostCall = opcode === OP_CALL_INDIRECT || (opcode === OP_CALL && numberAt(bytes, at + 1) < imported);
    return isHostCall ? COST.hostCall : 0;
  },
});

const charge = (index: readonly number[], weight: number): number[] => [
  ...[0x23, ...index, 0x41, ...signed(Math.min(weight + COST.place, COST_MAX)), 0x6b, 0x24, ...index], // fuel = fuel - cost
  ...[0x23, ...index, 0x41, 0, 0x4c, 0x04, 0x40, 0x00, 0x0b], // if it is zero or less: unreachable
];

/** Of the sections in their order: types come before what is imported, and functions before their code. */
function sectionCheck(host: Fuelling["host"]) {
  let types: readonly FunctionType[] = [];
  let imported: readonly number[] = [];
  let own: readonly number[] = [];
  return (id: number, section: Uint8Array): void => {
    if (id === SECTION.type) types = readTypes(section);
    else if (id === SECTION.import) imported = checkImports(section, types, host);
    else if (id === SECTION.function) own = readFunctions(section);
    else if (id === SECTION.code) {
      checkShape(section, { types, functions: [...imported, ...own], imported: imported.length });
    } else checkSpace(id, section);
  };
}

/**
 * By exact name and type. Whatever an import is looked up in, objects of JavaScript have more than was put into them: a
 * module that named `constructor` could call built-in functions, which nobody counts.
 * @returns types of the functions
 */
function checkImports(section: Uint8Array, types: readonly FunctionType[], host: Fuelling["host"]): number[] {
  const functions: number[] = [];
  for (const { module, name, kind, type } of readImports(section)) {
    const known = kind === "function" && Object.hasOwn(host, name) ? host[name] : undefined;
    const isMemory = kind === "memory" && name === "memory";
    if (module !== "env" || !(isMemory || isOfType(known, types[type]))) {
      throw new Error(
        `the WebAssembly module imports ${JSON.stringify(`${module}.${name}`)}, which no policy is given`,
      );
    }
    if (kind === "function") functions.push(type);
  }
  return functions;
}

const isOfType = (known: HostFunction | undefined, type: FunctionType | undefined): boolean =>
  known !== undefined &&
  type?.parameters.length === known.parameters &&
  type.results.length === known.results &&
  [...type.parameters, ...type.results].every((value) => value === "i32");

/** One table of a moderate size, and no memory but the host's. */
function checkSpace(id: number, section: Uint8Array): void {
  if (id !== SECTION.table && id !== SECTION.memory) return;
  const reader = new Reader(section, 0);
  const count = reader.number();
  if (count === 0) return;
  if (id === SECTION.memory || count > 1)
    throw new Error("the WebAssembly module has a memory or a table of its own too many");
  reader.skipType();
  reader.number(); // whether there is a maximum
  if (reader.number() > TABLE_ELEMENTS_MAX) throw new Error(`a table may have ${TABLE_ELEMENTS_MAX} elements`);
}
