/** What a schema cannot say about guardrails: categories that nobody knows, and checks that have nothing to check by. */
import { CONTENT_CATEGORIES } from "./release.ts";
import { childOf, describe, problem, type Source, segmentsOf, select, textOf } from "./source.ts";
import { didYouMean } from "./suggest.ts";
import type { PackProblem } from "./types.ts";

const isTrue = (node: Source | undefined): boolean => node?.kind === "scalar" && node.value === true;

/** A category that is misspelled would filter nothing, and look as if it did. */
function checkCategories(guardrails: Source): PackProblem[] {
  return select(guardrails, segmentsOf("/input/content_filter/categories/*")).flatMap((node) => {
    const text = textOf(node);
    if (text === undefined || CONTENT_CATEGORIES.includes(text)) return [];
    const message = `"${text}" is no category of content.${didYouMean(text, CONTENT_CATEGORIES)}`;
    return [problem("error", node.at, { message, found: describe(node), expected: CONTENT_CATEGORIES.join(", ") })];
  });
}

function warnFormat(guardrails: Source): PackProblem[] {
  const [output] = select(guardrails, segmentsOf("/output"));
  const asked = childOf(output, "format_validation");
  if (asked === undefined || !isTrue(asked) || childOf(output, "schema") !== undefined) return [];
  const message = "format_validation has no format to check: there is no output.schema";
  return [problem("warning", asked.at, { message, found: describe(asked), expected: "output.schema beside it" })];
}

/** Without a judge nobody reads for content: the filter would be a sentence in the prompt. */
function warnFilter(guardrails: Source): PackProblem[] {
  const [input] = select(guardrails, segmentsOf("/input"));
  const filter = childOf(input, "content_filter");
  if (filter === undefined || !isTrue(childOf(filter, "enabled")) || childOf(input, "judge") !== undefined) return [];
  const message =
    "content_filter is not enforced without input.judge: the model is told the categories, nobody looks for them";
  return [problem("warning", filter.at, { message, found: describe(filter), expected: "input.judge beside it" })];
}

/** What a judge of answers is there for. A file that asks for one and has none of it pays for nothing. */
function warnJudge(guardrails: Source): PackProblem[] {
  const judge = select(guardrails, segmentsOf("/output/judge"))[0];
  if (judge === undefined) return [];
  const isOn = (pointer: string) => select(guardrails, segmentsOf(pointer)).some(isTrue);
  const isListed = (pointer: string) => select(guardrails, segmentsOf(`${pointer}/*`)).length > 0;
  const hasWork =
    ["/output/hallucination_check/enabled", "/output/source_citation_required"].some(isOn) ||
    ["/behavioral/prohibited_actions", "/behavioral/escalation_triggers"].some(isListed);
  if (hasWork) return [];
  const message = "output.judge has nothing to judge and is never asked";
  const expected = "prohibited_actions, escalation_triggers, hallucination_check or source_citation_required";
  return [problem("warning", judge.at, { message, found: describe(judge), expected })];
}

export const checkGuardrails = (guardrails: Source | undefined): PackProblem[] =>
  guardrails === undefined
    ? []
    : [...checkCategories(guardrails), ...warnFilter(guardrails), ...warnFormat(guardrails), ...warnJudge(guardrails)];
