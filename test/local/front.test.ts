/** The address users connect to: requests pass through as they are, the runtime's own tools are not behind it, and taking it fails in one sentence. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { finished } from "node:stream/promises";
import { afterEach, describe, expect, it } from "vitest";
import { type Front, openFront, probeAddress } from "../../src/local/front.ts";
import { HEADER_BYTES_MAX } from "../../src/local/limits.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

type Serve = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A worker of its own kind. @returns its port */
async function startWorker(serve: Serve): Promise<number> {
  const server = createServer({ maxHeaderSize: HEADER_BYTES_MAX }, serve);
  open.push({ close: () => server.close().closeAllConnections() });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port; // a TCP server's address has a port
}

async function start(target: () => number): Promise<Front> {
  const front = await openFront({ host: "127.0.0.1", port: 0 }, target);
  if (!front.ok) throw new Error(front.error);
  open.push(front.value);
  return front.value;
}
const urlOf = ({ port }: Front): string => `http://127.0.0.1:${port}`;

/** Says what it was asked. */
const echo: Serve = async (request, response) => {
  const { method, url, headers } = request;
  const body = await text(request);
  response.writeHead(201, "Made", [...["content-type", "text/plain"], ...["set-cookie", "a=1", "set-cookie", "b=2"]]);
  response.end(JSON.stringify({ method, url, headers, body }));
};

/** Bytes as they are written, and all that comes back. */
async function dial({ port }: Front, words: string): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port }).on("error", () => {});
  socket.write(words);
  return text(socket);
}

