/** A new isolate from its modules to its first answer, and how large they are, beside Hono and Connect alone. */
import { gzipSync } from "node:zlib";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { bundleWorker, startUpModules, type WorkerModule } from "../../scripts/worker-bundle.ts";
import { bundleOne, withProcess } from "./rig.ts";
import { inTurns, type Part, timed, toPart } from "./row.ts";

/**
 * Keeps the modules that are put to it, and starts an isolate of them for each name that is asked for. With what it takes to
 * answer: without a configuration the Worker refuses before it has made its routes.
 */
const LOADER = `
const kept = new Map();
export default { async fetch(request, env) {
  const { pathname, search } = new URL(request.url);
  if (request.method === "PUT") {
    const bytes = (text) => ({ wasm: Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer });
    const modules = Object.entries(await request.json());
    const entries = modules.map(([name, text]) => [name, name.endsWith(".wasm") ? bytes(text) : text]);
    kept.set(pathname, Object.fromEntries(entries));
    return new Response();
  }
  const options = { compatibilityDate: "2026-10-20", compatibilityFlags: ["enable_request_signal"], mainModule: "index.js" };
  const code = () => ({ ...options, modules: kept.get(pathname), env: { ENVIRONMENT: "development" }, globalOutbound: null });
  return env.LOADER.get(pathname + search, code).getEntrypoint().fetch("http://localhost/health");
} };`;

const kilobytes = (modules: readonly WorkerModule[]): number =>
  modules
    .filter(({ kind }) => kind === "script")
    .reduce((sum, { content }) => sum + gzipSync(content, { level: 9 }).length, 0) / 1_000;

export async function startUp(rounds: number): Promise<readonly Part[]> {
  const bundle = await bundleWorker();
  const floor = "Hono and Connect alone";
  const subjects: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    "empty Worker": { "index.js": "export default { fetch: () => new Response() };" },
    [floor]: { "index.js": await bundleOne("start-up-floor-worker.ts") },
    "the Worker": Object.fromEntries(
      bundle.modules.map(({ kind, name, content }) => [
        name,
        Buffer.from(content).toString(kind === "wasm" ? "base64" : "utf8"),
      ]),
    ),
  };
  const options = convertV4MiniflareOptions({
    ...{ host: "127.0.0.1", modules: true, script: LOADER, compatibilityDate: "2026-10-20" },
    workerLoaders: { LOADER: {} },
    handleStructuredLogs: () => undefined, // the Worker's line for each request
  });
  const [runtime, { cpuMs }] = await withProcess(async () => {
    const started = new Miniflare(options);
    await started.ready;
    return started;
  });
  try {
    const address = (name: string): string => `http://bench/${encodeURIComponent(name)}`;
    for (const [name, modules] of Object.entries(subjects))
      await runtime.dispatchFetch(address(name), { method: "PUT", body: JSON.stringify(modules) });
    const spent = new Map<string, number[]>();
    const start = (name: string) => async (round: number) => {
      const before = await cpuMs();
      const ms = await timed(async () => {
        const response = await runtime.dispatchFetch(`${address(name)}?${round}`);
        if (!response.ok) throw new Error(`${name} answered ${response.status}: ${await response.text()}`);
        await response.text();
      });
      if (before !== null && round >= 0) spent.set(name, [...(spent.get(name) ?? []), Number(await cpuMs()) - before]);
      return ms;
    };
    const names = Object.keys(subjects);
    const samples = await inTurns(rounds, Object.fromEntries(names.map((name) => [name, start(name)])));
    // The kernel counts in ticks of 10 ms: the mean of many starts says more than any of them.
    const means = [...spent].map(([name, all]) => [name, [all.reduce((a, b) => a + b, 0) / all.length]] as const);
    const floors = { "the Worker": floor };
    return [
      toPart("start of an isolate", samples, { floors }),
      toPart("start-up CPU", Object.fromEntries(means), { unit: "ms CPU", floors, bars: { "the Worker": "2.5 x" } }),
      toPart(
        "code, compressed",
        {
          "evaluated at start-up": [kilobytes(startUpModules(bundle))],
          "the whole upload": [kilobytes(bundle.modules)],
        },
        { unit: "KB", bars: { "the whole upload": "700 KB" } },
      ),
    ];
  } finally {
    await runtime.dispose();
  }
}
