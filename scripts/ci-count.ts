/**
 * Adds up what the stages of `.ci/run` left: node scripts/ci-count.ts STATUS:REPORT... prints
 * `tests: N passed, N failed` and exits 1 when anything failed. STATUS is the stage's exit code, REPORT the path of
 * Vitest's JSON report, empty for a stage that runs no tests. A run that did not happen must not read as a good one:
 * a file that could not be loaded, a report that is missing, and a bad exit without a failed test count one failure each.
 */
import { readFileSync } from "node:fs";
import { z } from "zod";

const Report = z.object({
  success: z.boolean(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })) })),
});

type Count = { readonly passed: number; readonly failed: number };

/** @param text a report as Vitest's `json` reporter writes it, or null when there is none. */
function countReport(text: string | null): Count {
  const report = Report.safeParse(text === null ? null : parseJson(text));
  if (!report.success) return { passed: 0, failed: 1 };
  let passed = 0;
  let failed = 0;
  for (const file of report.data.testResults) {
    const statuses = file.assertionResults.map((test) => test.status);
    const failures = statuses.filter((status) => status === "failed").length;
    passed += statuses.filter((status) => status === "passed").length;
    failed += failures === 0 && file.status === "failed" ? 1 : failures;
  }
  return { passed, failed: failed === 0 && !report.data.success ? 1 : failed };
}

/** The line that ends a run. */
const formatCount = (count: Count): string => `tests: ${count.passed} passed, ${count.failed} failed`;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A report cut short by a killed runner: countReport counts it as a failure.
    return null;
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // A stage that never wrote its report: countReport counts it as a failure.
    return null;
  }
}

/** @param stage `STATUS:REPORT`, as above. */
function countStage(stage: string): Count {
  const colon = stage.indexOf(":");
  const path = stage.slice(colon + 1);
  const count = path === "" ? { passed: 0, failed: 0 } : countReport(read(path));
  return stage.slice(0, colon) === "0" || count.failed > 0 ? count : { ...count, failed: 1 };
}

export function countStages(stages: readonly string[]): Count {
  const total = { passed: 0, failed: 0 };
  for (const { passed, failed } of stages.map(countStage)) {
    total.passed += passed;
    total.failed += failed;
  }
  return total;
}

if (import.meta.main) {
  const total = countStages(process.argv.slice(2));
  process.stdout.write(`${formatCount(total)}\n`);
  process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
}
