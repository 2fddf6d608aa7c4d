/**
 * The C interface of the QuickJS build, and how it is loaded. The only file that knows the binding's package; all of
 * its loose typing ends here.
 */
import loadModule from "@jitl/quickjs-wasmfile-release-sync/emscripten-module";
import { QuickJSFFI } from "@jitl/quickjs-wasmfile-release-sync/ffi";
import { type Image, placeImage } from "../image.ts";
import { ENGINE_OVERHEAD_BYTES, ENGINE_PAGES_MIN, ENGINE_STACK_BYTES, STACK_CLEANED_BYTES } from "../limits.ts";
import { TICK_COUNTER, TICK_IMPORT } from "./ticks.ts";

/** More loop rounds than any call without a program's code takes: a 32 MiB string costs about 64 million. */
const NO_TICKS = 2 ** 31 - 1;

const PAGE_BYTES = 65_536;

/**
 * Imports of the build: its clock, in epoch milliseconds, and how large its environment variables are. Names are
 * minified, so they belong to the pinned version; with another one images differ from build to build, and a test fails.
 */
const CLOCK_IMPORT = "p";
/** What the C library asks of the machine's time zone: a moment's local time, and the zone's names. */
const ZONE_IMPORTS = ["m", "n"];
const ENVIRONMENT_IMPORT = "f";
/** Export of the same kind: where the C stack stands. */
const STACK_POSITION_EXPORT = "Oa";
/** `ENOSYS`, to which the C library answers with no variables at all. Its own would name the machine. */
const NO_ENVIRONMENT = 52;

const noZone = (): never => {
  throw new Error("a script must not ask for local time while its image is made");
};
const NO_ZONE = Object.fromEntries(ZONE_IMPORTS.map((name) => [name, noZone]));

/** Pointers are numbers; each names what it points to. @see quickjs-emscripten, c/interface.c */
export type Binding = {
  QTS_NewRuntime(): number;
  QTS_RuntimeSetMemoryLimit(runtime: number, bytes: number): void;
  QTS_RuntimeSetMaxStackSize(runtime: number, bytes: number): void;
  QTS_RuntimeEnableModuleLoader(runtime: number, customNormalize: number): void;
  QTS_NewContext(runtime: number, intrinsics: number): number;
  QTS_GetGlobalObject(context: number): number;
  QTS_GetUndefined(): number;
  QTS_NewString(context: number, text: number): number;
  QTS_NewFunction(context: number, name: string, length: number, isConstructor: boolean, id: number): number;
  QTS_SetProp(context: number, object: number, name: number, value: number): void;
  QTS_GetProp(context: number, object: number, name: number): number;
  QTS_GetString(context: number, value: number): number;
  QTS_GetFloat64(context: number, value: number): number;
  QTS_FreeCString(context: number, text: number): void;
  QTS_DupValuePointer(context: number, value: number): number;
  QTS_FreeValuePointer(context: number, value: number): void;
  QTS_ArgvGetJSValueConstPointer(argv: number, index: number): number;
  /** 0 when the value is no exception, else the exception. */
  QTS_ResolveException(context: number, value: number): number;
  QTS_IsJobPending(runtime: number): number;
};

/** The three calls that run a program's code; each may be suspended at a tick. */
export type Running = {
  evaluate(context: number, code: number, length: number, file: number, detect: number, flags: number): Promise<number>;
  call(context: number, fn: number, self: number, count: number, argv: number): Promise<number>;
  runJobs(runtime: number, most: number, contextOut: number): Promise<number>;
};

export type Heap = {
  allocate(bytes: number): number;
  free(pointer: number): void;
  readText(pointer: number): string;
  writeText(pointer: number, text: string, bytes: number): void;
  textBytes(text: string): number;
  writePointers(at: number, pointers: readonly number[]): void;
  /** All of the memory, until it grows. */
  bytes(): Uint8Array;
  /**
   * Runs `work`, which calls into the engine directly, without ticks: a tick may suspend, and only the three calls of
   * `Running` can be suspended. Everything the host asks of the engine beside these goes through here.
   */
  withoutTicks<T>(work: () => T): T;
};

export type Callbacks = {
  /** @returns a value pointer, or 0 for an exception. */
  callFunction(context: number, argumentCount: number, argv: number, id: number): number;
  /** @returns the module's source in the heap, or 0. */
  loadModule(name: string): number;
};

/** JavaScript Promise Integration, which the standard library's types lack. @see https://github.com/WebAssembly/js-promise-integration */
type StackSwitching = {
  readonly Suspending: new (run: () => number | Promise<number>) => WebAssembly.ImportValue;
  promising(run: WebAssembly.ExportValue | undefined): (...args: readonly number[]) => Promise<number>;
};

/** What stands behind an instance for as long as it works for one call. */
export type Serving = {
  readonly callbacks: Callbacks;
  /** Throws to stop what runs, returns a promise to suspend it. */
  readonly tick: () => number | Promise<number>;
};

export type Instance = {
  readonly binding: Binding;
  readonly running: Running;
  readonly heap: Heap;
  /** Heap that it was made for. */
  readonly memoryBytes: number;
  serve(serving: Serving): void;
  /**
   * Back to what it was when it was made: every byte of its memory, its counter, and nobody behind it. Of what a program
   * can reach there is nothing else: the code's tables and other globals are constant, or the stack's.
   * @returns false when it cannot be: its memory has grown, its stack has, or something that ran in it did not return.
   */
  rewind(): boolean;
};

const NOBODY: Serving = {
  callbacks: { callFunction: () => 0, loadModule: () => 0 },
  tick: () => {
    throw new Error("the engine runs for nobody");
  },
};

