/** A real receiver on loopback: it answers as it is told, and remembers what it was sent. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { assert } from "../../src/platform/index.ts";

export type Received = { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: string };

/** Answers one request, or leaves it open. */
export type Behave = (response: ServerResponse, request: Received) => void;

export const answer =
  (status: number, headers: Record<string, string> = {}, body = ""): Behave =>
  (response) =>
    response.writeHead(status, headers).end(body);

export type Receiver = {
  readonly origin: string;
  readonly received: Received[];
  /** What happens to requests from now on. */
  behave: Behave;
  /** Resolves with the next request that arrives. */
  next(): Promise<Received>;
  close(): Promise<void>;
};

export async function startReceiver(): Promise<Receiver> {
  const waiting: ((request: Received) => void)[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (piece: string) => {
      body += piece;
    });
    request.on("end", () => {
      const received = { path: request.url ?? "", headers: request.headers, body };
      receiver.received.push(received);
      receiver.behave(response, received);
      for (const wake of waiting.splice(0)) wake(received);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert(address !== null && typeof address === "object", "it listens on a port");
  const receiver: Receiver = {
    origin: `http://127.0.0.1:${address.port}`,
    received: [],
    behave: answer(204),
    next: () => new Promise((resolve) => waiting.push(resolve)),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}
