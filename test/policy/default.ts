/** Compiled policies outside of a Worker: the default one, and a tenant's own. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createEmbeddedPolicy, DEFAULT_POLICY, type PolicyEngine } from "../../src/policy/index.ts";

export const WASM = readFileSync(join(import.meta.dirname, "../../src/policy/compiled/policy.wasm"));

/** Of test/fixtures/policies/careful.rego. */
export const CAREFUL = readFileSync(join(import.meta.dirname, "../fixtures/policies/careful.wasm"));

type PolicyLog = Parameters<typeof createEmbeddedPolicy>[0]["log"];
const silent: PolicyLog = { error: () => undefined };

export const embedded = (module: Uint8Array<ArrayBuffer> = WASM, log = silent): PolicyEngine =>
  createEmbeddedPolicy({ module, digest: DEFAULT_POLICY.digest, log });
