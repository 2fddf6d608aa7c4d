/**
 * Everything a machine can hold without running the product: one line per part (verdict, time), and the whole output
 * of each part that failed. All parts run, so one round shows every failure. Two at a time: most use one core each.
 */
import { type Ran, run } from "./run.ts";

type Part = {
  readonly name: string;
  readonly command: readonly string[];
  /** The line of a good run's output worth showing. */
  readonly verdict?: RegExp;
  /** What usually mends it. */
  readonly mend: string;
};

const AT_ONCE = 2;
const PART_TIMEOUT_MS = 180_000;

/** The slowest first, so that none is left alone at the end. */
const PARTS: readonly Part[] = [
  {
    name: "house rules",
    command: ["vitest", "run", "--project", "node", "test/tidy.test.ts", "test/house"],
    verdict: /Tests\s+(.+)/,
    mend: "the failing test names the file and the rule; CONTRIBUTING.md says why",
  },
  { name: "unused code", command: ["knip", "--no-progress"], mend: "delete it, or stop exporting it" },
  {
    name: "format and lint",
    command: ["biome", "check", "--error-on-warnings", "--max-diagnostics=100", "."],
    verdict: /Checked (.+?)\./,
    mend: "npm run format mends what can be mended",
  },
  { name: "types", command: ["tsc", "-p", "."], mend: "no `any`, no `!`, no cast: parse at the edge" },
  {
    name: "generated code",
    command: ["node", "scripts/gen.ts", "--check"],
    verdict: /(\d+ files fresh)/,
    mend: "npm run gen, and commit what it wrote",
  },
  {
    name: "policy",
    command: ["node", "scripts/policies.ts", "--check"],
    mend: "npm run policies (needs Go), and commit what it wrote: docs/policy.md",
  },
  {
    name: "migrations",
    command: ["node", "scripts/lint-sql.ts"],
    verdict: /(\d+ files)/,
    mend: "a migration only adds, and every table keeps tenants apart: docs/data.md",
  },
  { name: "proto format", command: ["buf", "format", "--diff", "--exit-code"], mend: "buf format --write" },
  { name: "proto lint", command: ["buf", "lint"], mend: "https://buf.build/docs/lint/rules/" },
  {
    name: "proto breaking",
    command: ["buf", "breaking", "--against", "proto/image.binpb"],
    mend: "add fields, never change or remove them; the image is the last released shape (CONTRIBUTING.md)",
  },
];

/** Runs parts until none is left; two of these workers share the list. */
async function work(queue: Part[], failures: string[]): Promise<void> {
  for (let part = queue.shift(); part !== undefined; part = queue.shift()) {
    const ran = await run(part.command, { timeoutMs: PART_TIMEOUT_MS });
    process.stdout.write(`${line(part, ran)}\n`);
    if (ran.code !== 0)
      failures.push(`\n--- ${part.name}: ${part.command.join(" ")}\n${ran.output.trim()}\n=> ${part.mend}\n`);
  }
}

function line(part: Part, ran: Ran): string {
  const verdict = ran.code === 0 ? (part.verdict?.exec(ran.output)?.[1] ?? "ok") : `failed (exit ${ran.code})`;
  return `${ran.code === 0 ? "ok  " : "FAIL"} ${part.name.padEnd(16)} ${(ran.ms / 1000).toFixed(1).padStart(5)} s  ${verdict}`;
}

const started = performance.now();
const failures: string[] = [];
const queue = [...PARTS];
await Promise.all(Array.from({ length: AT_ONCE }, () => work(queue, failures)));
process.stdout.write(failures.join(""));
const seconds = ((performance.now() - started) / 1000).toFixed(1);
process.stdout.write(`\ncheck: ${PARTS.length - failures.length} of ${PARTS.length} parts hold, ${seconds} s\n`);
process.exitCode = failures.length === 0 ? 0 : 1;
