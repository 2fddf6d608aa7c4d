/**
 * The address users connect to. It is opened only once the worker serves and its packs are published, so whoever gets
 * an answer gets a complete one; it stays the same when the worker is restarted on another port. Bytes pass through
 * untouched in both directions.
 */
import { connect, createServer, type Server, type Socket } from "node:net";
import { err, ok, type Result } from "../platform/index.ts";

export type Address = { readonly host: string; readonly port: number };

export interface Front {
  readonly port: number;
  /** Ends every connection. */
  close(): Promise<void>;
}

/** One sentence when the address cannot be had. */
export async function openFront(address: Address, target: () => number): Promise<Result<Front, string>> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const worker = connect({ host: "127.0.0.1", port: target() });
    for (const socket of [client, worker]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.once("close", () => sockets.delete(socket));
    }
    // Either side's failure is the other's too; a reset is how TCP says so.
    client.on("error", () => worker.destroy());
    worker.on("error", () => client.destroy());
    client.once("close", () => worker.destroy());
    worker.once("close", () => client.end());
    client.pipe(worker);
    worker.pipe(client);
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
