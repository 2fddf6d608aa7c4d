/**
 * Which of a step's calls may run now, and which wait for a person. Everything slow is done first; the judgement itself
 * and what follows from it happen in one piece, so that no decision can come in between.
 */
import type { ToolCall } from "../../model/index.ts";
import { canonicalJson, sha256Hex } from "../../platform/index.ts";
import { type Label, toVerdict, type Verdict } from "../../policy/index.ts";
import { HANDOFF_TOOL_ID, type ToolRefusal } from "../../tool/index.ts";
import {
  type Approval,
  approvalIdOf,
  type Binding,
  expiredEvents,
  lapse,
  requestedEvent,
  withChanged,
} from "../approval/approval.ts";
import { type CallFacts, type Standing, standingOf } from "../approval/ledger.ts";
import { durationMs } from "../duration.ts";
import { needsOfGuard } from "../guarded/guard-needs.ts";
import { taintBefore } from "../guarded/taint.ts";
import { refuseHandoff } from "../handoff/hand-over.ts";
import { type Handoff, handoffOf } from "../handoff/handoff.ts";
import { type CallDecision, type History, resultOf } from "../journal/history.ts";
import { CALLS_PER_TURN_MAX } from "../limits.ts";
import { type SopStanding, standingAt } from "../sop/sop.ts";
import { needAtStep, refuseAtStep } from "../sop/sop-rules.ts";
import type { PendingCall } from "./decide.ts";
import { paused } from "./outcome.ts";
import { askPolicy } from "./policy-question.ts";
import { end, pastOf, type Run, type RunEnd } from "./run.ts";

/** A call that goes ahead: to its tool, or to the answer it already has. */
export type ReadyCall = {
  readonly pending: PendingCall;
  readonly refusal: ToolRefusal | null;
  /** Number of the answer that is used up by it. */
  readonly uses: number | null;
  /** Its tool cannot be asked twice. */
  readonly isOnce: boolean;
  /** A person agreed to it, in this run or in one before. */
  readonly isApproved: boolean;
  /** Null: the policy was not asked. */
  readonly decision: CallDecision | null;
  /** The policy wants it in the audit log. */
  readonly mustAudit: boolean;
};

/** What is known of a call before a person comes into it. */
type Question = {
  readonly pending: PendingCall;
  /** Why it must not be made at all. Neither of the two undoes a call that was handed to its tool before. */
  readonly refusal: ToolRefusal | null;
  /** The policy forbids it. */
  readonly denial: ToolRefusal | null;
  /** Why a person is asked, as a sentence; null when nobody is. */
  readonly need: string | null;
  readonly decision: CallDecision | null;
  readonly mustAudit: boolean;
  readonly fourEyes: boolean;
  readonly mayRepeat: boolean;
  readonly binding: Binding;
};

/** The calls that may go ahead; an end when there are none and the task waits, or when the run was overtaken. */
export async function planCalls(
  run: Run,
  step: number,
  calls: readonly PendingCall[],
): Promise<readonly ReadyCall[] | RunEnd> {
  const turn = turnOf(run, step);
  const all = await Promise.all(calls.map((pending) => toQuestion(run, pending, turn)));
  if (run.signal.aborted) return "overtaken";
  // A child may have come to its end meanwhile.
  const questions = all.filter(({ pending }) => resultOf(run.history(), step, pending.index) === undefined);
  if (questions.length === 0) return [];
  const now = run.services.clock.now();
  const lapsed = lapse(run.approvals(), now);
  const known = withChanged(run.approvals(), lapsed);
  const facts = { approvals: known, handoffs: run.handoffs() };
  const judged = questions.map((question) => ({ question, standing: judge(run, step, question, facts) }));
  const asked = toApprovals(run, step, judged, known.at(-1)?.n ?? 0);
  const { request } = run.row();
  if (lapsed.length + asked.length > 0) {
    const place = { request, history: run.history() };
    const events = [
      ...expiredEvents(request.task_id, lapsed),
      ...asked.map((approval) => requestedEvent(approval, place)),
    ];
    if (!run.commit({ approvals: [...lapsed, ...asked], events })) return "overtaken";
  }
  const ready = judged.flatMap(({ question, standing }) => toReady(question, standing));
  if (ready.length > 0) return ready;
  const held = [...judged.flatMap(({ standing }) => (standing.kind === "held" ? [standing.by] : [])), ...asked];
  const away = judged.flatMap(({ standing }) => (standing.kind === "away" ? [standing.taskId] : []));
  const approval_ids = held.map(({ n }) => approvalIdOf(request.task_id, n));
  const children = away.length === 0 ? {} : { child_task_ids: away };
  return end(run, paused({ reason: reasonOf(held), approval_ids, ...children }, now));
}

