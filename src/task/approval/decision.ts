/**
 * A person's decision: whether it counts, and what it changes. Pure. The first decision that counts is the only one;
 * whatever else comes is refused with a code of its own, and changes nothing.
 */
import { toRfc3339 } from "../../platform/index.ts";
import type { NewEvent } from "../journal/frames.ts";
import { type CallResult, callIdOf } from "../journal/history.ts";
import type { Change, TaskRow } from "../journal/journal.ts";
import { type BrokenCall, brokenAt } from "../loop/broken-call.ts";
import { resumed } from "../loop/outcome.ts";
import { toolResultEvent } from "../loop/tool-result.ts";
import { isEnded } from "../transitions.ts";
import type { ApprovalKind, Decide, Decision, DecisionRefusal } from "../types.ts";
import { type Approval, approvalIdOf, isLapsed } from "./approval.ts";

const OF_KIND = {
  approval: ["approve", "reject"],
  unknown_outcome: ["happened", "did_not_happen", "retry"],
} as const satisfies Record<ApprovalKind, readonly Decision[]>;

const isOfKind = (kind: ApprovalKind, decision: Decision): boolean =>
  OF_KIND[kind].some((allowed) => allowed === decision);

type Refusal = { readonly code: DecisionRefusal; readonly message: string };

/** Null: it counts. */
export function refuseDecision(approval: Approval, request: Decide, row: TaskRow, now: number): Refusal | null {
  const { kind, decided } = approval;
  if (approval.usedAt !== null) {
    return { code: "APPROVAL_USED", message: "This approval was given and used; it cannot be used again." };
  }
  if (decided !== null) {
    const message = `${decided.by} decided "${decided.decision}" at ${toRfc3339(decided.at)}; that stands.`;
    return { code: "APPROVAL_ALREADY_DECIDED", message };
  }
  if (approval.expiredAt !== null || isLapsed(approval, now)) {
    const at = approval.expiresAt === null ? "" : ` at ${toRfc3339(approval.expiresAt)}`;
    return { code: "APPROVAL_EXPIRED", message: `Nobody decided before this approval expired${at}.` };
  }
  if (isEnded(row.state)) {
    return { code: "ALREADY_TERMINAL", message: `The task is ${row.state}: nothing waits for a decision.` };
  }
  if (!isOfKind(kind, request.decision)) {
    const message = `An item of kind ${kind} takes ${OF_KIND[kind].join(", ")}, not ${request.decision}.`;
    return { code: "DECISION_INVALID", message };
  }
  // Who cannot be told apart from the requester is not a second pair of eyes.
  const requester = row.request.requested_by ?? null;
  if (approval.fourEyes && (requester === null || requester === request.by)) {
    return { code: "APPROVAL_SELF", message: "The pack asks for four eyes: whoever started the task may not decide." };
  }
  if (request.args_hash !== null && request.args_hash !== approval.argsHash) {
    const message = "args_hash is not that of the arguments this approval is for; read it again before deciding.";
    return { code: "APPROVAL_ARGS_CHANGED", message };
  }
  return null;
}

/** What the journal has. */
type Known = { readonly row: TaskRow; readonly broken: readonly BrokenCall[] };

/** The decision itself, what it says of the call, and the task on its way again when it waited. */
export function decisionChange(approval: Approval, request: Decide, { row, broken }: Known, now: number): Change {
  const { decision, by, reason, request_key } = request;
  const record = resultOf(approval, request, broken, now);
  const events: NewEvent[] = [
    {
      type: "approval.decided",
      data: {
        approval_id: approvalIdOf(row.request.task_id, approval.n),
        call_id: callIdOf(approval.step, approval.index),
        decision,
        decided_by: by,
        reason,
      },
    },
    ...(record === null ? [] : [toolResultEvent(record, approval.toolId)]),
  ];
  const goingOn = row.state === "waiting" ? resumed(row, now) : {};
  return {
    ...goingOn,
    approvals: [{ ...approval, decided: { decision, by, at: now, reason, requestKey: request_key } }],
    ...(record === null ? {} : { result: { record, changes: [] } }),
    events: [...events, ...(goingOn.events ?? [])],
  };
}

/** What a person knows of a call becomes its result; null where the call has yet to run, or to be answered by the run. */
function resultOf(
  approval: Approval,
  { decision, result }: Decide,
  broken: readonly BrokenCall[],
  now: number,
): CallResult | null {
  if (decision !== "happened" && decision !== "did_not_happen") return null;
  // Of the attempt that is found out about. When nobody is left who saw that begin, the same question was put once more with the doubt.
  const asked = brokenAt(broken, approval).at(-1)?.decision ?? approval.decision;
  const isSuccess = decision === "happened";
  const message = "The connection to the tool was lost; a person found that the call did not take effect.";
  return {
    step: approval.step,
    index: approval.index,
    success: isSuccess,
    resultJson: isSuccess ? (result ?? "null") : "null",
    error: isSuccess ? null : { code: "TOOL_FAILED", message },
    durationMs: 0,
    toolName: approval.toolName,
    at: now,
    ...(asked === undefined ? {} : { decision: asked }),
    isFinding: true,
  };
}
