/**
 * A question to a person about one call: may it run (`approval`), or did it happen (`unknown_outcome`). What is asked,
 * how the question stands, and when it lapses. Pure. Deciding is decision.ts, what a call may do by it ledger.ts.
 */
import { assert, toRfc3339 } from "../../platform/index.ts";
import type { ApprovalNeed } from "../../tool/index.ts";
import type { DueChange } from "../journal/due.ts";
import type { NewEvent } from "../journal/frames.ts";
import { type CallDecision, callIdOf, type History } from "../journal/history.ts";
import { APPROVALS_TOLD_MAX } from "../limits.ts";
import type { ApprovalItem, ApprovalKind, ApprovalState, ApprovalView, Decision } from "../types.ts";

/** As it stands in the journal. Times are epoch milliseconds. */
export type Approval = {
  /** 1-based within the task. */
  readonly n: number;
  readonly kind: ApprovalKind;
  readonly step: number;
  readonly index: number;
  readonly toolId: string;
  readonly toolName: string;
  readonly riskLevel: ApprovalNeed["riskLevel"];
  /** Why a person is asked, as a sentence. */
  readonly reason: string;
  /** SHA-256 of the canonical JSON of the arguments. */
  readonly argsHash: string;
  readonly packDigest: string;
  /** The policy that asked: an approval given under another one does not count. */
  readonly policy: string;
  readonly fourEyes: boolean;
  readonly requestedAt: number;
  /** Null: waits as long as the task does. */
  readonly expiresAt: number | null;
  readonly expiredAt: number | null;
  readonly decided: {
    readonly decision: Decision;
    readonly by: string;
    readonly at: number;
    readonly reason: string | null;
    /** Of the request that decided, so that the platform's own repetition of it is told the same. */
    readonly requestKey: string;
  } | null;
  /** When the run acted on it. It never does so again. */
  readonly usedAt: number | null;
  /** What the policy said of a call in doubt when it was asked about; absent in other items, and in those of before it was kept. */
  readonly decision?: CallDecision;
};

/** The facts an approval is bound to. */
export type Binding = Pick<Approval, "toolId" | "argsHash" | "packDigest" | "policy">;

export const isBoundTo = (approval: Approval, binding: Binding): boolean =>
  approval.toolId === binding.toolId &&
  approval.argsHash === binding.argsHash &&
  approval.packDigest === binding.packDigest &&
  approval.policy === binding.policy;

export const approvalIdOf = (taskId: string, n: number): string => `${taskId}.${n}`;

export const isOpen = ({ decided, expiredAt }: Approval): boolean => decided === null && expiredAt === null;

/** Whether its time is over before anybody acted on it, an approval that was given but not used included. */
export const isLapsed = ({ expiresAt, expiredAt, usedAt, decided }: Approval, now: number): boolean =>
  expiresAt !== null &&
  expiredAt === null &&
  usedAt === null &&
  now >= expiresAt &&
  (decided === null || decided.decision === "approve");

/** Those whose time is over, as they are then; empty when there are none. */
export const lapse = (approvals: readonly Approval[], now: number): Approval[] =>
  approvals.filter((approval) => isLapsed(approval, now)).map((approval) => ({ ...approval, expiredAt: now }));

export const expiredEvents = (taskId: string, lapsed: readonly Approval[]): NewEvent[] =>
  lapsed.map((approval) => ({
    type: "approval.expired",
    data: {
      approval_id: approvalIdOf(taskId, approval.n),
      call_id: callIdOf(approval.step, approval.index),
      tool_id: approval.toolId,
    },
  }));

/** `changed` in place of what they were, by number. */
export const withChanged = (approvals: readonly Approval[], changed: readonly Approval[]): Approval[] =>
  [...approvals.filter(({ n }) => !changed.some((other) => other.n === n)), ...changed].toSorted((a, b) => a.n - b.n);

