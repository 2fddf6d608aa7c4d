/** `vasini guard`: the firewall on its own, over texts from standard input. Needs no server. */
import {
  checkInput,
  checkOutput,
  EVERY_INPUT_RULE,
  EVERY_OUTPUT_RULE,
  inputRulesOf,
  outputRulesOf,
  type Verdict,
} from "../guard/index.ts";
import { type CommonFlags, type Context, readLines } from "./context.ts";
import { EXIT, type ExitCode, ownError } from "./exit.ts";
import { GUARD_LINE_CHARS_MAX } from "./limits.ts";
import type { Output } from "./output.ts";
import { compose } from "./pack.ts";
import { objectOf, parseJson, textOf } from "./value.ts";

type ScanFlags = CommonFlags & { readonly direction?: string; readonly pack?: string };
type Check = (text: string) => Verdict;

/** One verdict a line, in the order of the texts and as they come; it is the same with and without --json. */
export async function scanTexts({ stdin, output }: Context, flags: ScanFlags): Promise<ExitCode> {
  const check = await checkOf(flags, output);
  let number = 0;
  for await (const line of readLines({ stdin })) {
    number++;
    if (line.trim() === "") continue;
    const { action, text, findings } = check(parseText(line, number));
    output.lines([{ action, text, findings }]);
  }
  return EXIT.ok;
}

/** With a pack, what its guardrails ask for; without one, everything. */
async function checkOf({ direction = "input", pack }: ScanFlags, output: Output): Promise<Check> {
  if (direction !== "input" && direction !== "output") {
    throw ownError("USAGE", `--direction is "${direction}"; expected input or output.`);
  }
  const guardrails = pack === undefined ? null : (await compose(pack, output)).config.guardrails;
  if (direction === "input") {
    const rules = guardrails === null ? EVERY_INPUT_RULE : inputRulesOf(guardrails);
    return (text) => checkInput(text, rules).verdict;
  }
  const rules = guardrails === null ? EVERY_OUTPUT_RULE : outputRulesOf(guardrails);
  return (text) => checkOutput(text, rules);
}

/** @throws CliError `USAGE` that names the line. */
function parseText(line: string, number: number): string {
  const expected = 'expected one JSON object a line with a string "text"';
  if (line.length > GUARD_LINE_CHARS_MAX) {
    throw ownError("USAGE", `Line ${number} has more than ${GUARD_LINE_CHARS_MAX} characters.`);
  }
  const text = textOf(objectOf(parseJson(line)).text);
  if (text === undefined) throw ownError("USAGE", `Line ${number} has no text; ${expected}.`);
  return text;
}
