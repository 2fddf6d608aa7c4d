/**
 * One QuickJS engine: a WebAssembly instance in the state its image has, with a heap limit, a stack limit and a budget, for
 * one call. It knows nothing of files or consoles; text is all that crosses its wall.
 *
 * At each tick the budget may throw, which unwinds the engine for good, or return a promise, which suspends it so that
 * the rest of the process gets its turn: an endless loop inside neither outlives its time nor freezes what runs
 * beside it. Only evaluating, calling and running jobs execute a program's code, so only these are asynchronous.
 */
import type { Image } from "../image.ts";
import { SPARE_BYTES_MAX } from "../limits.ts";
import type { Instance } from "./binding.ts";
import { randomStateIn, seedRandomState } from "./random-state.ts";
import { keepSpare, takeInstance } from "./spare.ts";

/** `await` at the top level; the value is a promise of `{value}`. @see quickjs.h, JS_EVAL_FLAG_ASYNC */
const EVAL_ASYNC = 1 << 7;
/** What an error with its stack may take. */
const ERROR_ROOM_BYTES = 4_096;
/** Between two looks at whether jobs are left. */
const JOBS_PER_TURN = 100;

/** Synchronous function for the program. What it throws unwinds the engine, so it is for ending a program only. */
export type HostFunction = (...args: readonly string[]) => string;

export type ResumeOptions = {
  readonly wasm: WebAssembly.Module;
  /** Of the heap, with what an image brings along. */
  readonly memoryBytes: number;
  /** Throws to stop the engine, returns a promise to suspend it. */
  readonly tick: () => number | Promise<number>;
  readonly image: Image;
  /** Names that the image was made with, in the same order. */
  readonly hooks: readonly string[];
  readonly stackBytes: number;
  /** The image's own random numbers are the same in every call. */
  readonly randomBytes: (into: Uint8Array) => void;
  /** Source of an ES module; one that throws when there is no such module. Absent: nothing can be imported. */
  readonly loadModule?: (name: string) => string;
};

/** A value in the engine's heap. Never freed by hand: the whole heap goes with the engine. */
export type Handle = number;

export type Evaluated = { readonly ok: true; readonly value: Handle } | { readonly ok: false; readonly error: Handle };

type Opened = {
  readonly runtime: number;
  readonly context: number;
  readonly hooks: ReadonlyMap<string, Handle | undefined>;
  /** Absent while the build makes what is resumed. */
  readonly resumed?: { readonly image: Image; readonly randomState: number };
};

export class Engine {
  readonly #instance: Instance;
  readonly #binding: Instance["binding"];
  readonly #running: Instance["running"];
  readonly #heap: Instance["heap"];
  readonly #runtime: number;
  readonly #context: number;
  readonly #functions: readonly HostFunction[];
  readonly #hooks: Opened["hooks"];
  /** What its instance is rewound to for the next call. */
  #resumed: Opened["resumed"];

  /** Use `Engine.resume`; the build, which makes what is resumed, has parts of its own. */
  constructor(instance: Instance, opened: Opened, functions: readonly HostFunction[]) {
    this.#instance = instance;
    this.#binding = instance.binding;
    this.#running = instance.running;
    this.#heap = instance.heap;
    this.#functions = functions;
    this.#runtime = opened.runtime;
    this.#context = opened.context;
    this.#hooks = opened.hooks;
    this.#resumed = opened.resumed;
  }

