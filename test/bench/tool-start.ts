/**
 * How long a tool takes to start: per language, in a new isolate and in one that is there, beside a bare dynamic worker
 * in the same run.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare, Response as MiniflareResponse } from "miniflare";
import { WORKSPACE_QUOTA } from "../../src/tool/limits.ts";
import { inTurns, type Row, toRows } from "./row.ts";
import type { Measured } from "./tool-start-worker.ts";

const ROOT = join(import.meta.dirname, "../..");

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

export async function toolStart(rounds: number): Promise<readonly Row[]> {
  const runtime = await startRuntime();
  try {
    const starts = (start: Start) =>
      SUBJECTS.map((subject) => [
        `${subject.name}, ${start}`,
        (round: number) => measure(runtime, subject, `${subject.name}-${round}`),
      ]);
    // In each round every isolate is started first, and then found there.
    const samples = await inTurns(rounds, Object.fromEntries([...starts("cold"), ...starts("warm")]));
    const floors = Object.fromEntries(
      SUBJECTS.filter(({ engine }) => engine !== null).flatMap(({ name }) => [
        [`${name}, cold`, "bare worker, cold"],
        [`${name}, warm`, "bare worker, warm"],
      ]),
    );
    return toRows("tool start", samples, { floors });
  } finally {
    await runtime.dispose();
  }
}
