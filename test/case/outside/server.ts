/**
 * A server on loopback that plays the outside for tools: it echoes, redirects, sends what is large, coded or secret, and
 * hangs. `/git/` serves bare repositories over git's smart HTTP protocol (git.ts), `/mcp/` MCP servers (mcp.ts), `/attack/`
 * what attacks come by and reach (attack.ts).
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { createAttackSide } from "./attack.ts";
import { createGitServer } from "./git.ts";
import { createMcpServers } from "./mcp.ts";

export type Outside = {
  /** Such as `http://127.0.0.1:40123`. */
  readonly origin: string;
  /** Of the server that nobody may reach. */
  readonly attacker: string;
  close(): Promise<void>;
};

type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => void | Promise<void>;

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces);
}

const echo: Handler = async (request, response, url) => {
  const body = (await bodyOf(request)).toString("base64");
  response.setHeader("content-type", "application/json");
  response.end(
    JSON.stringify({ method: request.method, url: url.pathname + url.search, headers: request.headers, body }),
  );
};

/** Everything the request was authorised with, in every place and spelling a server might send it back in. */
const parrot: Handler = (request, response) => {
  const sent = [request.headers.authorization, request.headers["x-api-key"]].filter((text) => typeof text === "string");
  const plain = sent.map((text) => text.replace(/^\w+ /, ""));
  const decoded = plain.map((text) => Buffer.from(text, "base64").toString("latin1"));
  const all = [...sent, ...plain, ...decoded.filter((text) => /^[\x20-\x7e]+$/.test(text))];
  response.setHeader("x-parrot", all.map(encodeURIComponent).join(" "));
  response.setHeader(
    "set-cookie",
    plain.map((text) => `session=${encodeURIComponent(text)}`),
  );
  response.end(JSON.stringify({ all, base64: plain.map((text) => Buffer.from(text).toString("base64")) }));
};

const HANDLERS: Readonly<Record<string, Handler>> = {
  "/echo": echo,
  "/parrot": parrot,
  "/status": (_request, response, url) => void response.writeHead(Number(url.searchParams.get("code"))).end("body"),
  "/redirect": (_request, response, url) => {
    const location = url.searchParams.get("to") ?? "/";
    response.writeHead(Number(url.searchParams.get("code") ?? 302), { location }).end();
  },
  "/bytes": (_request, response, url) => void response.end(Buffer.alloc(Number(url.searchParams.get("n")), "x")),
  "/binary": (_request, response) => {
    response.setHeader("content-type", "image/png");
    response.end(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 255]));
  },
  "/latin1": (_request, response) => {
    response.setHeader("content-type", "text/plain; charset=iso-8859-1");
    response.end(Buffer.from("größe", "latin1"));
  },
  "/gzip": (_request, response) => {
    response.setHeader("content-encoding", "gzip");
    response.end(gzipSync("was packed"));
  },
  /** Headers and a first piece, then nothing more for ever. */
  "/events": (_request, response) =>
    void response.writeHead(200, { "content-type": "text/event-stream" }).end("data: event\n\n"),
  "/hang": (_request, response) => void response.write("begun"),
};

export async function startOutside(options: { readonly repositories: string }): Promise<Outside> {
  const git = createGitServer(options.repositories);
  const mcp = createMcpServers();
  const attack = createAttackSide(git);
  const handlerOf = ({ pathname }: URL): Handler | undefined => {
    if (pathname.startsWith("/git/")) return git;
    if (pathname.startsWith("/attack/")) return attack.handle;
    return pathname.startsWith("/mcp/") ? mcp : HANDLERS[pathname];
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://outside");
    const handler = handlerOf(url);
    if (handler === undefined) return void response.writeHead(404).end();
    Promise.resolve(handler(request, response, url)).catch(() => response.destroy());
  });
  const [origin, attacker] = [await listen(server), await listen(attack.attacker)];
  return {
    origin,
    attacker,
    close: async () => {
      for (const one of [server, attack.attacker]) {
        await new Promise<void>((resolve) => {
          one.close(() => resolve());
          one.closeAllConnections();
        });
      }
    },
  };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return `http://127.0.0.1:${address.port}`;
}