/** What a person has to do comes first. */
function reasonOf(held: readonly Approval[]): Parameters<typeof paused>[0]["reason"] {
  if (held.length === 0) return "handoff";
  return held.some(({ kind }) => kind === "unknown_outcome") ? "unknown_outcome" : "approval";
}

const callsBefore = (history: History, step: number): number =>
  history.steps.filter(({ n }) => n < step).reduce((sum, { toolCalls }) => sum + toolCalls.length, 0);

/** What every call of one turn is judged by. */
type Turn = {
  readonly step: number;
  readonly calls: readonly ToolCall[];
  /** Calls of the task before this turn. */
  readonly before: number;
  /** Where the pack's procedures stood when the turn's reply came: no call of the turn changes it for another. */
  readonly standing: SopStanding;
  /** What had come into the task when the turn's reply came. */
  readonly taint: readonly Label[];
  readonly handoffs: readonly Handoff[];
};

const turnOf = (run: Run, step: number): Turn => ({
  step,
  calls: run.history().steps.find(({ n }) => n === step)?.toolCalls ?? [],
  before: callsBefore(run.history(), step),
  standing: standingAt(run.history(), run.config.workflow.sop, step),
  taint: taintBefore(pastOf(run), step, run.catalog.labelsOf),
  handoffs: run.handoffs(),
});

function refusalOf(run: Run, { call, index, overTurnLimit }: PendingCall, turn: Turn): ToolRefusal | null {
  if (overTurnLimit) {
    return { code: "TOOL_LIMIT", message: `One turn may ask for ${CALLS_PER_TURN_MAX} calls; this one is over it.` };
  }
  const admitted = { toolId: call.toolId, arguments: call.arguments, callsBefore: turn.before + index };
  const { step, calls, standing, handoffs } = turn;
  const isNewHandoff = call.toolId === HANDOFF_TOOL_ID && handoffOf(handoffs, step, index) === undefined;
  return (
    run.catalog.admit(admitted) ??
    refuseAtStep(standing, run.config.workflow.sop, { index, calls }) ??
    (isNewHandoff ? refuseHandoff(run.row(), handoffs) : null)
  );
}

async function toQuestion(run: Run, pending: PendingCall, turn: Turn): Promise<Question> {
  const { toolId, arguments: given } = pending.call;
  const { request } = run.row();
  const refusal = refusalOf(run, pending, turn);
  // A dry run calls nothing, so nobody is asked.
  const isCallable = given.kind === "object" && request.replay?.dry_run !== true;
  const isCalled = refusal === null && isCallable;
  const asked = isCalled ? (run.catalog.approvalFor(toolId)?.reason ?? needAtStep(turn.standing, pending.call)) : null;
  const guarded = isCalled ? needsOfGuard(run, { step: turn.step, toolId, arguments: given.value }) : [];
  const needs = [...(asked === null ? [] : [asked]), ...guarded];
  const decision = isCalled ? await askPolicy(run, { taint: turn.taint, toolId, needs }) : null;
  const verdict = decision === null ? null : toVerdict(decision.decision, needs);
  const need = verdict?.need ?? null;
  const mayRepeat = !isCallable || run.catalog.mayRepeat(toolId, given);
  // Only a call that a person may be asked about pays for its hash.
  const argsHash = need !== null || !mayRepeat ? await sha256Hex(canonicalJson(argumentsOf(pending))) : "";
  return {
    pending,
    refusal,
    denial: toDenial(verdict),
    need,
    decision,
    mustAudit: verdict?.mustAudit ?? false,
    fourEyes: verdict?.isFourEyes ?? false,
    mayRepeat,
    binding: { toolId, argsHash, packDigest: request.pack_digest, policy: boundTo(decision) },
  };
}

