/**
 * How long the default policy takes to decide one tool call. In workerd the clock stands still between two answers of the
 * network, so nobody can time a single decision there: hundreds of them are timed from outside, against requests that ask
 * nothing. Their p99 has the jitter of a request in it, a hundredth of it on each decision, so it says too much rather than
 * too little of a slow hundred, and nothing of one slow decision among quick ones. That is what Node shows, which has the
 * same engine and a clock.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { readPackFolder } from "../../src/cli/index.ts";
import { type AgentConfig, composePack } from "../../src/pack/index.ts";
import type { PolicyEngine } from "../../src/policy/index.ts";
import { embedded } from "../policy/default.ts";
import { toolQuestion } from "../policy/questions.ts";
import type { Asked } from "./policy-worker.ts";
import { type Part, toPart } from "./row.ts";

const ROOT = join(import.meta.dirname, "../..");
/** Decisions of one block in workerd, and blocks of one round. */
const [BLOCK, BLOCKS] = [100, 30];
/** Decisions of one round in Node. */
const SINGLES = 1_000;

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
    ...{
      bundle: true,
      write: false,
      format: "esm",
      target: "es2023",
      platform: "browser",
      external: ["*.wasm", "cloudflare:workers"],
    },
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

/** Microseconds of one decision, block by block: what it takes longer than the request in the middle that asks nothing. */
async function measureBlocks(
  runtime: Miniflare,
  { question, effect }: (typeof SUBJECTS)[number],
  more: Pick<Asked, "pack" | "isKnown"> = {},
): Promise<number[]> {
  const request = async (rounds: number): Promise<number> => {
    const asked: Asked = { question, rounds, ...more };
    const started = performance.now();
    const response = await runtime.dispatchFetch("http://bench/", { method: "POST", body: JSON.stringify(asked) });
    const answer = await response.text();
    if (rounds > 0 && answer !== effect) throw new Error(`decided ${answer}, not ${effect}`);
    return performance.now() - started;
  };
  const [nothings, blocks]: [number[], number[]] = [[], []];
  for (let n = 0; n < BLOCKS; n++) {
    nothings.push(await request(0));
    blocks.push(await request(BLOCK));
  }
  const floor = nothings.toSorted((a, b) => a - b)[BLOCKS / 2] ?? 0;
  return blocks.map((time) => ((time - floor) * 1_000) / BLOCK);
}

/** A published pack, as a run has it. */
async function packWithFiles(): Promise<AgentConfig> {
  const { files, folder } = await readPackFolder(join(ROOT, "packs/senior-python-dev"));
  const composed = await composePack(files, folder);
  if (!composed.ok) throw new Error(`${folder} does not compose`);
  return composed.value.config;
}

/** Each question is another tenant's: the engine remembers what it was asked. */
let asked = 0;

/** Microseconds of each decision, one at a time, in this process. */
async function measureSingles(engine: PolicyEngine, { question }: (typeof SUBJECTS)[number]): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < SINGLES; n++) {
    const fresh = { ...question, tenant: `${question.tenant}-${++asked}` };
    const started = performance.now();
    await engine.decide(fresh);
    times.push((performance.now() - started) * 1_000);
  }
  return times;
}

export async function policy(rounds: number): Promise<readonly Part[]> {
  const runtime = await startRuntime();
  try {
    const engine = embedded();
    const samples: Record<string, number[]> = {};
    const bars: Record<string, string> = {};
    for (const subject of SUBJECTS) {
      await measureBlocks(runtime, subject);
      await measureSingles(engine, subject);
      const [blocks, singles]: [number[], number[]] = [[], []];
      for (let round = 0; round < rounds; round++) {
        blocks.push(...(await measureBlocks(runtime, subject)));
        singles.push(...(await measureSingles(engine, subject)));
      }
      samples[`${subject.name}, mean of ${BLOCK}`] = blocks;
      samples[`${subject.name}, single, in Node`] = singles;
      bars[`${subject.name}, mean of ${BLOCK}`] = "p99 100 us";
      bars[`${subject.name}, single, in Node`] = "p99 100 us";
    }
    const [whole, again] = [`policy, schema and quota, mean of ${BLOCK}`, `the same question again, mean of ${BLOCK}`];
    const checks: Record<string, number[]> = { [whole]: [], [again]: [] };
    const pack = await packWithFiles();
    for (let round = -1; round < rounds; round++) {
      for (const [name, isKnown] of [
        [whole, false],
        [again, true],
      ] as const) {
        const blocks = await measureBlocks(runtime, SUBJECTS[0], { pack, isKnown });
        if (round >= 0) checks[name]?.push(...blocks); // the first fills caches
      }
    }
    return [
      toPart("policy decision", samples, { unit: "us", bars }),
      toPart("check of a call", checks, { unit: "us", bars: { [whole]: "25 us", [again]: "25 us" } }),
    ];
  } finally {
    await runtime.dispose();
  }
}
