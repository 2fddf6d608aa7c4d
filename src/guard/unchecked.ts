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

export const uncheckedOf = ({ input, output, behavioral }: Guardrails): Unchecked => ({
  not_enforced: named([
    ["input.content_filter", input.content_filter.enabled && input.judge === undefined],
    ["output.judge", output.judge !== undefined],
    ["behavioral.prohibited_actions", behavioral.prohibited_actions.length > 0],
    ["behavioral.escalation_triggers", behavioral.escalation_triggers.length > 0],
  ]),
  not_checked: named([
    ["output.hallucination_check", output.hallucination_check.enabled],
    ["output.source_citation_required", output.source_citation_required],
  ]),
});
