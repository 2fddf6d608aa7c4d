/** The policy room's public face: who may do what, decided by compiled rules. */

export { combine } from "./combine.ts";
export { DEFAULT_POLICY } from "./compiled/manifest.ts";
export { describeReasons } from "./decision.ts";
export { createEmbeddedPolicy } from "./embedded.ts";
export { createExternalPolicy } from "./external.ts";
export { questionGrid } from "./grid.ts";
export { POLICY_ENTRYPOINT } from "./isolate/machine.ts";
export { createPolicyIsolates } from "./isolates.ts";
export { POLICY_BYTES_MAX } from "./limits.ts";
export { logOnly } from "./log-only.ts";
export { momentOf } from "./moment.ts";
export { createDecisionReader, type DecisionReader } from "./read.ts";
export { type DecisionRecord, type DoorDecision, toDecisionRecord } from "./record.ts";
export { type Answered, type PolicyChange, parseQuestion, type Rehearsal, rehearse, rulesOf } from "./rehearse.ts";
export { createPolicyShelf, type PolicyShelf, removeModules } from "./shelf.ts";
export { type DecisionItem, decisionStatements } from "./store.ts";
export { withTenantPolicies } from "./tenant-engine.ts";
export {
  type ActivePolicy,
  POLICY_MODES,
  type PolicyFacts,
  type PolicyObjectServices,
  type PolicyStub,
} from "./tenant-record.ts";
export type {
  AccessQuestion,
  Decision,
  Effect,
  HandoffQuestion,
  Label,
  PackQuestion,
  PolicyEngine,
  PolicyQuestion,
  ToolQuestion,
} from "./types.ts";
export { toVerdict, type Verdict } from "./verdict.ts";
export { createDecisionWriter } from "./write.ts";
