/** The isolate of remote MCP servers: one method, JSON in, JSON out, and the call's gateway beside it. */
import type { Gateway, McpRequest, WorkerRequest } from "../../contract.ts";
import { CallError, toFailure } from "../call-error.ts";
import { ToolEntrypoint } from "../entrypoint.ts";
import { callTool } from "./call.ts";
import { listTools } from "./list.ts";
import { withSession } from "./session.ts";

export default class Mcp extends ToolEntrypoint {
  async run(requestJson: string, gateway: Gateway | null): Promise<string> {
    // Casts, because the host that built this string is the only caller.
    const { arguments: args, key, timeoutMs } = JSON.parse(requestJson) as WorkerRequest;
    const request = args as McpRequest;
    try {
      if (gateway === null) throw new CallError("EGRESS_DENIED", "this tool has no network");
      const place = { gateway, url: request.url, timeoutMs };
      const result = await withSession(place, (client) =>
        request.action === "list" ? listTools(client, request.wanted) : callTool(client, { ...request, key }),
      );
      return JSON.stringify({ ok: true, result, changes: [] });
    } catch (thrown) {
      return JSON.stringify(toFailure(thrown));
    }
  }
}
