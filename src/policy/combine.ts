/** Several policies that were asked the same: the stricter one wins, and one on trial changes nothing. Pure. */
import { REASONS_MAX } from "./limits.ts";
import type { Decision, Effect, Obligation, Reason } from "./types.ts";

/** From the widest to the narrowest: what one of them forbids no other allows. */
const STRICTNESS: Readonly<Record<Effect, number>> = { allow: 0, ask: 1, deny: 2 };

/**
 * One decision of all that are enforced, with what those on trial said beside it. When every one of them is on trial, the
 * decision is theirs, and not enforced either.
 */
export function combine(first: Decision, second: Decision): Decision {
  const all = [first, second];
  const enforced = all.filter(({ isEnforced }) => isEnforced);
  const voices = enforced.length === 0 ? all : enforced;
  const trials = all.filter((one) => !voices.includes(one));
  const effect = voices.map((one) => one.effect).reduce((a, b) => (STRICTNESS[b] > STRICTNESS[a] ? b : a));
  return {
    effect,
    reasons: distinct(voices.filter((one) => one.effect === effect).flatMap(({ reasons }) => reasons)),
    obligations: [...new Set(voices.flatMap(({ obligations }): readonly Obligation[] => obligations))],
    policy: voices.map(({ policy }) => policy).join("+"),
    isEnforced: enforced.length > 0,
    ...(trials.length === 0
      ? {}
      : { trials: trials.map(({ effect, reasons, policy }) => ({ effect, reasons, policy })) }),
  };
}

const distinct = (reasons: readonly Reason[]): Reason[] =>
  reasons
    .filter(({ rule, message }, at) => at === reasons.findIndex((one) => one.rule === rule && one.message === message))
    .slice(0, REASONS_MAX);
