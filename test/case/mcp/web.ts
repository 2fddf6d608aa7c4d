/** The sample server as a function of `Request`, for tests in workerd that play the network. No sessions. */
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import { createSampleServer, type SampleTool } from "./server.ts";

export async function answerMcp(request: Request, tools: readonly SampleTool[]): Promise<Response> {
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
  await createSampleServer(tools).connect(transport);
  return transport.handleRequest(request);
}
