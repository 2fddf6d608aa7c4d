/**
 * A real MCP server by the official SDK, for suites in Node and in workerd: what its tools say and do is the test's. It
 * speaks to whoever carries its requests: `outside/mcp.ts` over a socket, `web.ts` as a function of `Request`.
 */
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import {
  CallToolRequestSchema,
  type CallToolResult,
  ListToolsRequestSchema,
  type Tool,
} from "@modelcontextprotocol/sdk/types.js";
import { CfWorkerJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/cfworker";

export type Asked = {
  readonly args: Readonly<Record<string, unknown>>;
  /** What a repetition of the call would have again. */
  readonly key: unknown;
  /** Ends the stream of the answer before it is given; only where it can be taken up again. */
  readonly endStream: (() => void) | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
};

export type SampleTool = Partial<Tool> & {
  readonly name: string;
  readonly run?: (asked: Asked) => CallToolResult | Promise<CallToolResult>;
};

const NO_ARGUMENTS = { type: "object" } as const;

/** @param pageSize tools on one page of the list; all of them when absent. */
export function createSampleServer(tools: readonly SampleTool[], pageSize = tools.length): Server {
  const server = new Server(
    { name: "sample", version: "1.0.0" },
    { capabilities: { tools: {} }, jsonSchemaValidator: new CfWorkerJsonSchemaValidator() },
  );
  server.setRequestHandler(ListToolsRequestSchema, ({ params }) => {
    const from = Number(params?.cursor ?? 0);
    const page = tools.slice(from, from + pageSize);
    const next = from + pageSize;
    return {
      tools: page.map(({ run: _run, ...tool }) => ({ inputSchema: NO_ARGUMENTS, ...tool })),
      ...(next < tools.length ? { nextCursor: String(next) } : {}),
    };
  });
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { requestInfo, closeSSEStream }) => {
    const tool = tools.find(({ name }) => name === params.name);
    const asked = {
      args: params.arguments ?? {},
      key: params._meta?.["vasini.ai/idempotency-key"],
      endStream: closeSSEStream,
      headers: requestInfo?.headers ?? {},
    };
    return (await tool?.run?.(asked)) ?? text(`there is no ${params.name}`);
  });
  return server;
}

export const text = (value: string): CallToolResult => ({ content: [{ type: "text", text: value }] });
