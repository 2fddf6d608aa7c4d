/** What a pack asks for that nothing here can find out: whoever reads a verdict must not take silence for a check. Pure. */
import type { Guardrails } from "../pack/index.ts";

export type Unchecked = {
  /** Rules that the model is told and nothing holds it to. */
  readonly not_enforced: readonly string[];
  /** Facts about the answer that nobody looked for. */
  readonly not_checked: readonly string[];
};

const named = (rows: readonly (readonly [field: string, isAsked: boolean])[]): string[] =>
  rows.filter(([, isAsked]) => isAsked).map(([field]) => field);

/** What a run found out about its answer; before a run nothing is known of it. */
export type Looked = {
  /** The judge of answers gave a judgement. */
  readonly isJudged: boolean;
  /** A tool returned something that the answer could name. */
  readonly hasSources: boolean;
};

/** @param looked null: what the pack by itself leaves open, whatever a run does. */
export function uncheckedOf({ input, output, behavioral }: Guardrails, looked: Looked | null): Unchecked {
  const hasJudge = output.judge !== undefined;
  const isJudged = looked?.isJudged ?? hasJudge;
  return {
    not_enforced: named([
      ["input.content_filter", input.content_filter.enabled && input.judge === undefined],
      ["behavioral.prohibited_actions", behavioral.prohibited_actions.length > 0 && !hasJudge],
      [
        "behavioral.escalation_triggers",
        behavioral.escalation_triggers.length > 0 && !hasJudge && input.judge === undefined,
      ],
    ]),
    not_checked: named([
      ["output.hallucination_check", output.hallucination_check.enabled && !isJudged],
      [
        "output.source_citation_required",
        output.source_citation_required && !isJudged && looked !== null && !looked.hasSources,
      ],
    ]),
  };
}
