/**
 * Tools of remote MCP servers: what a server said of them -> what is kept of it for a task, and that -> the pack's
 * entries for them. The server's words are anybody's: they are limited, searched for hidden text, and never believed about
 * what a tool does unless the pack says so. Pure; asking is `remote-list.ts`.
 */
import { type AgentConfig, type JsonSchema, type McpServer, mcpToolId, type ToolDef } from "../pack/index.ts";
import { isRecord, listOf, utf8Length } from "../platform/index.ts";
import type { ToolErrorCode } from "./contract.ts";
import { REMOTE_DESCRIPTION_LENGTH_MAX, REMOTE_SERVER_BYTES_MAX } from "./limits.ts";
import { rewriteSchema } from "./remote-schema.ts";
import type { EgressRecord } from "./types.ts";

/** As it is offered, for the whole of a task. */
export type RemoteTool = {
  /** The server's own name of it. */
  readonly name: string;
  readonly description: string;
  readonly parameters: JsonSchema;
  /** The server's word. */
  readonly isReadOnly: boolean;
  readonly isIdempotent: boolean;
};

export type LeftOut = {
  readonly name: string;
  /** The end of a sentence that begins with the tool. */
  readonly reason: string;
};

/** What a task knows of one server, from when it first asked. */
export type RemoteServer = {
  readonly id: string;
  readonly tools: readonly RemoteTool[];
  /** Wanted, and not offered. */
  readonly leftOut: readonly LeftOut[];
  /** Why nothing is offered. The message may hold the server's words. */
  readonly error: { readonly code: ToolErrorCode; readonly message: string } | null;
  readonly egress: readonly EgressRecord[];
};

/** The tools of a server that the pack names and does not deny. */
export const wantedTools = ({ id, tools }: McpServer, denied: readonly string[]): readonly string[] =>
  tools.filter((name) => !denied.includes(mcpToolId(id, name)));

/** @param listed what the isolate gave for the action `list`. */
export function toRemoteServer(
  id: string,
  wanted: readonly string[],
  listed: unknown,
  egress: readonly EgressRecord[] = [],
): RemoteServer {
  const { tools, left_out } = isRecord(listed) ? listed : {};
  const raw = new Map(listOf(tools).flatMap((tool) => (isRecord(tool) ? [[tool.name, tool] as const] : [])));
  const tooLarge = new Map(listOf(left_out).flatMap((one) => (isRecord(one) ? [[one.name, one.reason] as const] : [])));
  const kept: RemoteTool[] = [];
  const leftOut: LeftOut[] = [];
  let bytesLeft = REMOTE_SERVER_BYTES_MAX;
  for (const name of wanted) {
    const tool = raw.get(name);
    const reason = tooLarge.get(name) ?? "the server does not have it";
    const judged = tool === undefined ? String(reason) : toTool(name, tool);
    const bytes = utf8Length(JSON.stringify(judged));
    if (typeof judged === "string") leftOut.push({ name, reason: judged });
    else if (bytes > bytesLeft) leftOut.push({ name, reason: "those before it leave no room" });
    else {
      kept.push(judged);
      bytesLeft -= bytes;
    }
  }
  return { id, tools: kept, leftOut, error: null, egress };
}

/** Control, format, private and unpaired characters, but for line breaks, tabs and the two joiners that scripts need. */
const HIDDEN = /[^\P{C}\n\r\t\u200c\u200d]/u;

/** Why it is not offered, as text. */
function toTool(name: string, { description = "", inputSchema, annotations }: Readonly<Record<string, unknown>>) {
  if (typeof description !== "string") return "its description is no text";
  if (description.length > REMOTE_DESCRIPTION_LENGTH_MAX) {
    return `its description has ${description.length} characters, and at most ${REMOTE_DESCRIPTION_LENGTH_MAX} are offered`;
  }
  const schema = rewriteSchema(inputSchema);
  if (!schema.ok) return schema.error;
  // In values as in words: what a person does not see in a review, the model would read.
  if (holdsHidden(description) || holdsHidden(schema.value)) return "it holds invisible characters";
  const { readOnlyHint, idempotentHint } = isRecord(annotations) ? annotations : {};
  const parameters: JsonSchema = schema.value;
  return { name, description, parameters, isReadOnly: readOnlyHint === true, isIdempotent: idempotentHint === true };
}

