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
import { parseArgs, promisify } from "node:util";
import { databaseBatch } from "./database.ts";
import { policy } from "./policy.ts";
import { compose, validation } from "./pure.ts";
import { resume } from "./resume.ts";
import { type Rig, startRig } from "./rig.ts";
import { type Row, toMarkdown, toTable } from "./row.ts";
import { accept, fanOut, firstText, memory, steps, throughput } from "./runs.ts";
import { startUp } from "./start-up.ts";
import { toolStart } from "./tool-start.ts";

const ROOT = join(import.meta.dirname, "../..");
const PAGE = join(ROOT, "docs/bench.md");
/** What stands above it in the page is written by hand. */
const MARK = "<!-- Below: written by `npm run bench`. -->";
const ROUNDS = 30;
const QUICK_ROUNDS = 3;

type Bench = (rounds: number, rig: () => Promise<Rig>) => Promise<readonly Row[]>;

const onRig =
  (bench: (rig: Rig, rounds: number) => Promise<readonly Row[]>): Bench =>
  async (rounds, rig) =>
    bench(await rig(), rounds);

/** In this order; memory last of those that share a runtime. */
const BENCHES: Readonly<Record<string, Bench>> = {
  accept: onRig(accept),
  "first-text": onRig(firstText),
  steps: onRig(steps),
  throughput: onRig(throughput),
  "fan-out": onRig((rig, rounds) => fanOut(rig, Math.ceil(rounds / 5))),
  memory: onRig(memory),
  "tool-start": toolStart,
  database: databaseBatch,
  compose,
  validation,
  policy,
  "start-up": startUp,
  resume,
};

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    rounds: { type: "string" },
    quick: { type: "boolean", default: false },
  },
});
const unknown = values.only?.filter((name) => !Object.hasOwn(BENCHES, name)) ?? [];
const rounds = Number(values.rounds ?? (values.quick ? QUICK_ROUNDS : ROUNDS));
if (unknown.length > 0 || !(Number.isInteger(rounds) && rounds > 0)) {
  process.stderr.write(`--only takes one of ${Object.keys(BENCHES).join(", ")}; --rounds a whole number above 0\n`);
  process.exit(2);
}

async function measure(): Promise<readonly Row[]> {
  // Made by the first part that asks for it, and ended after the last.
  const rigs: Promise<Rig>[] = [];
  const rig = (): Promise<Rig> => {
    const started = rigs[0] ?? startRig();
    rigs[0] = started;
    return started;
  };
  const rows: Row[] = [];
  try {
    for (const [name, bench] of Object.entries(BENCHES)) {
      if (values.only !== undefined && !values.only.includes(name)) continue;
      process.stderr.write(`${name}\n`);
      rows.push(...(await bench(rounds, rig)));
    }
    return rows;
  } finally {
    for (const started of await Promise.allSettled(rigs))
      if (started.status === "fulfilled") await started.value.stop();
  }
}

const [load = 0] = loadavg();
const rows = await measure();
process.stdout.write(`${toTable(rows)}\n${rows.map((row) => JSON.stringify(row)).join("\n")}\n`);
if (values.only === undefined && !values.quick) await writeFile(PAGE, await toPage(await readFile(PAGE, "utf8")));

async function toPage(before: string): Promise<string> {
  const { stdout } = await promisify(execFile)("git", ["rev-parse", "--short", "HEAD"], { cwd: ROOT });
  const gigabytes = Math.round(totalmem() / 1_024 ** 3);
  const machine = `${availableParallelism()} cores of ${process.arch}, ${gigabytes} GB, ${platform()}`;
  const date = new Date().toISOString().slice(0, 10);
  const said = `${date}, commit ${stdout.trim()}, ${machine}, ${rounds} rounds; load at the start ${load.toFixed(1)}.`;
  return `${before.slice(0, before.indexOf(MARK))}${MARK}\n\n${said}\n\n${toMarkdown(rows)}\n`;
}
