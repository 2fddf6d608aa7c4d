/**
 * The address users connect to. It is opened only once the worker serves and its packs are published, so whoever gets
 * an answer gets a complete one; it stays the same when the worker is restarted on another port. Bodies pass through
 * untouched in both directions, each piece as it comes. What the local runtime serves for its developers does not.
 */
import { createServer, type IncomingMessage, request as open, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { pipeline } from "node:stream";
import { ERRORS, type ErrorCode, err, ok, type Result } from "../platform/index.ts";
import { HEADER_BYTES_MAX, HEADERS_MS_MAX, KEEP_ALIVE_MS } from "./limits.ts";

export type Address = { readonly host: string; readonly port: number };

export interface Front {
  readonly port: number;
  /** Ends every connection. */
  close(): Promise<void>;
}

/**
 * Where the local runtime serves its own tools: SQL on every object of every tenant, buckets, the scheduler. They ask for no
 * credential and trust the `Host` header, so nobody comes to them by this address. The product has no path below these.
 */
const RUNTIME_PATHS = ["/cdn-cgi/", "/__cf_local/", "/__scheduled"] as const;
/** What the runtime's parts tell each other in. */
const RUNTIME_HEADERS = "mf-";
/** Whose credentials were refused too often is told by this. The platform sets it, and here this does: a client's own is left out. */
const CLIENT_HEADER = "cf-connecting-ip";
/** Of one connection, not of what it carries; a 100 was answered already. @see https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 */
const HOP_HEADERS = ["connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade", "expect"];

/** A name or an address, and no more than a port after it. */
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?$/i;
const UNREADABLE =
  "The request must ask for a path that begins with /, and name one host, with no more than a port after it.";

/**
 * A body may take as long as it likes, which would take the limit from the headers too. Headers that are too large or name no
 * host are refused in words, by the worker and here.
 */
const OPTIONS = {
  ...{ keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: HEADERS_MS_MAX, requestTimeout: 0 },
  ...{ maxHeaderSize: HEADER_BYTES_MAX, requireHostHeader: false },
};

/**
 * One sentence when the address cannot be had.
 * @param target the worker's port; 0 while there is none.
 */
export async function openFront(address: Address, target: () => number): Promise<Result<Front, string>> {
  const sockets = new Set<Socket>();
  const server = createServer(OPTIONS, (request, response) => {
    const path = pathOf(request);
    if (path === null) return refuse(response, "INVALID_REQUEST", UNREADABLE);
    if (RUNTIME_PATHS.some((own) => path.startsWith(own))) return refuse(response, "NOT_FOUND");
    passOn(request, response, target());
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  const failure = await listen(server, address);
  if (failure !== null) return err(failure);
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : address.port;
  return ok({
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  });
}

/**
 * As the runtime will read it, with its dots resolved; null for what it may read otherwise. It puts `Host` and the path together
 * and reads that, so a host with a path in it is a path; of a whole address it takes the path and reads it by rules of its own.
 */
function pathOf({ url = "", headersDistinct }: IncomingMessage): string | null {
  const [host = "", ...others] = headersDistinct.host ?? [];
  if (others.length > 0 || !HOST.test(host) || !url.startsWith("/")) return null;
  return URL.parse(`http://${host}${url}`)?.pathname ?? null;
}

function refuse(response: ServerResponse, code: ErrorCode, detail: string = ERRORS[code].title): void {
  const { http: status, title, retry } = ERRORS[code];
  const problem = { type: `/docs/errors/${code}`, title, status, detail, code, message: detail };
  response.writeHead(status, { "content-type": "application/problem+json" });
  response.end(`${JSON.stringify({ ...problem, retryable: retry === "backoff" })}\n`);
}

function refuseForNow(response: ServerResponse): void {
  refuse(response.setHeader("retry-after", "1"), "UNAVAILABLE", "The worker is starting again.");
}

/** A connection of its own for each request: none is reused that the worker has just ended. */
function passOn(request: IncomingMessage, response: ServerResponse, port: number): void {
  if (port === 0) {
    refuseForNow(response);
    return;
  }
  const { method, url: path, socket } = request;
  const isTheirs = (name: string): boolean =>
    !isHop(name) && !name.startsWith(RUNTIME_HEADERS) && name !== CLIENT_HEADER;
  const headers = [...kept(request.rawHeaders, isTheirs), CLIENT_HEADER, socket.remoteAddress ?? ""];
  const asked = open({ host: "127.0.0.1", port, method, path, headers, agent: false });
  asked.on("response", (answer) => {
    const isOurs = (name: string): boolean => !isHop(name) && name !== "transfer-encoding";
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, kept(answer.rawHeaders, isOurs));
    response.flushHeaders();
    pipeline(answer, response, () => undefined); // a failure on either side has ended the other
  });
  asked.on("error", (thrown: NodeJS.ErrnoException) => {
    // An answer that has begun says by itself how it ends.
    if (response.headersSent) return;
    // Never connected, so never asked. In any other case nobody knows, and a cut connection is what says so.
    if (thrown.code === "ECONNREFUSED") refuseForNow(response);
    else response.destroy();
  });
  response.once("close", () => {
    request.unpipe(asked).resume(); // what an answer did not wait for is read, because its client may be sending it still
    asked.destroy();
  });
  asked.flushHeaders(); // not with the first piece of the body, which may wait for the answer
  request.pipe(asked);
}

const isHop = (name: string): boolean => HOP_HEADERS.includes(name);

/** @param raw names and values in turn. @param isKept is given a name in lower case. */
const kept = (raw: readonly string[], isKept: (name: string) => boolean): string[] =>
  raw.filter((_, index) => isKept((raw[index - (index % 2)] ?? "").toLowerCase()));

/** Whether the address can be had now: asked before the slow part of a start. One sentence when it cannot. */
export async function probeAddress(address: Address): Promise<string | null> {
  const server = createServer();
  const failure = await listen(server, address);
  if (failure === null) await new Promise((resolve) => server.close(resolve));
  return failure;
}

function listen(server: Server, { host, port }: Address): Promise<string | null> {
  return new Promise((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) => resolve(describe(error, { host, port })));
    server.listen({ host, port }, () => resolve(null));
  });
}

function describe(error: NodeJS.ErrnoException, { host, port }: Address): string {
  switch (error.code) {
    case "EADDRINUSE":
      return `Port ${port} is in use by another program; stop it, or choose another one with PORT.`;
    case "EACCES":
      return `Port ${port} may not be opened by this user; choose one above 1023 with PORT.`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `HOST=${host} is no address of this machine.`;
    default:
      return `${host}:${port} cannot be opened: ${error.message}.`;
  }
}
