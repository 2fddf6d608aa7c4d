/**
 * The world outside of a real run: a server on loopback whose tools do something, and which writes down each time they did it.
 * `note` may be called twice under one key and does it once; `pay` may not; `nudge` needs no arguments.
 */
import { createServer } from "node:http";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { createSampleServer, type SampleTool, text } from "../../case/mcp/server.ts";

export type Done = { readonly tool: "note" | "pay" | "nudge"; readonly n: string; readonly key: string };

export type Service = {
  /** Such as `http://127.0.0.1:40123`. */
  readonly origin: string;
  /** Every call that arrived, in order. */
  readonly done: readonly Done[];
  close(): Promise<void>;
};

const NUMBERED = {
  type: "object",
  properties: { n: { type: "string" } },
  required: ["n"],
} satisfies SampleTool["inputSchema"];
const ANY = { type: "object" } satisfies SampleTool["inputSchema"];

export async function startService(): Promise<Service> {
  const done: Done[] = [];
  const tool = (
    name: Done["tool"],
    annotations: SampleTool["annotations"],
    inputSchema: typeof NUMBERED | typeof ANY = NUMBERED,
  ): SampleTool => ({
    ...{ name, annotations, description: `Does ${name}`, inputSchema },
    run: ({ args, key }) => {
      done.push({ tool: name, n: String(args.n), key: String(key) });
      return text(`${name} ${String(args.n)}`);
    },
  });
  const tools = [tool("note", { idempotentHint: true }), tool("pay", {}), tool("nudge", {}, ANY)];
  const server = createServer(async (request, response) => {
    // The run that asked may have been killed meanwhile: then nobody hears the answer, and what was done is done.
    response.on("error", () => undefined);
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
    await createSampleServer(tools).connect(transport);
    await transport.handleRequest(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the service has no port");
  return {
    origin: `http://127.0.0.1:${address.port}`,
    done,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A pack whose tools write files and ask the service. */
export const packAsking = (origin: string): string => `
schema_version: "1.0"
pack_id: "ring"
version: "1.0.0"
risk_level: "low"
author: { name: "Proof" }
role: { title: "Worker", domain: "Proof", seniority: "senior", goal: { primary: "Do it once" } }
tools:
  available:
    - { id: file_manager, name: Files, sandbox: { timeout: 10s, filesystem: scoped, scoped_paths: ["/workspace"] } }
  mcp_servers:
    - { id: svc, url: "${origin}/mcp", tools: [note, pay, nudge], trust_annotations: true }
`;
