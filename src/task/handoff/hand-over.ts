/**
 * The call of `handoff`: the child is planned and written down, then created. Both may happen again after a crash and
 * come to the same child; the call's result is the child's end, which handoff-link.ts waits for.
 */
import { mostOf, uncoveredOf } from "../../meter/index.ts";
import { assert, canonicalJson, deriveChildTaskId, parseTenantId, sha256Hex, within } from "../../platform/index.ts";
import { HANDOFF_TOOL_ID, type ToolRefusal } from "../../tool/index.ts";
import { taintBefore } from "../guarded/taint.ts";
import { type CallDecision, type History, resultOf } from "../journal/history.ts";
import type { TaskRow } from "../journal/journal.ts";
import { HANDOFF_ASK_MS_MAX, HANDOFF_DEPTH_MAX, HANDOFFS_PER_TASK_MAX } from "../limits.ts";
import { costLimitOf, spendingOf } from "../loop/budget.ts";
import type { PendingCall } from "../loop/decide.ts";
import { denyHandoff, type HandoffDenial } from "../loop/policy-question.ts";
import { callKeyOf, childTraceOf, pastOf, type Run } from "../loop/run.ts";
import type { HandoffTarget } from "../services.ts";
import type { CreateTask } from "../types.ts";
import { type Handoff, handoffOf, setAsideFor, settle, startedEvent } from "./handoff.ts";
import { composeInput } from "./handoff-context.ts";

/** Away: the child has it, and this call waits for its end. */
export type HandedOver =
  | { readonly kind: "away" | "overtaken" }
  | { readonly kind: "refused"; readonly error: ToolRefusal; readonly decision?: CallDecision };

/** Why this task may hand nothing over any more; null when it may. */
export function refuseHandoff({ request }: TaskRow, handoffs: readonly Handoff[]): ToolRefusal | null {
  const { depth = 0 } = request.parent ?? {};
  if (depth >= HANDOFF_DEPTH_MAX) {
    const message = `This piece of work was handed over ${depth} times already; it cannot be handed on. Do it yourself.`;
    return { code: "TOOL_LIMIT", message };
  }
  if (handoffs.length < HANDOFFS_PER_TASK_MAX) return null;
  return { code: "TOOL_LIMIT", message: `This task has used its ${HANDOFFS_PER_TASK_MAX} handoffs.` };
}

/** The call with what the policy said of it. */
type DecidedCall = {
  readonly pending: PendingCall;
  readonly decision: CallDecision | null;
  readonly mustAudit: boolean;
};

export async function handOver(run: Run, step: number, decided: DecidedCall): Promise<HandedOver> {
  const { index } = decided.pending;
  const known = handoffOf(run.handoffs(), step, index);
  const planned = known ?? (await planHandoff(run, step, decided));
  if ("code" in planned) return { kind: "refused", error: planned };
  if ("message" in planned)
    return { kind: "refused", error: { code: "TOOL_DENIED", message: planned.message }, decision: planned.decision };
  if (run.signal.aborted) return { kind: "overtaken" };
  if (known === undefined) {
    // Calls of one turn are planned side by side: only here is it certain how many there are, and what they set aside.
    const refusal = refuseHandoff(run.row(), run.handoffs());
    if (refusal !== null) return { kind: "refused", error: refusal };
    if (!run.commit({ handoffs: [planned], events: [startedEvent(planned)] })) return { kind: "overtaken" };
  }
  // Again under the same key, should it come too late: the attempt is made again, and finds the child there.
  const late = () => new Error(`the child was not started within ${HANDOFF_ASK_MS_MAX} ms`);
  const start = () => run.services.handoff.start(planned.child);
  const outcome = await within(run.services.clock, HANDOFF_ASK_MS_MAX, late, start);
  if (run.signal.aborted) return { kind: "overtaken" };
  const standing = handoffOf(run.handoffs(), step, index) ?? planned;
  if (outcome === "key_reused" || outcome === "gone") {
    if (!run.commit({ handoffs: [settle(standing, run.services.clock.now())] })) return { kind: "overtaken" };
    const message = `The task ${planned.child.task_id} for it cannot be created any more.`;
    return { kind: "refused", error: { code: "TOOL_FAILED", message } };
  }
  // The child may have come to its end while its creation was on its way back.
  if (standing.settled !== null) return { kind: "away" };
  return { kind: run.commit({ handoffs: [{ ...standing, isAccepted: true }] }) ? "away" : "overtaken" };
}

