/** A policy on trial: its decisions are recorded and change nothing. */
import type { PolicyEngine } from "./types.ts";

export const logOnly = (engine: PolicyEngine): PolicyEngine => ({
  decide: async (question) => ({ ...(await engine.decide(question)), isEnforced: false }),
});
