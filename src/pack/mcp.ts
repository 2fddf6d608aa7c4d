/**
 * Remote MCP servers as a pack names them: what a server and its tools may be called, and where a server may stand.
 * Asking them belongs to the tool room.
 */
import { checkEgressUrl } from "../platform/index.ts";
import { MCP_SERVERS_MAX, MCP_TOOLS_MAX, MCP_URL_LENGTH_MAX } from "./limits.ts";
import { mcpToolId } from "./mcp-id.ts";
import { childOf, describe, problem, type Source, segmentsOf, select, textOf } from "./source.ts";
import type { PackProblem } from "./types.ts";

/** Never two underscores, nor one at the end: mcp-id.ts says why. */
const SERVER_ID = /^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$/;

/** What the providers take for the name of a tool. MCP itself allows dots and slashes too, which they refuse. */
const OFFERED_ID = /^[A-Za-z0-9_-]{1,64}$/;

const pick = (root: Source | undefined, pattern: string): Source[] =>
  root === undefined ? [] : select(root, segmentsOf(pattern));

const error = (node: Source, message: string, expected: string): PackProblem =>
  problem("error", node.at, { message, found: describe(node), expected });

/** Ids of all remote tools that the pack allows itself, offered by their servers or not. */
export const mcpToolIds = (tools: Source | undefined): string[] =>
  pick(tools, "/mcp_servers/*").flatMap((server) => {
    const id = textOf(childOf(server, "id")) ?? "";
    return select(server, ["tools", "*"]).flatMap((node) => mcpToolId(id, textOf(node) ?? ""));
  });

export function checkMcpServers(tools: Source | undefined): PackProblem[] {
  const servers = pick(tools, "/mcp_servers/*");
  const known = pick(tools, "/available/*/id").flatMap((node) => textOf(node) ?? []);
  return [
    ...servers
      .slice(MCP_SERVERS_MAX, MCP_SERVERS_MAX + 1)
      .map((server) => error(server, "There are too many servers", `at most ${MCP_SERVERS_MAX}`)),
    ...servers.flatMap((server) => [
      ...checkId(childOf(server, "id")),
      ...checkUrl(childOf(server, "url")),
      ...checkTools(server, known),
      ...checkApprovals(server),
    ]),
  ];
}

function checkId(node: Source | undefined): PackProblem[] {
  const text = textOf(node);
  if (node === undefined || text === undefined || SERVER_ID.test(text)) return [];
  const expected = 'lower-case letters and digits, starting with a letter, joined by single "-" or "_"';
  return [error(node, "The id of a server is malformed", expected)];
}

/** Where nothing but this machine is. */
const LOOPBACK: readonly string[] = ["127.0.0.1", "localhost", "[::1]"];

function checkUrl(node: Source | undefined): PackProblem[] {
  const text = textOf(node);
  if (node === undefined || text === undefined) return [];
  const expected = "a URL such as https://mcp.example.com/mcp";
  const url = URL.parse(text);
  const isLocal = url !== null && LOOPBACK.includes(url.hostname) && /^https?:$/.test(url.protocol);
  const verdict = checkEgressUrl(text, { hosts: "any", localOrigins: isLocal ? [url.origin] : [] });
  if (!verdict.ok) return [error(node, `The server cannot be reached: ${verdict.error.message}`, expected)];
  if (text.length > MCP_URL_LENGTH_MAX) return [error(node, "The URL is too long", `at most ${MCP_URL_LENGTH_MAX}`)];
  if (text.includes("#")) return [error(node, "A fragment is not sent to a server", expected)];
  if (!isLocal) return [];
  const message =
    "The server is on this machine: it is reached in development only, when EGRESS_LOCAL_ORIGINS names it";
  return [problem("warning", node.at, { message, found: describe(node), expected })];
}

function checkTools(server: Source, known: readonly string[]): PackProblem[] {
  const id = textOf(childOf(server, "id")) ?? "";
  const nodes = select(server, ["tools", "*"]);
  const names = nodes.map((node) => textOf(node) ?? "");
  if (nodes.length === 0) {
    const fault = { message: "No tool of this server is offered", found: "no tools", expected: "the names of some" };
    return [problem("warning", (childOf(server, "tools") ?? server).at, fault)];
  }
  const tooMany = nodes.slice(MCP_TOOLS_MAX, MCP_TOOLS_MAX + 1);
  return [
    ...tooMany.map((node) => error(node, "There are too many tools of one server", `at most ${MCP_TOOLS_MAX}`)),
    ...nodes.flatMap((node, index) => {
      const name = names[index] ?? "";
      const offered = mcpToolId(id, name);
      if (name === "*") return [error(node, "A wildcard is no tool", "the exact name of a tool")];
      if (name === "" || !OFFERED_ID.test(offered)) {
        const expected = `letters, digits, "_" and "-", at most 64 with "${id}__" before it`;
        return [error(node, "The tool cannot be offered under this name", expected)];
      }
      if (names.indexOf(name) < index) return [error(node, "The tool stands twice", "each tool once")];
      if (known.includes(offered)) return [error(node, `"${offered}" is a tool of tools.available`, "another name")];
      return [];
    }),
  ];
}

/** A name that is none would leave its author believing that a person is asked. */
function checkApprovals(server: Source): PackProblem[] {
  const names = select(server, ["tools", "*"]).flatMap((node) => textOf(node) ?? []);
  return select(server, ["requires_approval", "*"]).flatMap((node) => {
    const name = textOf(node);
    if (name === undefined || names.includes(name)) return [];
    return [error(node, `"${name}" is not among the server's tools`, `one of ${names.join(", ")}`)];
  });
}
