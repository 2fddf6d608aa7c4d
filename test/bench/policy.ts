/**
 * How long the default policy takes to decide one tool call. The runtime's clock moves in whole milliseconds, so inside
 * of workerd blocks of decisions are timed from outside; single ones are timed in Node, which has the same engine.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import type { PolicyEngine } from "../../src/policy/index.ts";
import { embedded } from "../policy/default.ts";
import { toolQuestion } from "../policy/questions.ts";
import type { Asked } from "./policy-worker.ts";
import { type Row, toRows } from "./row.ts";

const ROOT = join(import.meta.dirname, "../..");
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

export async function policy(rounds: number): Promise<readonly Row[]> {
  const runtime = await startRuntime();
  try {
    const engine = embedded();
    const samples: Record<string, number[]> = {};
    const bars: Record<string, string> = {};
    for (const subject of SUBJECTS) {
      await measureBlock(runtime, subject);
      await measureSingles(engine, subject);
      const [blocks, singles]: [number[], number[]] = [[], []];
      for (let round = 0; round < rounds; round++) {
        blocks.push(await measureBlock(runtime, subject));
        singles.push(...(await measureSingles(engine, subject)));
      }
      samples[`${subject.name}, mean of ${DECISIONS}`] = blocks;
      samples[`${subject.name}, single, in Node`] = singles;
      bars[`${subject.name}, mean of ${DECISIONS}`] = "25 us, with schema and quota";
    }
    return toRows("policy decision", samples, { unit: "us", bars });
  } finally {
    await runtime.dispose();
  }
}
