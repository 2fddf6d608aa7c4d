/**
 * The judgement of a finished answer, where the pack has a model for it: asked once for each answer, after the rules
 * that need no model, and paid for by the task. What it said is journalled with what it cost; a run that is taken up
 * again reads it there.
 */
import {
  countAnswerMembers,
  isAnswerJudged,
  parseAnswerJudgement,
  readAnswerJudgement,
  reportAnswerVerdict,
  toAnswerQuestion,
} from "../../guard/index.ts";
import type { NewEvent } from "../journal/frames.ts";
import { type History, type StepRecord, spentOf, toModelContent } from "../journal/history.ts";
import { TURN_TIMEOUT_MS } from "../limits.ts";
import { failed, turnFailed } from "../loop/outcome.ts";
import { end, hasTimeFor, nowOf, type Run, type RunEnd } from "../loop/run.ts";
import { verdictOn } from "./answer-verdict.ts";
import { askJudge } from "./ask-judge.ts";
import type { GuardedRun } from "./guarded.ts";

/** A provider may break off an answer before any text of it: there is nothing to judge. */
export const mustJudge = (run: Run, { n, text }: StepRecord): boolean =>
  text !== "" && isAnswerJudged(run.config.guardrails) && verdictOn(run, n) === null;

/** Null: the judgement is written down and the run goes on. */
export async function judgeAnswer(run: GuardedRun, { n, text }: StepRecord): Promise<RunEnd | null> {
  const { guardrails } = run.config;
  const tier = guardrails.output.judge;
  if (tier === undefined) return null;
  if (!hasTimeFor(run, TURN_TIMEOUT_MS)) return "handover";
  const material = { answer: text, input: run.guard.verdict.text, results: resultsOf(run.history()) };
  const question = toAnswerQuestion(material, guardrails);
  const outcome = await askJudge(run, { tier, question, rules: countAnswerMembers(guardrails) });
  if (run.signal.aborted) return "overtaken";
  const at = { ...nowOf(run), outputMaxLength: guardrails.output.max_length };
  if (!outcome.ok) {
    const context = { ...at, attempt: run.row().attempt, random: run.services.random, voidStep: null };
    return end(run, turnFailed(run.history(), outcome.error, context));
  }
  const { reply } = outcome.value;
  const scores = parseAnswerJudgement(reply.text, guardrails);
  const verdict = readAnswerJudgement(scores, guardrails);
  const patch = { answersJudged: [...(run.row().answersJudged ?? []), { step: n, scores }] };
  const data = { direction: "output", step: n, by: "judge", ...reportAnswerVerdict(verdict, scores) };
  const events: NewEvent[] = [{ type: "guard.checked", data }];
  const spent = spentOf(outcome.value);
  if (!verdict.isRefusedUnjudged) return run.commit({ patch, events, spent }) ? null : "overtaken";
  // Models refuse to judge just what the rules are there for. The answer's own model cannot mend that.
  const message = "The answer may not pass unjudged, and its judge gave no judgement.";
  const change = failed(run.history(), { code: "OUTPUT_BLOCKED", message }, at);
  return end(run, {
    ...change,
    patch: { ...change.patch, ...patch },
    spent,
    events: [...events, ...(change.events ?? [])],
  });
}

const resultsOf = ({ steps, results }: History) =>
  results.map((result) => ({
    tool: steps.find(({ n }) => n === result.step)?.toolCalls[result.index]?.toolId ?? "",
    content: toModelContent(result),
  }));
