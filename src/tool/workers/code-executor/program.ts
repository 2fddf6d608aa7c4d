/**
 * One run of `code_executor`: a program in, its output, exit code, value and file changes out. What a program does
 * wrong is its result (exit code 1 and standard error); only its limits and its call's arguments are tool errors.
 */
import type { WorkerRequest, WorkerResponse } from "../../contract.ts";
import type { Image } from "../image.ts";
import { STACK_BYTES_MAX, VALUE_BYTES_MAX } from "../limits.ts";
import { Workspace, workingFolder } from "../workspace.ts";
import { Budget, OutOfTime, type Pace } from "./budget.ts";
import { type Call, parseCall, refuseCall, stoppedCall } from "./call.ts";
import { Engine, type ResumeOptions } from "./engine.ts";
import { answerFileOperation } from "./files.ts";
import { Output } from "./output.ts";
import { HOOK_GLOBALS, type ModuleTable, type ProgramFacts, STRIP_GLOBAL } from "./protocol.ts";

/** What the isolate was loaded with. */
export type Parts = {
  /** The metered engine. */
  readonly wasm: WebAssembly.Module;
  /** The engine with guest/index.ts loaded in it. */
  readonly image: Image;
  /** The engine with strip.ts loaded in it. */
  readonly stripper: Image;
  readonly pace: Pace;
  readonly randomBytes: (into: Uint8Array) => void;
};

type Arguments = Call<"javascript" | "typescript">;

/** The exit code Node gives to a program whose top-level `await` never comes back. */
const EXIT_UNSETTLED = 13;

/** Thrown through the engine by `process.exit`. */
class Exit extends Error {
  readonly code: number;
  constructor(code: number) {
    super("exit");
    this.code = code;
  }
}

/** A fault of the program before it could run, as it should read on standard error. */
class CompileError extends Error {}

export async function runProgram(request: WorkerRequest, parts: Parts): Promise<WorkerResponse> {
  const args = parseCall(request.arguments, ["javascript", "typescript"]);
  if (typeof args === "string") return refuseCall(args);
  const program = new Program(request, parts, args);
  try {
    await program.run();
  } catch (thrown) {
    if (thrown instanceof OutOfTime) return stoppedCall(request.timeoutMs);
    program.end(thrown);
  }
  return { ok: true, result: program.result(), changes: program.workspace.changes() };
}

class Program {
  readonly workspace: Workspace;
  readonly #request: WorkerRequest;
  readonly #parts: Parts;
  readonly #args: Arguments;
  readonly #budget: Budget;
  readonly #out = new Output();
  readonly #err = new Output();
  #settled: { readonly kind: "value" | "error"; readonly text: string } | null = null;
  #exitCode = 0;

  constructor(request: WorkerRequest, parts: Parts, args: Arguments) {
    this.#request = request;
    this.#parts = parts;
    this.#args = args;
    this.workspace = new Workspace(request);
    this.#budget = new Budget(parts.pace, request.timeoutMs);
  }

