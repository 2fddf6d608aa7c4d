/**
 * What keeps an answer from passing, from all that look at it: its form, the sources it must name, its judge, a person.
 * A sentence each, as its model is told when it is sent back.
 */
import { createFormatCheck, type Looked, namesSource, sourcesOf, UNSOURCED } from "../../guard/index.ts";
import type { History, StepRecord } from "../journal/history.ts";
import type { Run } from "../loop/run.ts";
import { personFaults } from "./answer-approval.ts";
import { verdictOn } from "./answer-verdict.ts";

export type AnswerCheck = {
  /** @param restore the answer's text as the tenant reads it, which is what has to have the form. */
  readonly findFaults: (answer: StepRecord, restore?: (text: string) => string) => readonly string[];
  /** What was found out about it, for the verdict at the end. */
  readonly lookedAt: (step: number) => Looked;
};

const AS_IT_IS = (text: string): string => text;

export function createAnswerCheck(run: Run): AnswerCheck {
  const { guardrails } = run.config;
  const findFormatFaults = createFormatCheck(guardrails);
  const findSourceFaults = (text: string, step: number): readonly string[] => {
    if (!guardrails.output.source_citation_required) return [];
    const sources = sourcesOf(lookupsBefore(run.history(), step));
    return sources.length === 0 || namesSource(text, sources) ? [] : [UNSOURCED];
  };
  return {
    findFaults: ({ n, text, finishReason, found }, restore = AS_IT_IS) => [
      // A refusal has no form and rests on nothing.
      ...(finishReason === "refusal" ? [] : [...findFormatFaults(restore(text)), ...findSourceFaults(text, n)]),
      ...(found?.faults ?? []),
      ...(verdictOn(run, n)?.faults ?? []),
      ...personFaults(run, n),
    ],
    lookedAt: (step) => ({
      isJudged: run.row().answersJudged?.some((one) => one.step === step && one.scores !== null) === true,
      hasSources:
        guardrails.output.source_citation_required && sourcesOf(lookupsBefore(run.history(), step)).length > 0,
    }),
  };
}

/** The calls whose results an answer may rest on. */
const lookupsBefore = ({ steps, results }: History, step: number) =>
  results.flatMap((result) => {
    const call = steps.find(({ n }) => n === result.step)?.toolCalls[result.index];
    if (result.step >= step || !result.success || call?.arguments.kind !== "object") return [];
    return [{ arguments: call.arguments.value, resultJson: result.resultJson }];
  });
