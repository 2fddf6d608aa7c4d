/**
 * One run of a Python program: a fresh interpreter from the image, its output, exit code, value and file changes out.
 * What a program does wrong is its result; only its limits and its call's arguments are tool errors.
 */
import type { WorkerRequest, WorkerResponse } from "../../../contract.ts";
import type { Image } from "../../image.ts";
import { VALUE_BYTES_MAX } from "../../limits.ts";
import { FileError, Workspace, workingFolder } from "../../workspace.ts";
import { Budget, OutOfTime, type Pace } from "../budget.ts";
import { type Call, EXIT_ABORTED, parseCall, refuseCall, stoppedCall } from "../call.ts";
import { Output } from "../output.ts";
import { Exit } from "./calls.ts";
import { Descriptors, type Stream } from "./descriptors.ts";
import { Disk } from "./disk.ts";
import { type MachineOptions, Refused, startMachine } from "./machine.ts";
import { createSystem } from "./system.ts";

/** What the isolate was loaded with. */
export type PythonParts = Pick<MachineOptions, "wasm" | "trampoline"> & {
  /** The interpreter, started. */
  readonly image: Image;
  /** The standard library, for what the image does not hold yet. */
  readonly library: Uint8Array;
  readonly pace: Pace;
  readonly randomBytes: (into: Uint8Array) => void;
};

/** Where the standard library stands; the interpreter looks for it under this name. */
export const LIBRARY_FILE = "/lib/python314.zip";
export const PYTHON_ENVIRONMENT = {
  ...{ HOME: "/workspace", LANG: "C.UTF-8", PYTHONUTF8: "1", NO_COLOR: "1", TZ: "UTC" },
  // The image is one for all calls, so its seed is no secret: what must not be guessed comes from os.urandom.
  PYTHONHASHSEED: "0",
} as const;

export async function runPython(request: WorkerRequest, parts: PythonParts): Promise<WorkerResponse> {
  const call = parseCall(request.arguments, ["python"]);
  if (typeof call === "string") return refuseCall(call);
  const run = new Run(request, parts, call);
  try {
    await run.start();
  } catch (thrown) {
    if (thrown instanceof OutOfTime) return stoppedCall(request.timeoutMs);
    run.end(thrown);
  }
  const changes = run.changes();
  return { ok: true, result: run.result(), changes };
}

class Run {
  readonly #request: WorkerRequest;
  readonly #parts: PythonParts;
  readonly #call: Call<"python">;
  readonly #disk: Disk;
  readonly #out = new Output();
  readonly #err = new Output();
  readonly #value: Uint8Array[] = [];
  #valueBytes = 0;
  #exitCode = EXIT_ABORTED;

  constructor(request: WorkerRequest, parts: PythonParts, call: Call<"python">) {
    this.#request = request;
    this.#parts = parts;
    this.#call = call;
    this.#disk = createDisk(request, parts.library);
  }

