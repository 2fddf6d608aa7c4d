/**
 * Faults that tests in real runtimes inject: by number, the files and how the titles of the tests, or of what they stand in, begin. The proof runs the files and
 * counts a fault as struck once for each of these tests that passed. Nothing is written twice for it.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { ROOT, run } from "../../../scripts/run.ts";
import { type FaultId, isFaultId } from "../catalogue.ts";
import { emptyVerdict, type Verdict } from "../verdict.ts";

type Tests = readonly (readonly [file: string, ...titles: [string, ...string[]]])[];

export const TESTS = {
  9: [["task/shapes.worker.test.ts", "takes what a gateway", "answers a gateway"]],
  21: [
    ["data/events.test.ts", "of a consumer is refused as before, then applied to that consumer alone, once"],
    ["data/pglite.test.ts", "is sent again when it is replayed, and twice has one effect"],
    ["api/dead-letters.worker.test.ts", "says refused while the cause stands, then replayed, then already_applied"],
  ],
  22: [["data/events.test.ts", "of 100,000 events sends", "gives every tenant its turn", "warns of an event that"]],
  27: [["data/pglite.test.ts", "never share what a setting left behind", "are closed to"]],
  30: [
    ["data/sql-rules.test.ts", "lets pass what only adds", "finds nothing in migrations/"],
    ["data/pglite.test.ts", "waits for a database whose schema has no such table yet, and buries nothing"],
  ],
  39: [
    ["tool/languages.worker.test.ts", "what never ends in", "what takes too much in"],
    ["tool/runner.worker.test.ts", "stops the isolate at the time limit"],
    [
      "tool/mcp.worker.test.ts",
      "are cut when they say too much",
      "is given up with its time when its stream never ends",
    ],
    ["task/mcp.worker.test.ts", "a call that broke off in its tool"],
  ],
  41: [
    ["platform/egress.test.ts", "refuses "],
    [
      "tool/egress.worker.test.ts",
      "is refused whole by the gateway of a call that may reach every host",
      "is answered with a redirect as it is, whose next hop is judged again",
      "with a gateway has no other way out",
    ],
  ],
  42: [
    ["tool/gate.worker.test.ts", "are ten; the eleventh waits"],
    ["tool/gate.test.ts", "shares "],
  ],
  44: [
    [
      "api/events.worker.test.ts",
      "has the same bytes from any position on",
      "takes the newer position from the header",
      "starts anew, and says so, for a position the task does not have",
    ],
  ],
  45: [
    [
      "api/body.test.ts",
      "refuses a body that says it is too large",
      "refuses a body that turns out too large",
      "gives up on a body that does not arrive",
      "admits headers up to the limit",
    ],
  ],
} as const satisfies Readonly<Record<number, Tests>>;

export const testsOf = (id: FaultId): Tests => Object.entries(TESTS).find(([known]) => Number(known) === id)?.[1] ?? [];

const TestReport = z.object({
  title: z.string(),
  ancestorTitles: z.array(z.string()),
  fullName: z.string(),
  status: z.string(),
});
const Report = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      message: z.string().optional(),
      status: z.string(),
      assertionResults: z.array(TestReport),
    }),
  ),
});
type FileReport = z.infer<typeof Report>["testResults"][number];

/** All files together; a test that hangs ends itself long before. */
const RUN_MS_MAX = 20 * 60_000;

export async function runTests(): Promise<{ readonly verdict: Verdict; readonly facts: readonly string[] }> {
  const folder = await mkdtemp(join(tmpdir(), "vasini-proof-"));
  try {
    const report = join(folder, "report.json");
    const files = [...new Set(Object.values(TESTS).flatMap((tests) => tests.map(([file]) => `test/${file}`)))];
    const built = await run(["node", "scripts/build-assets.ts"], { timeoutMs: RUN_MS_MAX });
    const { output } = await run(["vitest", "run", ...files], { timeoutMs: RUN_MS_MAX, env: { TEST_REPORT: report } });
    const text = await readFile(report, "utf8").catch(() => null); // it ended before it wrote one: told below
    const parsed = text === null ? null : Report.safeParse(JSON.parse(text));
    if (!parsed?.success) throw new Error(`the tests left no report:\n${(built.output + output).slice(-2_000)}`);
    return toVerdict(parsed.data.testResults);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export function toVerdict(reports: readonly FileReport[]) {
  const verdict = emptyVerdict();
  const fileOf = ({ name }: FileReport): string => name.slice(name.indexOf("/test/", ROOT.length) + "/test/".length);
  const wrong: string[] = [];
  for (const report of reports) {
    const failed = report.assertionResults.filter(({ status }) => status === "failed");
    wrong.push(...failed.map(({ fullName }) => `${fileOf(report)}: ${fullName}`));
    if (failed.length === 0 && report.status === "failed")
      wrong.push(`${fileOf(report)}: ${report.message ?? "failed"}`);
    verdict.worlds += report.assertionResults.filter(({ status }) => status === "passed").length;
  }
  for (const [number, tests] of Object.entries(TESTS)) {
    const id = Number(number);
    if (!isFaultId(id)) continue;
    for (const [file, ...titles] of tests) {
      const passed = reports
        .filter((report) => fileOf(report) === file)
        .flatMap(({ assertionResults }) => assertionResults.filter(({ status }) => status === "passed"));
      for (const begin of titles) {
        const hits = passed.filter(({ title, ancestorTitles }) =>
          [title, ...ancestorTitles].some((one) => one.startsWith(begin)),
        ).length;
        if (hits === 0) wrong.push(`fault ${id}: no test of ${file} passed that begins with "${begin}"`);
        else verdict.hits.set(id, (verdict.hits.get(id) ?? 0) + hits);
      }
    }
  }
  if (wrong.length > 0) verdict.wrong.push({ source: { kind: "run", name: "tests" }, wrong });
  return { verdict, facts: [`${verdict.worlds} tests in ${reports.length} files`] };
}
