/**
 * A tenant's compiled policy, instantiated and asked. Whoever compiled it may have written anything: it has this memory,
 * its fuel, and two functions that end it. Nothing that it answers is believed to be where it says, or to end at all.
 *
 * The library that evaluates the default policy reads answers without a bound, and its own functions (patterns, YAML) are
 * not metered: a module could hold the thread through them. So a policy has the built-in functions that are compiled into it.
 * @see https://www.openpolicyagent.org/docs/wasm#abi (1.2 and later)
 */

/** Name of the decision among a policy's entry points, which whoever compiles it names too. */
export const POLICY_ENTRYPOINT = "vasini/authz/decision";
/** Name under which a metered module exports its fuel (src/policy/meter-fuel.ts). */
export const FUEL_EXPORT = "vasini_fuel";
/**
 * Of one decision, in the meter's units: some 100 ms of the worst that a module may do. The default policy takes less than a
 * hundredth, and a question of 250 KB all of it. Over it the module ends, and the answer is no.
 */
export const FUEL = 100_000_000;
/**
 * What a policy may import from `env` beside its memory: functions, and how many i32 each takes and gives. None of them comes
 * back to it but the second.
 */
export const HOST = {
  opa_abort: { parameters: 1, results: 0 },
  opa_println: { parameters: 1, results: 0 },
  opa_builtin0: { parameters: 2, results: 1 },
  opa_builtin1: { parameters: 3, results: 1 },
  opa_builtin2: { parameters: 4, results: 1 },
  opa_builtin3: { parameters: 5, results: 1 },
  opa_builtin4: { parameters: 6, results: 1 },
} as const;
/** Pages of 64 KiB: what a policy starts with, and what it may grow to. */
const MEMORY_PAGES = { initial: 32, maximum: 256 } as const;
/** Bytes of an answer: a decision is a few hundred. */
const ANSWER_BYTES_MAX = 64 * 1024;

/** `message` is the module's or ours, and bounded: for the publisher and the log. */
export type IsolateAnswer =
  | { readonly kind: "answer"; readonly json: string }
  | { readonly kind: "failed"; readonly message: string };

export type Machine = {
  /** The answer to a question, both as JSON: a list with one result, or with none where the decision is undefined. */
  ask(inputJson: string): string;
};

/** @throws Error, for the publisher to read, when the module is no policy of this kind; else what the module throws. */
export function startMachine(module: WebAssembly.Module): Machine {
  const memory = new WebAssembly.Memory(MEMORY_PAGES);
  const end = (reason: string): never => {
    throw new Error(reason);
  };
  const builtin = () => end("It asked for a built-in function that is not compiled in.");
  const functions: Readonly<Record<keyof typeof HOST, (at: number) => unknown>> = {
    opa_abort: (at) => end(`It gave up: ${read(memory, at >>> 0)}`),
    opa_println: () => undefined,
    ...{
      opa_builtin0: builtin,
      opa_builtin1: builtin,
      opa_builtin2: builtin,
      opa_builtin3: builtin,
      opa_builtin4: builtin,
    },
  };
  const instance = new WebAssembly.Instance(module, bare({ env: bare({ memory, ...functions }) }));
  const { fuel, call } = readExports(instance);
  const own = Object.keys(readObject(read(memory, call("opa_json_dump", call("builtins")))));
  if (own.length > 0) throw new Error(`It uses built-in functions that are not compiled in: ${own.sort().join(", ")}.`);
  const entries = readObject(read(memory, call("opa_json_dump", call("entrypoints"))));
  const entry = Object.hasOwn(entries, POLICY_ENTRYPOINT) ? entries[POLICY_ENTRYPOINT] : undefined;
  if (typeof entry !== "number") throw new Error(`It has no entry point ${POLICY_ENTRYPOINT}.`);
  const data = write(memory, call("opa_malloc", 2), "{}");
  const dataAt = call("opa_json_parse", data.at, data.length);
  const heapAt = call("opa_heap_ptr_get");
  return {
    ask(inputJson) {
      fuel.value = FUEL;
      const input = write(memory, heapAt, inputJson);
      return read(memory, call("opa_eval", 0, entry, dataAt, input.at, input.length, input.at + input.length, 0));
    },
  };
}

/** Without what every object of JavaScript has besides: a name that was not put in is not found. */
const bare = <T extends object>(fields: T): T => Object.assign(Object.create(null), fields);

function readExports({ exports }: WebAssembly.Instance) {
  const fuel = exports[FUEL_EXPORT];
  if (!(fuel instanceof WebAssembly.Global)) throw new Error("It is not metered.");
  const call = (name: string, ...given: readonly number[]): number => {
    const found = exports[name];
    if (typeof found !== "function") throw new Error(`It exports no function ${name}: it is no policy of OPA.`);
    return Number(Reflect.apply(found, undefined, given)) >>> 0;
  };
  return { fuel, call };
}

function write(memory: WebAssembly.Memory, at: number, text: string): { readonly at: number; readonly length: number } {
  const bytes = new TextEncoder().encode(text);
  const missing = at + bytes.length - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / 65_536));
  new Uint8Array(memory.buffer).set(bytes, at);
  return { at, length: bytes.length };
}

/** Text from an address on up to its NUL. */
function read(memory: WebAssembly.Memory, at: number): string {
  const bytes = new Uint8Array(memory.buffer).subarray(at, at + ANSWER_BYTES_MAX);
  const length = bytes.indexOf(0);
  if (length < 0) throw new Error("Its answer has no end.");
  return new TextDecoder().decode(bytes.subarray(0, length));
}

function readObject(json: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(json);
  if (typeof value !== "object" || value === null) throw new Error("It does not say what it has.");
  return { ...value };
}
