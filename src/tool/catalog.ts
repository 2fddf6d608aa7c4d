/**
 * What a pack's tools mean for a run: which are offered, which calls are refused before they start, which may be made
 * again. Compiled once from the composed pack; pure. Running a call is `host.ts`.
 */
import { type Schema, Validator } from "@cfworker/json-schema";
import type { AgentConfig, JsonSchema, RiskLevel, ToolDef } from "../pack/index.ts";
import { utf8Length } from "../platform/index.ts";
import {
  type Builtin,
  findBuiltin,
  HANDOFF_TOOL_ID,
  handoffParameters,
  packTool,
  remoteTool,
  SKILL_TOOL_ID,
  SOP_TOOL_ID,
} from "./builtin.ts";
import { ARGUMENT_ERRORS_MAX, ARGUMENTS_BYTES_MAX } from "./limits.ts";
import { absentTools, type RemoteEntry, type RemoteServer, toEntries } from "./remote.ts";
import type { ApprovalNeed, CallArguments, OfferedTool, ToolCatalog, ToolLabel, ToolRefusal } from "./types.ts";

const RISK_ORDER: Readonly<Record<RiskLevel, number>> = { low: 0, medium: 1, high: 2, critical: 3 };

/** A tool that this pack has and this release can run. */
export type Tool = {
  readonly id: string;
  /** Null: `skill`, `sop` or `handoff`, which a pack has by having skills, procedures or handoffs. */
  readonly definition: ToolDef | null;
  readonly builtin: Builtin;
  readonly parameters: JsonSchema;
  /** Set: a person must agree before each call. */
  readonly approval: ApprovalNeed | null;
  /** Set: every call is refused with this, whoever agrees. */
  readonly refusal: ToolRefusal | null;
  /** Set: it is run by a remote server. */
  readonly remote: RemoteEntry | null;
};

/** What the operator allows beyond the packs. */
type Switches = { readonly allowFullNetwork: boolean };

const CLOSED: Switches = { allowFullNetwork: false };

/** What a run has of its pack's tools: its catalogue and its host are made of the same. */
export type PackTools = {
  readonly config: AgentConfig;
  readonly remote: readonly RemoteServer[];
  readonly byId: ReadonlyMap<string, Tool>;
};

export function compileCatalog({ config, remote, byId: tools }: PackTools): ToolCatalog {
  const denied = new Set(config.tools.denied);
  const definitions = [...config.tools.available, ...[...toEntries(config, remote).values()].map(toDefinition)];
  const names = new Map(definitions.map((tool) => [tool.id, tool.name]));
  const absent = absentTools(config, remote);
  const maxCallsPerTask = config.tools.tool_policies.max_calls_per_task;
  return {
    offered: [...tools.values()].filter((tool) => tool.refusal === null).map(toOffered),
    maxConcurrent: config.tools.tool_policies.max_concurrent,
    maxCallsPerTask,
    admit: (call) => {
      if (denied.has(call.toolId)) {
        return { code: "TOOL_DENIED", message: `${call.toolId} is denied by this pack.` };
      }
      const tool = tools.get(call.toolId);
      if (tool === undefined) return unknownTool(call.toolId, { names, absent }, [...tools.keys()]);
      if (tool.refusal !== null) return tool.refusal;
      if (call.callsBefore >= maxCallsPerTask) {
        return { code: "TOOL_LIMIT", message: `This task has used its ${maxCallsPerTask} tool calls.` };
      }
      if (call.arguments.kind === "malformed") {
        return { code: "TOOL_ARGUMENTS", message: `The arguments are not a JSON object: ${call.arguments.problem}` };
      }
      return checkArguments(tool, call.arguments.value);
    },
    nameOf: (toolId) => names.get(toolId) ?? findBuiltin(toolId)?.name ?? toolId,
    approvalFor: (toolId) => tools.get(toolId)?.approval ?? null,
    labelsOf: (toolId) => labelsOf(tools.get(toolId)?.definition ?? null),
    riskOf: (toolId) => tools.get(toolId)?.definition?.risk_level ?? "low",
    isAudited: (toolId) =>
      config.guardrails.compliance.audit_all_decisions || definitions.some((tool) => tool.id === toolId && tool.audit),
    // A built-in only stages writes, which are dropped unless its result is recorded: made again it can do nothing
    // twice, but for what it asks of the network. The pack may declare that, and any tool of its own, to be safe.
    mayRepeat: (toolId, args) => {
      const builtin = findBuiltin(toolId);
      if (builtin !== undefined && repeats(builtin, args)) return true;
      return definitions.some((tool) => tool.id === toolId && (tool.idempotent || tool.read_only || isContained(tool)));
    },
  };
}

