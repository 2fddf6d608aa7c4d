/**
 * The C interface of the QuickJS build, and how it is loaded. The only file that knows the binding's package; all of
 * its loose typing ends here.
 */
import loadModule from "@jitl/quickjs-wasmfile-release-sync/emscripten-module";
import { QuickJSFFI } from "@jitl/quickjs-wasmfile-release-sync/ffi";
import { gapsOf, type Image, placeImage, takeImage } from "../image.ts";
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
/** Makes the memory larger, and answers with 0 or false when there is no more to be had. */
const GROW_IMPORT = "k";
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
   * How often it was told anything: by a function of the host, the clock, the time zone, a memory that could not grow,
   * or whatever else its code imports. Not counted are ticks and a memory that has grown, which say nothing.
   */
  told(): number;
  /**
   * What is in its memory now, to make others of and to rewind to.
   * @param base the image it was made of or rewound to last.
   * @returns null when something runs in it, for which its memory is not all there is, or its stack was too deep to rewind.
   */
  takeImage(base: Image): Image | null;
  /**
   * What one that is made of this image would be: every byte of its memory, its counter, and nobody behind it. Of what a
   * program can reach there is nothing else: the code's tables and other globals are constant, or the stack's.
   * @returns false when it cannot be: its memory is larger, its stack was, or something that ran in it did not return.
   */
  rewind(image: Image): boolean;
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
  const initial = pagesOf(options.image);
  const pages = Math.ceil((options.memoryBytes + ENGINE_OVERHEAD_BYTES) / PAGE_BYTES);
  const memory = new WebAssembly.Memory({ initial, maximum: Math.max(pages, initial) });
  let serving = NOBODY;
  let told = 0;
  let exports: WebAssembly.Exports = {};
  const silent = () => undefined;
  const module = await loadModule({
    wasmMemory: memory,
    ...{ print: silent, printErr: silent },
    instantiateWasm: (imports, receive) => {
      const instance = new WebAssembly.Instance(wasm, {
        a: {
          ...counted(
            {
              ...imports.a,
              ...(options.now === undefined ? {} : { [CLOCK_IMPORT]: options.now, ...NO_ZONE }),
              [ENVIRONMENT_IMPORT]: () => NO_ENVIRONMENT,
            },
            () => told++,
          ),
          [TICK_IMPORT]: new Suspending(() => serving.tick()),
        },
      });
      exports = instance.exports;
      receive(instance);
      return instance.exports;
    },
  });
  if (options.image !== undefined) placeImage(options.image, new Uint8Array(memory.buffer));
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
    readText: (pointer) => readMarked(new Uint8Array(memory.buffer), pointer, loose.UTF8ToString),
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
  const [ticksLeft, stack] = [counter.value, stackPosition()];
  const isAtRest = () => stackPosition() === stack && !wasDeep(memory.buffer, stack);
  return {
    ...{ binding: new QuickJSFFI(module) as unknown as Binding, running, heap, memoryBytes: options.memoryBytes },
    serve: (next) => {
      serving = next;
    },
    told: () => told,
    takeImage: (base) => (isAtRest() ? takeImage(heap.bytes(), base, depthsOf(stack)) : null),
    rewind: (image) => {
      serving = NOBODY;
      if (memory.buffer.byteLength !== pagesOf(image) * PAGE_BYTES || !isAtRest()) return false;
      clean(heap.bytes(), image, stack);
      placeImage(image, heap.bytes());
      counter.value = ticksLeft;
      return true;
    },
  };
}

/** A byte order mark, U+FEFF, in UTF-8. */
const MARK = "\ufeff";
const MARK_BYTES = 3;
const isMark = (memory: Uint8Array, at: number): boolean =>
  memory[at] === 0xef && memory[at + 1] === 0xbb && memory[at + 2] === 0xbf;

/** A text with the marks it begins with. They are the file's own, and `read` drops the first of a text that is not short. */
function readMarked(memory: Uint8Array, pointer: number, read: (pointer: number) => string): string {
  let at = pointer;
  while (isMark(memory, at)) at += MARK_BYTES;
  const text = read(at);
  return at === pointer ? text : MARK.repeat((at - pointer) / MARK_BYTES) + text;
}

/** What the memory of a new instance begins with. */
const pagesOf = (image: Image | undefined): number =>
  Math.max(ENGINE_PAGES_MIN, Math.ceil((image?.memoryBytes ?? 0) / PAGE_BYTES));

/** The same imports, with each answer counted before it is given. */
function counted(imports: WebAssembly.ModuleImports, count: () => void): WebAssembly.ModuleImports {
  const counting = ([name, ask]: [string, WebAssembly.ImportValue]) => {
    if (typeof ask !== "function") return [name, ask];
    const answer = (...args: readonly unknown[]) => {
      const given: unknown = Reflect.apply(ask, undefined, args);
      if (name !== GROW_IMPORT || !given) count();
      return given;
    };
    return [name, answer];
  };
  return Object.fromEntries(Object.entries(imports).map(counting));
}

/** Looked at below what is cleaned of a stack, in bytes: several frames, the largest of which has one KiB. */
const STACK_GUARD_BYTES = 4 * 1024;

/** Of a stack, which grows down from `top`: where nobody has ever come to, unless it was deep. */
const depthsOf = (top: number) => ({ from: top - ENGINE_STACK_BYTES, to: top - STACK_CLEANED_BYTES });

function wasDeep(memory: ArrayBuffer, top: number): boolean {
  const guard = new Uint32Array(memory, depthsOf(top).to - STACK_GUARD_BYTES, STACK_GUARD_BYTES / 4);
  // By its index: an iterator takes a small call's time of its own in code that has not become fast.
  for (let index = 0; index < guard.length; index++) if (guard[index] !== 0) return true;
  return false;
}

/** By image: an isolate has few, and each is rewound to with each call. The stack begins in the same place in all of them. */
const gaps = new WeakMap<Image, ReturnType<typeof gapsOf>>();

/**
 * Zeros wherever something may have been written that the image will not be laid over. To write zeros over the zeros of the
 * stack's depths took longer than a small call.
 */
function clean(memory: Uint8Array, image: Image, top: number): void {
  let spans = gaps.get(image);
  if (spans === undefined) {
    spans = gapsOf(image, memory.length, depthsOf(top));
    gaps.set(image, spans);
  }
  for (const { from, to } of spans) memory.fill(0, from, to);
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
