/** What an engine's answer is taken for: anything that is not a whole decision is a denial. */
import { describe, expect, it } from "vitest";
import { describeReasons, parseDecision } from "../../src/policy/decision.ts";

const WHOLE = { effect: "allow", reasons: [], obligations: [] };

describe("a decision", () => {
  it("is taken as it is when it is whole", () => {
    const reasons = [{ rule: "a", message: "Because." }];
    const answer = { effect: "ask", reasons, obligations: ["audit", "four_eyes"] };
    expect(parseDecision(answer, "p")).toEqual({ ...answer, policy: "p", isEnforced: true });
    expect(parseDecision(WHOLE, "p").effect).toBe("allow");
  });

  const broken: readonly (readonly [name: string, value: unknown, rule: string])[] = [
    ["nothing", undefined, "undefined"],
    ["null", null, "malformed"],
    ["true", true, "malformed"],
    ["a list", [WHOLE], "malformed"],
    ["the word alone", "allow", "malformed"],
    ["an unknown effect", { ...WHOLE, effect: "maybe" }, "malformed"],
    ["no effect", { reasons: [], obligations: [] }, "malformed"],
    ["no reasons", { effect: "allow", obligations: [] }, "malformed"],
    ["a reason that is none", { ...WHOLE, reasons: ["because"] }, "malformed"],
    ["no obligations", { effect: "allow", reasons: [] }, "malformed"],
    ["an obligation nobody knows", { ...WHOLE, obligations: ["audit", "notify_owner"] }, "obligation"],
    ["an obligation that is no text", { ...WHOLE, obligations: [7] }, "obligation"],
  ];
  for (const [name, value, rule] of broken) {
    it(`is a denial when it is ${name}`, () => {
      const { effect, reasons } = parseDecision(value, "p");
      expect([effect, reasons.map((one) => one.rule)]).toEqual(["deny", [rule]]);
    });
  }

  it("keeps few and short reasons", () => {
    const reasons = Array.from({ length: 50 }, (_, n) => ({ rule: `${n}`.repeat(100), message: "x".repeat(1_000) }));
    const kept = parseDecision({ ...WHOLE, effect: "deny", reasons }, "p").reasons;
    expect([kept.length, kept[0]?.rule.length, kept[0]?.message.length]).toEqual([10, 64, 300]);
  });

  it("says the same thing once", () => {
    const reasons = [
      { rule: "a", message: "No." },
      { rule: "b", message: "Never." },
      { rule: "c", message: "No." },
    ];
    expect(describeReasons({ reasons })).toBe("No. Never.");
  });
});
