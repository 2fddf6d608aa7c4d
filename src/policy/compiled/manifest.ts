/**
 * What the compiled default policy was made of. Written by scripts/policies.ts (npm run policies), never by hand.
 */
export const DEFAULT_POLICY = {
  /** SHA-256 of policy.wasm: what decisions and approvals name it by. */
  digest: "3fd43c3a5e7ed83ad37a5f25a4036622c9f8e43e3e37f556125a1473213e8323",
  /** SHA-256 over the Rego files, their tests and the compiler's version. */
  sources: "074ffa47b82f45dd1cedf4e492552db6eb3d34d35217524504bf29a84241cb84",
} as const;
