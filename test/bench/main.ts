/**
 * `npm run bench`: every measurement beside its floor, in one run. Prints a table for people and a JSON line per row for
 * comparing; a run of everything writes docs/bench.md. `-- --only NAME` (may be given again) measures only that;
 * `-- --rounds N` takes fewer or more samples; `-- --quick` takes few and writes no page: it shows that every measurement can
 * be made. Ends by itself.
 */
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism, loadavg, platform, totalmem } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { readOptions } from "../options.ts";
import { databaseBatch } from "./database.ts";
import { policy } from "./policy.ts";
import { compose, validation } from "./pure.ts";
import { resume } from "./resume.ts";
import { type Rig, startRig } from "./rig.ts";
import { merge, type Part, toMarkdown, toRows, toTable } from "./row.ts";
import { accept, fanOut, firstText, memory, steps, throughput } from "./runs.ts";
import { startUp } from "./start-up.ts";
import { toolStart } from "./tool-start.ts";

const ROOT = join(import.meta.dirname, "../..");
const PAGE = join(ROOT, "docs/bench.md");
/** What stands above it in the page is written by hand. */
const MARK = "<!-- Below: written by `npm run bench`. -->";
const ROUNDS = 30;
const QUICK_ROUNDS = 3;
/** A process is up to a tenth faster or slower than the next for as long as it lives, and so is its ratio. */
const RIGS = 3;

/** In this order; memory last of those that share a runtime. */
const ON_RIG: Readonly<Record<string, (rig: Rig, rounds: number) => Promise<readonly Part[]>>> = {
  accept,
  "first-text": firstText,
  steps,
  throughput,
  "fan-out": (rig, rounds) => fanOut(rig, Math.ceil(rounds / 5)),
  memory,
};
const APART: Readonly<Record<string, (rounds: number) => Promise<readonly Part[]>>> = {
  "tool-start": toolStart,
  database: databaseBatch,
  compose,
  validation,
  policy,
  "start-up": startUp,
  resume,
};
const NAMES = Object.keys({ ...ON_RIG, ...APART });

const values = readOptions({
  only: { type: "string", multiple: true },
  rounds: { type: "string" },
  quick: { type: "boolean", default: false },
});
const unknown = values.only?.filter((name) => !NAMES.includes(name)) ?? [];
const rounds = Number(values.rounds ?? (values.quick ? QUICK_ROUNDS : ROUNDS));
if (unknown.length > 0 || !(Number.isInteger(rounds) && rounds > 0)) {
  process.stderr.write(`--only takes one of ${NAMES.join(", ")}; --rounds a whole number above 0\n`);
  process.exit(2);
}

/** A few rounds show no more than that it can be measured. */
const rigs = Math.min(RIGS, Math.ceil(rounds / QUICK_ROUNDS));

/** Those of the table that are wanted, in its order. */
const wanted = <T>(table: Readonly<Record<string, T>>): (readonly [name: string, bench: T])[] =>
  Object.entries(table).filter(([name]) => values.only?.includes(name) ?? true);

async function onOneRig(roundsOfIt: number): Promise<readonly Part[]> {
  const benches = wanted(ON_RIG);
  if (benches.length === 0) return [];
  const rig = await startRig();
  const parts: Part[] = [];
  try {
    for (const [name, bench] of benches) {
      process.stderr.write(`${name}\n`);
      parts.push(...(await bench(rig, roundsOfIt)));
    }
    return parts;
  } finally {
    await rig.stop();
  }
}

async function measure(): Promise<readonly Part[]> {
  const parts: Part[] = [];
  for (let left = rigs; left > 0; left--) parts.push(...(await onOneRig(Math.ceil(rounds / rigs))));
  for (const [name, bench] of wanted(APART)) {
    process.stderr.write(`${name}\n`);
    parts.push(...(await bench(rounds)));
  }
  return merge(parts);
}

const [load = 0] = loadavg();
const rows = (await measure()).flatMap(toRows);
process.stdout.write(`${toTable(rows)}\n${rows.map((row) => JSON.stringify(row)).join("\n")}\n`);
if (values.only === undefined && !values.quick) await writeFile(PAGE, await toPage(await readFile(PAGE, "utf8")));

async function toPage(before: string): Promise<string> {
  const { stdout } = await promisify(execFile)("git", ["rev-parse", "--short", "HEAD"], { cwd: ROOT });
  const gigabytes = Math.round(totalmem() / 1_024 ** 3);
  const machine = `${availableParallelism()} cores of ${process.arch}, ${gigabytes} GB, ${platform()}`;
  const date = new Date().toISOString().slice(0, 10);
  const said = `${date}, commit ${stdout.trim()}, ${machine}, ${rounds} rounds in ${rigs} processes; load at the start ${load.toFixed(1)}.`;
  return `${before.slice(0, before.indexOf(MARK))}${MARK}\n\n${said}\n\n${toMarkdown(rows)}\n`;
}
