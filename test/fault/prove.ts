/**
 * `npm run prove`: breaks the system in every way of the fault catalogue and shows that its promises hold. Stages are
 * lists of errands that threads share; a further ring is a further stage. Writes docs/proof.md and, beside it, the numbers as
 * JSON lines. Ends with 1 when anything was wrong, or when a fault of the simulator never struck.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import type { Errand } from "./errand.ts";
import { DIRECTED, ENUMERATED } from "./programs.ts";
import type { FromThread } from "./prove-thread.ts";
import { type Proof, type Stage, toLines, toPage, toTable } from "./report.ts";
import { addVerdict, emptyVerdict, missed, missedParts, type Verdict } from "./verdict.ts";

const ROOT = join(import.meta.dirname, "../..");
const SEEDS = 1_000;
/** Seeds and moments of one errand: short enough that no thread is left alone at the end. */
const SEEDS_AT_ONCE = 10;
const PARTS = 6;

const { values } = parseArgs({
  options: {
    seeds: { type: "string" },
    from: { type: "string" },
    quick: { type: "boolean" },
    page: { type: "boolean" },
    only: { type: "string", multiple: true },
  },
});
const seeds = Number(values.seeds ?? (values.quick ? 50 : SEEDS));
const from = Number(values.from ?? 1);
if (!Number.isSafeInteger(seeds) || seeds < 0 || !Number.isSafeInteger(from) || from < 1) {
  process.stderr.write("--seeds N takes a whole number from 0, --from N one from 1.\n");
  process.exit(2);
}

const seedErrands: Errand[] = [];
for (let at = from; at < from + seeds; at += SEEDS_AT_ONCE) {
  seedErrands.push({ kind: "seeds", from: at, to: Math.min(at + SEEDS_AT_ONCE, from + seeds) });
}
const programs = values.quick ? ENUMERATED.slice(0, 4) : ENUMERATED;
const STAGES: readonly { readonly id: string; readonly name: string; readonly errands: readonly Errand[] }[] = [
  {
    id: "programs",
    name: "programs that are a fault",
    errands: DIRECTED.map(({ id }) => ({ kind: "program", program: id })),
  },
  {
    id: "deaths",
    name: "a death at every moment",
    errands: programs.flatMap(({ id }) =>
      Array.from({ length: PARTS }, (_, part): Errand => ({ kind: "deaths", program: id, part: part + 1, of: PARTS })),
    ),
  },
  { id: "seeds", name: "random programs and faults", errands: seedErrands },
];

/** Shares the errands among threads, and adds up what they find. */
async function perform(threads: readonly Worker[], errands: readonly Errand[]): Promise<Verdict> {
  const verdict = emptyVerdict();
  const queue = [...errands];
  await Promise.all(
    threads.map(async (thread) => {
      for (let errand = queue.shift(); errand !== undefined; errand = queue.shift()) {
        addVerdict(verdict, await ask(thread, errand));
      }
    }),
  );
  return verdict;
}

function ask(thread: Worker, errand: Errand): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    thread.once("error", reject);
    thread.once("message", (message: FromThread) => {
      thread.off("error", reject);
      if ("failed" in message) reject(new Error(message.failed));
      else resolve(message.verdict);
    });
    thread.postMessage(errand);
  });
}

const begun = performance.now();
const threads = await Promise.all(
  Array.from({ length: Math.max(1, Math.min(availableParallelism(), 8)) }, async () => {
    const thread = new Worker(join(import.meta.dirname, "prove-thread.ts"), { execArgv: ["--no-warnings"] });
    await new Promise((resolve, reject) => thread.once("message", resolve).once("error", reject));
    return thread;
  }),
);
const stages: Stage[] = [];
const total = emptyVerdict();
for (const { id, name, errands } of STAGES) {
  if (values.only !== undefined && !values.only.includes(id)) continue;
  const since = performance.now();
  const verdict = await perform(threads, errands);
  addVerdict(total, verdict);
  stages.push({ name, seconds: (performance.now() - since) / 1_000, verdict });
  process.stdout.write(`${toTable(stages.slice(-1), stages.length === 1)}\n`);
}
for (const thread of threads) thread.postMessage("end");

const proof: Proof = {
  stages,
  total,
  seeds,
  commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: ROOT, encoding: "utf8" }).trim(),
  date: new Date().toISOString().slice(0, 10),
  machine: `${availableParallelism()} cores, ${process.platform} ${process.arch}, Node ${process.versions.node}`,
  seconds: (performance.now() - begun) / 1_000,
};
for (const { source, wrong } of total.wrong)
  process.stdout.write(`${JSON.stringify(source)}\n  ${wrong.join("\n  ")}\n`);
const never = [...missed(total), ...missedParts(total)];
if (never.length > 0) process.stdout.write(`never struck: ${never.join(", ")}\n`);
// A part of the proof is no proof: the page is written by a whole one.
if (values.page || (!values.quick && values.seeds === undefined)) {
  writeFileSync(join(ROOT, "docs/proof.md"), toPage(proof));
  writeFileSync(join(ROOT, "docs/proof.jsonl"), toLines(proof));
}
process.exitCode = total.wrong.length === 0 && never.length === 0 ? 0 : 1;
