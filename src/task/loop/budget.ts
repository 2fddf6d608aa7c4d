/**
 * `cost_limit_per_task`: before a model is asked, the most that the call can cost is set aside from what the task has
 * left; a call that does not fit is not made. What a task hands over costs it too; other tools cost nothing yet.
 */
import { addCharge, type Charge, mostOf, NO_CHARGE, reserveMicros, toCharge } from "../../meter/index.ts";
import type { TurnContext } from "../../model/index.ts";
import type { AgentConfig } from "../../pack/index.ts";
import { assert, formatMicros, type Log, parseMoney, utf8Length } from "../../platform/index.ts";
import type { History } from "../journal/history.ts";
import type { ParentLink } from "../types.ts";

export type Spending = Charge & { readonly limitMicros: number };

/** A handoff as money sees it; what a child at work has spent is not known yet. */
type Handed = { readonly settled: { readonly charge: Charge } | null };

/** Other tasks that live on the same money. */
type Family = { readonly handoffs: readonly Handed[]; readonly parent: ParentLink | undefined };

/** The pack's limit; for a child no more than its parent set aside. */
export function costLimitOf(config: AgentConfig, parent: Pick<ParentLink, "cost_limit_micros"> | undefined): number {
  const limit = parseMoney(config.tools.tool_policies.cost_limit_per_task);
  assert(limit.ok, "a published pack's cost_limit_per_task is an amount");
  return Math.min(limit.value, parent?.cost_limit_micros ?? limit.value);
}

/** What a task and its children cost. Turns taken over from another task cost this one nothing. */
export function chargeOf(history: History, handoffs: readonly Handed[]): Charge {
  const own = [...history.steps.filter((step) => !step.replayed), ...history.spent];
  const children = handoffs.map(({ settled }) => settled?.charge ?? NO_CHARGE);
  return [...own.map(toCharge), ...children].reduce(addCharge, NO_CHARGE);
}

/** What counts against the limit: for a child also what its parent does not know the cost of. */
export function spendingOf(history: History, limitMicros: number, family?: Family): Spending {
  const charge = chargeOf(history, family?.handoffs ?? []);
  return { limitMicros, ...addCharge(charge, { spentMicros: 0, uncounted: family?.parent?.uncounted ?? 0 }) };
}

/**
 * A sentence when the call does not fit into what is left, else null. What has no price cannot be held to an amount
 * and is let through: such a run is bounded by its steps and calls.
 * @param reserve the most the call can cost; null when the model has no price.
 */
export function checkBudget({ limitMicros, ...charge }: Spending, reserve: number | null): string | null {
  if (reserve === null) return null;
  const taken = mostOf(charge, reserve);
  if (taken + reserve <= limitMicros) return null;
  return (
    `The next model call may cost up to $${formatMicros(reserve)}, and of the $${formatMicros(limitMicros)} that the ` +
    `pack allows a task (cost_limit_per_task) $${formatMicros(Math.max(0, limitMicros - taken))} are left.`
  );
}

/** What the router asks before each of its attempts, fallbacks included. */
export function createBudgetCheck(
  task: {
    readonly config: AgentConfig;
    readonly history: () => History;
    readonly log: Log;
    /** Absent: it stands alone. */
    readonly family?: () => Family;
  },
  request: { readonly maxOutputTokens: number },
): NonNullable<TurnContext["checkBudget"]> {
  const size = { promptBytes: utf8Length(JSON.stringify(request)), maxOutputTokens: request.maxOutputTokens };
  return async ({ model, ...turn }) => {
    const reserve = await reserveMicros(model, size);
    if (reserve === null) task.log.warn("task.cost_unknown", { model });
    const family = task.family?.();
    const before = spendingOf(task.history(), costLimitOf(task.config, family?.parent), family);
    return checkBudget({ ...before, ...addCharge(before, turn) }, reserve) ?? reserve;
  };
}
