/**
 * A model's judgement of the input, where the pack names one: asked once, before the task's own model, and paid for by
 * the task. What it says is journalled with the mark that it was asked; a run that is taken up again asks no more.
 */
import { labelsOf, parseInputJudgement, toInputQuestion } from "../guard/index.ts";
import { NO_USAGE } from "../meter/index.ts";
import { createBudgetCheck } from "./budget.ts";
import type { NewEvent } from "./frames.ts";
import { blockInput, type GuardedRun, toEvents } from "./guarded.ts";
import { JUDGE_OUTPUT_TOKENS_MAX, TURN_TIMEOUT_MS } from "./limits.ts";
import { turnFailed } from "./outcome.ts";
import { childTraceOf, end, familyOf, hasTimeFor, nowOf, type RunEnd } from "./run.ts";

/** Who was not asked has said nothing, for nothing. */
const NOBODY = { ok: true, value: { reply: { text: "" }, usage: NO_USAGE, costMicros: 0 } } as const;

/** Null: the run goes on. */
export async function judgeInput(run: GuardedRun): Promise<RunEnd | null> {
  const { guardrails } = run.config;
  const tier = guardrails.input.judge;
  if (tier === undefined || run.row().isInputJudged) return null;
  if (!hasTimeFor(run, TURN_TIMEOUT_MS)) return "handover";
  const { input, tenant } = run.row().request;
  // A tier that the tenant may not use judges nothing.
  const outcome = run.services.router.isAllowed(tenant, tier) ? await ask(run, tier) : NOBODY;
  if (run.signal.aborted) return "overtaken";
  if (!outcome.ok) return end(run, turnFailed(run.history(), outcome.error, { ...context(run), voidStep: null }));
  const { reply, usage, costMicros } = outcome.value;
  // Over the whole text as it was given: a judge points at no place.
  const findings = parseInputJudgement(reply.text, input, guardrails);
  // A filter that could not look lets nothing through: models refuse to judge just what it is there for.
  const isUnjudged = findings === null && guardrails.input.content_filter.enabled;
  const isRefused = isUnjudged || findings?.some(({ kind }) => kind === "content") === true;
  const verdict = { action: isRefused ? "block" : "warn", findings: findings ?? [] } as const;
  const mark = { patch: { isInputJudged: true }, spent: { usage, costMicros } } as const;
  const events = findings === null ? [unread(isUnjudged)] : toEvents(BY_JUDGE, verdict);
  if (!isRefused) return run.commit({ ...mark, events }) ? null : "overtaken";
  return blockInput(run, isUnjudged ? "its judge gave no judgement" : labelsOf(verdict), { ...mark, events });
}

const context = (run: GuardedRun) => ({
  ...nowOf(run),
  attempt: run.row().attempt,
  random: run.services.random,
  outputMaxLength: run.config.guardrails.output.max_length,
});

const BY_JUDGE = { direction: "input", by: "judge" } as const;

const unread = (isBlocked: boolean): NewEvent => ({
  type: "guard.checked",
  data: { ...BY_JUDGE, action: isBlocked ? "block" : "allow", findings: [], not_checked: ["input.judge"] },
});

/** The judge sees what the task's model will: redacted values stay redacted. */
function ask(run: GuardedRun, tier: "tier-1" | "tier-2" | "tier-3") {
  const { soul, role } = run.config;
  const { request } = run.row();
  const { system, user } = toInputQuestion(run.guard.verdict.text, run.config.guardrails);
  const question = {
    systemStable: system,
    systemVariable: "",
    messages: [{ role: "user", text: user }],
    tools: [],
    maxOutputTokens: JUDGE_OUTPUT_TOKENS_MAX,
    agent: { name: soul.identity.name, role: role.title, goal: role.goal.primary },
  } as const;
  return run.services.router.complete(question, {
    tenant: request.tenant,
    tier,
    priorAttempts: run.row().attempt,
    signal: run.signal,
    traceparent: childTraceOf(run.row()),
    checkBudget: createBudgetCheck({ ...run, log: run.services.log, family: () => familyOf(run) }, question),
    onText: () => undefined,
    onReset: () => undefined,
  });
}
