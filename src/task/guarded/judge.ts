/**
 * A model's judgement of the input, where the pack names one: asked once, before the task's own model, and paid for by
 * the task. What it says is journalled with the mark that it was asked; a run that is taken up again asks no more.
 */
import { labelsOf, parseInputJudgement, toInputQuestion } from "../../guard/index.ts";
import type { NewEvent } from "../journal/frames.ts";
import { spentOf } from "../journal/history.ts";
import { TURN_TIMEOUT_MS } from "../limits.ts";
import { turnFailed } from "../loop/outcome.ts";
import { end, hasTimeFor, nowOf, type RunEnd } from "../loop/run.ts";
import { askJudge } from "./ask-judge.ts";
import { blockInput, type GuardedRun, toEvents } from "./guarded.ts";

/** Null: the run goes on. */
export async function judgeInput(run: GuardedRun): Promise<RunEnd | null> {
  const { guardrails } = run.config;
  const tier = guardrails.input.judge;
  if (tier === undefined || run.row().isInputJudged) return null;
  if (!hasTimeFor(run, TURN_TIMEOUT_MS)) return "handover";
  const { input } = run.row().request;
  // The judge sees what the task's model will: redacted values stay redacted.
  const question = toInputQuestion(run.guard.verdict.text, guardrails);
  const rules = guardrails.behavioral.escalation_triggers.length;
  const outcome = await askJudge(run, { tier, question, rules });
  if (run.signal.aborted) return "overtaken";
  if (!outcome.ok) return end(run, turnFailed(run.history(), outcome.error, { ...context(run), voidStep: null }));
  const { reply } = outcome.value;
  // Over the whole text as it was given: a judge points at no place.
  const judgement = parseInputJudgement(reply.text, input, guardrails);
  const findings = judgement?.findings ?? null;
  const triggers = judgement?.triggers ?? [];
  // A filter that could not look lets nothing through: models refuse to judge just what it is there for.
  const isUnjudged = findings === null && guardrails.input.content_filter.enabled;
  const isRefused = isUnjudged || findings?.some(({ kind }) => kind === "content") === true;
  const verdict = { action: isRefused ? "block" : "warn", findings: findings ?? [] } as const;
  const met = triggers.length === 0 ? {} : { inputTriggers: triggers.map(({ text }) => text) };
  const mark = { patch: { isInputJudged: true, ...met }, spent: spentOf(outcome.value) } as const;
  const events = findings === null ? [unread(isUnjudged)] : told(verdict, triggers);
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

/** What was found in the text, and which of the pack's cases for a person it is. */
function told(
  verdict: Parameters<typeof toEvents>[1],
  triggers: readonly { readonly rule: string; readonly confidence: number }[],
): NewEvent[] {
  if (triggers.length === 0) return toEvents(BY_JUDGE, verdict);
  const rules = triggers.map(({ rule, confidence }) => ({ rule, confidence }));
  return [{ type: "guard.checked", data: { ...BY_JUDGE, ...verdict, rules, escalate: true } }];
}
