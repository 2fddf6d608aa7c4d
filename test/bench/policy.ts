/**
 * How long the default policy takes to decide one tool call. The runtime's clock moves in whole milliseconds, so inside
 * of workerd blocks of decisions are timed from outside; single ones are timed in Node, which has the same engine.
 * Prints a table for people and a JSON line per row for comparing. Run by `npm run bench`.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import type { PolicyEngine } from "../../src/policy/index.ts";
import { embedded } from "../policy/default.ts";
import { toolQuestion } from "../policy/questions.ts";
import type { Asked } from "./policy-worker.ts";

const ROOT = join(import.meta.dirname, "../..");
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 20);
/** Decisions of one block in workerd, and of one round in Node. */
const DECISIONS = 1_000;

const SUBJECTS = [
  { name: "plain call", effect: "allow", question: toolQuestion() },
  { name: "pack asks", effect: "ask", question: toolQuestion({ needs: ["The pack asks for a person."] }) },
  {
    name: "rule of two",
    effect: "ask",
    question: toolQuestion({
      tool: { id: "http_request", risk_level: "medium", labels: ["reads_untrusted", "external", "writes"] },
      taint: ["reads_private", "reads_untrusted"],
    }),
  },
] as const;

async function startRuntime(): Promise<Miniflare> {
  const built = await build({
    entryPoints: [join(import.meta.dirname, "policy-worker.ts")],
    ...{ bundle: true, write: false, format: "esm", target: "es2023", platform: "browser", external: ["*.wasm"] },
  });
  const script = built.outputFiles[0]?.text ?? "";
  const contents = await readFile(join(ROOT, "src/policy/compiled/policy.wasm"));
  const options = convertV4MiniflareOptions({
    ...{ host: "127.0.0.1", compatibilityDate: "2026-10-20", compatibilityFlags: ["nodejs_compat"] },
    modules: [
      { type: "ESModule", path: "index.mjs", contents: script },
      // As the room imports it, which the bundle leaves as it is.
      { type: "CompiledWasm", path: "compiled/policy.wasm", contents },
    ],
  });
  return new Miniflare(options);
}

/** Microseconds of one decision in workerd: what a block takes longer than a request that asks nothing. */
async function measureBlock(runtime: Miniflare, { question, effect }: (typeof SUBJECTS)[number]): Promise<number> {
  const request = async (rounds: number): Promise<number> => {
    const asked: Asked = { question, rounds };
    const started = performance.now();
    const response = await runtime.dispatchFetch("http://bench/", { method: "POST", body: JSON.stringify(asked) });
    const answer = await response.text();
    if (rounds > 0 && answer !== effect) throw new Error(`decided ${answer}, not ${effect}`);
    return performance.now() - started;
  };
  const nothing = await request(0);
  return (((await request(DECISIONS)) - nothing) * 1_000) / DECISIONS;
}

/** Microseconds of each decision, one at a time, in this process. */
async function measureSingles(engine: PolicyEngine, { question }: (typeof SUBJECTS)[number]): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < DECISIONS; n++) {
    const started = performance.now();
    await engine.decide(question);
    times.push((performance.now() - started) * 1_000);
  }
  return times;
}

/** Nearest rank. @param fraction in (0, 1]. */
const quantile = (sorted: readonly number[], fraction: number): number =>
  sorted[Math.ceil(sorted.length * fraction) - 1] ?? Number.NaN;

const runtime = await startRuntime();
try {
  const engine = embedded();
  const rows = [];
  for (const subject of SUBJECTS) {
    await measureBlock(runtime, subject);
    await measureSingles(engine, subject);
    const blocks: number[] = [];
    const singles: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      blocks.push(await measureBlock(runtime, subject));
      singles.push(...(await measureSingles(engine, subject)));
    }
    const [workerd, node] = [blocks, singles].map((times) => times.toSorted((a, b) => a - b));
    rows.push({
      ...{ bench: "policy", name: subject.name, decisions: singles.length },
      ...{ workerd_mean_us: quantile(workerd ?? [], 0.5), workerd_worst_block_us: quantile(workerd ?? [], 1) },
      ...{ node_p50_us: quantile(node ?? [], 0.5), node_p99_us: quantile(node ?? [], 0.99) },
    });
  }
  process.stdout.write(`${"µs a decision".padEnd(14)}  workerd    worst  node p50 node p99\n`);
  for (const row of rows) {
    const numbers = [row.workerd_mean_us, row.workerd_worst_block_us, row.node_p50_us, row.node_p99_us];
    process.stdout.write(`${row.name.padEnd(14)}${numbers.map((us) => us.toFixed(1).padStart(9)).join(" ")}\n`);
  }
  for (const row of rows) process.stdout.write(`${JSON.stringify(row)}\n`);
} finally {
  await runtime.dispose();
}