function holdsHidden(value: unknown): boolean {
  if (typeof value === "string") return HIDDEN.test(value);
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, member]) => HIDDEN.test(key) || holdsHidden(member));
}

/** An entry beside those of TOOLS.yaml, with the place that is asked. */
export type RemoteEntry = { readonly definition: ToolDef; readonly url: string; readonly name: string };

/** By the id that the model is offered. */
export function toEntries(config: AgentConfig, servers: readonly RemoteServer[]): ReadonlyMap<string, RemoteEntry> {
  const entries = config.tools.mcp_servers.flatMap((server) => {
    const known = servers.find(({ id }) => id === server.id)?.tools ?? [];
    const wanted = wantedTools(server, config.tools.denied);
    return known.filter(({ name }) => wanted.includes(name)).map((tool) => toEntry(server, tool));
  });
  return new Map(entries.map((entry) => [entry.definition.id, entry]));
}

function toEntry(server: McpServer, tool: RemoteTool): RemoteEntry {
  const { requires_approval: asked } = server;
  const isTrusted = server.trust_annotations;
  const definition: ToolDef = {
    id: mcpToolId(server.id, tool.name),
    name: `${tool.name} (${server.id})`,
    description: `Of the remote server ${server.id}, in its own words: ${tool.description || tool.name}`,
    sandbox: { ...SANDBOX, timeout: server.timeout, egress_allowlist: [hostOf(server)] },
    // More than nothing: somebody else's code does what it does, somewhere else.
    risk_level: "medium",
    requires_approval: typeof asked === "boolean" ? asked : asked.includes(tool.name),
    audit: true,
    parameters: tool.parameters,
    idempotent: isTrusted && tool.isIdempotent,
    read_only: isTrusted && tool.isReadOnly,
    labels: ["reads_untrusted", "external"],
    secrets: server.secrets,
    engine: "pyodide",
  };
  return { definition, url: server.url, name: tool.name };
}

const SANDBOX = {
  memory_limit: "32Mi",
  cpu_limit: "1",
  network: "egress_allowlist",
  filesystem: "none",
  scoped_paths: [],
} as const;

/** As the gateway reads it. The composer took no URL that is none. */
const hostOf = ({ url }: McpServer): string => new URL(url).hostname;

/** The pack's entry for asking a server what it has. */
export const listEntry = (server: McpServer): ToolDef => ({
  ...toEntry(server, { name: "", description: "", parameters: true, isReadOnly: true, isIdempotent: true }).definition,
  id: server.id,
});

/** Of tools that the pack names and that are not offered: why, for a model that asks for one all the same. */
export function absentTools(config: AgentConfig, servers: readonly RemoteServer[]): ReadonlyMap<string, string> {
  const reasons = config.tools.mcp_servers.flatMap((server) => {
    const known = servers.find(({ id }) => id === server.id);
    return server.tools.map((name) => {
      const left = known?.leftOut.find((one) => one.name === name)?.reason;
      const reason = left ?? (known === undefined || known.error !== null ? AWAY : "");
      return [mcpToolId(server.id, name), reason] as const;
    });
  });
  return new Map(reasons.filter(([, reason]) => reason !== ""));
}

const AWAY = "its server could not be asked when the task began";

/** One sentence for each server with tools missing: fixed words, ids of the pack, and nothing that a server said. */
export const noteOf = (servers: readonly RemoteServer[]): string =>
  servers
    .flatMap(({ id, leftOut, error }) => {
      if (error !== null) return [`The tools of the remote server ${id} are not available in this task: ${AWAY}.`];
      const names = leftOut.map(({ name }) => mcpToolId(id, name)).join(", ");
      return names === "" ? [] : [`Not available in this task: ${names}.`];
    })
    .join("\n");
