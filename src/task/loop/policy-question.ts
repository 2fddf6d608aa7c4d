/** What the policy is asked about one call: facts of the pack, the tool and the task, and nothing that a model wrote. */
import type { AgentConfig } from "../../pack/index.ts";
import { describeReasons, type HandoffQuestion, type Label, momentOf, type ToolQuestion } from "../../policy/index.ts";
import type { CallDecision } from "../journal/history.ts";
import type { Run } from "./run.ts";

/** @param taint what came into the task before the turn of the call. */
type Asked = { readonly taint: readonly Label[]; readonly toolId: string; readonly needs: readonly string[] };

export async function askPolicy(run: Run, { taint, toolId, needs }: Asked): Promise<CallDecision> {
  const { clock, policy } = run.services;
  const { catalog, config } = run;
  const at = clock.now();
  const question: ToolQuestion = {
    version: 1,
    action: "tool.call",
    tenant: run.row().request.tenant,
    at: momentOf(at),
    region: policy.region,
    pack: packFacts(config),
    tool: { id: toolId, risk_level: catalog.riskOf(toolId), labels: catalog.labelsOf(toolId) },
    taint,
    needs,
  };
  return { at, question, decision: await policy.engine.decide(question) };
}

/** Why a task may not hand over, as sentences, and the decision that says so. */
export type HandoffDenial = { readonly message: string; readonly decision: CallDecision };

/**
 * Null when the task may hand over to that pack. Whether a person is asked is decided about the call; here a policy that
 * wants to ask denies.
 */
export async function denyHandoff(run: Run, packId: string, taint: readonly Label[]): Promise<HandoffDenial | null> {
  const { clock, policy } = run.services;
  const { request } = run.row();
  const handoffs = run.config.workflow.handoffs.map(({ target_agent }) => target_agent);
  const at = clock.now();
  const question: HandoffQuestion = {
    ...{ version: 1, action: "handoff", tenant: request.tenant, at: momentOf(at), region: policy.region },
    pack: { ...packFacts(run.config), handoffs },
    target: { tenant: request.tenant, pack_id: packId },
    taint,
    depth: (request.parent?.depth ?? 0) + 1,
  };
  const decision = await policy.engine.decide(question);
  if (!decision.isEnforced || decision.effect === "allow") return null;
  const message = describeReasons(decision) || `The policy does not let this task hand over to ${packId}.`;
  return { message, decision: { at, question, decision } };
}

const packFacts = ({ pack_id, version, risk_level, guardrails }: AgentConfig): ToolQuestion["pack"] => ({
  id: pack_id,
  version,
  risk_level,
  data_classification: guardrails.compliance.data_classification,
});
