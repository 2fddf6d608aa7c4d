/** Questions for policies under test, and the compiled default policy outside of a Worker. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compileModule } from "../../scripts/engine-image.ts";
import { createEmbeddedPolicy, DEFAULT_POLICY, type PolicyEngine, type ToolQuestion } from "../../src/policy/index.ts";

export const WASM = readFileSync(join(import.meta.dirname, "../../src/policy/compiled/policy.wasm"));

type PolicyLog = Parameters<typeof createEmbeddedPolicy>[0]["log"];
const silent: PolicyLog = { error: () => undefined };

export const embedded = (bytes: Uint8Array = WASM, log = silent): PolicyEngine =>
  createEmbeddedPolicy({ module: compileModule(bytes), digest: DEFAULT_POLICY.digest, log });

export const toolQuestion = (facts: Partial<ToolQuestion> = {}): ToolQuestion => ({
  version: 1,
  action: "tool.call",
  tenant: "acme",
  at: { hour: 10, weekday: 3 },
  region: null,
  pack: { id: "hello", version: "1.0.0", risk_level: "low", data_classification: "internal" },
  tool: { id: "file_manager", risk_level: "low", labels: [] },
  taint: [],
  needs: [],
  ...facts,
});
