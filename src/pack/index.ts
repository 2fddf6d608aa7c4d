/** Packs: files -> one agent, its system prompt, what changed, and the shelf of published versions. */

export { bundlePath, TOOL_ID, type ToolBundle, toBundleFile, toolPath } from "./bundle-file.ts";
export type { ComposeOptions } from "./compose.ts";
export { composePack } from "./compose-on-demand.ts";
export { diffPacks, type PackChange } from "./diff.ts";
export { TOOL_BUNDLE_BYTES_MAX } from "./limits.ts";
export { mcpToolId } from "./mcp-id.ts";
export { renderSystemPrompt } from "./prompt.ts";
export { createPackRegistry, loadToolCode, type PackRegistry, type Resolved } from "./registry.ts";
export { BUILTIN_TOOLS, FRAMEWORK_VERSION, NOT_YET, type NotYet, SANDBOX_CEILINGS } from "./release.ts";
export { scaffoldPack } from "./scaffold.ts";
export { SHARED_SHELF } from "./shelf.ts";
export type {
  AgentConfig,
  ComposedPack,
  Guardrails,
  JsonSchema,
  McpServer,
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
