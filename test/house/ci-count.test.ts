/** The line that ends CI: every way a run can fail shows in it. Reports are files, as the runner leaves them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { countStages } from "../../scripts/ci-count.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vasini-count-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function report(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}
const file = (status: string, ...tests: readonly string[]) => ({
  status,
  assertionResults: tests.map((test) => ({ status: test })),
});

describe("the count", () => {
  it("adds the tests of several reports", () => {
    const one = report("one.json", { success: true, testResults: [file("passed", "passed", "passed")] });
    const two = report("two.json", { success: true, testResults: [file("passed", "passed")] });
    expect(countStages([`0:${one}`, "0:", `0:${two}`])).toEqual({ passed: 3, failed: 0 });
  });

  it("counts each failed test", () => {
    const path = report("failed.json", { success: false, testResults: [file("failed", "passed", "failed", "failed")] });
    expect(countStages([`1:${path}`])).toEqual({ passed: 1, failed: 2 });
  });

  it("counts a file that could not be loaded as one failure", () => {
    const path = report("broken.json", { success: false, testResults: [file("failed"), file("passed", "passed")] });
    expect(countStages([`1:${path}`])).toEqual({ passed: 1, failed: 1 });
  });

  it("counts a bad exit without a failed test as one failure", () => {
    const path = report("exit.json", { success: true, testResults: [file("passed", "passed")] });
    expect(countStages([`137:${path}`])).toEqual({ passed: 1, failed: 1 });
  });

  it("counts a failed stage that runs no tests as one failure", () => {
    expect(countStages(["1:"])).toEqual({ passed: 0, failed: 1 });
  });

  it("counts a missing and a cut report as one failure each", () => {
    const cut = report("cut.json", '{"success": true, "testRes');
    expect(countStages([`0:${join(folder, "absent.json")}`, `0:${cut}`])).toEqual({ passed: 0, failed: 2 });
  });

  it("leaves out tests that did not run", () => {
    const path = report("skip.json", { success: true, testResults: [file("passed", "passed", "skipped", "pending")] });
    expect(countStages([`0:${path}`])).toEqual({ passed: 1, failed: 0 });
  });
});
