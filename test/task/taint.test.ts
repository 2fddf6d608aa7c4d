/** What came into a task: by its own tools, from the one that handed it over, from those it handed work to, and from its session. */
import { describe, expect, it } from "vitest";
import type { Label } from "../../src/policy/index.ts";
import { taintBefore, taintOf } from "../../src/task/guarded/taint.ts";
import type { CallResult, History } from "../../src/task/journal/history.ts";
import { TOOL_ERROR_CODES } from "../../src/tool/contract.ts";
import type { ToolCatalog } from "../../src/tool/index.ts";
import { toolQuestion } from "../policy/questions.ts";
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

const alone = (past: History) => ({ history: past, parent: undefined, recalled: [], brought: [] });

describe("what a task has seen", () => {
  const past = history([step(0, [call("web")]), step(1, [call("crm"), call("mail")])], [result(0, 0), result(1, 0)]);

  it("is nothing at first", () => expect(taintBefore(alone(past), 0, labelsOf)).toEqual([]));

  it("is what its tools read in earlier steps", () => {
    expect(taintBefore(alone(past), 1, labelsOf)).toEqual(["reads_untrusted"]);
    expect(taintBefore(alone(past), 2, labelsOf)).toEqual(["reads_untrusted", "reads_private"]);
  });

  it("is not what stands in the same step, which the model did not know when it asked", () => {
    const together = history([step(0, [call("web"), call("crm")])], [result(0, 0), result(0, 1)]);
    expect(taintBefore(alone(together), 0, labelsOf)).toEqual([]);
  });

  it("is what the tasks of its session had seen, whatever it does itself", () => {
    const recalled = [{ taint: ["reads_private", "of a later version"] }, {}, { taint: ["reads_untrusted"] }];
    expect(taintBefore({ ...alone(past), recalled }, 0, labelsOf)).toEqual(["reads_untrusted", "reads_private"]);
  });

  it("is what had come into all else that it began with, whatever it does itself", () => {
    expect(taintBefore({ ...alone(past), brought: ["reads_private"] }, 0, labelsOf)).toEqual(["reads_private"]);
  });

  it("is not a call that has no result yet", () => {
    expect(taintBefore(alone(history([step(0, [call("web")])])), 1, labelsOf)).toEqual([]);
  });

  for (const code of TOOL_ERROR_CODES) {
    it(`is a call that ended with ${code}: its error may be somebody's text`, () => {
      expect(taintBefore(alone(history([step(0, [call("web")])], [failed(0, code)])), 1, labelsOf)).toEqual([
        "reads_untrusted",
      ]);
    });

    it(`is not a call that was refused with ${code} before its tool saw it`, () => {
      const refused = { ...failed(0, code), isRefused: true } as const;
      expect(taintBefore(alone(history([step(0, [call("web")])], [refused])), 1, labelsOf)).toEqual([]);
    });
  }
});

const decided = (labels: readonly Label[], taint: readonly Label[], more: Partial<CallResult> = {}): CallResult => {
  const question = toolQuestion({ tool: { id: "x", risk_level: "low", labels }, taint });
  const decision = { effect: "allow", reasons: [], obligations: [], policy: "p", isEnforced: true } as const;
  return { ...result(0, 0), decision: { at: 0, question, decision }, ...more };
};

describe("what a replay has seen on another version of its pack", () => {
  const past = (one: CallResult) => alone(history([step(0, [call("dropped")])], [one]));

  it("is what its source's tools read, by the labels that they had then", () => {
    expect(taintBefore(past(decided(["reads_private", "writes"], [])), 1, labelsOf)).toEqual(["reads_private"]);
  });

  it("is also what the labels say today", () => {
    const changed = alone(history([step(0, [call("web")])], [decided([], [])]));
    expect(taintBefore(changed, 1, labelsOf)).toEqual(["reads_untrusted"]);
  });
});

describe("what goes over a handoff", () => {
  const link = { ...{ task_id: "p", step: 0, index: 0, depth: 1, time_ms: 1 }, cost_limit_micros: 1, uncounted: 0 };
  const ended = (...results: CallResult[]) => taintOf(history([], results));

  it("is to a child what its parent had seen, from its first step on", () => {
    const parent = { ...link, taint: ["reads_private"] as const };
    expect(taintBefore({ ...alone(history([])), parent }, 0, labelsOf)).toEqual(["reads_private"]);
    expect(taintBefore({ ...alone(history([])), parent: link }, 0, labelsOf)).toEqual([]);
  });

  it("is to a parent what its child had seen, from the step after its end on", () => {
    const handed = { ...result(0, 0), taint: ["reads_untrusted"] as const };
    const past = history([step(0, [call("handoff")])], [handed]);
    expect(taintBefore(alone(past), 0, labelsOf)).toEqual([]);
    expect(taintBefore(alone(past), 1, labelsOf)).toEqual(["reads_untrusted"]);
  });

  it("is what the policy was told of the child's calls, what they read, and what came over its own handoffs", () => {
    expect(ended(decided(["writes"], []))).toEqual([]);
    expect(ended(decided(["reads_private", "external"], []))).toEqual(["reads_private"]);
    expect(ended(decided([], ["reads_untrusted"]))).toEqual(["reads_untrusted"]);
    expect(ended(decided([], [], { taint: ["reads_untrusted"] }))).toEqual(["reads_untrusted"]);
  });

  it("is not what a denied call would have read", () => {
    const denied = failed(0, "TOOL_DENIED");
    expect(ended(decided(["reads_private"], [], { ...denied, isRefused: true }))).toEqual([]);
    // On record from before refusals had a mark: what its tool saw is not known.
    expect(ended(decided(["reads_private"], [], denied))).toEqual(["reads_private"]);
  });

  it("is anything at all where a call was made that no decision is on record of, and nothing where it was refused", () => {
    expect(ended(result(0, 0))).toEqual(["reads_untrusted", "reads_private"]);
    expect(ended(failed(0, "TOOL_FAILED"))).toEqual(["reads_untrusted", "reads_private"]);
    expect(ended({ ...failed(0, "TOOL_LIMIT"), isRefused: true })).toEqual([]);
  });

  it("is of a call in doubt what it read and what the policy was told of it, whatever a person found", () => {
    expect(ended(decided(["reads_private"], [], { isFinding: true }))).toEqual(["reads_private"]);
    expect(ended(decided(["writes"], ["reads_untrusted"], { isFinding: true }))).toEqual(["reads_untrusted"]);
    // From before the decision was kept with it.
    expect(ended({ ...result(0, 0), isFinding: true })).toEqual(["reads_untrusted", "reads_private"]);
  });
});
