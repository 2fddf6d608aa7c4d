/** The parts of the code executor as scripts/build-assets.ts makes them, built again so that a test never sees old ones. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ShellParts } from "../../../src/tool/workers/code-executor/bash/program.ts";
import type { Parts } from "../../../src/tool/workers/code-executor/program.ts";
import type { PythonParts } from "../../../src/tool/workers/code-executor/python/program.ts";
import { type Image, parseImage } from "../../../src/tool/workers/image.ts";

const ROOT = join(import.meta.dirname, "../../..");
const engine = (name: string): string => join(ROOT, "dist/assets/engine", name);

const module = (name: string): WebAssembly.Module =>
  // By reflection, because the Workers types say that a module cannot be made at run time. Node can.
  Reflect.construct(WebAssembly.Module, [readFileSync(engine(name))]);

const image = (name: string): Image => parseImage(readFileSync(engine(name)));

let parts: Omit<Parts, "pace"> | undefined;
let tool: Image | undefined;
let python: Omit<PythonParts, "pace"> | undefined;
let shell: Omit<ShellParts, "pace"> | undefined;

export function builtParts(): Omit<Parts, "pace"> {
  if (parts !== undefined) return parts;
  execFileSync(process.execPath, [join(ROOT, "scripts/build-assets.ts")]);
  parts = {
    wasm: module("quickjs.wasm"),
    image: image("code-executor.image"),
    stripper: image("strip.image"),
    randomBytes: (into) => void into.fill(7),
  };
  return parts;
}

/** What a pack's tool runs in beside its own code. */
export function builtToolParts() {
  const { wasm } = builtParts();
  tool ??= image("pack-tool.image");
  return { wasm, image: tool };
}

export function builtShell(): Omit<ShellParts, "pace"> {
  const { wasm } = builtParts();
  shell ??= { wasm, image: image("shell.image"), randomBytes: (into) => void into.fill(7) };
  return shell;
}

export function builtPython(): Omit<PythonParts, "pace"> {
  builtParts();
  python ??= {
    ...{ wasm: module("python.wasm"), trampoline: module("python-trampoline.wasm") },
    image: image("python.image"),
    library: readFileSync(engine("python-library.zip")),
    randomBytes: (into) => void crypto.getRandomValues(into),
  };
  return python;
}

/** Time that moves only when somebody waits, or by `perLook` at each look at the clock. */
export function testPace(perLook = 0): Parts["pace"] & { readonly pauses: () => number } {
  let now = 0;
  let pauses = 0;
  return {
    now: () => {
      now += perLook;
      return now;
    },
    pause: async (ms) => {
      pauses++;
      now += ms;
    },
    pauses: () => pauses,
  };
}
