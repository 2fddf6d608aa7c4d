/** Where a task's approvals are read, decided and given up: the journal's records turned by the pure rules beside this. */
import { assert, type Clock } from "../../platform/index.ts";
import type { Change, Journal } from "../journal/journal.ts";
import { resumed } from "../loop/outcome.ts";
import { isEnded } from "../transitions.ts";
import type { ApprovalView, Decide, DecideOutcome } from "../types.ts";
import { expiredEvents, lapse, toApprovalView } from "./approval.ts";
import { decisionChange, refuseDecision } from "./decision.ts";

export type DeskOptions = {
  readonly journal: Pick<Journal, "row" | "history" | "approvals" | "broken">;
  readonly change: (change: Change) => boolean;
  readonly clock: Clock;
};

export class ApprovalDesk {
  readonly #options: DeskOptions;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** @param n 1-based. */
  read(n: number): ApprovalView | null {
    const { journal, clock } = this.#options;
    const row = journal.row;
    const approval = journal.approvals().find((one) => one.n === n);
    if (row === null || approval === undefined) return null;
    const { history } = journal;
    return toApprovalView(approval, {
      request: row.request,
      history,
      isEnded: isEnded(row.state),
      now: clock.now(),
    });
  }

  /** In one piece: of two decisions at once the second finds the first. */
  decide(n: number, request: Decide): DecideOutcome {
    const { journal, change, clock } = this.#options;
    const row = journal.row;
    const approval = journal.approvals().find((one) => one.n === n);
    if (row === null || approval === undefined) return { kind: "unknown" };
    if (approval.decided?.requestKey !== request.request_key) {
      const now = clock.now();
      const refusal = refuseDecision(approval, request, row, now);
      if (refusal !== null) return { kind: "refused", ...refusal };
      const decision = decisionChange(approval, request, { row, broken: journal.broken() }, now);
      assert(change(decision), "a decision that counts can be written");
    }
    const decided = this.read(n);
    return decided === null ? { kind: "unknown" } : { kind: "decided", approval: decided };
  }

  /** Those whose time is over; a task that waits for one goes on, and tells its model so. */
  lapse(now: number): void {
    const { journal, change } = this.#options;
    const row = journal.row;
    if (row === null) return;
    // What an older version left due behind an end: nothing follows an end.
    if (isEnded(row.state)) return void change({ due: { approval: null } });
    const lapsed = lapse(journal.approvals(), now);
    const goingOn = row.state === "waiting" && lapsed.length > 0 ? resumed(row, now) : {};
    const events = [...expiredEvents(row.request.task_id, lapsed), ...(goingOn.events ?? [])];
    change({ ...goingOn, approvals: lapsed, events });
  }
}
