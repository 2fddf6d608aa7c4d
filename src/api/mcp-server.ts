/** The MCP server of one call to `/mcp`. The protocol is the official SDK's; what the tools do is in mcp-tools.ts. */
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { CfWorkerJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/cfworker";
import { FRAMEWORK_VERSION } from "../pack/index.ts";
import { callTool, listTools, type McpCall } from "./mcp-tools.ts";
import type { TenantCall } from "./route.ts";

/** @returns the transport that answers the call's request. */
export async function createMcpServer(call: TenantCall<unknown, undefined>) {
  const server = new Server(
    { name: "vasini", version: FRAMEWORK_VERSION },
    // The default validator makes code of schemas, which Workers forbid.
    { capabilities: { tools: {} }, jsonSchemaValidator: new CfWorkerJsonSchemaValidator() },
  );
  const toCall = (signal: AbortSignal, progress: McpCall["progress"]): McpCall => ({ ...call, signal, progress });
  server.setRequestHandler(ListToolsRequestSchema, async (_request, { signal }) => ({
    tools: await listTools(toCall(signal, null)),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal, sendNotification }) => {
    const progressToken = params._meta?.progressToken;
    const report = (progress: number, message: string) =>
      sendNotification({
        method: "notifications/progress",
        params: { progressToken: progressToken ?? 0, progress, message },
      });
    return callTool(toCall(signal, progressToken === undefined ? null : report), params.name, params.arguments ?? {});
  });
  const transport = new WebStandardStreamableHTTPServerTransport({});
  await server.connect(transport);
  return transport;
}
