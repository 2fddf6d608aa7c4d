/**
 * What the compiled default policy was made of. Written by scripts/policies.ts (npm run policies), never by hand.
 */
export const DEFAULT_POLICY = {
  /** SHA-256 of policy.wasm: what decisions and approvals name it by. */
  digest: "c1b0d7f0bd10553fe7678e15e6ff96767dddcf88e2b92265d58f563dd668f0a2",
  /** SHA-256 over the Rego files, their tests and the compiler's version. */
  sources: "0bda03239f8775c989831cf09bd404b7fec1f892d483f31dec9b3265240c9d9c",
} as const;
