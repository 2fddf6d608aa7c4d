/**
 * A judging model is asked through the router, as the task's own is: within the task's budget, with the router's retries.
 * Nothing is stored here.
 */
import type { JudgeQuestion } from "../../guard/index.ts";
import { NO_USAGE } from "../../meter/index.ts";
import { JUDGE_OUTPUT_TOKENS, JUDGE_RULE_TOKENS, TURN_OUTPUT_TOKENS_MAX } from "../limits.ts";
import { createBudgetCheck } from "../loop/budget.ts";
import { childTraceOf, familyOf, type Run } from "../loop/run.ts";

/** Who was not asked has said nothing, for nothing. */
const NOBODY = { ok: true, value: { reply: { text: "" }, usage: NO_USAGE, costMicros: 0 } } as const;

type Asked = {
  readonly tier: "tier-1" | "tier-2" | "tier-3";
  readonly question: JudgeQuestion;
  /** Rules of the pack in the question: the reply has a member for each. */
  readonly rules: number;
};

/** A tier that the tenant may not use judges nothing: its reply is empty. */
export async function askJudge(run: Run, { tier, question: { system, user }, rules }: Asked) {
  const { soul, role } = run.config;
  const { request } = run.row();
  if (!run.services.router.isAllowed(request.tenant, tier)) return NOBODY;
  const question = {
    systemStable: system,
    systemVariable: "",
    messages: [{ role: "user", text: user }],
    tools: [],
    maxOutputTokens: Math.min(JUDGE_OUTPUT_TOKENS + rules * JUDGE_RULE_TOKENS, TURN_OUTPUT_TOKENS_MAX),
    agent: { name: soul.identity.name, role: role.title, goal: role.goal.primary },
  } as const;
  return run.services.router.complete(question, {
    tenant: request.tenant,
    tier,
    priorAttempts: run.row().attempt,
    signal: run.signal,
    clock: run.services.clock,
    traceparent: childTraceOf(run.row()),
    checkBudget: createBudgetCheck({ ...run, log: run.services.log, family: () => familyOf(run) }, question),
    onText: () => undefined,
    onReset: () => undefined,
  });
}
