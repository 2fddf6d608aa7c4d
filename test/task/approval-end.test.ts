/** What becomes of approvals that are still open when their task ends: nothing of them follows the end. */
import { describe, expect, it } from "vitest";
import { createLog } from "../../src/platform/index.ts";
import { ApprovalDesk } from "../../src/task/approval/approval-desk.ts";
import { ApprovalReporter } from "../../src/task/approval/approval-reporter.ts";
import type { Change } from "../../src/task/journal/journal.ts";
import { INDEX_RETRY_MS } from "../../src/task/limits.ts";
import { approval, decided, row } from "./approvals.ts";

const clock = { now: () => 2_000, sleep: () => Promise.resolve() };
const open = approval({ n: 1, expiresAt: 9_000 });
const given = approval({ n: 2, ...decided("approve") });

describe("an approval that is open when its task ends", () => {
  const reporter = new ApprovalReporter({
    journal: { row: row(), approvals: () => [open, given] },
    index: { reportApprovals: async () => "told" },
    change: () => true,
    background: () => undefined,
    clock,
    log: () => createLog({}, () => undefined),
  });
  const used = { approvals: [{ ...given, usedAt: 2_000 }] };

  it("is due at no time, also where the end uses up another", () => {
    expect(reporter.dueAfter({ ...used, patch: { finishedAt: 2_000 } })).toEqual({ index: 2_000 + INDEX_RETRY_MS });
    expect(reporter.dueAfter({ patch: { finishedAt: 2_000 } })).toEqual({ index: 2_000 + INDEX_RETRY_MS });
  });

  it("stays due while the task goes on", () => {
    expect(reporter.dueAfter(used)).toEqual({ approval: 9_000, index: 2_000 + INDEX_RETRY_MS });
  });

  it("does not expire behind the end, should it be due all the same", () => {
    const changes: Change[] = [];
    const desk = (state: "done" | "running") =>
      new ApprovalDesk({
        journal: {
          ...{ row: row({ state }), history: { steps: [], results: [], spent: [] }, broken: () => [] },
          approvals: () => [open],
        } as unknown as ConstructorParameters<typeof ApprovalDesk>[0]["journal"],
        change: (change) => changes.push(change) > 0,
        clock,
      });
    desk("done").lapse(9_000);
    expect(changes).toEqual([{ due: { approval: null } }]);
    desk("running").lapse(9_000);
    expect(changes[1]).toMatchObject({ events: [{ type: "approval.expired" }] });
  });
});
