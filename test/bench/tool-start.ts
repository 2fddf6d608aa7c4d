/**
 * How long a tool takes to start: per language and for a pack's own, in a new isolate and in one that is there, beside a
 * bare dynamic worker in the same run.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare, Response as MiniflareResponse } from "miniflare";
import { bundlePath, composePack, createPackRegistry, SHARED_SHELF, toBundleFile } from "../../src/pack/index.ts";
import { systemClock } from "../../src/platform/index.ts";
import { WORKSPACE_QUOTA } from "../../src/tool/limits.ts";
import type { RunnerCall } from "../../src/tool/runner.ts";
import { inTurns, type Part, toPart } from "./row.ts";
import type { Measured } from "./tool-start-worker.ts";

const ROOT = join(import.meta.dirname, "../..");

const SUBJECTS = [
  { name: "bare worker", engine: null, code: "" },
  { name: "javascript", engine: "code-executor", code: "6 * 7" },
  { name: "typescript", engine: "code-executor", code: "const n: number = 6; n * 7" },
  { name: "bash", engine: "bash", code: "echo $((6 * 7))" },
  { name: "python", engine: "python", code: "6 * 7" },
  { name: "pack tool", engine: "pack-tool", code: "" },
] as const;

type Subject = (typeof SUBJECTS)[number];
type Start = "cold" | "warm";

/** Warm starts to a cold one: a p99 takes hundreds. Of cold ones hundreds are too many, for every isolate stays in memory. */
const WARM_PER_COLD = 7;

const PACK = `{ schema_version: "1.0", pack_id: bench, version: 1.0.0, risk_level: low, author: { name: Bench },
  role: { title: Runner, domain: Benchmarks, seniority: senior, goal: { primary: Run } },
  tools: { available: [ { id: answer, name: Answer, description: Answers, risk_level: low, sandbox: { timeout: 10s } } ] } }`;
const TOOL = {
  ...{ id: "answer", description: "Answers", parameters: undefined },
  source: "var __tool = { default: { async run() { return 6 * 7; } } };",
};

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
    r2Buckets: ["PACKS"],
    serviceBindings: {
      ASSETS: async (request) =>
        new MiniflareResponse(await readFile(join(ROOT, "dist/assets", new URL(request.url).pathname))),
    },
  });
  return new Miniflare(options);
}

/** Publishes a pack with a tool of its own. @returns where its code is. */
async function publishTool(runtime: Miniflare): Promise<NonNullable<RunnerCall["code"]>> {
  const files = new Map([
    ["bench/profession-pack.yaml", PACK],
    [bundlePath("bench", TOOL.id), toBundleFile(TOOL)],
  ]);
  const composed = await composePack(files, "bench");
  if (!composed.ok) throw new Error(JSON.stringify(composed.error));
  // A cast, because Miniflare's buckets have types of their own.
  const bucket = (await runtime.getR2Bucket("PACKS")) as unknown as R2Bucket;
  await createPackRegistry({ bucket, clock: systemClock }).publish(SHARED_SHELF, composed.value, { replaceable: true });
  return { owner: SHARED_SHELF, digest: composed.value.config.tools.available[0]?.bundle ?? "" };
}

type Rig = { readonly runtime: Miniflare; readonly packTool: NonNullable<RunnerCall["code"]> };

/** Milliseconds of one call, from the request to its answer. */
async function measure({ runtime, packTool }: Rig, subject: Subject, isolate: string): Promise<number> {
  const { engine, name, code } = subject;
  const own = engine === "pack-tool" ? { code: packTool } : {};
  const call = engine === null ? null : { engine, requestJson: requestJson(name, code), ...own };
  const measured: Measured = { isolate, call };
  const started = performance.now();
  const response = await runtime.dispatchFetch("http://bench/", { method: "POST", body: JSON.stringify(measured) });
  const text = await response.text();
  const ms = performance.now() - started;
  const isRight = engine === null || (/"kind":"answer"/.test(text) && text.includes("42"));
  if (!response.ok || !isRight) throw new Error(`${name} answered ${text.slice(0, 500)}`);
  return ms;
}

export async function toolStart(rounds: number): Promise<readonly Part[]> {
  const runtime = await startRuntime();
  try {
    const rig = { runtime, packTool: await publishTool(runtime) };
    const starts = (start: Start, isolateOf: (round: number) => string) =>
      Object.fromEntries(
        SUBJECTS.map((subject) => [
          `${subject.name}, ${start}`,
          (round: number) => measure(rig, subject, `${subject.name}-${isolateOf(round)}`),
        ]),
      );
    const cold = await inTurns(
      rounds,
      starts("cold", (round) => `new-${round}`),
    );
    // Started in the round that is not counted, and found there in the others.
    const warm = await inTurns(
      rounds * WARM_PER_COLD,
      starts("warm", () => "there"),
    );
    const floors = Object.fromEntries(
      SUBJECTS.filter(({ engine }) => engine !== null).flatMap(({ name }) => [
        [`${name}, cold`, "bare worker, cold"],
        [`${name}, warm`, "bare worker, warm"],
      ]),
    );
    return [toPart("tool start", { ...cold, ...warm }, { floors })];
  } finally {
    await runtime.dispose();
  }
}
