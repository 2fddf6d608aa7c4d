/**
 * Asks the remote servers of a pack which of the wanted tools they have. Each is asked in an isolate like that of a
 * call, through a gateway of its own. A server that does not answer costs the task its tools, never its end.
 */

import type { AgentConfig, McpServer } from "../pack/index.ts";
import type { CancelSignal } from "../platform/index.ts";
import type { McpRequest } from "./contract.ts";
import { digestOf, grantOf, runIsolated, type ToolHostOptions } from "./host.ts";
import { REMOTE_LIST_MS_MAX } from "./limits.ts";
import { compilePolicy } from "./policy.ts";
import { listEntry, type RemoteServer, toRemoteServer, wantedTools } from "./remote.ts";

export type ListRequest = {
  readonly tenant: string;
  readonly taskId: string;
  readonly traceparent: string;
};

type Options = Pick<ToolHostOptions, "runnerFor" | "localOrigins" | "log"> & { readonly config: AgentConfig };

/**
 * What each server has, in the pack's order; those of which nothing is wanted are not asked. Rejects only when `signal`
 * aborts, with its reason.
 */
export async function listRemoteTools(
  options: Options,
  request: ListRequest,
  signal: CancelSignal,
): Promise<readonly RemoteServer[]> {
  const { mcp_servers: servers, denied } = options.config.tools;
  const asked = servers.flatMap((server) => {
    const wanted = wantedTools(server, denied);
    return wanted.length === 0 ? [] : [listServer(options, server, wanted, request, signal)];
  });
  return Promise.all(asked);
}

async function listServer(
  options: Options,
  server: McpServer,
  wanted: readonly string[],
  request: ListRequest,
  signal: CancelSignal,
): Promise<RemoteServer> {
  const entry = listEntry(server);
  const compiled = compilePolicy(entry);
  const policy = { ...compiled, timeoutMs: Math.min(compiled.timeoutMs, REMOTE_LIST_MS_MAX) };
  const args: McpRequest = { action: "list", url: server.url, wanted };
  const ending = await runIsolated(options, {
    engine: "mcp",
    policy,
    policyDigest: digestOf(policy),
    request: { ...request, toolId: server.id, arguments: args, key: "", files: () => [] },
    signal,
    egress: grantOf(options, entry.secrets, policy, request),
    asksNetwork: true,
    bundle: undefined,
  });
  const { error, egress = [] } = ending;
  const { tenant, taskId } = request;
  const seen: RemoteServer =
    error === null
      ? toRemoteServer(server.id, wanted, JSON.parse(ending.resultJson), egress)
      : { id: server.id, tools: [], leftOut: [], error, egress };
  // What the server said is in the task's event; this is for whoever watches the installation.
  options.log.info("mcp.listed", {
    tenant_id: tenant,
    task_id: taskId,
    server_id: server.id,
    offered: seen.tools.length,
    left_out: seen.leftOut.length,
    error_code: error?.code,
  });
  return seen;
}
