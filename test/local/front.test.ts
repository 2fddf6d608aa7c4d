/** The address users connect to: bytes pass through untouched, and taking it fails in one sentence. */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type Front, openFront, probeAddress } from "../../src/local/front.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function startEcho(onSocket?: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer((socket) => {
    socket.on("error", () => {});
    onSocket?.(socket);
    socket.pipe(socket);
  });
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function start(target: () => number): Promise<Front> {
  const front = await openFront({ host: "127.0.0.1", port: 0 }, target);
  if (!front.ok) throw new Error(front.error);
  open.push(front.value);
  return front.value;
}

const dial = (port: number): Socket => connect({ host: "127.0.0.1", port }).on("error", () => {});

describe("the front", () => {
  it("passes bytes through in both directions", async () => {
    const port = await startEcho();
    const front = await start(() => port);
    const socket = dial(front.port);
    socket.write("ping");
    expect(String((await once(socket, "data"))[0])).toBe("ping");
    socket.destroy();
  });

  it("asks for the worker's port at each connection, for a restart changes it", async () => {
    const ports = [
      await startEcho((socket) => void socket.write("first")),
      await startEcho((socket) => void socket.write("second")),
    ];
    const front = await start(() => ports.shift() ?? 0);
    for (const expected of ["first", "second"]) {
      const socket = dial(front.port);
      expect(String((await once(socket, "data"))[0])).toBe(expected);
      socket.destroy();
    }
  });

  it("ends the worker's connection when the client goes, so that streams are not left open", async () => {
    const { promise: workerClosed, resolve } = Promise.withResolvers<void>();
    const port = await startEcho((socket) => void socket.once("close", () => resolve()));
    const front = await start(() => port);
    const socket = dial(front.port);
    socket.write("x");
    await once(socket, "data");
    socket.destroy();
    await workerClosed;
  });

  it("ends the client's connection when no worker serves", async () => {
    const front = await start(() => 1);
    await once(dial(front.port), "close");
  });

  it("ends every connection when it closes", async () => {
    const port = await startEcho((socket) => void socket.write("hello"));
    const front = await start(() => port);
    const socket = dial(front.port);
    await once(socket, "data");
    const closed = once(socket, "close");
    await front.close();
    await closed;
  });

  it("says in one sentence that a port is taken", async () => {
    const port = await startEcho();
    const sentence = `Port ${port} is in use by another program; stop it, or choose another one with PORT.`;
    expect(await probeAddress({ host: "127.0.0.1", port })).toBe(sentence);
    expect(await openFront({ host: "127.0.0.1", port }, () => 0)).toEqual({ ok: false, error: sentence });
  });

  it("says in one sentence that an address is not this machine's", async () => {
    expect(await probeAddress({ host: "192.0.2.1", port: 0 })).toBe("HOST=192.0.2.1 is no address of this machine.");
  });
});
