/**
 * One CPython interpreter: Pyodide's WebAssembly without Pyodide's JavaScript. A fresh instance in the state that the
 * build's image holds, with system calls of ours, used once and thrown away.
 *
 * The build imports some 260 functions, most of them its bridge to JavaScript. None of that is linked: an import that
 * the system table does not have ends the run when it is called, so no code inside has a way to an object out here,
 * whatever it finds or forges in its own memory.
 */
import { type Image, placeImage } from "../../image.ts";
import type { SystemTable } from "./calls.ts";
import { ERRNO } from "./errno.ts";
import { GuestMemory } from "./memory.ts";
import { PYTHON_TICK_COUNTER, PYTHON_TICK_IMPORT } from "./ticks.ts";

/** Thrown through the interpreter when it calls what is not there. */
export class Refused extends Error {
  override name = "Refused";
}

export type Machine = {
  readonly memory: GuestMemory;
  /** Functions and globals of the build, by their C names. */
  readonly exports: WebAssembly.Exports;
  /** Runs the statement at that address. May be suspended by a tick. Rejects with what a tick or a call threw. */
  run(statement: number): Promise<number>;
};

export type MachineOptions = {
  /** Pyodide's module, metered. */
  readonly wasm: WebAssembly.Module;
  /** The small module that calls C functions by the signature they have, compiled apart from Pyodide's script. */
  readonly trampoline: WebAssembly.Module;
  /** Absent: an interpreter that has not been started, for making an image. */
  readonly image?: Image;
  readonly tick: () => number | Promise<number>;
  readonly system: (memory: GuestMemory) => SystemTable;
};

/** More loop rounds than starting takes: a tick may suspend, and only `run` can be suspended. */
const NO_TICKS = 2 ** 31 - 1;
const PAGE_BYTES = 65_536;

/** JavaScript Promise Integration, which the standard library's types lack. @see https://github.com/WebAssembly/js-promise-integration */
type StackSwitching = {
  readonly Suspending: new (run: (...args: never) => unknown) => WebAssembly.ImportValue;
  promising(run: WebAssembly.ExportValue | undefined): (...args: readonly number[]) => Promise<number>;
};

/** Calls that may wait. Any other that answered a promise would hand the interpreter nonsense. */
const SUSPENDING: ReadonlySet<string> = new Set(["__syscall_poll", PYTHON_TICK_IMPORT]);

export function startMachine(options: MachineOptions): Machine {
  // A cast, because these two are part of the platform and not yet of its types.
  const { Suspending, promising } = WebAssembly as unknown as StackSwitching;
  const bound: { system: SystemTable } = { system: {} };
  const functionFor = (name: string): WebAssembly.ImportValue => {
    const call = (...args: never[]): unknown => (bound.system[name] ?? absent(name))(...args);
    return SUSPENDING.has(name) ? new Suspending(call) : call;
  };
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
  for (const { module, name, kind } of WebAssembly.Module.imports(options.wasm)) {
    const group = imports[module] ?? {};
    imports[module] = group;
    // The only imported globals are addresses of functions of the bridge to WebGL and the console: null pointers here.
    group[name] = kind === "global" ? new WebAssembly.Global({ value: "i32", mutable: true }, 0) : functionFor(name);
  }
  const { exports } = new WebAssembly.Instance(options.wasm, imports);
  const { memory: raw, __indirect_function_table: table } = exports;
  const counter = exports[PYTHON_TICK_COUNTER];
  if (
    !(raw instanceof WebAssembly.Memory && table instanceof WebAssembly.Table && counter instanceof WebAssembly.Global)
  ) {
    throw new Error("this is not the metered interpreter");
  }
  const memory = new GuestMemory(raw);
  bound.system = {
    ...options.system(memory),
    [PYTHON_TICK_IMPORT]: (command: number) => tickOrRefuse(options, command),
  };
  counter.value = NO_TICKS;
  callExport(exports, "__wasm_call_ctors");
  linkTrampoline(options.trampoline, raw, table);
  if (options.image !== undefined) {
    const missing = options.image.memoryBytes - memory.size;
    if (missing > 0) memory.grow(missing / PAGE_BYTES);
    placeImage(options.image, memory.bytes(0, memory.size));
  }
  const run = promising(exports.PyRun_SimpleStringFlags);
  return {
    memory,
    exports,
    run: (statement) => {
      counter.value = 0x7fff;
      return run(statement, 0);
    },
  };
}

/** The build's own meaning of this import is `system(command)`: a metered loop calls it with null. */
const tickOrRefuse = (options: MachineOptions, command: number): number | Promise<number> =>
  command === 0 ? options.tick() : -1;

/** For the start of an interpreter, which runs to its end at once. */
export function callExport(exports: WebAssembly.Exports, name: string, ...args: readonly number[]): number {
  const call = exports[name];
  if (typeof call !== "function") throw new Error(`the interpreter has no ${name}`);
  return call(...args);
}

/** The slot it gets is known to the image: it is the first after the build's own. */
function linkTrampoline(module: WebAssembly.Module, memory: WebAssembly.Memory, table: WebAssembly.Table): void {
  const { exports } = new WebAssembly.Instance(module, { env: { memory, __indirect_function_table: table } });
  table.set(table.grow(1), exports.trampoline_call);
}

/** A system call that is not there says so; anything else has no way to say it and ends the run. */
function absent(name: string): (...args: never[]) => number | null {
  if (name.startsWith("__syscall_")) return () => -ERRNO.ENOSYS;
  if (name.startsWith("fd_")) return () => ERRNO.ENOSYS;
  if (QUIET.has(name)) return () => null;
  throw new Refused(`${name} is not available`);
}

/** Of the bridge, what the interpreter calls on its own: hooks that have nothing to do here, and say so by a null. */
const QUIET: ReadonlySet<string> = new Set([
  ...["__hiwire_deduplicate_new", "_Py_emscripten_runtime", "_Py_CheckEmscriptenSignals_Helper"],
  ...["_try_fcntl64", "_maybe_poll_async", "_dlopen_js", "_setitimer_js"],
]);
