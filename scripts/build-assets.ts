/**
 * Builds what the Worker serves and loads as static assets, into `dist/assets/`: the tools' engines (`engine/`) and
 * the script and style of the API page (`docs/`). Writes only what differs, and takes an engine's image anew only when
 * what went into it differs, so it may run before every start and test.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { meterLoops } from "../src/policy/meter-wasm.ts";
import { LARGE_ASSETS } from "../src/tool/engine.ts";
import { SHELL_GLOBALS } from "../src/tool/workers/code-executor/bash/shell.ts";
import { TOOL_HOOKS } from "../src/tool/workers/code-executor/pack-tool/protocol.ts";
import { HOOK_GLOBALS, STRIP_GLOBAL } from "../src/tool/workers/code-executor/protocol.ts";
import { PYTHON_TICK_COUNTER, PYTHON_TICK_IMPORT } from "../src/tool/workers/code-executor/python/ticks.ts";
import { TICK_COUNTER, TICK_IMPORT } from "../src/tool/workers/code-executor/ticks.ts";
import { ENGINE_PAGES_MIN, PYTHON_TICK_LOOPS, TICK_LOOPS } from "../src/tool/workers/limits.ts";
import { buildPythonImage, buildScriptImage, compileModule } from "./engine-image.ts";
import { placeFile } from "./place-file.ts";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const WORKERS = join(ROOT, "src/tool/workers");
const { resolve } = createRequire(import.meta.url);

type Asset = { readonly path: string; readonly content: Uint8Array };

/** A worker's main module; the modules beside it (`external`) are given to the loader as they are. */
const bundleIsolate = (entry: string): Promise<Uint8Array> =>
  bundle(entry, {
    format: "esm",
    external: ["cloudflare:workers", "./*.txt", "./*.wasm", "./*.image", "./*.zip"],
  });

const POLICY_ISOLATE = join(ROOT, "src/policy/isolate/index.ts");

const bundleWorker = (name: string): Promise<Uint8Array> => bundleIsolate(join(WORKERS, name, "index.ts"));

/** A script for QuickJS. */
const bundleScript = (file: string): Promise<Uint8Array> =>
  bundle(join(WORKERS, "code-executor", file), { format: "iife", external: [] });

async function bundle(
  entry: string,
  options: { readonly format: "esm" | "iife"; readonly external: string[] },
): Promise<Uint8Array> {
  const result = await build({
    ...options,
    entryPoints: [entry],
    absWorkingDir: ROOT, // names in the output are relative to it, so it is the same on every machine
    bundle: true,
    write: false,
    minify: true,
    legalComments: "none",
    charset: "utf8",
    platform: "browser",
    target: "es2023",
    mainFields: ["module", "main"],
    // The shell names it for commands that are not offered.
    alias: { "node:zlib": join(WORKERS, "code-executor/bash/guest/no-zlib.ts") },
    logLevel: "error",
  });
  const [file] = result.outputFiles;
  if (file === undefined) throw new Error(`nothing was built from ${entry}`);
  return file.contents;
}

/** For what is an asset and goes into an image too. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/**
 * How QuickJS imports its memory: module `a`, name `a`, a memory, with a maximum, of 256 pages. Names are minified, so
 * this belongs to the pinned version.
 */
const MEMORY_IMPORT = Buffer.from([1, 0x61, 1, 0x61, 2, 1, 0x80, 2]);

/** QuickJS with a memory that begins smaller. */
function withSmallMemory(plain: Buffer): Buffer {
  const at = plain.indexOf(MEMORY_IMPORT);
  if (at < 0) throw new Error("QuickJS imports its memory otherwise than it used to");
  const engine = Buffer.from(plain);
  // In two bytes again, so that nothing moves.
  engine.set([(ENGINE_PAGES_MIN & 0x7f) | 0x80, ENGINE_PAGES_MIN >> 7], at + MEMORY_IMPORT.length - 2);
  return engine;
}

const meteredEngine = once(async (): Promise<Uint8Array> => {
  const plain = await readFile(resolve("@jitl/quickjs-wasmfile-release-sync/wasm"));
  return meterLoops(withSmallMemory(plain), { tick: TICK_IMPORT, counter: TICK_COUNTER, period: TICK_LOOPS });
});

const pageFile = (name: string): Promise<Uint8Array> =>
  readFile(join(dirname(resolve("swagger-ui-dist/package.json")), name));

type ScriptImage = {
  readonly script: string;
  readonly hooks: readonly string[];
  /** That resumes it. */
  readonly worker: string;
};

/** QuickJS with a script loaded in it, by the name of the asset. */
const SCRIPT_IMAGES: Readonly<Record<string, ScriptImage>> = {
  "code-executor.image": {
    script: "guest/index.ts",
    hooks: Object.values(HOOK_GLOBALS),
    worker: "code-executor",
  },
  "pack-tool.image": {
    script: "pack-tool/guest/index.ts",
    hooks: Object.values(TOOL_HOOKS),
    worker: "code-executor/pack-tool",
  },
  "shell.image": {
    script: "bash/guest/index.ts",
    hooks: Object.values(SHELL_GLOBALS),
    worker: "code-executor/bash",
  },
  "strip.image": { script: "strip.ts", hooks: [STRIP_GLOBAL], worker: "code-executor" },
};

