/**
 * `/mcp`: the tenant's agents as an MCP server over Streamable HTTP, without sessions: what a client needs to come back
 * to is a task, and tasks are durable anyway. Admission is the one of every route; the protocol is the official SDK's.
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports
 */
import { z } from "zod";
import { FRAMEWORK_VERSION } from "../pack/index.ts";
import { callTool, listTools, type McpCall } from "./mcp-tools.ts";
import { limitRate } from "./rate-limit.ts";
import { type Route, type TenantCall, tenantRoute } from "./route.ts";
import { answerWhileAdmitted } from "./while-admitted.ts";

/** Loaded on first use: most Workers never serve it. */
const loadSdk = () =>
  Promise.all([
    import("@modelcontextprotocol/sdk/server/index.js"),
    import("@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js"),
    import("@modelcontextprotocol/sdk/types.js"),
    import("@modelcontextprotocol/sdk/validation/cfworker"),
  ]);
let sdk: ReturnType<typeof loadSdk> | null = null;

const Message = z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]).describe("JSON-RPC 2.0");

async function createServer(call: TenantCall<unknown, undefined>) {
  sdk ??= loadSdk();
  const [{ Server }, { WebStandardStreamableHTTPServerTransport }, types, { CfWorkerJsonSchemaValidator }] = await sdk;
  const server = new Server(
    { name: "vasini", version: FRAMEWORK_VERSION },
    // The default validator makes code of schemas, which Workers forbid.
    { capabilities: { tools: {} }, jsonSchemaValidator: new CfWorkerJsonSchemaValidator() },
  );
  const toCall = (signal: AbortSignal, progress: McpCall["progress"]): McpCall => ({ ...call, signal, progress });
  server.setRequestHandler(types.ListToolsRequestSchema, async (_request, { signal }) => ({
    tools: await listTools(toCall(signal, null)),
  }));
  server.setRequestHandler(types.CallToolRequestSchema, async ({ params }, { signal, sendNotification }) => {
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

const mcp = tenantRoute({
  method: "POST",
  path: "/mcp",
  operation: "mcp",
  summary: "The tenant's agents as tools of the Model Context Protocol (Streamable HTTP, no sessions)",
  tag: "agents",
  needs: "tasks:write",
  body: Message,
  answers: [
    { status: 200, description: "Responses and progress as server-sent events", content: "text/event-stream" },
    { status: 202, description: "A notification was taken", content: null },
  ],
  errors: ["RATE_LIMITED"],
  handle: async (call) => {
    await limitRate(call.scope, call.tenant, "read");
    const transport = await createServer(call);
    const answer = await transport.handleRequest(call.scope.request, { parsedBody: call.body });
    return answerWhileAdmitted(call.scope, answer, { audience: "tenant", needs: "tasks:write" });
  },
});

export const MCP_ROUTES: readonly Route[] = [mcp];
