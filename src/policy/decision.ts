/** An engine's answer -> a decision. What is not a whole answer, or asks for something unknown, is a denial. Pure. */
import { isRecord } from "../platform/index.ts";
import { REASON_CHARS_MAX, REASONS_MAX, RULE_CHARS_MAX } from "./limits.ts";
import { type Decision, EFFECTS, type Obligation, type Reason } from "./types.ts";

const OBLIGATIONS: readonly Obligation[] = ["audit", "four_eyes"];

const FAULTS = {
  undefined: "The policy has no answer to this.",
  malformed: "The policy's answer could not be read.",
  obligation: "The policy asks for something that this version cannot do.",
  error: "The policy could not be evaluated.",
  timeout: "The policy did not answer in time.",
} as const;

/** The denial that stands in for a decision that was not made. */
export const denialFor = (rule: keyof typeof FAULTS, policy: string): Decision => ({
  effect: "deny",
  reasons: [{ rule, message: FAULTS[rule] }],
  obligations: [],
  policy,
  isEnforced: true,
});

/** @param value as it came from an engine; undefined when it has no answer. */
export function parseDecision(value: unknown, policy: string): Decision {
  if (value === undefined) return denialFor("undefined", policy);
  if (!isRecord(value)) return denialFor("malformed", policy);
  const effect = EFFECTS.find((one) => one === value.effect);
  const reasons = parseReasons(value.reasons);
  if (effect === undefined || reasons === null || !Array.isArray(value.obligations)) {
    return denialFor("malformed", policy);
  }
  const obligations = OBLIGATIONS.filter((one) => (value.obligations as unknown[]).includes(one)); // it is a list, see above
  if (obligations.length !== new Set(value.obligations).size) return denialFor("obligation", policy);
  return { effect, reasons, obligations, policy, isEnforced: true };
}

/**
 * A compiled policy's result set: one row per answer, and none when its decision is undefined.
 * @param rows parsed, or the JSON of it. Never throws.
 */
export function parseResultSet(rows: unknown, policy: string): Decision {
  if (typeof rows === "string") {
    try {
      return parseResultSet(JSON.parse(rows), policy);
    } catch {
      return denialFor("malformed", policy); // no JSON
    }
  }
  const [row]: readonly unknown[] = Array.isArray(rows) ? rows : [];
  return parseDecision(isRecord(row) ? row.result : undefined, policy);
}

/** Null when one of them is none. */
function parseReasons(value: unknown): Reason[] | null {
  if (!Array.isArray(value)) return null;
  const reasons = value.slice(0, REASONS_MAX).map((one: unknown): Reason | null => {
    if (!isRecord(one) || typeof one.rule !== "string" || typeof one.message !== "string") return null;
    return { rule: one.rule.slice(0, RULE_CHARS_MAX), message: one.message.slice(0, REASON_CHARS_MAX) };
  });
  return reasons.every((one) => one !== null) ? reasons : null;
}

/** The decision's reasons as one text, for a person or the model. */
export const describeReasons = ({ reasons }: Pick<Decision, "reasons">): string =>
  [...new Set(reasons.map(({ message }) => message))].join(" ");
