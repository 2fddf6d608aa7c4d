/**
 * The Worker as it is uploaded: one module for what every isolate needs, and a module of its own for whatever the source
 * names in an `import()`, which is read when it is first asked for. Wrangler's own bundler puts all of it into one
 * module. Names stay as they are written, because logs and stack traces show them.
 */
import { builtinModules } from "node:module";
import { extname, join, relative } from "node:path";
import { type BuildOptions, build, type Metafile, type Plugin } from "esbuild";
import { priceTable } from "./price-table.ts";
import { ROOT } from "./run.ts";
import { UNREACHED } from "./unreached.ts";

export const WORKER_FOLDER = join(ROOT, "dist/worker");
export const MAIN_MODULE = "index.js";

export type WorkerModule = {
  readonly kind: "script" | "wasm";
  /** Below the folder of the upload, with slashes. */
  readonly name: string;
  readonly content: Uint8Array;
  /** Modules that are read with this one, by name. */
  readonly imports: readonly string[];
  /** What went into it: paths below the repository. */
  readonly sources: readonly string[];
};

export type WorkerBundle = {
  readonly modules: readonly WorkerModule[];
  readonly sourceMaps: readonly { readonly name: string; readonly content: Uint8Array }[];
};

const KINDS: Readonly<Record<string, WorkerModule["kind"]>> = { ".js": "script", ".wasm": "wasm" };

/** The runtime's own modules, which stay imports. */
const BUILT_IN = new RegExp(`^(?:node:)?(?:${builtinModules.filter((name) => !/^_|:/.test(name)).join("|")})$`);

/**
 * Packages may name a built-in without its scheme, and may `require` it, which a module cannot: such a call gets a
 * module that imports it. Wrangler's bundler does the same.
 */
const builtIns: Plugin = {
  name: "built-ins",
  setup: (build) => {
    build.onResolve({ filter: BUILT_IN }, ({ path, kind }) => {
      const name = path.startsWith("node:") ? path : `node:${path}`;
      return kind === "require-call" ? { path: name, namespace: "required" } : { path: name, external: true };
    });
    build.onLoad({ filter: /.*/, namespace: "required" }, ({ path }) => ({
      contents: `import library from ${JSON.stringify(path)}; module.exports = library;`,
    }));
  },
};

/** How all code of the Worker is built, whatever of it. */
export const WORKER_BUILD = {
  absWorkingDir: ROOT, // names in the output are relative to it, so it is the same on every machine
  outdir: WORKER_FOLDER,
  write: false,
  bundle: true,
  format: "esm",
  loader: { ".wasm": "copy" }, // compiled by the runtime
  minify: true,
  legalComments: "none",
  charset: "utf8",
  // As Wrangler's bundler does it.
  platform: "browser",
  conditions: ["workerd", "worker", "browser"],
  target: "es2024",
  external: ["cloudflare:*"],
  plugins: [builtIns, priceTable, ...UNREACHED],
  define: { "process.env.NODE_ENV": '"production"' },
  logLevel: "error",
} satisfies BuildOptions;

export async function bundleWorker(): Promise<WorkerBundle> {
  const { outputFiles, metafile } = await build({
    ...WORKER_BUILD,
    entryPoints: { index: join(ROOT, "src/index.ts") },
    splitting: true,
    chunkNames: "part/[name]-[hash]",
    assetNames: "part/[name]-[hash]",
    sourcemap: "linked",
    sourcesContent: false,
    metafile: true,
  });
  const files = outputFiles.map(({ path, contents }) => ({ name: nameOf(path), content: contents }));
  const outputs = outputsByName(metafile);
  return {
    modules: files.flatMap((file) => {
      const kind = KINDS[extname(file.name)];
      const output = outputs.get(file.name) ?? { imports: [], sources: [] };
      return kind === undefined ? [] : [{ kind, ...file, ...output }];
    }),
    sourceMaps: files.filter(({ name }) => name.endsWith(".map")),
  };
}

/** The main module and all that is read with it: what an isolate pays for before its first request. */
export function startUpModules({ modules }: WorkerBundle): readonly WorkerModule[] {
  const names = new Set([MAIN_MODULE]);
  // A set may grow while it is walked.
  for (const name of names) for (const next of modules.find((one) => one.name === name)?.imports ?? []) names.add(next);
  return modules.filter(({ name }) => names.has(name));
}

const nameOf = (path: string): string => relative(WORKER_FOLDER, path).replaceAll("\\", "/");

function outputsByName({ outputs }: Metafile): Map<string, Pick<WorkerModule, "imports" | "sources">> {
  return new Map(
    Object.entries(outputs).map(([path, { imports, inputs }]) => [
      nameOf(join(ROOT, path)),
      {
        imports: imports
          .filter(({ kind, external }) => kind === "import-statement" && external !== true)
          .map((one) => nameOf(join(ROOT, one.path))),
        sources: Object.keys(inputs),
      },
    ]),
  );
}
