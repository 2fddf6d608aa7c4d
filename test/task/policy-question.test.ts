/** What of a task's past the policy is told, when it is asked about a call of the present. */
import { describe, expect, it } from "vitest";
import type { CallResult } from "../../src/task/history.ts";
import { taintBefore } from "../../src/task/policy-question.ts";
import type { ToolCatalog } from "../../src/tool/index.ts";
import { call, history, result, step } from "./history.ts";

const LABELS: Readonly<Record<string, ReturnType<ToolCatalog["labelsOf"]>>> = {
  web: ["reads_untrusted", "external"],
  crm: ["reads_private"],
  mail: ["writes", "external"],
};
const labelsOf = (toolId: string) => LABELS[toolId] ?? [];

const failed = (n: number, code: NonNullable<CallResult["error"]>["code"]): CallResult => ({
  ...result(n, 0),
  success: false,
  error: { code, message: "" },
});

describe("what a task has seen", () => {
  const past = history([step(0, [call("web")]), step(1, [call("crm"), call("mail")])], [result(0, 0), result(1, 0)]);

  it("is nothing at first", () => expect(taintBefore(past, 0, labelsOf)).toEqual([]));

  it("is what its tools read in earlier steps", () => {
    expect(taintBefore(past, 1, labelsOf)).toEqual(["reads_untrusted"]);
    expect(taintBefore(past, 2, labelsOf)).toEqual(["reads_untrusted", "reads_private"]);
  });

  it("is not what stands in the same step, which the model did not know when it asked", () => {
    const together = history([step(0, [call("web"), call("crm")])], [result(0, 0), result(0, 1)]);
    expect(taintBefore(together, 0, labelsOf)).toEqual([]);
  });

  it("is not a call that has no result yet", () => {
    expect(taintBefore(history([step(0, [call("web")])]), 1, labelsOf)).toEqual([]);
  });

  for (const code of ["TOOL_FAILED", "TOOL_TIMEOUT", "EGRESS_DENIED", "TOOL_LIMIT"] as const) {
    it(`is a call that ended with ${code}: its error may be somebody's text`, () => {
      expect(taintBefore(history([step(0, [call("web")])], [failed(0, code)]), 1, labelsOf)).toEqual([
        "reads_untrusted",
      ]);
    });
  }

  for (const code of [
    "TOOL_DENIED",
    "TOOL_UNKNOWN",
    "TOOL_ARGUMENTS",
    "APPROVAL_REJECTED",
    "APPROVAL_EXPIRED",
  ] as const) {
    it(`is not a call that ended with ${code} before its tool saw it`, () => {
      expect(taintBefore(history([step(0, [call("web")])], [failed(0, code)]), 1, labelsOf)).toEqual([]);
    });
  }
});