  async run(): Promise<void> {
    const { code, language } = this.#args;
    const source = language === "typescript" ? await this.#strip(code, hasImports(code), true) : code;
    const host = (operation = "", first = "", second = "") => this.#answer(operation, first, second);
    const options = this.#options(this.#parts.image, Object.values(HOOK_GLOBALS));
    const loadModule = (name: string) => this.#loadModule(name);
    const faulty = await Engine.resume({ ...options, loadModule }, [host], (engine) => this.#runIn(engine, source));
    if (faulty !== null) throw faulty;
  }

  /** A program that does not compile is the engine's end as good as any. */
  async #runIn(engine: Engine, source: string): Promise<CompileError | null> {
    const { code, language } = this.#args;
    await this.#start(engine);
    let program = await engine.evaluate(source, { file: this.#file(), async: true });
    // A static import does not compile in a script. Nothing has run yet, so it may be turned into `require`.
    if (!program.ok && language === "javascript" && hasImports(code)) {
      program = await engine.evaluate(await this.#strip(code, true, false), { file: this.#file(), async: true });
    }
    if (!program.ok) {
      const text = await engine.call(engine.hook(HOOK_GLOBALS.describe), [program.error]);
      return new CompileError(text.ok ? engine.textOf(text.value) : "SyntaxError");
    }
    await engine.call(engine.hook(HOOK_GLOBALS.watch), [program.value]);
    await this.#drain(engine);
    if (this.#settled === null && engine.isFull()) {
      this.#err.note("InternalError: out of memory");
      this.#exitCode = 1;
    } else if (this.#settled === null) {
      this.#err.note("Warning: the program ended with a top-level await that never came back");
      this.#exitCode = EXIT_UNSETTLED;
    } else if (this.#settled.kind === "error") {
      this.#err.note(this.#settled.text);
      this.#exitCode = 1;
    } else {
      const code = await engine.call(engine.hook(HOOK_GLOBALS.exitCode), []);
      this.#exitCode = code.ok ? Math.trunc(engine.numberOf(code.value)) & 0xff : 0;
    }
    return null;
  }

  /** The end of a program that did not come to its own end. */
  end(thrown: unknown): void {
    if (thrown instanceof Exit) {
      this.#exitCode = thrown.code;
      return;
    }
    this.#exitCode = 1;
    if (thrown instanceof CompileError) this.#err.note(thrown.message);
    // The engine itself gave up: its stack or memory ran out in a place where the program could not be told.
    else if (thrown instanceof RangeError)
      this.#err.note(`RangeError: stack overflow or out of memory (${thrown.message})`);
    else if (thrown instanceof WebAssembly.RuntimeError) this.#err.note(`the engine stopped: ${thrown.message}`);
    else throw thrown;
  }

  result(): unknown {
    const text = this.#settled?.kind === "value" ? this.#settled.text : "";
    const bytes = new TextEncoder().encode(text).byteLength;
    if (bytes > VALUE_BYTES_MAX) this.#err.note(`the value is ${bytes} bytes of JSON and was left out`);
    const hasValue = text !== "" && bytes <= VALUE_BYTES_MAX && this.#exitCode === 0;
    return {
      stdout: this.#out.toString(),
      stderr: this.#err.toString(),
      exit_code: this.#exitCode,
      ...(hasValue ? { value: JSON.parse(text) } : {}),
    };
  }

  #options(image: Image, hooks: readonly string[]): ResumeOptions {
    const { wasm, randomBytes } = this.#parts;
    const { memoryBytes } = this.#request;
    return { wasm, image, hooks, randomBytes, memoryBytes, stackBytes: STACK_BYTES_MAX, tick: this.#budget.tick };
  }

  /** Turns TypeScript, static imports, or both into a plain script. */
  async #strip(code: string, imports: boolean, typescript: boolean): Promise<string> {
    const transforms = [...(typescript ? ["typescript"] : []), ...(imports ? ["imports"] : [])].join(",");
    const options = this.#options(this.#parts.stripper, [STRIP_GLOBAL]);
    const stripped = await Engine.resume(options, [], async (engine) => {
      const result = await engine.call(engine.hook(STRIP_GLOBAL), [engine.text(code), engine.text(transforms)]);
      return result.ok ? engine.textOf(result.value) : new CompileError(engine.errorText(result.error));
    });
    if (stripped instanceof CompileError) throw stripped;
    return stripped;
  }

  async #start(engine: Engine): Promise<void> {
    const facts: ProgramFacts = {
      cwd: workingFolder(this.#request),
      file: this.#file(),
      env: { TRACEPARENT: this.#request.traceparent, IDEMPOTENCY_KEY: this.#request.key },
    };
    const started = await engine.call(engine.hook(HOOK_GLOBALS.start), [engine.text(JSON.stringify(facts))]);
    if (started.ok) this.#modules = JSON.parse(engine.textOf(started.value)) as ModuleTable; // our own script's answer
  }
  #modules: ModuleTable = {};

  /** Runs queued jobs and timers until nothing is left to run, or the program has failed. */
  async #drain(engine: Engine): Promise<void> {
    const fire = engine.hook(HOOK_GLOBALS.fire);
    for (;;) {
      await engine.runJobs();
      if (this.#settled?.kind === "error") return;
      const next = await engine.call(fire, []);
      const ms = next.ok ? engine.numberOf(next.value) : -1;
      if (ms < 0) return;
      if (ms > 0) await this.#budget.wait(ms);
    }
  }

  #answer(operation: string, first: string, second: string): string {
    switch (operation) {
      case "out":
        this.#out.write(first);
        return "=";
      case "err":
        this.#err.write(first);
        return "=";
      case "now":
        return `=${this.#parts.pace.now()}`;
      case "stdin":
        return `=${this.#args.stdin}`;
      case "exit":
        throw new Exit(Number(first));
      case "settled":
        this.#settled = { kind: first === "value" ? "value" : "error", text: second };
        return "=";
      default:
        return answerFileOperation(this.workspace, operation, first, second) ?? `!EINVAL\n${operation}`;
    }
  }

  /** ES modules for `import()`: the built-in ones by their `require`, and files of the workspace as they are. */
  #loadModule(name: string): string {
    const names = this.#modules[name.replace(/^node:/, "")];
    if (names !== undefined) {
      const exported = names.filter((key) => /^[A-Za-z_$][\w$]*$/.test(key) && key !== "default");
      const id = JSON.stringify(name);
      return `const m = require(${id}); export default m; export const { ${exported.join(", ")} } = m;`;
    }
    const answer = answerFileOperation(this.workspace, "read", name, "");
    if (answer === null || !answer.startsWith("=")) {
      const available = Object.keys(this.#modules).join(", ");
      const message = `Cannot find module '${name}'. Available: ${available}, and files by path.`;
      return `throw new Error(${JSON.stringify(message)});`;
    }
    return name.endsWith(".json") ? `export default ${answer.slice(1)};` : answer.slice(1);
  }

  #file(): string {
    return `${workingFolder(this.#request)}/main.js`;
  }
}

/** A cheap hint, not a parse: the words alone decide whether the import transform is worth its cost. */
const hasImports = (code: string): boolean => /\b(?:import|export)\b/.test(code);
