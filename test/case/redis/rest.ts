/**
 * Upstash's REST interface over anything that runs Redis commands: one command, `/pipeline`, `/multi-exec`, answers in
 * base64 when asked. The client under test is Upstash's own, unchanged.
 * @see https://upstash.com/docs/redis/features/restapi
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

export type Reply = { readonly result: unknown } | { readonly error: string };
export interface Engine {
  /** @param isAtomic nothing runs in between. */
  run(commands: readonly (readonly string[])[], isAtomic: boolean): Promise<readonly Reply[]>;
  close(): Promise<void>;
}

/** What the endpoint does with the next requests. `hang`: takes them and never answers. */
export type Mood = "well" | "refuse" | "hang";

export type RedisEndpoint = {
  readonly url: string;
  readonly token: string;
  mood: Mood;
  /** Requests that came in. */
  readonly requests: () => number;
  /** Resolves once so many have come in. */
  readonly arrived: (count: number) => Promise<void>;
  close(): Promise<void>;
};

const toBase64 = (value: unknown): unknown => {
  if (typeof value === "string") return value === "OK" ? value : Buffer.from(value).toString("base64");
  return Array.isArray(value) ? value.map(toBase64) : value;
};

async function readBody(request: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  return JSON.parse(Buffer.concat(pieces).toString("utf8"));
}

const toCommand = (command: unknown): string[] => {
  if (!Array.isArray(command)) throw new TypeError("a command is a list");
  return command.map((part) => (typeof part === "string" ? part : JSON.stringify(part)));
};

export async function serveRedis(engine: Engine): Promise<RedisEndpoint> {
  const token = "test-token";
  const answer = async (request: IncomingMessage): Promise<readonly [status: number, body: unknown]> => {
    if (request.headers.authorization !== `Bearer ${token}`) return [401, { error: "Unauthorized" }];
    const body = await readBody(request);
    const encode = request.headers["upstash-encoding"] === "base64" ? toBase64 : (value: unknown) => value;
    const show = (reply: Reply) => ("error" in reply ? reply : { result: encode(reply.result) });
    if (request.url === "/pipeline" || request.url === "/multi-exec") {
      const commands = Array.isArray(body) ? body.map(toCommand) : [];
      return [200, (await engine.run(commands, request.url === "/multi-exec")).map(show)];
    }
    const [reply = { error: "no answer" }] = await engine.run([toCommand(body)], false);
    return ["error" in reply ? 400 : 200, show(reply)];
  };
  let requests = 0;
  const watchers = new Set<() => void>();
  const server = createServer(async (request, response) => {
    requests += 1;
    for (const look of watchers) look();
    if (endpoint.mood === "refuse") {
      response.writeHead(503, { "content-type": "application/json" }).end('{"error":"ERR not now"}');
      return;
    }
    if (endpoint.mood === "hang") return;
    const [status, body] = await answer(request).catch((thrown: unknown) => [400, { error: String(thrown) }] as const);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a server that listens on TCP has one
  const endpoint: RedisEndpoint = {
    url: `http://127.0.0.1:${port}`,
    token,
    mood: "well",
    requests: () => requests,
    arrived: (count) =>
      new Promise((resolve) => {
        const look = () => {
          if (requests >= count) resolve();
        };
        watchers.add(look);
        look();
      }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await engine.close();
    },
  };
  return endpoint;
}
