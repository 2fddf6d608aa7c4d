/**
 * What the compiled default policy was made of. Written by scripts/policies.ts (npm run policies), never by hand.
 */
export const DEFAULT_POLICY = {
  /** SHA-256 of policy.wasm: what decisions and approvals name it by. */
  digest: "3327fcefc8a1cc0667fe826b8a45d9be056e757660f17c14baba6f51b4a8934c",
  /** SHA-256 over the Rego files, their tests and the compiler's version. */
  sources: "8682824425ef47a18a6e6361268f6a08b0e518842c134414b24e7d9a68fffd5f",
} as const;
