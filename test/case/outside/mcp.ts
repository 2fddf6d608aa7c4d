/**
 * MCP servers of the outside, under `/mcp/<name>`: one that keeps sessions and answers in streams, one that does neither,
 * and several that misbehave.
 */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type EventStore, StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { JSONRPCMessage, Tool } from "@modelcontextprotocol/sdk/types.js";
import { createSampleServer, type SampleTool, text } from "../mcp/server.ts";
import { MCP_TOKEN } from "./credentials.ts";

const TEXT = {
  type: "object",
  properties: { text: { type: "string" } },
  required: ["text"],
} satisfies Tool["inputSchema"];
const COUNT = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] } satisfies Tool["inputSchema"];

export const DOCS: readonly SampleTool[] = [
  { name: "echo", description: "Says it again", inputSchema: TEXT, run: ({ args }) => text(String(args.text)) },
  { name: "key", run: ({ key }) => text(String(key)) },
  { name: "whoami", run: ({ headers }) => text(String(headers.authorization)) },
  { name: "fail", run: () => ({ ...text("the disk is full"), isError: true }) },
  { name: "big", inputSchema: COUNT, run: ({ args }) => text("x".repeat(Number(args.n))) },
  { name: "never", run: () => new Promise(() => undefined) },
  {
    name: "structured",
    run: () => ({ ...text('{"rows":[1,2]}'), structuredContent: { rows: [1, 2] } }),
  },
  {
    name: "picture",
    run: () => ({
      content: [
        { type: "image", data: "AAAA", mimeType: "image/png" },
        { type: "resource_link", uri: "file:///etc/passwd", name: "passwd" },
        { type: "resource", resource: { uri: "note://1", text: "a note" } },
      ],
    }),
  },
];

/** As much of each kind as its own limit lets through, and links that take more than there is room for. */
const FULL: readonly SampleTool[] = [
  {
    name: "all",
    run: () => ({
      content: [
        { type: "text", text: "x".repeat(204_700) },
        ...Array.from({ length: 50 }, (_, n) => ({
          ...{ type: "resource_link" as const, uri: `https://shop.test/${n}/${"u".repeat(500)}`, name: `item ${n}` },
        })),
      ],
      structuredContent: { rows: ["y".repeat(32_000)] },
    }),
  },
];

const CROWD: readonly SampleTool[] = Array.from({ length: 5_000 }, (_, n) => ({ name: `tool_${n}` }));

const LARGE: readonly SampleTool[] = [
  { name: "wordy", description: "w".repeat(30_000) },
  { name: "small", description: "Fits" },
];

/** Ends its stream before it answers: the client has to come back for the rest. */
const POLLED: readonly SampleTool[] = [
  {
    name: "slow",
    run: ({ endStream }) => {
      endStream?.();
      return text("came later");
    },
  },
];

/** Keeps everything, in order; the SDK's example leaves the order of two events of one millisecond to chance. */
function createEventStore(): EventStore {
  const events: { readonly stream: string; readonly id: string; readonly message: JSONRPCMessage }[] = [];
  return {
    storeEvent: async (stream, message) => {
      const id = `${stream}_${events.length}`;
      events.push({ stream, id, message });
      return id;
    },
    replayEventsAfter: async (lastId, { send }) => {
      const at = events.findIndex(({ id }) => id === lastId);
      const stream = events[at]?.stream ?? "";
      for (const event of events.slice(at + 1)) if (event.stream === stream) await send(event.id, event.message);
      return stream;
    },
  };
}

/** Answers in a stream that it leaves open, as a server may. */
const neverClosing: Handle = async (request, response) => {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  const { id, method, params } = JSON.parse(Buffer.concat(pieces).toString());
  if (id === undefined) return void response.writeHead(202).end();
  const results: Readonly<Record<string, object>> = {
    initialize: {
      protocolVersion: params.protocolVersion,
      capabilities: { tools: {} },
      serverInfo: { name: "open", version: "1" },
    },
    "tools/list": { tools: [{ name: "echo", inputSchema: { type: "object" } }] },
    "tools/call": text("and the line stays open"),
  };
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(`: first\n\ndata: ${JSON.stringify({ jsonrpc: "2.0", id, result: results[method] })}\n\n: more\n\n`);
};

type Handle = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

type SessionOptions = {
  /** Which of the sessions, counted from 1, are unknown as soon as they are begun. */
  readonly forgets?: (session: number) => boolean;
  /** With one, a stream that broke off can be taken up again. */
  readonly eventStore?: EventStore;
};

function withSessions(
  tools: readonly SampleTool[],
  { forgets = () => false, ...options }: SessionOptions = {},
): Handle {
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  let count = 0;
  return async (request, response) => {
    const known = sessions.get(String(request.headers["mcp-session-id"]));
    if (known !== undefined) return known.handleRequest(request, response);
    if (request.headers["mcp-session-id"] !== undefined) return void response.writeHead(404).end();
    const transport = new StreamableHTTPServerTransport({
      ...options,
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => {
        count += 1;
        if (!forgets(count)) sessions.set(id, transport);
      },
      onsessionclosed: (id) => void sessions.delete(id),
    });
    await createSampleServer(tools).connect(transport);
    return transport.handleRequest(request, response);
  };
}

function withoutSessions(tools: readonly SampleTool[], pageSize?: number): Handle {
  return async (request, response) => {
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
    await createSampleServer(tools, pageSize).connect(transport);
    return transport.handleRequest(request, response);
  };
}

export function createMcpServers() {
  const docs = withSessions(DOCS);
  const servers: Readonly<Record<string, Handle>> = {
    docs,
    json: withoutSessions(DOCS),
    // Each call begins anew with a second session.
    forgetful: withSessions(DOCS, { forgets: (session) => session % 2 === 1 }),
    amnesiac: withSessions(DOCS, { forgets: () => true }),
    private: async (request, response) => {
      if (request.headers.authorization === `Bearer ${MCP_TOKEN}`) return docs(request, response);
      response.writeHead(401, { "www-authenticate": "Bearer" }).end();
    },
    crowd: withoutSessions(CROWD, 10),
    large: withoutSessions(LARGE),
    full: withoutSessions(FULL),
    polled: withSessions(POLLED, { eventStore: createEventStore() }),
    open: neverClosing,
    /** A stream that never says anything. */
    hang: async (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(": begun\n\n");
    },
    page: async (_request, response) => void response.end("<p>not here</p>"),
    broken: async (_request, response) => void response.writeHead(500).end("stack trace"),
    redirect: async (_request, response) => void response.writeHead(307, { location: "/mcp/docs" }).end(),
  };
  return async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> => {
    const handle = servers[url.pathname.slice("/mcp/".length)];
    return handle === undefined ? void response.writeHead(404).end() : handle(request, response);
  };
}
