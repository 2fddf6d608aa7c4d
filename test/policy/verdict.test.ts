/** What a decision means for a call: a policy adds to what the pack asks for, and never takes from it. */
import { describe, expect, it } from "vitest";
import type { Decision } from "../../src/policy/index.ts";
import { toVerdict } from "../../src/policy/index.ts";

const decision = (more: Partial<Decision> = {}): Decision => ({
  effect: "allow",
  reasons: [],
  obligations: [],
  policy: "p",
  isEnforced: true,
  ...more,
});
const because = [{ rule: "r", message: "Because." }];
const FREE = { denial: null, need: null, mustAudit: false, isFourEyes: false };

describe("a verdict", () => {
  const cases: readonly (readonly [
    name: string,
    given: Partial<Decision>,
    needs: string[],
    expected: Partial<typeof FREE> | object,
  ])[] = [
    ["lets through what is allowed", {}, [], {}],
    ["asks for the pack although the policy allows", {}, ["The pack asks."], { need: "The pack asks." }],
    ["asks with the policy's reasons", { effect: "ask", reasons: because }, [], { need: "Because." }],
    ["asks without any reason", { effect: "ask" }, [], { need: "The policy asks for a person." }],
    ["asks in the pack's words when the policy has none", { effect: "ask" }, ["It asks."], { need: "It asks." }],
    ["denies with the policy's reasons", { effect: "deny", reasons: because }, [], { denial: "Because." }],
    ["denies without any reason", { effect: "deny" }, [], { denial: "The policy forbids this call." }],
    ["carries what must be done", { obligations: ["audit", "four_eyes"] }, [], { mustAudit: true, isFourEyes: true }],
    ["does nothing that is only logged", { effect: "deny", obligations: ["audit"], isEnforced: false }, [], {}],
    ["asks for the pack where the policy is only logged", { isEnforced: false }, ["It asks."], { need: "It asks." }],
  ];
  for (const [name, given, needs, expected] of cases) {
    it(name, () => expect(toVerdict(decision(given), needs)).toEqual({ ...FREE, ...expected }));
  }
});
