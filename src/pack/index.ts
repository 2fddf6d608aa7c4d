/** Packs: files -> one agent, its system prompt, what changed, and the shelf of published versions. */

export { type ComposeOptions, composePack } from "./compose.ts";
export { diffPacks, type PackChange } from "./diff.ts";
export { renderSystemPrompt } from "./prompt.ts";
export { createPackRegistry, type PackRegistry, type Resolved, SHARED_SHELF } from "./registry.ts";
export { FRAMEWORK_VERSION, IMPLEMENTED_TOOLS, NOT_YET, type NotYet, SANDBOX_CEILINGS } from "./release.ts";
export { scaffoldPack } from "./scaffold.ts";
export type {
  AgentConfig,
  ComposedPack,
  Guardrails,
  JsonSchema,
  Memory,
  PackFiles,
  PackProblem,
  PackRecord,
  RiskLevel,
  Role,
  Skill,
  Soul,
  Tier,
  ToolDef,
  ToolSandbox,
  Tools,
  Workflow,
} from "./types.ts";
