/** Which calls a lost run may have had under way, by what was written down about them. */
import { describe, expect, it } from "vitest";
import type { Approval } from "../../src/task/approval/approval.ts";
import { settle } from "../../src/task/handoff/handoff.ts";
import { endingOf, handedOver, type LostRun, lostCalls, unmarkedOf } from "../../src/task/loop/broken-call.ts";
import type { ToolCatalog } from "../../src/tool/index.ts";
import { acceptedAs } from "./accepted.ts";
import { approval, decided } from "./approvals.ts";
import { broken, call, history, malformed, result, step } from "./history.ts";

const NOW = 9_000;
const CALLS = ["a", "b", "c", "d"].map((toolId) => call(toolId));
const retry = (more: Partial<Approval> = {}) =>
  approval({ n: 2, kind: "unknown_outcome", ...decided("retry"), usedAt: 700, ...more });

/** The first of the four calls cannot be made twice; of the others two run at once. */
const lostIn = (more: Partial<LostRun>) =>
  lostCalls(
    {
      history: history([step(0, CALLS, { unmarked: { calls: [1, 2, 3], atOnce: 2 } })]),
      ...{ approvals: [], broken: [], isStarted: () => false },
      ...more,
    },
    NOW,
  ).map(({ index, attempt }) => `${index}/${attempt}`);
const isFirstStarted = (_step: number, index: number): boolean => index === 0;

describe("the calls of a lost run", () => {
  const CASES: readonly (readonly [string, Partial<LostRun>, readonly string[]])[] = [
    ["are as many unmarked ones as run at once, in order", {}, ["1/1", "2/1"]],
    ["are none before the first turn", { history: history([]) }, []],
    [
      "leave out those that have a result",
      { history: history([step(0, CALLS, { unmarked: { calls: [1, 2, 3], atOnce: 2 } })], [result(0, 1)]) },
      ["2/1", "3/1"],
    ],
    ["have the marked one", { isStarted: isFirstStarted }, ["0/1", "1/1", "2/1"]],
    ["count on from earlier attempts", { broken: [broken(1), broken(1, 2)] }, ["1/3", "2/1"]],
    [
      "do not have a marked one twice for one start",
      { isStarted: isFirstStarted, broken: [broken(0)] },
      ["1/1", "2/1"],
    ],
    [
      "have a marked one again when a person had it made again",
      { isStarted: isFirstStarted, broken: [broken(0)], approvals: [retry()] },
      ["0/2", "1/1", "2/1"],
    ],
    [
      "do not have one again whose second answer was not used yet",
      { isStarted: isFirstStarted, broken: [broken(0)], approvals: [retry({ usedAt: null })] },
      ["1/1", "2/1"],
    ],
    ["leave out what waits for a person", { approvals: [approval({ index: 1 })] }, ["2/1", "3/1"]],
    [
      "have what a person agreed to once that was used",
      { approvals: [approval({ index: 3, ...decided("approve"), usedAt: 5 })] },
      ["1/1", "2/1", "3/1"],
    ],
    [
      "are those that were marked alone in records from before",
      { history: history([step(0, CALLS)]), isStarted: isFirstStarted },
      ["0/1"],
    ],
  ];
  for (const [name, more, expected] of CASES) {
    it(`${name}`, () => expect(lostIn(more)).toEqual(expected));
  }

  it("are unmarked when they may be made again, nobody is asked, and they reach a tool", () => {
    const catalog = {
      maxConcurrent: 3,
      mayRepeat: (toolId: string) => toolId !== "once",
      approvalFor: (toolId: string) => (toolId === "asked" ? { riskLevel: "low", reason: "" } : null),
    } as Partial<ToolCatalog> as ToolCatalog; // what is asked of it
    const calls = [call("once"), call("a"), call("asked"), call("sop"), call("handoff"), malformed("a"), call("b")];
    expect(unmarkedOf(catalog, calls)).toEqual({ unmarked: { calls: [1, 6], atOnce: 3 } });
    expect(unmarkedOf(catalog, [call("once")])).toEqual({});
  });
});

describe("a change that breaks calls off", () => {
  it("by cancelling or by the deadline says so, and by anything else that they were lost", () => {
    const error = { code: "DEADLINE_EXCEEDED", message: "" } as const;
    expect(endingOf({ transitions: ["cancelled"] })).toMatchObject({
      outcome: "cancelled",
      error: { code: "TASK_CANCELLED" },
    });
    expect(endingOf({ transitions: ["failed"], patch: { error } })).toMatchObject({
      outcome: "cancelled",
      error: { code: error.code },
    });
    expect(endingOf({ transitions: ["attempt_failed"] })).toMatchObject({ outcome: "unknown" });
    expect(endingOf({ patch: {} })).toMatchObject({ outcome: "unknown", error: { code: "OUTCOME_UNKNOWN" } });
  });

  it("takes the calls of children at work with it, and not of those that came to their end", () => {
    const child = acceptedAs("child");
    const open = {
      step: 0,
      index: 0,
      toolName: "Handoff",
      isAudited: false,
      child,
      startedAt: 8_000,
      isAccepted: true,
      settled: null,
    };
    const settled = settle({ ...open, index: 1 }, 1);
    expect(handedOver([open, settled], endingOf({ transitions: ["cancelled"] }), NOW)).toMatchObject([
      { step: open.step, index: open.index, attempt: 1, outcome: "cancelled", durationMs: 1_000 },
    ]);
  });
});
