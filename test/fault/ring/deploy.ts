/**
 * Ten deploys in a row under load: this code, and code of a next version that begins each journal in a shape of its own. Each time
 * the old one is killed with its tasks in the middle of their runs. After a rollback this code finds what it must not touch, refuses it, and
 * leaves it to the next version, which comes again.
 */
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pass } from "node:timers/promises";
import { ROOT } from "../../../scripts/run.ts";
import { JOURNAL_VERSION } from "../../../src/task/journal/journal.ts";
import { type Run, underLoad } from "./kill.ts";

export type DeployPlan = { readonly seed: number; readonly tasks: number; readonly deploys: number };

/** How long a version serves at most before the next is deployed. */
const LIFE_MS_MAX = 6_000;
const REFUSAL = "is newer than this code";
/** Together longer than a lease. */
const REFUSAL_LOOK_MS = 500;
const REFUSAL_LOOKS_MAX = 50;
/** What a checkout has and a deploy does not need, or has to have for itself. */
const LEFT_OUT = new Set(["node_modules", ".git", "dist", ".wrangler", ".vasini", "docs", "test"]);

/** Begins and ends with the next version; every second deploy is a rollback. */
export async function deployAgainAndAgain({ seed, tasks, deploys }: DeployPlan): Promise<Run> {
  const next = await makeNextVersion();
  let refused = 0;
  try {
    const plan = { name: "deploy", seed, tasks, root: next };
    const run = await underLoad(plan, async ({ random, restart, logOf }) => {
      for (let n = 1; n <= deploys; n++) {
        await pass(500 + random() * LIFE_MS_MAX);
        if (n % 2 === 0) refused += await refusalsIn(logOf);
        await restart(n % 2 === 0 ? next : ROOT);
      }
      return deploys;
    });
    const { verdict, facts } = run;
    verdict.hits.set(8, deploys);
    if (refused > 0) verdict.hits.set(10, refused);
    return { verdict, facts: [...facts, `${refused} times this code refused what the next version had written`] };
  } finally {
    await rm(next, { recursive: true, force: true });
  }
}

/**
 * How often this code met what the next version wrote. A task of the next version wakes when its lease ends, so a
 * rollback waits for one: without it nothing would be shown.
 */
async function refusalsIn(logOf: () => Promise<string>): Promise<number> {
  for (let looks = 0; ; looks++) {
    const refusals = (await logOf()).split(REFUSAL).length - 1;
    if (refusals > 0 || looks >= REFUSAL_LOOKS_MAX) return refusals;
    await pass(REFUSAL_LOOK_MS);
  }
}

/** A checkout of its own, whose code is this one but for the shape of its journals. */
async function makeNextVersion(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "vasini-next-"));
  for (const name of await readdir(ROOT)) {
    if (!LEFT_OUT.has(name)) await cp(join(ROOT, name), join(root, name), { recursive: true });
  }
  await symlink(join(ROOT, "node_modules"), join(root, "node_modules"));
  const file = join(root, "src/task/journal/journal.ts");
  const code = await readFile(file, "utf8");
  const raised = code.replace(`JOURNAL_VERSION = ${JOURNAL_VERSION};`, `JOURNAL_VERSION = ${JOURNAL_VERSION + 1};`);
  if (raised === code) throw new Error("journal.ts is not what the next version is made from");
  await writeFile(file, raised);
  return root;
}
