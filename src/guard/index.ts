/** The guard room: the prompt firewall, which looks at texts on their way to a model and back. It decides no access. */

export { checkInput, checkOutput, OutputCheck } from "./check.ts";
export { createFormatCheck, type FindFaults, missingDisclaimers, toRepairRequest } from "./format.ts";
export { parseInputJudgement, toInputQuestion } from "./judge.ts";
export { labelsOf, reportOf } from "./report.ts";
export {
  EVERY_INPUT_RULE,
  EVERY_OUTPUT_RULE,
  type InputRules,
  inputRulesOf,
  type OutputRules,
  outputRulesOf,
} from "./rules.ts";
export { checkToolResult, markUntrusted } from "./spotlight.ts";
export { Restorer, type Tokens, unnumber } from "./tokens.ts";
export type { Finding, Verdict } from "./types.ts";
export { uncheckedOf } from "./unchecked.ts";
