/** A policy server whose answers are the test's: the adapter is the program's, its network is not there. */
import { createExternalPolicy, type PolicyEngine, type PolicyQuestion } from "../../src/policy/index.ts";

export const ALLOW = { effect: "allow", reasons: [], obligations: [] };
export const DENY = { ...ALLOW, effect: "deny", reasons: [{ rule: "mine", message: "Not on a Sunday." }] };

export const policyServer = (decide: (question: PolicyQuestion) => unknown): PolicyEngine =>
  createExternalPolicy({
    url: "https://opa.example",
    clock: { now: () => 0, sleep: () => new Promise(() => undefined) },
    fetch: async (_, init) => {
      const { input } = JSON.parse(String(init?.body));
      return Response.json({ result: decide(input), provenance: { bundles: { b: { revision: "1" } } } });
    },
    log: { error: () => undefined },
  });
