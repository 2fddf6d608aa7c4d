/** What the judge said of an answer, read from the journal. The same record always reads the same. */
import { type AnswerVerdict, readAnswerJudgement } from "../../guard/index.ts";
import type { Run } from "../loop/run.ts";

/** Null: nobody was asked about the answer of that step. */
export function verdictOn({ config, row }: Pick<Run, "config" | "row">, step: number): AnswerVerdict | null {
  const judged = row().answersJudged?.find((one) => one.step === step);
  return judged === undefined ? null : readAnswerJudgement(judged.scores, config.guardrails);
}