async function scriptImage(name: string, { script, hooks, worker }: ScriptImage): Promise<Uint8Array> {
  // The isolate's own code is part of the key: the image has the form that this code reads.
  const inputs = await Promise.all([meteredEngine(), bundleScript(script), bundleWorker(worker)]);
  const [wasm, source] = inputs;
  return cached(name, inputs, () => buildScriptImage(wasm, new TextDecoder().decode(source), hooks));
}

const pyodideFile = (name: string): Promise<Uint8Array> => readFile(join(dirname(resolve("pyodide")), name));

const meteredPython = once(async (): Promise<Uint8Array> => {
  const plain = await pyodideFile("pyodide.asm.wasm");
  return meterLoops(plain, { tick: PYTHON_TICK_IMPORT, counter: PYTHON_TICK_COUNTER, period: PYTHON_TICK_LOOPS });
});

/** Pyodide compiles this module from its script when it starts, which a Worker may not: it becomes a file. */
async function pythonTrampoline(): Promise<Uint8Array> {
  const script = new TextDecoder().decode(await pyodideFile("pyodide.asm.mjs"));
  const hex =
    /function getWasmTrampolineModule\(\)\{return new WebAssembly\.Module\(hexStringToUTF8Array\("([0-9a-f]+)"/.exec(
      script,
    );
  if (hex?.[1] === undefined) throw new Error("Pyodide's script has no trampoline module where it used to be");
  return Buffer.from(hex[1], "hex");
}

async function pythonImage(): Promise<Uint8Array> {
  const [wasm, trampoline, library, driver, worker] = await Promise.all([
    meteredPython(),
    pythonTrampoline(),
    pyodideFile("python_stdlib.zip"),
    readFile(join(WORKERS, "code-executor/python/driver.py")),
    bundleWorker("code-executor/python"),
  ]);
  return cached("python.image", [wasm, trampoline, library, driver, worker], () => {
    const parts = { wasm: compileModule(wasm), trampoline: compileModule(trampoline) };
    return buildPythonImage(parts, library, new TextDecoder().decode(driver));
  });
}

/** The asset as it stands, when it was made from these inputs, else made and noted. */
async function cached(
  name: string,
  inputs: readonly Uint8Array[],
  make: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const hash = createHash("sha256");
  for (const input of inputs) hash.update(createHash("sha256").update(input).digest());
  const key = hash.digest("hex");
  const note = join(ROOT, "dist/cache", `${name}.key`);
  const before = await readFile(join(ROOT, "dist/assets/engine", name)).catch(() => null); // absent: then it is made
  const noted = await readFile(note, "utf8").catch(() => "");
  if (before !== null && noted === `${key} ${digestOf(before)}`) return before;
  const made = await make();
  await mkdir(dirname(note), { recursive: true });
  await writeFile(note, `${key} ${digestOf(made)}`);
  return made;
}

const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const sources: Readonly<Record<string, () => Promise<Uint8Array>>> = {
  "engine/bash.js": () => bundleWorker("code-executor/bash"),
  "engine/code-executor.js": () => bundleWorker("code-executor"),
  "engine/file-manager.js": () => bundleWorker("file-manager"),
  "engine/git.js": () => bundleWorker("git"),
  "engine/http-request.js": () => bundleWorker("http-request"),
  "engine/mcp.js": () => bundleWorker("mcp"),
  "engine/pack-tool.js": () => bundleWorker("code-executor/pack-tool"),
  "engine/policy.js": () => bundleIsolate(POLICY_ISOLATE),
  "engine/python.image": pythonImage,
  "engine/python.js": () => bundleWorker("code-executor/python"),
  "engine/python.wasm": meteredPython,
  "engine/python-library.zip": () => pyodideFile("python_stdlib.zip"),
  "engine/python-trampoline.wasm": pythonTrampoline,
  "engine/quickjs.wasm": meteredEngine,
  ...Object.fromEntries(
    Object.entries(SCRIPT_IMAGES).map(([name, image]) => [`engine/${name}`, () => scriptImage(name, image)]),
  ),
  "docs/swagger-ui-bundle.js": () => pageFile("swagger-ui-bundle.js"),
  "docs/swagger-ui.css": () => pageFile("swagger-ui.css"),
};

const made = await Promise.all(
  Object.entries(sources).map(async ([path, make]): Promise<Asset> => ({ path, content: await make() })),
);
const digests = made
  .map(({ path, content }) => ({ asset: path.replace(/^engine\//, ""), content }))
  .filter(({ asset }) => LARGE_ASSETS.includes(asset))
  .map(({ asset, content }) => [asset, digestOf(content)]);
made.push({
  path: "engine/digests.json",
  content: new TextEncoder().encode(JSON.stringify(Object.fromEntries(digests))),
});
const place = async ({ path, content }: Asset) =>
  (await placeFile(join(ROOT, "dist/assets", path), content)) ? [path] : [];
const changed = (await Promise.all(made.map(place))).flat();
process.stdout.write(changed.length === 0 ? "assets are up to date\n" : `assets written: ${changed.join(", ")}\n`);
