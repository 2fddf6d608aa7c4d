/**
 * Builds what the Worker serves and loads as static assets, into `dist/assets/`: the tools' engines (`engine/`) and
 * the script and style of the API page (`docs/`). Deterministic, and writes only what differs, so it may run before
 * every start and test.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { TICK_COUNTER, TICK_IMPORT } from "../src/tool/workers/code-executor/ticks.ts";
import { TICK_LOOPS } from "../src/tool/workers/limits.ts";
import { meterLoops } from "./meter-wasm.ts";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const WORKERS = join(ROOT, "src/tool/workers");
const { resolve } = createRequire(import.meta.url);

type Asset = { readonly path: string; readonly content: Uint8Array };

/** A worker's main module; the modules beside it (`external`) are given to the loader as they are. */
const bundleWorker = (name: string): Promise<Uint8Array> =>
  bundle(join(WORKERS, name, "index.ts"), {
    format: "esm",
    external: ["cloudflare:workers", "./guest.txt", "./strip.txt", "./bundle.txt", "./quickjs.wasm"],
  });

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
    logLevel: "error",
  });
  const [file] = result.outputFiles;
  if (file === undefined) throw new Error(`nothing was built from ${entry}`);
  return file.contents;
}

async function meteredEngine(): Promise<Uint8Array> {
  const plain = await readFile(resolve("@jitl/quickjs-wasmfile-release-sync/wasm"));
  return meterLoops(plain, { tick: TICK_IMPORT, counter: TICK_COUNTER, period: TICK_LOOPS });
}

const pageFile = (name: string): Promise<Uint8Array> =>
  readFile(join(dirname(resolve("swagger-ui-dist/package.json")), name));

/** Written when absent or different: an unchanged file keeps its time, so nothing that watches it wakes up. */
async function place(asset: Asset): Promise<boolean> {
  const target = join(ROOT, "dist/assets", asset.path);
  const before = await readFile(target).catch(() => null); // absent: then it is written
  if (before !== null && Buffer.compare(before, asset.content) === 0) return false;
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, asset.content);
  return true;
}

const sources: Readonly<Record<string, () => Promise<Uint8Array>>> = {
  "engine/code-executor.js": () => bundleWorker("code-executor"),
  "engine/file-manager.js": () => bundleWorker("file-manager"),
  "engine/git.js": () => bundleWorker("git"),
  "engine/http-request.js": () => bundleWorker("http-request"),
  "engine/guest.txt": () => bundleScript("guest/index.ts"),
  "engine/strip.txt": () => bundleScript("strip.ts"),
  "engine/pack-tool.js": () => bundleWorker("code-executor/pack-tool"),
  "engine/pack-guest.txt": () => bundleScript("pack-tool/guest/index.ts"),
  "engine/quickjs.wasm": meteredEngine,
  "docs/swagger-ui-bundle.js": () => pageFile("swagger-ui-bundle.js"),
  "docs/swagger-ui.css": () => pageFile("swagger-ui.css"),
};

const written = await Promise.all(
  Object.entries(sources).map(async ([path, make]) => ((await place({ path, content: await make() })) ? path : null)),
);
const changed = written.filter((path) => path !== null);
process.stdout.write(changed.length === 0 ? "assets are up to date\n" : `assets written: ${changed.join(", ")}\n`);