/** Whatever reaches the network reads what strangers wrote and can send out what it knows, whether the pack says so or not. */
function labelsOf(tool: ToolDef | null): readonly ToolLabel[] {
  if (tool === null) return [];
  const implied: readonly ToolLabel[] = tool.sandbox.network === "none" ? [] : ["reads_untrusted", "external"];
  return [...new Set([...tool.labels, ...implied])];
}

const toDefinition = ({ definition }: RemoteEntry): ToolDef => definition;

const repeats = (builtin: Builtin, args: CallArguments | undefined): boolean =>
  builtin.repeats === undefined || (args?.kind === "object" && builtin.repeats(args.value));

/** Whatever such a tool does stays in its isolate until its result is recorded. */
const isContained = ({ bundle, sandbox }: ToolDef): boolean => bundle !== undefined && sandbox.network === "none";

/**
 * The tools of the pack that exist and are not denied, in the pack's order, `skill`, `sop` and `handoff` after them unless
 * they are listed, those of remote servers last.
 * @param remote what the pack's remote servers have, as it is recorded for the task.
 */
export function collectTools(
  config: AgentConfig,
  switches: Switches = CLOSED,
  remote: readonly RemoteServer[] = [],
): PackTools {
  const denied = new Set(config.tools.denied);
  const tools = new Map<string, Tool>();
  const threshold = config.guardrails.behavioral.approval_threshold;
  const agents = config.workflow.handoffs.map(({ target_agent }) => target_agent);
  const add = (id: string, definition: ToolDef | null, entry: RemoteEntry | null = null): void => {
    const builtin = entry === null ? builtinOf(id, definition) : remoteTool(entry.definition);
    if (builtin === undefined || denied.has(id)) return;
    const approval = definition === null ? null : approvalNeed(definition, threshold);
    const refusal = definition === null ? null : refuseForNetwork(definition, switches);
    const own = id === HANDOFF_TOOL_ID ? handoffParameters(agents) : undefined;
    const parameters = own ?? definition?.parameters ?? builtin.parameters;
    tools.set(id, { id, definition, builtin, parameters, approval, refusal, remote: entry });
  };
  // What they work on is part of the pack: they come with it, need no entry in TOOLS.yaml, and are nothing without it.
  const implied = new Map([
    [SKILL_TOOL_ID, config.skills.length > 0],
    [SOP_TOOL_ID, config.workflow.sop.length > 0],
    [HANDOFF_TOOL_ID, agents.length > 0],
  ]);
  for (const tool of config.tools.available) {
    if (implied.get(tool.id) !== false) add(tool.id, tool);
  }
  for (const [id, isThere] of implied) {
    if (isThere && !tools.has(id)) add(id, null);
  }
  for (const [id, entry] of toEntries(config, remote)) add(id, entry.definition, entry);
  return { config, remote, byId: tools };
}

const builtinOf = (id: string, definition: ToolDef | null): Builtin | undefined =>
  findBuiltin(id) ?? (definition === null ? undefined : packTool(definition));

