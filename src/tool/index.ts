/**
 * The tool room's public face: the catalogue of a pack's tools and the host that runs a call. The entrypoint that
 * holds the isolates, `ToolRunner`, is in `object.ts`, because it imports the Workers runtime and this must not.
 */

export { checkQuota } from "./answer.ts";
export { HANDOFF_TOOL_ID, SKILL_TOOL_ID, SOP_TOOL_ID } from "./builtin.ts";
export { collectTools, compileCatalog } from "./catalog.ts";
export {
  type FileChange,
  type FileContent,
  type ToolErrorCode,
  type ToolFile,
  toBytes,
  toContent,
} from "./contract.ts";
export { createDirectRunner, createRunners } from "./direct-runner.ts";
export { isSendable, type OpenedSecret } from "./egress.ts";
export { toolGateName } from "./gate.ts";
export { createToolHost, type RunnerFor, type RunnerStub, type ToolHostOptions } from "./host.ts";
export type { IsolateBindings } from "./isolate.ts";
export { noteOf, type RemoteServer } from "./remote.ts";
export { type ListRequest, listRemoteTools } from "./remote-list.ts";
export type { RunnerAnswer, RunnerCall, ToolRunnerProps } from "./runner.ts";
export type {
  ApprovalNeed,
  CallArguments,
  EgressRecord,
  OfferedTool,
  SandboxPolicy,
  ToolCallRequest,
  ToolCatalog,
  ToolHost,
  ToolOutcome,
  ToolRefusal,
} from "./types.ts";
