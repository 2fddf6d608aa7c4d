/**
 * An answer that a person is asked about: an approval as one of a call is, for a step that has no calls. It is bound to
 * the answer's text, waits as long, and is used when the answer is given.
 */
import { canonicalJson, sha256Hex } from "../../platform/index.ts";
import { type Approval, approvalIdOf, expiredEvents, lapse, requestedEvent } from "../approval/approval.ts";
import { durationMs } from "../duration.ts";
import type { StepRecord } from "../journal/history.ts";
import { paused } from "../loop/outcome.ts";
import { end, nowOf, type Run, type RunEnd } from "../loop/run.ts";
import { verdictOn } from "./answer-verdict.ts";

/** Stands where a call has its tool. */
const ANSWER = { toolId: "answer", toolName: "Answer" } as const;

/** A step with an answer has no call that its number could be mistaken for. */
export const approvalOfAnswer = (run: Pick<Run, "approvals">, step: number): Approval | undefined =>
  run.approvals().findLast((approval) => approval.step === step && approval.toolId === ANSWER.toolId);

/** Why a person did not let the answer pass, as its model is told; none while nobody has decided. */
export function personFaults(run: Pick<Run, "approvals">, step: number): readonly string[] {
  const approval = approvalOfAnswer(run, step);
  if (approval === undefined) return [];
  const { decided, expiredAt } = approval;
  if (expiredAt !== null) return ["No person let it pass in time."];
  if (decided === null || decided.decision === "approve") return [];
  return [decided.reason === null ? "A person refused it." : `A person refused it. Their reason: ${decided.reason}`];
}

/**
 * Writes down that there is no time left for what a person was asked about the answer, also where they let it pass and
 * the run comes too late to use that. False when the run was overtaken.
 */
export function settleLapse(run: Run): boolean {
  const last = run.history().steps.at(-1);
  if (last === undefined || last.toolCalls.length > 0) return true;
  const approval = approvalOfAnswer(run, last.n);
  const lapsed = lapse(approval === undefined ? [] : [approval], run.services.clock.now());
  const events = expiredEvents(run.row().request.task_id, lapsed);
  return lapsed.length === 0 || run.commit({ approvals: lapsed, events });
}

/** Whether the answer waits for a person's word. */
export const mustAsk = (run: Run, { n }: StepRecord): boolean =>
  verdictOn(run, n)?.isEscalated === true && (approvalOfAnswer(run, n)?.decided ?? null) === null;

/** Asks once, and pauses the task. */
export async function askAboutAnswer(run: Run, { n, text }: StepRecord): Promise<RunEnd> {
  const { request } = run.row();
  const { now } = nowOf(run);
  const known = approvalOfAnswer(run, n);
  const hash = known === undefined ? await sha256Hex(canonicalJson({ text })) : "";
  if (run.signal.aborted) return "overtaken";
  const approval = known ?? toApproval(run, n, { argsHash: hash, now });
  const wait = paused({ reason: "approval", approval_ids: [approvalIdOf(request.task_id, approval.n)] }, now);
  if (known !== undefined) return end(run, wait);
  const asked = requestedEvent(approval, { request, history: run.history() });
  return end(run, { ...wait, approvals: [approval], events: [asked, ...(wait.events ?? [])] });
}

function toApproval(run: Run, step: number, { argsHash, now }: { argsHash: string; now: number }): Approval {
  const { approval_ttl, four_eyes } = run.config.guardrails.behavioral;
  const triggers = verdictOn(run, step)?.triggers ?? [];
  const reason =
    triggers.length === 0
      ? "The judge of this answer gave no judgement, and the pack names cases in which a person is asked."
      : `The judge of this answer found what the pack wants a person for: ${triggers.map(({ text }) => text).join("; ")}.`;
  return {
    n: (run.approvals().at(-1)?.n ?? 0) + 1,
    kind: "approval",
    step,
    index: 0,
    ...ANSWER,
    riskLevel: run.config.risk_level,
    reason,
    argsHash,
    packDigest: run.row().request.pack_digest,
    policy: "",
    fourEyes: four_eyes,
    requestedAt: now,
    expiresAt: now + durationMs(approval_ttl),
    expiredAt: null,
    decided: null,
    usedAt: null,
  };
}

/** The approval as it stands once the answer is given. */
export function useApproval(run: Run, step: number): { readonly approvals?: readonly Approval[] } {
  const approval = approvalOfAnswer(run, step);
  return approval === undefined ? {} : { approvals: [{ ...approval, usedAt: run.services.clock.now() }] };
}
