/**
 * `npm run prove`: breaks the system in every way of the fault catalogue and shows that its promises hold. Writes docs/proof.md and,
 * beside it, the numbers as JSON lines. Ends with 1 when anything was wrong, or when a fault never struck whose stage was run.
 * `-- --seeds N` and `--from N` choose the random worlds, `--only STAGE` (may be given again) some stages, `--quick` is what a merge needs.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { readOptions } from "../options.ts";
import { type Proof, type Stage, toLines, toPage, toTable } from "./report.ts";
import { STAGE_IDS, stagesOf, Threads } from "./stages.ts";
import { addVerdict, emptyVerdict, missed, missedParts } from "./verdict.ts";

const ROOT = join(import.meta.dirname, "../..");
const SEEDS = 1_000;
const QUICK_SEEDS = 50;

const values = readOptions({
  seeds: { type: "string" },
  from: { type: "string" },
  quick: { type: "boolean", default: false },
  page: { type: "boolean" },
  only: { type: "string", multiple: true },
});
const seeds = Number(values.seeds ?? (values.quick ? QUICK_SEEDS : SEEDS));
const from = Number(values.from ?? 1);
const unknown = values.only?.filter((name) => !STAGE_IDS.some((id) => id === name)) ?? [];
if (!Number.isSafeInteger(seeds) || seeds < 0 || !Number.isSafeInteger(from) || from < 1 || unknown.length > 0) {
  process.stderr.write(
    `--seeds N takes a whole number from 0, --from N one from 1, --only one of ${STAGE_IDS.join(", ")}.\n`,
  );
  process.exit(2);
}

/** The tests of the quick form are those of `npm test`, which run beside it anyway. */
const chosen = STAGE_IDS.filter((id) => values.only?.includes(id) ?? !(values.quick && id === "tests"));
const plans = stagesOf({ seeds, from, isQuick: values.quick });
const begun = performance.now();
const threads = new Threads();
const stages: Stage[] = [];
const total = emptyVerdict();
for (const id of chosen) {
  const { name, isSimulated, perform } = plans[id];
  const since = performance.now();
  const { verdict, facts = [] } = await perform(threads);
  addVerdict(total, verdict);
  stages.push({ id, name, isSimulated, facts, seconds: (performance.now() - since) / 1_000, verdict });
  process.stdout.write(`${toTable(stages.slice(-1), stages.length === 1)}\n`);
  for (const fact of facts) process.stdout.write(`  ${fact}\n`);
}
await threads.close();

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
// Fifty seeds are too few for every fault to strike by chance.
const isWhole = seeds >= SEEDS;
const never = [...missed(total, chosen, isWhole), ...(isWhole && chosen.includes("seeds") ? missedParts(total) : [])];
if (never.length > 0) process.stdout.write(`never struck: ${never.join(", ")}\n`);
// A part of the proof is no proof: the page is written by a whole one.
if (values.page || (!values.quick && values.seeds === undefined && values.only === undefined)) {
  writeFileSync(join(ROOT, "docs/proof.md"), toPage(proof));
  writeFileSync(join(ROOT, "docs/proof.jsonl"), toLines(proof));
}
process.exitCode = total.wrong.length === 0 && never.length === 0 ? 0 : 1;