describe("the front", () => {
  it("passes a request and its answer on as they are", async () => {
    const port = await startWorker(echo);
    const front = await start(() => port);
    const headers = { "x-tenant-id": "acme", authorization: "Bearer key" };
    const response = await fetch(`${urlOf(front)}/api/v1/tasks?a=%2F&b`, { method: "POST", headers, body: "words" });
    expect([response.status, response.statusText]).toEqual([201, "Made"]);
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(await response.json()).toMatchObject({
      method: "POST",
      url: "/api/v1/tasks?a=%2F&b",
      headers: { ...headers, host: `127.0.0.1:${front.port}` },
      body: "words",
    });
  });

  it("passes a body of unknown length on, whatever the method", async () => {
    const port = await startWorker(echo);
    const front = await start(() => port);
    const chunked = "transfer-encoding: chunked\r\nconnection: close\r\n\r\n5\r\nwords\r\n0\r\n\r\n";
    for (const method of ["POST", "DELETE", "GET"]) {
      expect(await dial(front, `${method} / HTTP/1.1\r\nhost: a\r\n${chunked}`)).toContain('"body":"words"');
    }
  });

  it("passes an answer on that does not wait for the body, and reads that body all the same", async () => {
    const port = await startWorker((_, response) => response.writeHead(413).end());
    const front = await start(() => port);
    const length = 50_000_000;
    const socket = connect({ host: "127.0.0.1", port: front.port });
    socket.write(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${length}\r\n\r\n`);
    const [answer] = await once(socket, "data");
    expect(String(answer)).toMatch(/^HTTP\/1\.1 413 /);
    socket.end(Buffer.alloc(length));
    await finished(socket, { readable: false });
    socket.destroy();
  });

  it("leaves it to the worker what headers are too large", async () => {
    const port = await startWorker(echo);
    const front = await start(() => port);
    const response = await fetch(urlOf(front), { headers: { "x-long": "a".repeat(40_000) } });
    expect((await response.text()).length).toBeGreaterThan(40_000);
  });

  it("passes each piece of an answer on as it comes, the headers first", async () => {
    const turns = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const port = await startWorker(async (_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      await turns[0]?.promise;
      response.write("one");
      await turns[1]?.promise;
      response.end("two");
    });
    const front = await start(() => port);
    const response = await fetch(urlOf(front));
    const reader = response.body?.getReader();
    const next = async () => Buffer.from((await reader?.read())?.value ?? []).toString();
    turns[0]?.resolve();
    expect(await next()).toBe("one");
    turns[1]?.resolve();
    expect(await next()).toBe("two");
  });

  it("asks for the worker's port at each request, for a restart changes it", async () => {
    const saying = (words: string) => startWorker((_, response) => response.end(words));
    const ports = [await saying("first"), await saying("second")];
    const front = await start(() => ports.shift() ?? 0);
    for (const expected of ["first", "second"]) expect(await (await fetch(urlOf(front))).text()).toBe(expected);
  });

  it("ends the worker's connection when the client goes, so that streams are not left open", async () => {
    const { promise: workerClosed, resolve } = Promise.withResolvers<void>();
    const port = await startWorker((_, response) => {
      response.once("close", () => resolve());
      response.write("x");
    });
    const front = await start(() => port);
    const leaving = new AbortController();
    await fetch(urlOf(front), { signal: leaving.signal });
    leaving.abort();
    await workerClosed;
  });

  it("cuts an answer that the worker cut, and one that never began", async () => {
    const port = await startWorker((request, response) => {
      if (request.url === "/begun") response.write("half", () => response.destroy());
      else response.destroy();
    });
    const front = await start(() => port);
    await expect(fetch(`${urlOf(front)}/begun`).then((response) => response.text())).rejects.toThrow();
    await expect(fetch(`${urlOf(front)}/never`)).rejects.toThrow();
  });

  for (const [name, port] of [
    ["while none serves", 1],
    ["while there is no port of its own", 0],
  ] as const) {
    it(`says that the worker starts again ${name}`, async () => {
      const front = await start(() => port);
      const response = await fetch(urlOf(front));
      expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
      expect(await response.json()).toMatchObject({ code: "UNAVAILABLE", retryable: true });
    });
  }

  it("says whose address a request came from, whatever the client says", async () => {
    const port = await startWorker(echo);
    const front = await start(() => port);
    const response = await fetch(urlOf(front), { headers: { "CF-Connecting-IP": "192.0.2.7" } });
    expect(await response.json()).toMatchObject({ headers: { "cf-connecting-ip": "127.0.0.1" } });
  });

  it("ends every connection when it closes", async () => {
    const port = await startWorker((_, response) => void response.write("hello"));
    const front = await start(() => port);
    const response = await fetch(urlOf(front));
    await front.close();
    await expect(response.text()).rejects.toThrow();
  });
});

describe("what the local runtime serves for its developers", () => {
  const asked: string[] = [];
  const startRuntime = async (): Promise<Front> => {
    asked.length = 0;
    const port = await startWorker((request, response) => {
      asked.push(`${request.url} ${JSON.stringify(request.headers)}`);
      response.end();
    });
    return start(() => port);
  };
  /** What comes of a request that must not get through. @param lines of its headers */
  const attack = async (target: string, lines: string): Promise<string> => {
    const front = await startRuntime();
    const answer = await dial(front, `GET ${target} HTTP/1.1\r\n${lines}\r\nconnection: close\r\n\r\n`);
    expect(asked).toEqual([]);
    return answer;
  };

  for (const path of [
    "/cdn-cgi/local/explorer/api/workers/durable_objects/namespaces",
    "/cdn-cgi/local/scheduled",
    "/cdn-cgi/local/r2/public/vasini-packs/a",
    "/__cf_local/imageupload",
    "/__scheduled?cron=*",
    "/health/../cdn-cgi/local/scheduled",
    "/%2e%2e/cdn-cgi/local/scheduled",
    "/.\\..\\cdn-cgi\\local\\scheduled",
    "/\tcdn-cgi/../cdn-cgi/local/scheduled",
    "http://localhost/cdn-cgi/local/scheduled",
    "file://localhost/C:/../../cdn-cgi/local/scheduled",
    "any://localhost/a\\..\\cdn-cgi\\local\\scheduled",
  ]) {
    it(`is not behind it: ${JSON.stringify(path)}`, async () => {
      expect(await attack(path, "host: localhost")).toMatch(/^HTTP\/1\.1 4\d\d /);
    });
  }

  for (const line of [
    "host: localhost/cdn-cgi/local/scheduled?",
    "host: localhost\\cdn-cgi\\local\\scheduled#",
    "host: localhost/cdn-cgi",
    "host: a@localhost/cdn-cgi/local/..",
    "host: localhost\r\nhost: localhost/cdn-cgi/local/scheduled?",
    "host: ",
    "x-host: none",
  ]) {
    it(`is not behind it: ${JSON.stringify(line)}`, async () => {
      expect(await attack("/local/scheduled", line)).toMatch(/^HTTP\/1\.1 400 .*no more than a port after it/s);
    });
  }

  it("leaves every name and address of a host alone", async () => {
    const front = await startRuntime();
    for (const host of ["localhost", "my_host.example:80", "127.0.0.1:8787", "[::1]:8787", "[::ffff:127.0.0.1]"]) {
      expect(await dial(front, `GET / HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`)).toMatch(
        /^HTTP\/1\.1 200 /,
      );
    }
    expect(asked).toHaveLength(5);
  });

  it("is told nothing by a client: its own headers are left out", async () => {
    const front = await startRuntime();
    await fetch(urlOf(front), { headers: { "MF-Original-URL": "http://a/cdn-cgi/local/scheduled", "mf-op": "GET" } });
    expect(asked).toHaveLength(1);
    expect(asked[0]).not.toMatch(/mf-/i);
  });
});

describe("an address that cannot be had", () => {
  it("is told in one sentence when its port is taken", async () => {
    const server = createTcpServer((socket: Socket) => socket.destroy());
    open.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo; // a TCP server's address has a port
    const sentence = `Port ${port} is in use by another program; stop it, or choose another one with PORT.`;
    expect(await probeAddress({ host: "127.0.0.1", port })).toBe(sentence);
    expect(await openFront({ host: "127.0.0.1", port }, () => 0)).toEqual({ ok: false, error: sentence });
  });

  it("is told in one sentence when it is not this machine's", async () => {
    expect(await probeAddress({ host: "192.0.2.1", port: 0 })).toBe("HOST=192.0.2.1 is no address of this machine.");
  });
});
