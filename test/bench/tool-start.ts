/**
 * How long a tool takes to start: per language, in a new isolate and in one that is there, beside a bare dynamic worker
 * in the same run. Prints a table for people and a JSON line per row for comparing. Run by `npm run bench`.
 *
 * The numbers are of this machine at this moment; only the ratios to the bare worker mean anything elsewhere.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare, Response as MiniflareResponse } from "miniflare";
import { WORKSPACE_QUOTA } from "../../src/tool/limits.ts";
import type { Measured } from "./tool-start-worker.ts";

const ROOT = join(import.meta.dirname, "../..");
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 20);

const SUBJECTS = [
  { name: "bare worker", engine: null, code: "" },
  { name: "javascript", engine: "code-executor", code: "6 * 7" },
  { name: "typescript", engine: "code-executor", code: "const n: number = 6; n * 7" },
  { name: "bash", engine: "bash", code: "echo $((6 * 7))" },
  { name: "python", engine: "python", code: "6 * 7" },
] as const;

type Subject = (typeof SUBJECTS)[number];
type Start = "cold" | "warm";

const requestJson = (language: string, code: string): string =>
  JSON.stringify({
    ...{ arguments: { language, code }, files: [], access: "write", scopes: ["/workspace"], quota: WORKSPACE_QUOTA },
    ...{ timeoutMs: 60_000, memoryBytes: 32 * 1024 * 1024, key: "bench" },
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  });

async function startRuntime(): Promise<Miniflare> {
  const entry = join(import.meta.dirname, "tool-start-worker.ts");
  const external = ["cloudflare:workers"];
  const built = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2023",
    external,
  });
  const options = convertV4MiniflareOptions({
    ...{ host: "127.0.0.1", modules: true, script: built.outputFiles[0]?.text ?? "", compatibilityDate: "2026-10-20" },
    workerLoaders: { LOADER: {} },
    serviceBindings: {
      ASSETS: async (request) =>
        new MiniflareResponse(await readFile(join(ROOT, "dist/assets", new URL(request.url).pathname))),
    },
  });
  return new Miniflare(options);
}

/** Milliseconds of one call, from the request to its answer. */
async function measure(runtime: Miniflare, subject: Subject, isolate: string): Promise<number> {
  const { engine, name, code } = subject;
  const call = engine === null ? null : { engine, requestJson: requestJson(name, code) };
  const measured: Measured = { isolate, call };
  const started = performance.now();
  const response = await runtime.dispatchFetch("http://bench/", { method: "POST", body: JSON.stringify(measured) });
  const text = await response.text();
  const ms = performance.now() - started;
  const isRight = engine === null || (/"kind":"answer"/.test(text) && text.includes("42"));
  if (!response.ok || !isRight) throw new Error(`${name} answered ${text.slice(0, 500)}`);
  return ms;
}

/** Nearest rank. @param fraction in (0, 1]. */
const quantile = (sorted: readonly number[], fraction: number): number =>
  sorted[Math.ceil(sorted.length * fraction) - 1] ?? Number.NaN;

const runtime = await startRuntime();
try {
  const times = new Map<string, number[]>();
  const note = (subject: Subject, start: Start, ms: number) =>
    times.set(`${subject.name} ${start}`, [...(times.get(`${subject.name} ${start}`) ?? []), ms]);
  // The first start also fills the caches of the runtime and of the disk, which is another question.
  for (const subject of SUBJECTS) await measure(runtime, subject, `${subject.name}-first`);
  // In turns, so that a busy moment of the machine meets all of them.
  for (let round = 0; round < ROUNDS; round++) {
    for (const subject of SUBJECTS) note(subject, "cold", await measure(runtime, subject, `${subject.name}-${round}`));
    for (const subject of SUBJECTS) note(subject, "warm", await measure(runtime, subject, `${subject.name}-${round}`));
  }
  const bare = (start: Start) =>
    quantile(
      (times.get(`bare worker ${start}`) ?? []).toSorted((a, b) => a - b),
      0.5,
    );
  const rows = SUBJECTS.flatMap(({ name }) =>
    (["cold", "warm"] as const).map((start) => {
      const sorted = (times.get(`${name} ${start}`) ?? []).toSorted((a, b) => a - b);
      const [p50, p99] = [quantile(sorted, 0.5), quantile(sorted, 0.99)];
      return { bench: "tool-start", name, start, rounds: sorted.length, p50, p99, ratio: p50 / bare(start) };
    }),
  );
  process.stdout.write(`${"".padEnd(14)}start    p50 ms    p99 ms   x bare\n`);
  for (const { name, start, p50, p99, ratio } of rows) {
    const numbers = [p50, p99, ratio].map((value) => value.toFixed(1).padStart(9)).join(" ");
    process.stdout.write(`${name.padEnd(14)}${start} ${numbers}\n`);
  }
  for (const row of rows) process.stdout.write(`${JSON.stringify(row)}\n`);
} finally {
  await runtime.dispose();
}
