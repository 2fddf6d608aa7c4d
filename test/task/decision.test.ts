/** Whether a decision counts, in which order it is refused, and what it changes. */
import { describe, expect, it } from "vitest";
import { type Approval, approvalDue, isLapsed, lapse } from "../../src/task/approval/approval.ts";
import { decisionChange, refuseDecision } from "../../src/task/approval/decision.ts";
import type { Decide } from "../../src/task/index.ts";
import type { CallDecision } from "../../src/task/journal/history.ts";
import type { BrokenCall } from "../../src/task/loop/broken-call.ts";
import { toolQuestion } from "../policy/questions.ts";
import { approval, BINDING, decided, row } from "./approvals.ts";
import { broken } from "./history.ts";

const DECIDE: Decide = {
  decision: "approve",
  by: "key:approver",
  reason: null,
  args_hash: BINDING.argsHash,
  result: null,
  request_key: "r2",
};
const NOW = 500;
const changeBy = (one: Approval, request = DECIDE, task = row(), lost: readonly BrokenCall[] = []) =>
  decisionChange(one, request, { row: task, broken: lost }, NOW);
const decidedAt = (at: number): CallDecision => ({
  ...{ at, question: toolQuestion() },
  decision: { effect: "allow", reasons: [], obligations: [], policy: BINDING.policy, isEnforced: true },
});
const codeOf = (...args: Parameters<typeof refuseDecision>) => refuseDecision(...args)?.code ?? "counts";

const REFUSALS = [
  ["counts", approval(), DECIDE, row()],
  ["counts", approval({ kind: "unknown_outcome" }), { ...DECIDE, decision: "retry", args_hash: null }, row()],
  ["counts", approval({ fourEyes: true }), DECIDE, row()],
  ["APPROVAL_USED", approval({ ...decided("approve"), usedAt: 400 }), DECIDE, row({ state: "done" })],
  ["APPROVAL_ALREADY_DECIDED", approval(decided("reject")), DECIDE, row()],
  ["APPROVAL_EXPIRED", approval({ expiresAt: NOW }), DECIDE, row()],
  ["APPROVAL_EXPIRED", approval({ expiredAt: 1 }), DECIDE, row({ state: "cancelled" })],
  ["ALREADY_TERMINAL", approval(), DECIDE, row({ state: "cancelled" })],
  ["DECISION_INVALID", approval(), { ...DECIDE, decision: "retry" }, row()],
  ["DECISION_INVALID", approval({ kind: "unknown_outcome" }), DECIDE, row()],
  ["APPROVAL_SELF", approval({ fourEyes: true }), { ...DECIDE, by: "key:starter" }, row()],
  ["APPROVAL_SELF", approval({ fourEyes: true }), DECIDE, row({ request: { ...row().request, requested_by: null } })],
  ["APPROVAL_ARGS_CHANGED", approval(), { ...DECIDE, args_hash: "b".repeat(64) }, row()],
] as const;

describe("a decision", () => {
  for (const [code, one, request, task] of REFUSALS) {
    it(`${code}: ${request.decision} by ${request.by} on ${one.kind}, four eyes ${one.fourEyes}, task ${task.state}`, () => {
      expect(codeOf(one, request, task, NOW)).toBe(code);
    });
  }

  it("takes a waiting task up again, with its deadline moved by what it waited", () => {
    const change = changeBy(approval());
    expect(change).toMatchObject({
      transitions: ["resumed"],
      patch: { waitingSince: null, deadlineAt: 10_400 },
      due: { deadline: 10_400 },
      approvals: [{ n: 1, decided: { decision: "approve", by: "key:approver", at: NOW } }],
    });
    expect(change.events?.map(({ type }) => type)).toEqual(["approval.decided", "task.resumed"]);
  });

  it("leaves a task that is still running where it is", () => {
    const change = changeBy(approval(), DECIDE, row({ state: "running", waitingSince: null }));
    expect(change.transitions).toBeUndefined();
    expect(change.events?.map(({ type }) => type)).toEqual(["approval.decided"]);
  });

  it("that a call happened is its result, with what the person knows of it", () => {
    const request: Decide = { ...DECIDE, decision: "happened", result: '{"id":7}' };
    const change = changeBy(approval({ kind: "unknown_outcome" }), request);
    expect(change.result?.record).toMatchObject({ success: true, resultJson: '{"id":7}', error: null });
    expect(change.events?.map(({ type }) => type)).toEqual(["approval.decided", "tool.result", "task.resumed"]);
    expect(change.events?.[1]?.data).toMatchObject({ call_id: "0.0", success: true, result: { id: 7 } });
  });

  it("that it did not happen is a failed call, which the model may make again", () => {
    const request: Decide = { ...DECIDE, decision: "did_not_happen" };
    const change = changeBy(approval({ kind: "unknown_outcome" }), request);
    expect(change.result?.record).toMatchObject({ success: false, error: { code: "TOOL_FAILED" } });
  });

  it("to try again is no result: the run makes the call", () => {
    const change = changeBy(approval({ kind: "unknown_outcome" }), { ...DECIDE, decision: "retry" });
    expect(change.result).toBeUndefined();
  });

  for (const decision of ["happened", "did_not_happen"] as const) {
    it(`that a call ${decision} keeps what the policy said of the attempt, or else when it was asked about`, () => {
      const doubt = approval({ kind: "unknown_outcome", decision: decidedAt(400) });
      const decisionBy = (one: Approval, lost: readonly BrokenCall[]) =>
        changeBy(one, { ...DECIDE, decision }, row(), lost).result?.record.decision;
      const seen = { ...broken(0, 2), decision: decidedAt(200) };
      const other = { ...broken(1, 3), decision: decidedAt(300) };
      expect(decisionBy(doubt, [{ ...broken(0), decision: decidedAt(100) }, seen, other])).toEqual(seen.decision);
      expect(decisionBy(doubt, [seen, broken(0, 3)])).toEqual(doubt.decision);
      // Asked about before that was kept.
      expect(decisionBy(approval({ kind: "unknown_outcome" }), [broken(0)])).toBeUndefined();
    });
  }
});

describe("the time of an approval", () => {
  it("is over at its moment, not before, also for one that was given and not used", () => {
    expect(isLapsed(approval(), 999)).toBe(false);
    expect(isLapsed(approval(), 1_000)).toBe(true);
    expect(isLapsed(approval(decided("approve")), 1_000)).toBe(true);
  });

  it("does not matter once it was used, rejected, or never ends", () => {
    expect(isLapsed(approval({ ...decided("approve"), usedAt: 1 }), 1_000)).toBe(false);
    expect(isLapsed(approval(decided("reject")), 1_000)).toBe(false);
    expect(isLapsed(approval({ expiresAt: null }), 1_000)).toBe(false);
  });

  it("lapses once", () => {
    const lapsed = lapse([approval(), approval({ n: 2, expiresAt: 2_000 })], 1_500);
    expect(lapsed).toMatchObject([{ n: 1, expiredAt: 1_500 }]);
    expect(lapse(lapsed, 3_000)).toEqual([]);
  });

  it("wakes the object at the first that is open", () => {
    const all = [
      approval(),
      approval({ n: 2, expiresAt: 500 }),
      approval({ n: 3, expiresAt: 1, ...decided("reject") }),
    ];
    expect(approvalDue(all)).toEqual({ approval: 500 });
    expect(approvalDue([approval(decided("approve"))])).toEqual({ approval: null });
  });
});
