/**
 * `cost_limit_per_task`: before a model is asked, the most that the call can cost is set aside from what the task has
 * left; a call that does not fit is not made. Tools cost nothing yet.
 */
import { reserveMicros } from "../meter/index.ts";
import type { TurnContext } from "../model/index.ts";
import type { AgentConfig } from "../pack/index.ts";
import { assert, formatMicros, type Log, parseMoney, utf8Length } from "../platform/index.ts";
import type { History } from "./history.ts";

export type Spending = {
  readonly limitMicros: number;
  /** What is known to have been spent. */
  readonly spentMicros: number;
  /** Turns whose cost nobody told. Each may have cost as much as a call can. */
  readonly uncounted: number;
};

/** Turns taken over from another task cost this one nothing. */
export function spendingOf(history: History, limitMicros: number): Spending {
  const charges = [...history.steps.filter((step) => !step.replayed), ...history.spent];
  return {
    limitMicros,
    spentMicros: charges.reduce((sum, { costMicros }) => sum + (costMicros ?? 0), 0),
    uncounted: charges.filter(({ costMicros }) => costMicros === null).length,
  };
}

/**
 * A sentence when the call does not fit into what is left, else null. What has no price cannot be held to an amount
 * and is let through: such a run is bounded by its steps and calls.
 * @param reserve the most the call can cost; null when the model has no price.
 */
export function checkBudget({ limitMicros, spentMicros, uncounted }: Spending, reserve: number | null): string | null {
  if (reserve === null) return null;
  const taken = spentMicros + uncounted * reserve;
  if (taken + reserve <= limitMicros) return null;
  return (
    `The next model call may cost up to $${formatMicros(reserve)}, and of the $${formatMicros(limitMicros)} that the ` +
    `pack allows a task (cost_limit_per_task) $${formatMicros(Math.max(0, limitMicros - taken))} are left.`
  );
}

/** What the router asks before each of its attempts, fallbacks included. */
export function createBudgetCheck(
  task: { readonly config: AgentConfig; readonly history: () => History; readonly log: Log },
  request: { readonly maxOutputTokens: number },
): NonNullable<TurnContext["checkBudget"]> {
  const limit = parseMoney(task.config.tools.tool_policies.cost_limit_per_task);
  assert(limit.ok, "a published pack's cost_limit_per_task is an amount");
  const size = { promptBytes: utf8Length(JSON.stringify(request)), maxOutputTokens: request.maxOutputTokens };
  return async ({ model, spentMicros }) => {
    const reserve = await reserveMicros(model, size);
    if (reserve === null) task.log.warn("task.cost_unknown", { model });
    const before = spendingOf(task.history(), limit.value);
    return checkBudget({ ...before, spentMicros: before.spentMicros + spentMicros }, reserve);
  };
}
