/**
 * What a judge and people found in the answers of a task, in words, for a replay that takes these answers over. It has
 * neither the approvals of its source nor, perhaps, the pack whose rules the judge's scores stand for.
 */
import type { AgentConfig } from "../../pack/index.ts";
import type { AnswerFound, StepRecord } from "../journal/history.ts";
import type { Run } from "../loop/run.ts";
import { personFaults } from "./answer-approval.ts";
import { verdictOn } from "./answer-verdict.ts";

type Source = Pick<Run, "row" | "approvals">;

/** The rules that the judge of an answer found broken or met, in the pack's words. */
export function brokenRulesOf(run: Pick<Run, "config" | "row">, step: number): readonly string[] {
  const verdict = verdictOn(run, step);
  return verdict === null ? [] : [...verdict.prohibited, ...verdict.triggers].map(({ text }) => text);
}

/** What was judged by a pack that is nowhere any more counts as found: nobody can say what it was. */
const UNREADABLE = "a rule of a pack that is not there any more";

/** @param config of the source; null when its pack is gone. */
function foundIn(source: Source, config: AgentConfig | null, { n, found }: StepRecord): AnswerFound {
  const run = config && { ...source, config };
  const isUnreadable = run === null && source.row().answersJudged?.some(({ step }) => step === n) === true;
  const faults = run === null ? [] : (verdictOn(run, n)?.faults ?? []);
  const rules = run === null ? [] : brokenRulesOf(run, n);
  return {
    faults: [...(found?.faults ?? []), ...faults, ...personFaults(source, n)],
    rules: [...(found?.rules ?? []), ...rules, ...(isUnreadable ? [UNREADABLE] : [])],
  };
}

/** The steps as a replay takes them over. */
export const withFound = (
  steps: readonly StepRecord[],
  source: Source,
  config: AgentConfig | null,
): readonly StepRecord[] =>
  steps.map((step) => {
    const found = foundIn(source, config, step);
    return found.faults.length + found.rules.length === 0 ? step : { ...step, found };
  });
