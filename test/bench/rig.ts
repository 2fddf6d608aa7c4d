/** What the measurements run on: the product's production build and the floors, each in a runtime of its own, and a model. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { bundleWorker } from "../../scripts/worker-bundle.ts";
import { bundlePath, toBundleFile } from "../../src/pack/index.ts";
import { type Production, startProduction } from "../case/production.ts";
import { type ModelServer, startModelServer } from "./model-server.ts";

export type Runtime = {
  /** CPU that the runtime's process has used, in milliseconds; null where the system does not tell. */
  readonly cpuMs: () => Promise<number | null>;
  readonly memoryMb: () => Promise<number | null>;
};

export type Rig = {
  readonly model: ModelServer;
  readonly product: Production & Runtime;
  readonly floor: Runtime & { readonly ask: (path: string, body?: string) => Promise<Response> };
  stop(): Promise<void>;
};

const ROOT = join(import.meta.dirname, "../..");

const packOf = (id: string, tool: string): string => `{
  schema_version: "1.0", pack_id: ${id}, version: 1.0.0, risk_level: low, author: { name: Bench },
  role: { title: Runner, domain: Benchmarks, seniority: senior, goal: { primary: Run } },
  guardrails: { behavioral: { max_autonomous_steps: 50 }, output: { max_length: 1000000 } },
  tools: { available: [ ${tool} ] } }`;
const FILES = `{ id: file_manager, name: Files, description: Files of the task, risk_level: low,
    sandbox: { timeout: 10s, filesystem: scoped, scoped_paths: ["/workspace"] } }`;
const OWN = "{ id: constant, name: Constant, description: A constant, risk_level: low, sandbox: { timeout: 10s } }";
const CONSTANT = {
  ...{ id: "constant", description: "A constant", parameters: undefined },
  source: "var __tool = { default: { async run() { return {}; } } };",
};

/** One Worker file as the runtime takes it. */
export async function bundleOne(file: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, file)],
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    target: "es2024",
    platform: "browser",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:workers", "node:*"],
    logLevel: "error",
  });
  return outputFiles[0]?.text ?? "";
}

export async function startRig(): Promise<Rig> {
  // What was started is ended when the next thing does not start.
  await using started = new AsyncDisposableStack();
  const bundle = await bundleWorker();
  const model = await startModelServer();
  started.defer(model.close);
  const variables = {
    OPENAI_API_KEY: "key",
    OPENAI_BASE_URL: model.url,
    MODEL_TIER_2: "openai/gpt-4o",
    RATE_LIMIT_REQUESTS: "1000000",
    TENANT_MAX_RUNNING: "1000",
  };
  const [product, productProcess] = await withProcess(() => startProduction(bundle, { variables }));
  started.defer(product.stop);
  const [floor, floorProcess] = await withProcess(() => startFloor(model.url));
  started.defer(floor.stop);
  await product.publish("bench", { "bench/profession-pack.yaml": packOf("bench", FILES) });
  const own = { [bundlePath("own", CONSTANT.id)]: toBundleFile(CONSTANT) };
  await product.publish("own", { "own/profession-pack.yaml": packOf("own", OWN), ...own });
  const all = started.move();
  return {
    model,
    product: { ...product, ...productProcess },
    floor: { ...floorProcess, ask: floor.ask },
    stop: () => all.disposeAsync(),
  };
}

/** Options of wrangler.toml that a request meets before any code of ours. */
const FRONT: ReadonlySet<string> = new Set(["compatibilityDate", "compatibilityFlags", "assets"]);

/** Behind the same front and under the same flags: a request to a Worker with assets passes two more in this runtime. */
async function startFloor(modelUrl: string) {
  const { workerOptions } = unstable_getMiniflareWorkerOptions(join(ROOT, "wrangler.toml"));
  const front = Object.fromEntries(Object.entries(workerOptions).filter(([name]) => FRONT.has(name)));
  const runtime = new Miniflare(
    convertV4MiniflareOptions({
      ...{ host: "127.0.0.1", modules: true, script: await bundleOne("floor-worker.ts") },
      ...front,
      bindings: { MODEL_URL: modelUrl },
      durableObjects: { FLOOR: { className: "FloorObject", useSQLite: true } },
      workerLoaders: { LOADER: {} },
    }),
  );
  const url = String(await runtime.ready);
  return {
    ask: (path: string, body?: string): Promise<Response> =>
      fetch(new URL(path, url), body === undefined ? {} : { method: "POST", body }),
    stop: () => runtime.dispose(),
  };
}

/** Runtimes below this process, by process id. */
async function runtimes(): Promise<Set<string>> {
  const found = new Set<string>();
  // Without /proc there is nothing to tell, and CPU and memory stay unknown.
  for (const pid of (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ""); // it has just ended
    const [, name, parent] = /^\d+ \((.*)\) \S (\d+)/.exec(stat) ?? [];
    if (name === "workerd" && Number(parent) === process.pid) found.add(pid);
  }
  return found;
}

/**
 * CPU time in nanoseconds. The time in `stat` counts ticks of 10 ms, a twentieth of what is measured.
 * @see https://docs.kernel.org/scheduler/sched-stats.html
 */
const readSchedstat = async (path: string): Promise<number> =>
  Number((await readFile(`${path}/schedstat`, "utf8").catch(() => "0")).split(" ")[0]); // a thread that has just ended

export async function withProcess<T>(start: () => Promise<T>): Promise<readonly [started: T, runtime: Runtime]> {
  const before = await runtimes();
  const started = await start();
  const pid = [...(await runtimes())].find((one) => !before.has(one));
  if (pid === undefined) return [started, { cpuMs: async () => null, memoryMb: async () => null }];
  const runtime: Runtime = {
    cpuMs: async () => {
      const threads = await readdir(`/proc/${pid}/task`);
      const spent = await Promise.all(threads.map((thread) => readSchedstat(`/proc/${pid}/task/${thread}`)));
      const ns = spent.reduce((sum, of) => sum + of, 0);
      return ns === 0 ? null : ns / 1e6;
    },
    memoryMb: async () =>
      Number(/VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1] ?? Number.NaN) / 1_024,
  };
  return [started, runtime];
}
