/**
 * Neon's HTTP endpoint on loopback, in front of any backend: checks who asks, limits size, time and the line, counts,
 * and misbehaves on request, so that tests can take the database away.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { ANSWER_MS_MAX, LINE_MAX, RECEIVE_MS_MAX, REQUEST_BYTES_MAX } from "./limits.ts";
import { parseRequest, type SqlBackend, type SqlFailure, toAnswer } from "./protocol.ts";

/**
 * none: serves. refuse: nobody listens. hang: takes requests and never answers. cut: does the work, then drops the
 * connection instead of answering, so that the caller cannot know whether it was done.
 */
export type Fault = "none" | "refuse" | "hang" | "cut";

export type Counts = { readonly requests: number; readonly statements: number };

export interface DatabaseEndpoint {
  /** What `DATABASE_HTTP_ENDPOINT` is set to. */
  readonly url: string;
  /** A connection string of this user for the unmodified driver. */
  connectionString(user: string): string;
  /** Requests that reached the backend, and their statements, since the start. */
  counts(): Counts;
  setFault(fault: Fault): Promise<void>;
  /** Closes the backend too. */
  close(): Promise<void>;
}

type Answer = { readonly status: number; readonly body: unknown };

/** @param users password by user; nobody else gets in. */
export async function openEndpoint(
  backend: SqlBackend,
  users: Readonly<Record<string, string>>,
  options: { readonly database: string; readonly answerMsMax?: number },
): Promise<DatabaseEndpoint> {
  const counts = { requests: 0, statements: 0 };
  const sockets = new Set<Socket>();
  let fault: Fault = "none";
  let inLine = 0;

  const answer = async (request: IncomingMessage): Promise<Answer> => {
    if (request.method !== "POST" || request.url?.split("?")[0] !== "/sql") return problem(404, "nothing is here");
    const body = await readBody(request);
    if (body === null) return problem(413, `a request is at most ${REQUEST_BYTES_MAX} bytes`);
    const parsed = parseRequest(request.headers, body);
    if (!parsed.ok) return problem(400, parsed.error);
    const { credentials, work } = parsed.value;
    if (!isKnown(users, credentials)) return { status: 400, body: refusal(credentials.user) };
    if (inLine >= LINE_MAX) return problem(503, "too many requests wait for the database");
    counts.requests += 1;
    counts.statements += work.statements.length;
    inLine += 1;
    try {
      const isWanted = (): boolean => !request.socket.destroyed;
      const outcome = await within(backend.run(work, credentials, isWanted), options.answerMsMax ?? ANSWER_MS_MAX);
      if (outcome === "late") return problem(504, "the database did not answer in time");
      if (!outcome.ok) return { status: 400, body: outcome.failure };
      return { status: 200, body: toAnswer(parsed.value, outcome.results) };
    } catch (thrown) {
      return problem(500, thrown instanceof Error ? thrown.message : "the database is lost");
    } finally {
      inLine -= 1;
    }
  };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (fault === "hang") return;
    const { status, body } = await answer(request);
    if (fault !== "none") return void request.socket.destroy();
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };
  const server = createServer((request, response) => {
    // Whoever hung up gets no answer, and a broken connection is no reason to end.
    serve(request, response).catch(() => request.socket.destroy());
  });
  server.requestTimeout = RECEIVE_MS_MAX;
  server.headersTimeout = RECEIVE_MS_MAX;
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  const port = await listen(server, 0);
  const stopListening = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    url: `http://127.0.0.1:${port}/sql`,
    connectionString: (user) =>
      `postgresql://${user}:${encodeURIComponent(users[user] ?? "")}@127.0.0.1:${port}/${options.database}`,
    counts: () => ({ ...counts }),
    setFault: async (next) => {
      const before = fault;
      fault = next;
      // Requests that hang would hang on after the fault is over: their callers see a lost connection instead.
      if (before === "hang" && next !== "hang") for (const socket of sockets) socket.destroy();
      if (next === "refuse" && before !== "refuse") await stopListening();
      if (next !== "refuse" && before === "refuse") await listen(server, port);
    },
    close: async () => {
      if (server.listening) await stopListening();
      await backend.close();
    },
  };
}

const problem = (status: number, message: string): Answer => ({ status, body: { message } });

const refusal = (user: string): SqlFailure => ({
  message: `password authentication failed for user '${user}'`,
  severity: "FATAL",
  code: "28P01",
});

function isKnown(users: Readonly<Record<string, string>>, given: { readonly user: string; readonly password: string }) {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  const expected = Object.hasOwn(users, given.user) ? users[given.user] : undefined;
  return expected !== undefined && timingSafeEqual(digest(expected), digest(given.password));
}

/** Null when there is more of it than REQUEST_BYTES_MAX; the rest is not read. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > REQUEST_BYTES_MAX) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function within<T>(work: Promise<T>, ms: number): Promise<T | "late"> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port }, () => {
      server.off("error", reject);
      const address = server.address();
      if (address === null || typeof address === "string") return reject(new Error("no port"));
      resolve(address.port);
    });
  });
}
