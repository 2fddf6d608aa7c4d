/** What a schema cannot say about guardrails: categories that nobody knows, and a check that has nothing to check by. */
import { CONTENT_CATEGORIES } from "./release.ts";
import { childOf, describe, problem, type Source, segmentsOf, select, textOf } from "./source.ts";
import { didYouMean } from "./suggest.ts";
import type { PackProblem } from "./types.ts";

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
  if (asked?.kind !== "scalar" || asked.value !== true || childOf(output, "schema") !== undefined) return [];
  const message = "format_validation has no format to check: there is no output.schema";
  return [problem("warning", asked.at, { message, found: describe(asked), expected: "output.schema beside it" })];
}

export const checkGuardrails = (guardrails: Source | undefined): PackProblem[] =>
  guardrails === undefined ? [] : [...checkCategories(guardrails), ...warnFormat(guardrails)];
