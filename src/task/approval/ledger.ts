/**
 * What may happen to a call that has no result yet, from what was written down about it: whether it was started, what a
 * person was asked, and the answer. Pure. A call of an unrepeatable tool runs at most once without a person's word.
 */
import type { ToolRefusal } from "../../tool/index.ts";
import { type Approval, type Binding, isBoundTo, isOpen } from "./approval.ts";

export type CallFacts = {
  readonly step: number;
  readonly index: number;
  readonly binding: Binding;
  readonly needsApproval: boolean;
  /** Made again it can do nothing twice. */
  readonly mayRepeat: boolean;
  /** It was handed to its tool, and what came of it was never recorded. */
  readonly isStarted: boolean;
};

export type Standing =
  /** @param uses the answer that is used up by running. */
  | { readonly kind: "run"; readonly uses: Approval | null }
  | { readonly kind: "answer"; readonly error: ToolRefusal }
  /** To be asked: may it run, or did it happen. */
  | { readonly kind: "ask" | "doubt" }
  /** Asked, and nobody has answered. */
  | { readonly kind: "held"; readonly by: Approval }
  /** Another task has it. */
  | { readonly kind: "away"; readonly taskId: string };

const REJECTED: ToolRefusal = { code: "APPROVAL_REJECTED", message: "A person refused this call." };
const EXPIRED: ToolRefusal = {
  code: "APPROVAL_EXPIRED",
  message: "Nobody approved this call in time; it did not run.",
};

export function standingOf(call: CallFacts, approvals: readonly Approval[]): Standing {
  const own = approvals.filter(({ step, index }) => step === call.step && index === call.index);
  if (call.isStarted && !call.mayRepeat) return afterStart(own);
  return call.needsApproval ? beforeStart(own, call.binding) : { kind: "run", uses: null };
}

/** Only an unused `retry` lets it run again; the other two answers are recorded as its result at once. */
function afterStart(own: readonly Approval[]): Standing {
  const question = own.findLast(({ kind }) => kind === "unknown_outcome");
  if (question === undefined || question.usedAt !== null) return { kind: "doubt" };
  return isOpen(question) ? { kind: "held", by: question } : { kind: "run", uses: question };
}

function beforeStart(own: readonly Approval[], binding: Binding): Standing {
  const question = own.findLast((approval) => approval.kind === "approval" && isBoundTo(approval, binding));
  if (question === undefined) return { kind: "ask" };
  if (question.expiredAt !== null) return { kind: "answer", error: EXPIRED };
  if (question.decided === null) return { kind: "held", by: question };
  if (question.decided.decision !== "approve") return { kind: "answer", error: rejectedWith(question.decided.reason) };
  // Used and without a result: its tool may be asked again under the same key, or the call would stand in doubt.
  return { kind: "run", uses: question.usedAt === null ? question : null };
}

/** The person's own words go to the model: they say what to do instead. */
const rejectedWith = (reason: string | null): ToolRefusal =>
  reason === null ? REJECTED : { ...REJECTED, message: `${REJECTED.message} Their reason: ${reason}` };