/** A new instance of the engine's code with a memory of its own. */
export async function instantiate(
  wasm: WebAssembly.Module,
  options: {
    readonly memoryBytes: number;
    /** Laid over the new memory before anything runs in it. */
    readonly image?: Image;
    /** Epoch milliseconds, and then no time zone can be asked for. Absent: the real time, in the machine's zone. */
    readonly now?: () => number;
  },
): Promise<Instance> {
  // A cast, because these two are part of the platform and not yet of its types.
  const { Suspending, promising } = WebAssembly as unknown as StackSwitching;
  const initial = Math.max(ENGINE_PAGES_MIN, Math.ceil((options.image?.memoryBytes ?? 0) / PAGE_BYTES));
  const pages = Math.ceil((options.memoryBytes + ENGINE_OVERHEAD_BYTES) / PAGE_BYTES);
  const memory = new WebAssembly.Memory({ initial, maximum: Math.max(pages, initial) });
  let serving = NOBODY;
  let exports: WebAssembly.Exports = {};
  const silent = () => undefined;
  const module = await loadModule({
    wasmMemory: memory,
    ...{ print: silent, printErr: silent },
    instantiateWasm: (imports, receive) => {
      const instance = new WebAssembly.Instance(wasm, {
        a: {
          ...imports.a,
          ...(options.now === undefined ? {} : { [CLOCK_IMPORT]: options.now, ...NO_ZONE }),
          [ENVIRONMENT_IMPORT]: () => NO_ENVIRONMENT,
          [TICK_IMPORT]: new Suspending(() => serving.tick()),
        },
      });
      exports = instance.exports;
      receive(instance);
      return instance.exports;
    },
  });
  const place = (): void => {
    if (options.image !== undefined) placeImage(options.image, new Uint8Array(memory.buffer));
  };
  place();
  // A cast from the package's branded numbers to plain ones; its own methods have exactly these shapes.
  const loose = module as unknown as LooseModule;
  loose.callbacks = {
    callFunction: (_, context, __, count, argv, id) => serving.callbacks.callFunction(context, count, argv, id),
    loadModuleSource: (_, __, ___, name) => serving.callbacks.loadModule(name),
    freeHostRef: silent,
  };
  const counter = counterOf(exports);
  const heap: Heap = {
    allocate: loose._malloc,
    free: loose._free,
    readText: loose.UTF8ToString,
    writeText: (pointer, text, bytes) => loose.stringToUTF8(text, pointer, bytes),
    textBytes: loose.lengthBytesUTF8,
    // A view per write, because the memory's buffer is replaced whenever it grows.
    bytes: () => new Uint8Array(memory.buffer),
    writePointers: (at, pointers) => new Uint32Array(memory.buffer, at, pointers.length).set(pointers),
    withoutTicks: (work) => {
      const left = counter.value;
      counter.value = NO_TICKS;
      try {
        return work();
      } finally {
        counter.value = left;
      }
    },
  };
  const running: Running = {
    evaluate: promising(loose._QTS_Eval),
    call: promising(loose._QTS_Call),
    runJobs: promising(loose._QTS_ExecutePendingJob),
  };
  const stackPosition = stackPositionOf(exports);
  const [counted, stack] = [counter.value, stackPosition()];
  return {
    ...{ binding: new QuickJSFFI(module) as unknown as Binding, running, heap, memoryBytes: options.memoryBytes },
    serve: (next) => {
      serving = next;
    },
    rewind: () => {
      serving = NOBODY;
      if (memory.buffer.byteLength !== initial * PAGE_BYTES || stackPosition() !== stack) return false;
      if (!clean(memory.buffer, stack)) return false;
      place();
      counter.value = counted;
      return true;
    },
  };
}

/** Looked at below what is cleaned of a stack, in bytes: several frames, the largest of which has one KiB. */
const STACK_GUARD_BYTES = 4 * 1024;

/**
 * Zeros wherever something may have been written. The memory is constants and variables, then the C stack, which grows
 * down from `top`, then the heap. Most of the stack nobody has ever come to, and to write zeros over zeros took longer
 * than a small call.
 * @returns false when the stack was deeper than that.
 */
function clean(memory: ArrayBuffer, top: number): boolean {
  const [bottom, cleaned] = [top - ENGINE_STACK_BYTES, top - STACK_CLEANED_BYTES];
  const guard = new Uint32Array(memory, cleaned - STACK_GUARD_BYTES, STACK_GUARD_BYTES / 4);
  for (const word of guard) if (word !== 0) return false;
  const bytes = new Uint8Array(memory);
  bytes.fill(0, 0, bottom);
  bytes.fill(0, cleaned);
  return true;
}

function counterOf(exports: WebAssembly.Exports): { value: number } {
  const counter = exports[TICK_COUNTER];
  if (counter instanceof WebAssembly.Global) return counter;
  throw new Error("the engine's code is not metered");
}

function stackPositionOf(exports: WebAssembly.Exports): () => number {
  const position = exports[STACK_POSITION_EXPORT];
  // A cast, because the pinned build exports this function under that name; a test holds it.
  if (typeof position === "function") return position as () => number;
  throw new Error("the engine's code does not say where its stack stands");
}

type LooseModule = {
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  UTF8ToString(pointer: number): string;
  stringToUTF8(text: string, pointer: number, bytes: number): void;
  lengthBytesUTF8(text: string): number;
  readonly _QTS_Eval: WebAssembly.ExportValue;
  readonly _QTS_Call: WebAssembly.ExportValue;
  readonly _QTS_ExecutePendingJob: WebAssembly.ExportValue;
  callbacks: {
    callFunction(_: unknown, context: number, self: number, count: number, argv: number, id: number): number;
    loadModuleSource(_: unknown, runtime: number, context: number, name: string): number;
    freeHostRef(): void;
  };
};