  /**
   * An engine in the state that the build left in the image, for as long as `work` takes and no longer. When it throws, what
   * ran in the engine may not have come to its end, and the instance goes with it.
   * @param functions what stands behind the globals that were defined then, in the same order.
   */
  static async resume<T>(
    options: ResumeOptions,
    functions: readonly HostFunction[],
    work: (engine: Engine) => Promise<T>,
  ): Promise<T> {
    const { image } = options;
    const [runtime, context, randomState, ...handles] = image.roots;
    if (runtime === undefined || context === undefined || randomState === undefined) {
      throw new Error("the image holds no engine");
    }
    if (handles.length !== options.hooks.length) {
      throw new Error(`the image holds ${handles.length} hooks, not ${options.hooks.length}`);
    }
    const hooks = new Map(options.hooks.map((name, index) => [name, handles[index]]));
    const instance = await takeInstance(options);
    const { binding, heap } = instance;
    const engine = new Engine(instance, { runtime, context, hooks, resumed: { image, randomState } }, functions);
    instance.serve({
      tick: options.tick,
      callbacks: {
        callFunction: (_, count, argv, id) => engine.#answer(id, count, argv),
        loadModule: (name) => {
          const source = options.loadModule?.(name);
          return source === undefined ? 0 : engine.#allocateText(source).pointer;
        },
      },
    });
    binding.QTS_RuntimeSetMemoryLimit(runtime, options.memoryBytes);
    binding.QTS_RuntimeSetMaxStackSize(runtime, options.stackBytes);
    if (options.loadModule !== undefined) binding.QTS_RuntimeEnableModuleLoader(runtime, 0);
    seedRandomState(heap.bytes(), randomState, options.randomBytes);
    const result = await work(engine);
    keepSpare(engine.#resumed?.image ?? image, instance);
    return result;
  }

  /**
   * The same at two moments between which nothing came in that differs from call to call: no answer of the host, of the clock
   * or of the time zone, no memory that was not to be had, and no random number. What ran between them has left what it
   * would leave in any call with the same limits.
   */
  intake(): string {
    const state = this.#resumed === undefined ? [] : randomStateIn(this.#heap.bytes(), this.#resumed.randomState);
    return [this.#instance.told(), ...state].join();
  }

  /**
   * An image of what is in it now, to resume from with the same hooks. Its instance will wait for that image's first call.
   * @returns null when something runs in it, and when it is too large for an instance that waits.
   */
  takeImage(): Image | null {
    if (this.#resumed === undefined || this.#heap.bytes().length > SPARE_BYTES_MAX) return null;
    const image = this.#instance.takeImage(this.#resumed.image);
    if (image !== null) this.#resumed = { ...this.#resumed, image };
    return image;
  }

  /** A script's completion value; with `async`, the promise of it as `{value}`. An error is one of compiling too. */
  async evaluate(source: string, options: { readonly file: string; readonly async: boolean }): Promise<Evaluated> {
    const code = this.#allocateText(source);
    const file = this.#allocateText(options.file);
    const flags = options.async ? EVAL_ASYNC : 0;
    const { pointer, bytes } = code;
    const value = await this.#running.evaluate(this.#context, pointer, bytes, file.pointer, 0, flags);
    // The engine has copies of what it keeps of them. Without these zeros an image would hold the whole source.
    this.#heap.bytes().fill(0, pointer, pointer + bytes);
    this.#heap.withoutTicks(() => {
      this.#heap.free(pointer);
      this.#heap.free(file.pointer);
    });
    return this.#settle(value);
  }

  async call(fn: Handle, args: readonly Handle[]): Promise<Evaluated> {
    const argv = this.#heap.withoutTicks(() => this.#heap.allocate(4 * Math.max(args.length, 1)));
    this.#heap.writePointers(argv, args);
    const self = this.#binding.QTS_GetUndefined();
    return this.#settle(await this.#running.call(this.#context, fn, self, args.length, argv));
  }

  /** Runs what promises have queued until nothing is left. A job that throws was nobody's to catch: it is dropped. */
  async runJobs(): Promise<void> {
    const out = this.#heap.withoutTicks(() => this.#heap.allocate(4));
    while (this.#binding.QTS_IsJobPending(this.#runtime) !== 0) {
      await this.#running.runJobs(this.#runtime, JOBS_PER_TURN, out);
    }
  }

  /** What stood behind a global that the build took away. */
  hook(name: string): Handle {
    const handle = this.#hooks.get(name);
    if (handle === undefined) throw new Error(`the engine has no hook ${name}`);
    return handle;
  }

  /** A string in the engine's heap. It ends at the first NUL. */
  text(text: string): Handle {
    const { pointer } = this.#allocateText(text);
    return this.#heap.withoutTicks(() => {
      const value = this.#binding.QTS_NewString(this.#context, pointer);
      this.#heap.free(pointer);
      return value;
    });
  }

  /** Whether its heap has no room left for an error's text, so that a program may have ended without a word. */
  isFull(): boolean {
    try {
      return !this.#settle(this.text(" ".repeat(ERROR_ROOM_BYTES))).ok;
    } catch (thrown) {
      if (thrown instanceof RangeError) return true;
      throw thrown;
    }
  }

  numberOf(handle: Handle): number {
    return this.#binding.QTS_GetFloat64(this.#context, handle);
  }

  /** Of a string only: any other value could run a program's code to become one. */
  textOf(handle: Handle): string {
    return this.#heap.withoutTicks(() => {
      const pointer = this.#binding.QTS_GetString(this.#context, handle);
      const text = pointer === 0 ? "" : this.#heap.readText(pointer);
      if (pointer !== 0) this.#binding.QTS_FreeCString(this.#context, pointer);
      return text;
    });
  }

  /** An error's own words, for errors of trusted code: a program's could run its code here. */
  errorText(handle: Handle): string {
    return this.#heap.withoutTicks(() => {
      const pointer = this.#binding.QTS_GetString(this.#context, handle);
      return pointer === 0 ? "error" : this.#heap.readText(pointer);
    });
  }

  #settle(value: number): Evaluated {
    const error = this.#heap.withoutTicks(() => this.#binding.QTS_ResolveException(this.#context, value));
    return error === 0 ? { ok: true, value } : { ok: false, error };
  }

  #answer(id: number, count: number, argv: number): number {
    const args = Array.from({ length: count }, (_, index) =>
      this.textOf(this.#binding.QTS_ArgvGetJSValueConstPointer(argv, index)),
    );
    return this.text(this.#functions[id]?.(...args) ?? "");
  }

  #allocateText(text: string): { readonly pointer: number; readonly bytes: number } {
    const bytes = this.#heap.textBytes(text);
    const pointer = this.#heap.withoutTicks(() => this.#heap.allocate(bytes + 1));
    if (pointer === 0) throw new RangeError("out of memory");
    this.#heap.writeText(pointer, text, bytes + 1);
    return { pointer, bytes };
  }
}
