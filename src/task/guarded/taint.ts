/**
 * What came into a task, as labels: its tools' results, what the task that handed it over had seen, what those saw that it
 * handed work to, and what the tasks of its session had seen that it remembers. Neither a handoff nor a memory washes its
 * text. Pure.
 */
import type { Exchange } from "../../memory/index.ts";
import type { Label } from "../../policy/index.ts";
import type { ToolCatalog } from "../../tool/index.ts";
import type { CallResult, History } from "../journal/history.ts";
import type { ParentLink } from "../types.ts";

/** Of any origin. */
export const READS = ["reads_untrusted", "reads_private"] as const satisfies readonly Label[];

/** A failed call counts too, whatever its code: that and the error's text may be somebody else's words. */
const isCalled = ({ isRefused }: CallResult): boolean => isRefused !== true;

const readsOf = (labels: readonly string[]): Label[] => READS.filter((label) => labels.includes(label));

/** Of the call's tool, as the policy was told them when it was made. */
const labelsThen = ({ decision }: CallResult): readonly Label[] =>
  decision?.question.action === "tool.call" ? decision.question.tool.labels : [];

type Past = {
  readonly history: History;
  readonly parent: ParentLink | undefined;
  /** The session before the task. */
  readonly recalled: readonly Pick<Exchange, "taint">[];
  /** What had come into all else that it began with. */
  readonly brought: readonly Label[];
};

/**
 * What came into the task before the model asked for the calls of a step: results of the same step are no part of what
 * it knew, so that the answer to one question does not depend on which of its neighbours came first.
 */
export function taintBefore(
  { history, parent, recalled, brought }: Past,
  step: number,
  labelsOf: ToolCatalog["labelsOf"],
): Label[] {
  const calls = new Map(history.steps.map(({ n, toolCalls }) => [n, toolCalls]));
  const seen = history.results.flatMap((result) => {
    if (result.step >= step || !isCalled(result)) return [];
    const call = calls.get(result.step)?.[result.index];
    // A replay may run on a version of the pack that has no such tool or label any more.
    return [...(call === undefined ? [] : labelsOf(call.toolId)), ...labelsThen(result), ...(result.taint ?? [])];
  });
  const remembered = recalled.flatMap(({ taint = [] }) => taint);
  return readsOf([...(parent?.taint ?? []), ...brought, ...remembered, ...seen]);
}

/**
 * What may be in the answer of a task that has ended, by what the policy was told of each call when it was made. What came
 * of a call that no decision is on record of, as of those from before any was kept, may be of any origin.
 */
export function taintOf({ results }: Pick<History, "results">): Label[] {
  const seen = results.flatMap((result): readonly Label[] => {
    const { decision, taint = [] } = result;
    const read = decision === undefined ? READS : labelsThen(result);
    return [...(decision?.question.taint ?? []), ...taint, ...(isCalled(result) ? read : [])];
  });
  return readsOf(seen);
}
