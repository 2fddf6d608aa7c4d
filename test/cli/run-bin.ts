/** Runs the real `vasini` as a process of its own, the way a shell does, and a server it can talk to. */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";

const BIN = join(import.meta.dirname, "../../src/cli/bin.mjs");

export type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export type Running = {
  readonly child: ChildProcess;
  readonly ended: Promise<Ran>;
  /** Resolves when the rest of `stdin` fits into the pipe: of a text far larger than one, the process has read some. */
  readonly taken: Promise<void>;
  /** Resolves when standard output holds `text`. */
  printed(text: string): Promise<void>;
};

type RunOptions = {
  readonly url?: string;
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Standard input stays open behind `stdin`, as that of `tail -f` does. */
  readonly stdinStaysOpen?: boolean;
};

/** Only what a command needs of the environment: no key or address of the machine the tests run on. */
function cleanEnvironment(options: RunOptions): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "",
    HOME: process.env.HOME ?? "",
    ...(options.url === undefined ? {} : { VASINI_URL: options.url }),
    ...options.environment,
  };
}

export function startBin(words: readonly string[], options: RunOptions = {}): Running {
  const child = spawn(process.execPath, [BIN, ...words], {
    cwd: options.cwd ?? import.meta.dirname,
    env: cleanEnvironment(options),
    stdio: ["pipe", "pipe", "pipe"],
  });
  // One that ends without reading all of it closes the pipe.
  child.stdin.on("error", () => {});
  const taken = new Promise<void>((resolve) => child.stdin.write(options.stdin ?? "", () => resolve()));
  if (options.stdinStaysOpen !== true) child.stdin.end();
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Ran>((resolve) => child.once("close", (code) => resolve({ code, stdout, stderr })));
  return {
    child,
    ended,
    taken,
    printed: (text) =>
      new Promise((resolve, reject) => {
        const look = () => stdout.includes(text) && resolve();
        child.stdout.on("data", look);
        child.once("close", () => reject(new Error(`ended without printing ${text}; it said: ${stdout}${stderr}`)));
        look();
      }),
  };
}

export const runBin = (words: readonly string[], options?: RunOptions): Promise<Ran> => startBin(words, options).ended;

/** The one document of a --json command. Throws when standard output is anything else. */
export const documentOf = (ran: Ran): Record<string, unknown> => JSON.parse(ran.stdout);

/** The documents of a stream, one a line. */
export const linesOf = (ran: Ran): Record<string, unknown>[] =>
  ran.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

type Asked = {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
};

/** @param nth 1 for the first request to this route. */
export type Answer = (response: ServerResponse, asked: Asked, nth: number) => void;

export type TestServer = { readonly url: string; readonly asked: Asked[]; close(): Promise<void> };

/** @param routes answers by `METHOD /path`, without the query; anything else is 404 `NOT_FOUND`. */
export async function startServer(routes: Readonly<Record<string, Answer>>): Promise<TestServer> {
  const asked: Asked[] = [];
  const counts = new Map<string, number>();
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const path = request.url ?? "/";
    const one: Asked = {
      method: request.method ?? "",
      path,
      headers: request.headers,
      body: text === "" ? null : JSON.parse(text),
    };
    asked.push(one);
    const route = `${one.method} ${path.replace(/\?.*$/, "")}`;
    const nth = (counts.get(route) ?? 0) + 1;
    counts.set(route, nth);
    (routes[route] ?? problem(404, "NOT_FOUND"))(response, one, nth);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const json =
  (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer =>
  (response) =>
    void response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));

export const problem = (status: number, code: string, headers: Readonly<Record<string, string>> = {}): Answer =>
  json(
    status,
    { type: `/docs/errors/${code}`, title: code, status, detail: `${code} happened`, code, trace_id: "trace-1" },
    headers,
  );

/** The connection breaks before an answer. */
export const reset: Answer = (response) => void response.destroy();

export const frame = (seq: number, type: string, data: object = {}): string =>
  `id: ${seq}\nevent: ${type}\ndata: ${JSON.stringify({ seq, type, at: "2026-01-01T00:00:00.000Z", data })}\n\n`;

/** An event stream of these texts; it ends, breaks, or stays open. */
export const stream =
  (texts: readonly string[], then: "end" | "break" | "open"): Answer =>
  (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const body = texts.join("");
    if (then === "end") response.end(body);
    else response.write(body, () => then === "break" && response.destroy());
  };
