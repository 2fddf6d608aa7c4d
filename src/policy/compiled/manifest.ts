/**
 * What the compiled default policy was made of. Written by scripts/policies.ts (npm run policies), never by hand.
 */
export const DEFAULT_POLICY = {
  /** SHA-256 of policy.wasm: what decisions and approvals name it by. */
  digest: "26f83746b671e6e5ba122db0e15c440eafc4cd4a28abad740e1efae817056bf2",
  /** SHA-256 over the Rego files, their tests and the compiler's version. */
  sources: "064ec31f19deac46db185afc088529f5050a1b356a6945bc1f9912cbbf3b1839",
} as const;
