/**
 * `/mcp`: the tenant's agents as an MCP server over Streamable HTTP, without sessions: what a client needs to come back
 * to is a task, and tasks are durable anyway. Admission is the one of every route; the server is in mcp-server.ts.
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports
 */
import * as z from "zod";
import { once } from "../platform/index.ts";
import { limitRate } from "./rate-limit.ts";
import { type Route, tenantRoute } from "./route.ts";
import { answerWhileAdmitted } from "./while-admitted.ts";

const Message = once(() => z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]).describe("JSON-RPC 2.0"));

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
    // On first use: most Workers never serve it.
    const { createMcpServer } = await import("./mcp-server.ts");
    const transport = await createMcpServer(call);
    const answer = await transport.handleRequest(call.scope.request, { parsedBody: call.body });
    return answerWhileAdmitted(call.scope, answer, { audience: "tenant", needs: "tasks:write" });
  },
});

export const MCP_ROUTES: readonly Route[] = [mcp];
