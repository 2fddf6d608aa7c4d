/**
 * The code of the tools' isolates, from the Worker's own static assets: loaded on first use, kept for the life of this
 * isolate, known by its digest.
 */
import { lengthPrefixed, sha256Hex } from "../platform/index.ts";

export type EngineName =
  | "bash"
  | "code-executor"
  | "file-manager"
  | "git"
  | "http-request"
  | "mcp"
  | "pack-tool"
  | "python";

export type Engine = {
  /** SHA-256 over every module: another build is another isolate. */
  readonly digest: string;
  readonly mainModule: string;
  readonly modules: Modules;
  /** The large modules, for an isolate that is being made: too much to keep here beside everything else. */
  readonly loadLarge?: () => Promise<Modules>;
};

type Modules = Readonly<Record<string, WorkerLoaderModule>>;

type Module = {
  readonly asset: string;
  readonly kind: ModuleKind;
  /** Megabytes: fetched again for each new isolate, and known by the digest in `engine/digests.json` until then. */
  readonly isLarge?: true;
};

type ModuleKind = "data" | "js" | "text" | "wasm";

const MAIN_MODULE = "index.js";

/** Module name inside the isolate -> asset under `engine/` (scripts/build-assets.ts) and how it is loaded. */
const MODULES: Readonly<Record<EngineName, Readonly<Record<string, Module>>>> = {
  bash: {
    [MAIN_MODULE]: { asset: "bash.js", kind: "js" },
    "quickjs.wasm": { asset: "quickjs.wasm", kind: "wasm" },
    "shell.image": { asset: "shell.image", kind: "data", isLarge: true },
  },
  "code-executor": {
    [MAIN_MODULE]: { asset: "code-executor.js", kind: "js" },
    "code-executor.image": { asset: "code-executor.image", kind: "data" },
    // Not large, though it has 2.5 MB: JavaScript in a new isolate would wait for it too.
    "strip.image": { asset: "strip.image", kind: "data" },
    "quickjs.wasm": { asset: "quickjs.wasm", kind: "wasm" },
  },
  // The tool itself, `bundle.txt`, comes from its pack.
  "pack-tool": {
    [MAIN_MODULE]: { asset: "pack-tool.js", kind: "js" },
    "pack-tool.image": { asset: "pack-tool.image", kind: "data" },
    "quickjs.wasm": { asset: "quickjs.wasm", kind: "wasm" },
  },
  "file-manager": { [MAIN_MODULE]: { asset: "file-manager.js", kind: "js" } },
  git: { [MAIN_MODULE]: { asset: "git.js", kind: "js" } },
  "http-request": { [MAIN_MODULE]: { asset: "http-request.js", kind: "js" } },
  mcp: { [MAIN_MODULE]: { asset: "mcp.js", kind: "js" } },
  python: {
    [MAIN_MODULE]: { asset: "python.js", kind: "js" },
    "python.image": { asset: "python.image", kind: "data", isLarge: true },
    "python.wasm": { asset: "python.wasm", kind: "wasm", isLarge: true },
    "python-library.zip": { asset: "python-library.zip", kind: "data", isLarge: true },
    "python-trampoline.wasm": { asset: "python-trampoline.wasm", kind: "wasm" },
  },
};

/** What the build lists in `engine/digests.json`. */
export const LARGE_ASSETS: readonly string[] = Object.values(MODULES)
  .flatMap((modules) => Object.values(modules))
  .flatMap(({ asset, isLarge }) => (isLarge === true ? [asset] : []));

/** Finished values only: a promise made by one request must not be awaited by another. */
const loaded = new Map<EngineName, Engine>();

export type Assets = { fetch(url: string): Promise<Response> };

/** Rejects when an asset is missing. Waits without a limit of its own: the call it is for has one. */
export async function loadEngine(assets: Assets, name: EngineName): Promise<Engine> {
  const before = loaded.get(name);
  if (before !== undefined) return before;
  const modules = Object.entries(MODULES[name]);
  const small = modules.filter(([, { isLarge }]) => isLarge !== true);
  const large = modules.filter(([, { isLarge }]) => isLarge === true);
  const parts = await Promise.all(
    small.map(async ([module, { asset, kind }]) => {
      const bytes = await fetchAsset(assets, asset);
      return { module, kind, bytes, digest: await sha256Hex(new Uint8Array(bytes)) };
    }),
  );
  const digests = large.length === 0 ? {} : parseDigests(await fetchAsset(assets, "digests.json"));
  const known = [
    ...parts.map(({ module, digest }) => [module, digest]),
    ...large.map(([module, { asset }]) => [module, digests[asset] ?? absentDigest(asset)]),
  ];
  const engine: Engine = {
    digest: await sha256Hex(lengthPrefixed(known.flat())),
    mainModule: MAIN_MODULE,
    modules: Object.fromEntries(parts.map(({ module, kind, bytes }) => [module, toModule(kind, bytes)])),
    ...(large.length === 0 ? {} : { loadLarge: () => loadLarge(assets, large) }),
  };
  keepEngine(name, engine);
  return engine;
}

async function loadLarge(assets: Assets, modules: readonly [string, Module][]): Promise<Modules> {
  const loaded = modules.map(async ([module, { asset, kind }]) => {
    const bytes = await fetchAsset(assets, asset);
    return [module, toModule(kind, bytes)] as const;
  });
  return Object.fromEntries(await Promise.all(loaded));
}

/** A cast, because the build wrote it. */
const parseDigests = (bytes: ArrayBuffer): Readonly<Record<string, string>> =>
  JSON.parse(new TextDecoder().decode(bytes)) as Readonly<Record<string, string>>;

function absentDigest(asset: string): never {
  throw new Error(`engine/digests.json has no ${asset}: are the assets built?`);
}

/** From now on this isolate of ours runs this code under that name; a test puts a worker of its own in its place. */
export const keepEngine = (name: EngineName, engine: Engine): void => void loaded.set(name, engine);

function toModule(kind: ModuleKind, bytes: ArrayBuffer): WorkerLoaderModule {
  switch (kind) {
    case "data":
      return { data: bytes };
    case "js":
      return { js: new TextDecoder().decode(bytes) };
    case "text":
      return { text: new TextDecoder().decode(bytes) };
    case "wasm":
      return { wasm: bytes };
  }
}

async function fetchAsset(assets: Assets, asset: string): Promise<ArrayBuffer> {
  // The host name is never looked up: the binding answers from the Worker's own files.
  const response = await assets.fetch(`http://assets/engine/${asset}`);
  if (!response.ok) throw new Error(`asset engine/${asset} answered ${response.status}: are the assets built?`);
  return response.arrayBuffer();
}
