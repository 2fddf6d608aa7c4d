/** Counts a test run that was written as TAP, the format of `node --test-reporter=tap`, and names what failed. */
import { defineTool, ToolFailure } from "vasini/tool";

const LINE = /^(?<indent>\s*)(?<verdict>not ok|ok)\b\s*\d*\s*(?:- )?(?<name>[^#]*)(?:#\s*(?<directive>SKIP|TODO)\b)?/i;

export default defineTool({
  description: "Counts passed, failed and skipped tests in a TAP report of the workspace and names the failed ones.",
  parameters: {
    type: "object",
    properties: {
      path: { type: "string", description: "The report, such as report.tap or /workspace/out/report.tap." },
    },
    required: ["path"],
    additionalProperties: false,
  },
  run({ path }, { files }) {
    if (!files.exists(path)) throw new ToolFailure(`There is no report at ${path}.`, "TOOL_ARGUMENTS");
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const failures: string[] = [];
    for (const line of files.read(path).split("\n")) {
      const { indent, verdict, name, directive } = LINE.exec(line)?.groups ?? {};
      // Subtests are indented; their parent's line already counts them.
      if (verdict === undefined || indent !== "") continue;
      if (directive !== undefined) counts.skipped++;
      else if (verdict === "ok") counts.passed++;
      else {
        counts.failed++;
        failures.push((name ?? "").trim());
      }
    }
    if (counts.passed + counts.failed + counts.skipped === 0) throw new ToolFailure(`${path} holds no TAP test lines.`);
    console.log(`read ${path}`);
    return { ...counts, failures };
  },
});
