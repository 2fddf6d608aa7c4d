/**
 * What a program finds in its world: console, process, timers, `require` and its modules. Runs inside the engine,
 * before the program; everything here is the program's to break, nothing here is trusted by the host.
 */
import { HOOK_GLOBALS, type ModuleTable, type ProgramFacts } from "../protocol.ts";
import { assert } from "./assert.ts";
import { createFs } from "./fs.ts";
import { ask, emit } from "./host.ts";
import { describeError, format, inspect } from "./inspect.ts";
import * as path from "./path.ts";
import { runDueTimer, timerGlobals } from "./timers.ts";

type Loaded = { exports: unknown };

// Kept before any program can replace them: the outcome must not depend on a program's tinkering by accident.
const { then } = Promise.prototype;
const { stringify } = JSON;

const write = (stream: "out" | "err") => (text: unknown) => {
  emit(stream, String(text));
  return true;
};
const print =
  (stream: "out" | "err") =>
  (...args: readonly unknown[]): void =>
    emit(stream, `${format(args)}\n`);

const console = {
  ...{ log: print("out"), info: print("out"), debug: print("out"), dir: (value: unknown) => print("out")(value) },
  ...{ warn: print("err"), error: print("err") },
  table: print("out"),
  trace: (...args: readonly unknown[]) => print("err")(`Trace: ${format(args)}\n${new Error().stack ?? ""}`),
  assert: (condition: unknown, ...args: readonly unknown[]) => {
    if (!condition) print("err")("Assertion failed:", ...args);
  },
  ...{ group: print("out"), groupEnd: () => undefined, time: () => undefined, timeEnd: () => undefined },
};

type Listener = (chunk?: string) => void;

const stdin = {
  isTTY: false,
  setEncoding: () => stdin,
  resume: () => stdin,
  read: () => ask("stdin"),
  on: (event: string, listener: Listener) => {
    if (event === "data" && ask("stdin") !== "") timerGlobals.setTimeout(() => listener(ask("stdin")), 1);
    if (event === "end" || event === "close") timerGlobals.setTimeout(() => listener(), 2);
    return stdin;
  },
  once: (event: string, listener: Listener) => stdin.on(event, listener),
  async *[Symbol.asyncIterator]() {
    if (ask("stdin") !== "") yield ask("stdin");
  },
};

/** A program sets `process.exitCode`; whatever it sets is read as a number. */
const exit: { process: object } = { process: {} };
const toExitCode = (code: unknown): number => Math.trunc(Number(code ?? 0)) & 0xff;

function createProcess(facts: ProgramFacts) {
  return {
    argv: ["node", facts.file],
    cwd: () => facts.cwd,
    env: { ...facts.env },
    exit: (code?: unknown): void => {
      ask("exit", String(toExitCode(code ?? Reflect.get(exit.process, "exitCode"))));
    },
    hrtime: Object.assign(() => [Math.trunc(Date.now() / 1000), 0], { bigint: () => BigInt(Date.now()) * 1_000_000n }),
    memoryUsage: () => ({ heapUsed: 0 }),
    nextTick: (callback: (...args: readonly unknown[]) => void, ...args: readonly unknown[]) =>
      void then.call(Promise.resolve(), () => callback(...args)),
    on: () => undefined,
    once: () => undefined,
    platform: "linux",
    stderr: { isTTY: false, write: write("err") },
    stdin,
    stdout: { isTTY: false, write: write("out") },
    uptime: () => 0,
    version: "v0.0.0",
    versions: {},
  };
}

/** CommonJS: the built-in modules, then `.js`, `.cjs` and `.json` files of the workspace. */
function createRequire(modules: ReadonlyMap<string, unknown>, resolve: (...parts: string[]) => string) {
  const loaded = new Map<string, Loaded>();
  const load = (file: string): unknown => {
    const known = loaded.get(file);
    if (known !== undefined) return known.exports;
    const source = ask("read", file);
    const module: Loaded = { exports: {} };
    loaded.set(file, module);
    if (file.endsWith(".json")) module.exports = JSON.parse(source);
    else {
      // The engine's own `Function`: the code stays inside the engine like everything else.
      const run = new Function("module", "exports", "require", "__filename", "__dirname", source);
      run(module, module.exports, requireFrom(path.dirname(file)), file, path.dirname(file));
    }
    return module.exports;
  };
  const requireFrom = (folder: string) => (name: unknown) => {
    const wanted = String(name);
    const module = modules.get(wanted.replace(/^node:/, ""));
    if (module !== undefined) return module;
    if (!/^\.{0,2}\//.test(wanted)) {
      throw new Error(
        `Cannot find module '${wanted}'. Available: ${[...modules.keys()].join(", ")}, and files by path.`,
      );
    }
    const target = resolve(folder, wanted);
    const file = [target, `${target}.js`, `${target}.json`].find((candidate) => ask("kind", candidate) === "file");
    if (file === undefined) throw new Error(`Cannot find module '${wanted}'`);
    return load(file);
  };
  return requireFrom;
}

/** Called once, before the program. Returns the modules it can import, as JSON. */
function start(factsJson: string): string {
  const facts: ProgramFacts = JSON.parse(factsJson);
  const process = createProcess(facts);
  exit.process = process;
  const resolve = path.resolver(() => facts.cwd);
  const fs = createFs((file) => resolve(file));
  const { resolver: _resolver, relativeFrom, ...pathFunctions } = path;
  const relative = (from: string, to: string) => relativeFrom(resolve(from), resolve(to));
  const posix = { ...pathFunctions, relative, resolve, sep: "/", delimiter: ":" };
  const util = { format: (...args: readonly unknown[]) => format(args), inspect };
  const modules = new Map<string, unknown>(
    Object.entries({ assert, fs, "fs/promises": fs.promises, path: { ...posix, posix }, process, util }),
  );
  const require = createRequire(modules, resolve)(facts.cwd);
  const module: Loaded = { exports: {} };
  Object.assign(globalThis, timerGlobals, { console, process, require, module, exports: module.exports });
  Object.assign(globalThis, { global: globalThis, __filename: facts.file, __dirname: facts.cwd });
  const from = Date.now();
  Object.assign(globalThis, { performance: { now: () => Date.now() - from } });
  const table: ModuleTable = Object.fromEntries(
    [...modules].map(([name, exported]) => [name, Object.keys(Object(exported))]),
  );
  return stringify(table);
}

/** Absent for what JSON cannot say: undefined, functions, cycles, BigInt. */
function toJson(value: unknown): string {
  try {
    return stringify(value) ?? "";
  } catch {
    return ""; // not serialisable is an answer of its own: the result then has no value
  }
}

/** Called with the promise of the program's completion value. */
function watch(completion: Promise<{ readonly value: unknown }>): void {
  const done = (value: unknown) => void ask("settled", "value", toJson(value));
  const failed = (error: unknown) => void ask("settled", "error", describeError(error));
  const unwrap = async (result: { readonly value: unknown }) => await result.value;
  then.call(
    then.call(completion, (result) => unwrap(result as { value: unknown })),
    done,
    failed,
  );
}

/** Runs a due timer; what it throws ends the program, as in Node. */
function fire(): number {
  try {
    return runDueTimer();
  } catch (error) {
    ask("settled", "error", describeError(error));
    return -1;
  }
}

const hooks = {
  start,
  watch,
  fire,
  describe: describeError,
  exitCode: () => toExitCode(Reflect.get(exit.process, "exitCode")),
};
for (const [name, hook] of Object.entries(hooks)) {
  Reflect.set(globalThis, HOOK_GLOBALS[name as keyof typeof hooks], hook); // the keys of this very object
}
