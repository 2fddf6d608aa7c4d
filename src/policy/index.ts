/** The policy room's public face: who may do what, decided by compiled rules. */

export { DEFAULT_POLICY } from "./compiled/manifest.ts";
export { describeReasons } from "./decision.ts";
export { createEmbeddedPolicy } from "./embedded.ts";
export { createExternalPolicy } from "./external.ts";
export { questionGrid } from "./grid.ts";
export { logOnly } from "./log-only.ts";
export { momentOf } from "./moment.ts";
export { createDecisionReader, type DecisionReader } from "./read.ts";
export { type DecisionRecord, toDecisionRecord } from "./record.ts";
export { type Answered, type PolicyChange, parseQuestion, type Rehearsal, rehearse, rulesOf } from "./rehearse.ts";
export { type DecisionItem, decisionStatement } from "./store.ts";
export type { Decision, Effect, Label, PolicyEngine, PolicyQuestion, ToolQuestion } from "./types.ts";
export { toVerdict, type Verdict } from "./verdict.ts";