async function planHandoff(
  run: Run,
  step: number,
  decided: DecidedCall,
): Promise<Handoff | ToolRefusal | HandoffDenial> {
  const { services, config } = run;
  const { call, index } = decided.pending;
  const { tenant } = run.row().request;
  const given = call.arguments.kind === "object" ? call.arguments.value : {};
  const agent = String(given.agent);
  const target = await services.handoff.resolve(tenant, agent);
  const pack = target === null ? null : await services.loadPack(target.pack_owner, target.pack_digest);
  if (target === null || pack === null) {
    return { code: "TOOL_FAILED", message: `There is no pack ${agent} to hand over to: it is not published.` };
  }
  if (!target.isAllowed) {
    return { code: "TOOL_DENIED", message: `${agent} runs on ${target.tier}, which this tenant may not use.` };
  }
  const taint = taintBefore(pastOf(run), step, run.catalog.labelsOf);
  const denial = await denyHandoff(run, agent, taint);
  if (denial !== null) return denial;
  const input = composeInput({
    input: String(given.input),
    // An agent that stands twice among the handoffs is told what the first of them says.
    transfer:
      config.workflow.handoffs.find(({ target_agent }) => target_agent === agent)?.context_transfer ?? "minimal",
    parent: {
      packId: config.pack_id,
      input: run.shownInput ?? run.row().request.input,
      history: historyBefore(run.history(), step),
    },
    inputMaxLength: target.inputMaxLength,
  });
  if (input === null) {
    const message = `input is longer than the ${target.inputMaxLength} characters that ${agent} takes.`;
    return { code: "TOOL_ARGUMENTS", message };
  }
  const key = await callKeyOf(run.row(), step, index);
  const child = await toChild(run, { step, index, key, input, agent, target });
  const now = services.clock.now();
  const share = shareOf(run, step);
  return {
    step,
    index,
    toolName: run.catalog.nameOf(HANDOFF_TOOL_ID),
    isAudited: decided.mustAudit || run.catalog.isAudited(HANDOFF_TOOL_ID),
    ...(decided.decision === null ? {} : { decision: decided.decision }),
    ...(config.guardrails.input.jailbreak_detection ? { seeksSignals: true } : {}),
    child: {
      ...child,
      parent: {
        task_id: run.row().request.task_id,
        step,
        index,
        depth: (run.row().request.parent?.depth ?? 0) + 1,
        time_ms: Math.max(0, run.row().deadlineAt - now),
        cost_limit_micros: costLimitOf(pack, { cost_limit_micros: share.limitMicros }),
        uncounted: share.uncounted,
        taint,
      },
    },
    startedAt: now,
    isAccepted: false,
    settled: null,
  };
}

/**
 * What this call may set aside: of what is neither spent nor set aside for a child at work, an equal part for each
 * handoff of the turn that is yet to begin: planned side by side, they never set aside more than there is.
 */
function shareOf(run: Run, step: number): { readonly limitMicros: number; readonly uncounted: number } {
  const { limitMicros, ...charge } = spendingOf(run.history(), costLimitOf(run.config, run.row().request.parent), {
    handoffs: run.handoffs(),
    parent: run.row().request.parent,
  });
  const turn = run.history().steps.find(({ n }) => n === step);
  const toBegin = (turn?.toolCalls ?? []).filter(
    ({ toolId }, index) =>
      toolId === HANDOFF_TOOL_ID &&
      resultOf(run.history(), step, index) === undefined &&
      handoffOf(run.handoffs(), step, index) === undefined,
  ).length;
  const left = Math.max(0, limitMicros - mostOf(charge, 0) - setAsideFor(run.handoffs()));
  return { limitMicros: Math.floor(left / Math.max(1, toBegin)), uncounted: uncoveredOf(charge) };
}

/**
 * What the model knew when it asked: neighbours of the call may have come to their results meanwhile, and what came in
 * with those is not among the child's labels.
 */
const historyBefore = ({ results, ...rest }: History, step: number): History => ({
  ...rest,
  results: results.filter((result) => result.step < step),
});

type Plan = {
  readonly step: number;
  readonly index: number;
  readonly key: string;
  readonly input: string;
  readonly agent: string;
  readonly target: HandoffTarget;
};

/** The child apart from what it gets of its parent's time and money. */
async function toChild(run: Run, { key, input, agent, target }: Plan): Promise<Omit<CreateTask, "parent">> {
  const { request } = run.row();
  const tenant = parseTenantId(request.tenant);
  assert(tenant !== undefined, "a task's tenant was parsed when it was accepted");
  return {
    tenant,
    task_id: await deriveChildTaskId(tenant, key),
    pack_id: agent,
    pack_version: target.pack_version,
    pack_digest: target.pack_digest,
    pack_owner: target.pack_owner,
    input,
    // A conversation belongs to one agent; what this one may know of it is in the input.
    session_id: null,
    metadata: {},
    tier: target.tier,
    // A space is in no key that a client can send: it cannot be taken.
    idempotency_key: `handoff ${key}`,
    fingerprint: await sha256Hex(canonicalJson({ operation: "handoff", key })),
    trace_id: request.trace_id,
    traceparent: childTraceOf(run.row()),
    // So that four eyes are not got around by handing over.
    requested_by: request.requested_by ?? null,
    replay: null,
  };
}
