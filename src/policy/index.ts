/** The policy room's public face: who may do what, decided by compiled rules. */

export { DEFAULT_POLICY } from "./compiled/manifest.ts";
export { createEmbeddedPolicy } from "./embedded.ts";
export type { Decision, PackFacts, PolicyEngine, PolicyQuestion, ToolQuestion } from "./types.ts";