/** When the object looks at them again: the first time at which one lapses. */
export function approvalDue(approvals: readonly Approval[]): DueChange {
  const times = approvals.flatMap((approval) =>
    isOpen(approval) && approval.expiresAt !== null ? [approval.expiresAt] : [],
  );
  return { approval: times.length === 0 ? null : Math.min(...times) };
}

type Place = {
  readonly request: {
    readonly task_id: string;
    readonly pack_id: string;
    readonly pack_version: string;
    readonly requested_by?: string | null;
  };
  readonly history: Pick<History, "steps">;
  readonly isEnded: boolean;
  readonly now: number;
};

type Where = Pick<Approval, "step" | "index">;
type Steps = Pick<History, "steps">;

/** A step without calls is an answer, and that is what is asked about; null when it is a call. */
function answerOf({ step }: Where, { steps }: Steps): string | null {
  const asked = steps.find(({ n }) => n === step);
  return asked?.toolCalls.length === 0 ? asked.text : null;
}

export const argumentsOf = ({ step, index }: Where, history: Steps): Readonly<Record<string, unknown>> => {
  const answer = answerOf({ step, index }, history);
  if (answer !== null) return { text: answer };
  const call = history.steps.find(({ n }) => n === step)?.toolCalls[index];
  assert(call?.arguments.kind === "object", "only calls with readable arguments are asked about");
  return call.arguments.value;
};

function stateOf(approval: Approval, { isEnded, now }: Place): ApprovalState {
  if (approval.expiredAt !== null || isLapsed(approval, now)) return "expired";
  if (approval.decided !== null) return "decided";
  return isEnded ? "withdrawn" : "pending";
}

const time = (at: number | null): string | null => (at === null ? null : toRfc3339(at));

export function toApprovalView(approval: Approval, place: Place): ApprovalView {
  const { request } = place;
  return {
    approval_id: approvalIdOf(request.task_id, approval.n),
    kind: approval.kind,
    state: stateOf(approval, place),
    task_id: request.task_id,
    call_id: callIdOf(approval.step, approval.index),
    tool_id: approval.toolId,
    tool_name: approval.toolName,
    arguments: argumentsOf(approval, place.history),
    args_hash: approval.argsHash,
    reason: approval.reason,
    risk_level: approval.riskLevel,
    pack_id: request.pack_id,
    pack_version: request.pack_version,
    pack_digest: approval.packDigest,
    requested_by: request.requested_by ?? null,
    requested_at: toRfc3339(approval.requestedAt),
    expires_at: time(approval.expiresAt),
    decision: approval.decided?.decision ?? null,
    decided_by: approval.decided?.by ?? null,
    decided_at: time(approval.decided?.at ?? null),
    decision_reason: approval.decided?.reason ?? null,
    used_at: time(approval.usedAt),
  };
}

/** What the tenant's list is told: the newest, among which every open one is. */
export const toApprovalItems = (approvals: readonly Approval[], place: Place): ApprovalItem[] =>
  approvals.slice(-APPROVALS_TOLD_MAX).map((approval) => {
    const { used_at: _, ...item } = toApprovalView(approval, place);
    return item;
  });

/** Whoever may read a task reads its events: an answer that nobody has let pass is not in them, only its hash. */
export const requestedEvent = (approval: Approval, place: Omit<Place, "isEnded" | "now">): NewEvent => ({
  type: "approval.requested",
  data: {
    approval_id: approvalIdOf(place.request.task_id, approval.n),
    kind: approval.kind,
    call_id: callIdOf(approval.step, approval.index),
    tool_id: approval.toolId,
    tool_name: approval.toolName,
    ...(answerOf(approval, place.history) === null ? { arguments: argumentsOf(approval, place.history) } : {}),
    args_hash: approval.argsHash,
    reason: approval.reason,
    risk_level: approval.riskLevel,
    expires_at: time(approval.expiresAt),
  },
});