  async start(): Promise<void> {
    const { wasm, trampoline, image, pace, randomBytes } = this.#parts;
    const [statement] = image.roots;
    if (statement === undefined) throw new Error("the image holds no interpreter");
    const budget = new Budget(pace, this.#request.timeoutMs);
    const machine = startMachine({
      ...{ wasm, trampoline, image, tick: budget.tick },
      system: (memory) =>
        createSystem({
          ...{ memory, disk: this.#disk, cwd: workingFolder(this.#request), env: PYTHON_ENVIRONMENT, randomBytes },
          memoryBytesMax: image.memoryBytes + this.#request.memoryBytes,
          descriptors: new Descriptors(this.#disk, this.#streams()),
          now: pace.now,
          wait: (ms) => budget.wait(ms),
        }),
    });
    // The driver ends by an exit of its own; an error of the driver is one of the program, which can do that to it.
    await machine.run(statement);
    this.#exitCode = 1;
  }

  /** The end of a program, by its exit or against its will. */
  end(thrown: unknown): void {
    if (thrown instanceof Exit) this.#exitCode = thrown.code;
    // The interpreter itself gave up: its stack ran out, or it called what is not there.
    else if (thrown instanceof RangeError) {
      this.#exitCode = 1;
      this.#err.note("RecursionError: the stack of the interpreter is full");
    } else if (thrown instanceof WebAssembly.RuntimeError || thrown instanceof Refused)
      this.#err.note(`the interpreter stopped: ${thrown.message}`);
    else throw thrown;
  }

  /** Files that can be stored; of the others standard error says why they were not. */
  changes(): ReturnType<Workspace["changes"]> {
    const workspace = new Workspace(this.#request);
    const left = new Set<string>();
    const store = (path: string, bytes: Uint8Array): void => {
      try {
        workspace.writeBytes(path, bytes);
      } catch (thrown) {
        if (!(thrown instanceof FileError)) throw thrown;
        this.#err.note(`a file was not kept: ${thrown.message}`);
      }
    };
    const changed = [...this.#disk.workspaceFiles()];
    for (const { path } of changed) left.add(path);
    if (this.#request.access === "write") {
      for (const { path } of this.#request.files) {
        if (!left.has(path) && this.#disk.isWorkspace(path)) workspace.remove(path, { recursive: false });
      }
    }
    for (const { path, node } of changed) if (node.changed) store(path, node.bytes.subarray(0, node.length));
    return workspace.changes();
  }

  result(): unknown {
    const value = this.#exitCode === 0 ? this.#parseValue() : undefined;
    return {
      stdout: this.#out.toString(),
      stderr: this.#err.toString(),
      exit_code: this.#exitCode,
      ...(value === undefined ? {} : { value }),
    };
  }

  /** Of the program's own making, whoever wrote it there: anything that is not JSON is no value. */
  #parseValue(): unknown {
    if (this.#valueBytes > VALUE_BYTES_MAX) {
      this.#err.note(`the value is more than ${VALUE_BYTES_MAX} bytes of JSON and was left out`);
      return undefined;
    }
    try {
      return JSON.parse(textOf(this.#value));
    } catch {
      return undefined; // empty, or forged by the program at its own cost
    }
  }

  /** Standard input, output and error, the call for the driver, and the value from it. */
  #streams(): readonly Stream[] {
    const { code, stdin } = this.#call;
    const { traceparent, key } = this.#request;
    const call = {
      ...{ code, file: `${workingFolder(this.#request)}/main.py` },
      env: { TRACEPARENT: traceparent, IDEMPOTENCY_KEY: key },
    };
    return [
      readableOf(stdin),
      writableTo(this.#out),
      writableTo(this.#err),
      readableOf(JSON.stringify(call)),
      { write: (bytes) => this.#keepValue(bytes) },
    ];
  }

  /** One piece over the limit is counted, so that the end can tell; the rest is dropped. */
  #keepValue(bytes: Uint8Array): void {
    if (this.#valueBytes > VALUE_BYTES_MAX) return;
    this.#valueBytes += bytes.length;
    if (this.#valueBytes <= VALUE_BYTES_MAX) this.#value.push(bytes.slice());
  }
}

/** The task's files and the standard library, as the interpreter finds them. */
export const createDisk = (
  request: Pick<WorkerRequest, "files" | "access" | "scopes" | "quota">,
  library: Uint8Array,
): Disk => new Disk(request, [{ path: LIBRARY_FILE, bytes: library }]);

function readableOf(text: string): Stream {
  let rest = new TextEncoder().encode(text);
  return {
    read: (length) => {
      const part = rest.subarray(0, length);
      rest = rest.subarray(part.length);
      return part;
    },
  };
}

/** A character that is cut by the end of one write is completed by the next. A byte order mark is one, too. */
function writableTo(output: Output): Stream {
  const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });
  return { write: (bytes) => output.write(decoder.decode(bytes, { stream: true })) };
}

function textOf(parts: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  return parts.map((part) => decoder.decode(part, { stream: true })).join("") + decoder.decode();
}
