/** The guard room: the prompt firewall, which looks at texts on their way to a model and back. It decides no access. */

export {
  type AnswerVerdict,
  countAnswerMembers,
  isAnswerHeld,
  isAnswerJudged,
  parseAnswerJudgement,
  readAnswerJudgement,
  reportAnswerVerdict,
  toAnswerQuestion,
} from "./answer-judge.ts";
export { checkArguments, findData } from "./arguments.ts";
export { checkInput, checkOutput, OutputCheck } from "./check.ts";
export { createFormatCheck, missingDisclaimers, toRepairRequest } from "./format.ts";
export { type JudgeQuestion, parseInputJudgement, toInputQuestion } from "./judge.ts";
export { labelsOf, reportOf } from "./report.ts";
export {
  argumentRulesOf,
  EVERY_INPUT_RULE,
  EVERY_OUTPUT_RULE,
  type InputRules,
  inputRulesOf,
  type OutputRules,
  outputRulesOf,
} from "./rules.ts";
export type { Scores } from "./scores.ts";
export { namesSource, sourcesOf, UNSOURCED } from "./sources.ts";
export { checkToolResult, markUntrusted } from "./spotlight.ts";
export { Restorer, type Tokens, unnumber } from "./tokens.ts";
export type { Finding, Verdict } from "./types.ts";
export { type Looked, type Unchecked, uncheckedOf } from "./unchecked.ts";
