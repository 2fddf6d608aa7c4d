/** What a decision means for the call it was asked about. Pure. */
import { describeReasons } from "./decision.ts";
import type { Decision } from "./types.ts";

export type Verdict = {
  /** Why the call is refused, as sentences; null when it is not. */
  readonly denial: string | null;
  /** Why a person is asked, as sentences; null when nobody is. */
  readonly need: string | null;
  readonly mustAudit: boolean;
  readonly isFourEyes: boolean;
};

/** Stands in for reasons that a policy does not give. */
const UNSAID = { deny: "The policy forbids this call.", ask: "The policy asks for a person." } as const;

/**
 * A policy may add to what the pack asks for, and never takes from it.
 * @param needs why the pack asks for a person, as sentences.
 */
export function toVerdict(decision: Decision, needs: readonly string[]): Verdict {
  const asked = needs.length === 0 ? null : needs.join(" ");
  if (!decision.isEnforced) return { denial: null, need: asked, mustAudit: false, isFourEyes: false };
  const { effect, obligations } = decision;
  return {
    denial: effect === "deny" ? describeReasons(decision) || UNSAID.deny : null,
    need: effect === "ask" ? describeReasons(decision) || asked || UNSAID.ask : asked,
    mustAudit: obligations.includes("audit"),
    isFourEyes: obligations.includes("four_eyes"),
  };
}
