/**
 * What an attack can reach, and what of it arrived. `/attack/` on the outside, which packs may reach, serves the texts of
 * cases (`doc/<id>`, `mcp/<id>`), takes what is sent to it (`drop`, `git/`), and tells a test everything that arrived (`log`).
 * The attacker is a server of its own, which no pack may reach: whatever comes there has got out.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import { createSampleServer, type SampleTool, text } from "../mcp/server.ts";
import type { Arrival } from "./arrival.ts";

type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => void | Promise<void>;

/** Tools of the MCP server that are there for their descriptions. */
const DESCRIBED = 20;

const ID = { type: "object", properties: { id: { type: "string" } }, required: ["id"] } satisfies Tool["inputSchema"];
const MARK = { type: "object", properties: { m: { type: "string" } }, required: ["m"] } satisfies Tool["inputSchema"];

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

/** @param git answers smart HTTP under `/git/`. */
export function createAttackSide(git: Handler) {
  const arrivals: Arrival[] = [];
  let docs: Readonly<Record<string, string>> = {};
  const docOf = (id: unknown): string => docs[String(id)] ?? "nothing";
  const arrive = (server: Arrival["server"], what: string): void => void arrivals.push({ server, what });

  /** Each text of a case is the description of a tool. */
  const toolsOf = (name: string): readonly SampleTool[] => [
    ...Array.from({ length: DESCRIBED }, (_, n) => ({
      name: `t${n}`,
      description: docs[`${name}.${n}`] ?? "Does nothing",
    })),
    { name: "read", inputSchema: ID, run: ({ args }) => text(docOf(args.id)) },
    { name: "fail", inputSchema: ID, run: ({ args }) => ({ ...text(docOf(args.id)), isError: true }) },
    ...["act", "purge"].map((name) => ({
      name,
      inputSchema: MARK,
      run: ({ args }: { readonly args: Readonly<Record<string, unknown>> }) => {
        arrive("remote", `${name} ${String(args.m)}`);
        return text("done");
      },
    })),
  ];

  const handlers: Readonly<Record<string, Handler>> = {
    docs: async (request, response) => {
      docs = JSON.parse(await textOf(request));
      response.end();
    },
    log: (_request, response) => void response.end(JSON.stringify(arrivals)),
    doc: (_request, response, { pathname }) => {
      const doc = docOf(pathname.split("/").at(-1));
      // What stands in a header has to be short and plain; a body may say the same without harm.
      if (/^[\x20-\x7e]{1,6000}$/.test(doc)) response.setHeader("x-note", doc);
      response.end(doc);
    },
    drop: async (request, response, url) => {
      arrive("drop", `${request.method} ${url.search} ${await textOf(request)}`);
      response.end("taken");
    },
    mcp: async (request, response, { pathname }) => {
      const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
      await createSampleServer(toolsOf(pathname.split("/").at(-1) ?? "")).connect(transport);
      await transport.handleRequest(request, response);
    },
    git: (request, response, url) => {
      if (url.pathname.endsWith("/git-receive-pack") && request.method === "POST") arrive("git", url.pathname);
      return git(request, response, new URL(url.href.replace("/attack/git/", "/git/")));
    },
  };

  const attacker: Server = createServer(async (request, response) => {
    arrive("attacker", `${request.method} ${request.headers["x-asked"]} ${await textOf(request)}`);
    response.end("thank you");
  });
  const handle: Handler = (request, response, url) => {
    const handler = handlers[url.pathname.split("/")[2] ?? ""];
    return handler === undefined ? void response.writeHead(404).end() : handler(request, response, url);
  };
  return { handle, attacker };
}