/** Everything on the internet is more than a pack may grant. */
function refuseForNetwork(tool: ToolDef, { allowFullNetwork }: Switches): ToolRefusal | null {
  if (tool.sandbox.network !== "full" || allowFullNetwork) return null;
  return {
    code: "TOOL_DENIED",
    message:
      `${tool.id} asks for network: full, which the operator has not allowed (ALLOW_FULL_NETWORK). ` +
      "A pack can name the hosts it needs with egress_allowlist instead.",
  };
}

/** `requires_approval` always asks; a risk asks from the pack's threshold on. */
function approvalNeed(tool: ToolDef, threshold: RiskLevel): ApprovalNeed | null {
  const riskLevel = tool.risk_level;
  if (tool.requires_approval)
    return { riskLevel, reason: `The pack asks for a person before each call of ${tool.id}.` };
  if (RISK_ORDER[riskLevel] < RISK_ORDER[threshold]) return null;
  const reason = `${tool.id} has risk ${riskLevel}; the pack asks for a person at ${threshold} and above.`;
  return { riskLevel, reason };
}

/** @param listed by the pack: display names, and why a remote tool is not there. */
function unknownTool(
  toolId: string,
  listed: { readonly names: ReadonlyMap<string, string>; readonly absent: ReadonlyMap<string, string> },
  known: readonly string[],
): ToolRefusal {
  const hint = known.length === 0 ? "This pack has no tools." : `Tools of this pack: ${known.join(", ")}.`;
  const reason = listed.absent.get(toolId);
  if (reason !== undefined) return { code: "TOOL_UNKNOWN", message: `${toolId} is not available: ${reason}. ${hint}` };
  const what = listed.names.has(toolId)
    ? `${toolId} is listed by this pack but not available in this version of Vasini.`
    : `There is no tool "${toolId.slice(0, 100)}".`;
  return { code: "TOOL_UNKNOWN", message: `${what} ${hint}` };
}

function toOffered(tool: Tool): OfferedTool {
  const { id, parameters, definition, builtin } = tool;
  return {
    id,
    description: definition?.description ? definition.description : builtin.description,
    // `true` is a schema too, but a provider wants an object that says "object".
    parameters: typeof parameters === "boolean" ? { type: "object" } : parameters,
  };
}

function checkArguments(tool: Tool, value: { readonly [name: string]: unknown }): ToolRefusal | null {
  const refuse = (problem: string): ToolRefusal => ({ code: "TOOL_ARGUMENTS", message: `${tool.id}: ${problem}` });
  const bytes = utf8Length(JSON.stringify(value));
  if (bytes > ARGUMENTS_BYTES_MAX) {
    return refuse(`the arguments are ${bytes} bytes of JSON; at most ${ARGUMENTS_BYTES_MAX} are taken.`);
  }
  if (tool.parameters === true) return null;
  if (tool.parameters === false) return refuse("it takes no arguments at all.");
  const { valid, errors } = validatorOf(tool.parameters).validate(value);
  return valid ? null : refuse(describeErrors(errors));
}

/** By the schema's own object, which a pack keeps as long as an isolate keeps the pack: its references are resolved once. */
const validators = new WeakMap<object, Validator>();

function validatorOf(schema: object): Validator {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  // A cast, because the pack's schema was checked to be a JSON Schema when the pack was composed.
  const made = new Validator(schema as Schema, "2020-12", false);
  validators.set(schema, made);
  return made;
}

/** The leaves only: a parent's error merely says that a child has one. */
function describeErrors(
  errors: readonly { readonly keyword: string; readonly instanceLocation: string; readonly error: string }[],
): string {
  const leaves = errors.filter((error) => !["properties", "items", "false"].includes(error.keyword));
  const lines = (leaves.length > 0 ? leaves : errors)
    .slice(0, ARGUMENT_ERRORS_MAX)
    .map((error) => `${error.instanceLocation.replace(/^#/, "") || "/"}: ${error.error}`);
  return [...new Set(lines)].join(" ");
}