/** One on trial decides nothing: neither its next revision nor its silence undoes what a person answered. */
const boundTo = (asked: CallDecision | null): string =>
  asked === null || !asked.decision.isEnforced ? "" : asked.decision.policy;

const toDenial = (verdict: Verdict | null): ToolRefusal | null =>
  verdict === null || verdict.denial === null ? null : { code: "TOOL_DENIED", message: verdict.denial };

const argumentsOf = ({ call }: PendingCall): unknown =>
  call.arguments.kind === "object" ? call.arguments.value : null;

type Known = { readonly approvals: readonly Approval[]; readonly handoffs: readonly Handoff[] };

function judge(run: Run, step: number, question: Question, { approvals, handoffs }: Known): Standing {
  const { index } = question.pending;
  const handoff = handoffOf(handoffs, step, index);
  if (handoff?.isAccepted && handoff.settled === null) return { kind: "away", taskId: handoff.child.task_id };
  const facts: CallFacts = {
    step,
    index,
    binding: question.binding,
    needsApproval: question.need !== null,
    mayRepeat: question.mayRepeat,
    isStarted: !question.mayRepeat && run.isStarted(step, index),
  };
  const standing = standingOf(facts, approvals);
  const answer = question.refusal ?? question.denial;
  // A call in doubt stays in doubt: to say now that it is refused or denied would say that it did not happen. So does a
  // handoff, whose child may be there.
  const isUnderWay = handoff !== undefined || (facts.isStarted && standing.kind !== "run");
  return answer === null || isUnderWay ? standing : { kind: "answer", error: answer };
}

type Judged = { readonly question: Question; readonly standing: Standing };

const DOUBT = "The call was handed to its tool and broke off: whether it took effect is not known.";

/** The questions that were not asked yet, numbered on from `last`. */
function toApprovals(run: Run, step: number, judged: readonly Judged[], last: number): Approval[] {
  const now = run.services.clock.now();
  const { approval_ttl, four_eyes } = run.config.guardrails.behavioral;
  const open = judged.filter(({ standing }) => standing.kind === "ask" || standing.kind === "doubt");
  return open.map(({ question, standing }, position): Approval => {
    const { toolId } = question.pending.call;
    const isDoubt = standing.kind === "doubt";
    return {
      n: last + 1 + position,
      kind: isDoubt ? "unknown_outcome" : "approval",
      step,
      index: question.pending.index,
      toolName: run.catalog.nameOf(toolId),
      riskLevel: run.catalog.riskOf(toolId),
      reason: isDoubt ? DOUBT : (question.need ?? ""),
      ...question.binding,
      fourEyes: four_eyes || question.fourEyes,
      requestedAt: now,
      // A doubt does not go away by itself.
      expiresAt: isDoubt ? null : now + durationMs(approval_ttl),
      expiredAt: null,
      decided: null,
      usedAt: null,
      ...(isDoubt && question.decision !== null ? { decision: question.decision } : {}),
    };
  });
}

function toReady({ pending, need, decision, mustAudit, mayRepeat }: Question, standing: Standing): ReadyCall[] {
  const told = { pending, decision, mustAudit };
  switch (standing.kind) {
    case "run":
      // What needs a person stands at "run" only by an approval, or by a person's word on its doubt.
      return [
        { ...told, refusal: null, uses: standing.uses?.n ?? null, isOnce: !mayRepeat, isApproved: need !== null },
      ];
    case "answer":
      return [{ ...told, refusal: standing.error, uses: null, isOnce: false, isApproved: false }];
    case "ask":
    case "doubt":
    case "held":
    case "away":
      return [];
  }
}
