/** Two policies that were asked the same: every pair of effects, enforced and on trial. */
import { describe, expect, it } from "vitest";
import { combine } from "../../src/policy/combine.ts";
import type { Decision, Effect } from "../../src/policy/index.ts";
import { REASONS_MAX } from "../../src/policy/limits.ts";

const decision = (policy: string, effect: Effect, more: Partial<Decision> = {}): Decision => ({
  ...{ effect, policy, obligations: [], isEnforced: true },
  reasons: effect === "allow" ? [] : [{ rule: policy, message: `${policy} says ${effect}.` }],
  ...more,
});
const EFFECTS = ["allow", "ask", "deny"] as const;
const STRICTER: Readonly<Record<Effect, Readonly<Record<Effect, Effect>>>> = {
  allow: { allow: "allow", ask: "ask", deny: "deny" },
  ask: { allow: "ask", ask: "ask", deny: "deny" },
  deny: { allow: "deny", ask: "deny", deny: "deny" },
};

describe("two policies that are enforced", () => {
  for (const operators of EFFECTS) {
    for (const tenants of EFFECTS) {
      it(`of which the operator's says ${operators} and the tenant's ${tenants} come to ${STRICTER[operators][tenants]}`, () => {
        const { effect, policy, isEnforced, trials } = combine(decision("a", operators), decision("b", tenants));
        expect({ effect, policy, isEnforced, trials }).toEqual({
          ...{ effect: STRICTER[operators][tenants], policy: "a+b", isEnforced: true, trials: undefined },
        });
      });
    }
  }

  it("give the reasons of the stricter one, or of both, once and not without end", () => {
    const rules = (first: Decision, second: Decision) => combine(first, second).reasons.map(({ rule }) => rule);
    expect(rules(decision("a", "ask"), decision("b", "deny"))).toEqual(["b"]);
    expect(rules(decision("a", "deny"), decision("b", "deny"))).toEqual(["a", "b"]);
    expect(rules(decision("a", "deny"), decision("a", "deny"))).toEqual(["a"]);
    const many = Array.from({ length: REASONS_MAX }, (_, n) => ({ rule: `${n}`, message: "" }));
    expect(rules(decision("a", "deny"), decision("b", "deny", { reasons: many }))).toHaveLength(REASONS_MAX);
  });

  it("both have their obligations kept, also where the other one is stricter", () => {
    const [audit, eyes] = [
      decision("a", "allow", { obligations: ["audit"] }),
      decision("b", "ask", { obligations: ["four_eyes", "audit"] }),
    ];
    expect(combine(audit, eyes).obligations).toEqual(["audit", "four_eyes"]);
  });
});

describe("a policy on trial", () => {
  it("changes nothing of the other's decision, and is told beside it", () => {
    const [operators, tenants] = [
      decision("a", "allow"),
      decision("b", "deny", { isEnforced: false, obligations: ["audit"] }),
    ];
    const told = { effect: "deny", policy: "b", reasons: tenants.reasons };
    expect(combine(operators, tenants)).toEqual({ ...operators, trials: [told] });
    expect(combine(tenants, operators)).toEqual({ ...operators, trials: [told] });
  });

  it("beside another one on trial is what the decision says, and it is not enforced", () => {
    const trial = { isEnforced: false } as const;
    expect(combine(decision("a", "ask", trial), decision("b", "deny", trial))).toEqual({
      ...{ effect: "deny", policy: "a+b", obligations: [], isEnforced: false },
      reasons: [{ rule: "b", message: "b says deny." }],
    });
  });
});
