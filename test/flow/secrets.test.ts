/**
 * A whole installation with secrets of every kind, each of which was used, among servers that repeat what they were sent.
 * Afterwards everything it wrote and said is searched: every file of its data folder, its output, its answers, the model's
 * prompts. None is found, in no spelling; the marker is, so that the search means something.
 */
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TOKENS } from "../case/model-wire/answer.ts";
import { anthropicWire } from "../case/model-wire/anthropic-wire.ts";
import { manifestOf, readFrames, typeOf } from "./client.ts";
import { dropDataDir, freePort, newDataDir, type Server, startServer } from "./server.ts";

const TENANT = "keeper";
const MARKER = "the words that are to be found";
const random = (): string => randomBytes(32).toString("base64url");

const OPERATOR = {
  ADMIN_API_KEY: random(),
  KEY_PEPPER: random(),
  SECRETS_MASTER_KEY: random(),
  AUDIT_SIGNING_KEY: random(),
  ANTHROPIC_API_KEY: `sk-ant-${random()}`,
};
const TOOL_SECRET = `tool-${random()}`;
/** By what each is: those above, and what is made on the way. */
const secrets = new Map<string, string>([...Object.entries(OPERATOR), ["a tool's secret", TOOL_SECRET]]);

const PACK = manifestOf(
  "keeper",
  `    - id: "http_request"
      name: "HTTP"
      secrets: ["parrot"]
      sandbox: { timeout: "20s", network: "full" }
`,
);

const prompts: string[] = [];
const sentToParrot: string[] = [];

/** Says all that it was sent, wherever an answer has room for it. */
function repeat(request: IncomingMessage, response: ServerResponse, status: number): void {
  const credential = String(request.headers.authorization ?? request.headers["x-api-key"] ?? "");
  const message = `You sent ${credential}, which is ${Buffer.from(credential).toString("base64")}`;
  response.writeHead(status, { "content-type": "application/json", "x-parrot": credential, "request-id": credential });
  response.end(JSON.stringify({ type: "error", error: { type: "api_error", message }, headers: request.headers }));
}

/** A model that refuses some tasks, and in the others calls the tool once. */
async function answerAsModel(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request);
  prompts.push(body);
  if (body.includes("be refused")) return repeat(request, response, 401);
  if (body.includes("break once") && prompts.filter((prompt) => prompt.includes("break once")).length === 1) {
    return repeat(request, response, 500);
  }
  const writer = anthropicWire.writer(TOKENS);
  response.writeHead(200, { "content-type": "text/event-stream" });
  const call = { method: "POST", url: `${outside}/parrot`, body: MARKER };
  const isDone = body.includes('"tool_result"');
  const said = isDone
    ? writer.text("done")
    : writer.call({ kind: "call", id: "call_a", name: "http_request", pieces: [JSON.stringify(call)] }, "tool_calls");
  response.end(writer.open() + said + writer.close(isDone ? "stop" : "tool_calls"));
}

const stranger = createServer(async (request, response) => {
  if (request.url?.startsWith("/v1/messages")) return answerAsModel(request, response);
  await text(request);
  if (request.url === "/parrot") sentToParrot.push(String(request.headers.authorization));
  repeat(request, response, request.url === "/hook" ? 503 : 200);
});

const dataDir = newDataDir();
let outside = "";
let server: Server;
/** What the installation answered, but for the answers that give a secret to whoever made it. */
const said: string[] = [];

type Asked = { readonly method?: string; readonly body?: unknown; readonly bearer?: string };

async function ask(path: string, { method = "GET", body, bearer }: Asked = {}): Promise<Record<string, unknown>> {
  const response = await fetch(server.url + path, {
    method,
    headers: {
      "content-type": "application/json",
      "x-idempotency-key": crypto.randomUUID(),
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await response.text();
  const isGiven = method === "POST" && ["/api/v1/keys", "/api/v1/webhooks"].some((route) => path === route);
  if (!isGiven) said.push(JSON.stringify([...response.headers]), answer);
  return { http: response.status, ...(answer.startsWith("{") ? JSON.parse(answer) : {}) };
}

beforeAll(async () => {
  await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
  outside = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`; // a TCP server's address has a port
  const own = { EGRESS_LOCAL_ORIGINS: outside, ALLOW_FULL_NETWORK: "true", ANTHROPIC_BASE_URL: outside };
  server = await startServer({ dataDir, port: await freePort(), env: { ...OPERATOR, ...own } });
});
afterAll(async () => {
  await server?.kill();
  stranger.closeAllConnections();
  await new Promise((resolve) => stranger.close(resolve));
  dropDataDir(dataDir);
});

async function runTask(input: string, bearer: string): Promise<readonly string[]> {
  const accepted = await ask("/api/v1/agents/keeper/run", { method: "POST", body: { input }, bearer });
  expect(accepted).toMatchObject({ http: 202 });
  const { task_id: task } = accepted;
  const headers = { accept: "text/event-stream", authorization: `Bearer ${bearer}` };
  const frames = await readFrames(await fetch(`${server.url}/api/v1/tasks/${task}/events`, { headers }));
  said.push(...frames);
  await ask(`/api/v1/tasks/${task}`, { bearer });
  return frames;
}

/** Everything under a folder that has bytes, by path. */
const filesBelow = (folder: string): Map<string, Buffer> =>
  new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path, readFileSync(path)]),
  );

/** In base64 after other bytes, as in `Bearer ...`: without the ends, which those have a part in. */
const within = (before: string, bytes: Buffer): readonly string[] => {
  const all = Buffer.concat([Buffer.from(before), bytes]);
  return (["base64", "base64url"] as const).map((spelling) => all.toString(spelling).slice(4, -4));
};

/** A secret as it could lie somewhere. */
const spellingsOf = (secret: string): readonly Buffer[] => {
  const bytes = Buffer.from(secret);
  const decoded = Buffer.from(secret.replace(/^[a-z]+[_-]/, ""), "base64url");
  const texts = [bytes.toString("hex"), ...["", "-", "--"].flatMap((before) => within(before, bytes))];
  const wide = Buffer.from(secret, "utf16le");
  return [bytes, decoded, wide, ...texts.map((text) => Buffer.from(text)), Buffer.from(decoded.toString("hex"))];
};

describe("an installation in use", () => {
  it("keeps and says no secret, its operator's, its tenants' or its providers', in any spelling", async () => {
    const operator = OPERATOR.ADMIN_API_KEY;
    const post = (path: string, body: unknown, bearer: string) => ask(path, { method: "POST", body, bearer });
    await post("/api/v1/tenants", { tenant_id: TENANT, name: "Keeper" }, operator);
    const made = await post("/api/v1/keys", { tenant_id: TENANT, name: "ci", roles: ["admin", "developer"] }, operator);
    const key = String(made.key);
    secrets.set("an API key", key).set("an API key's secret", key.slice(-49, -6));

    expect(
      await post("/api/v1/packs", { pack: "keeper", files: { "keeper/profession-pack.yaml": PACK } }, key),
    ).toMatchObject({ http: 201 });
    const kept = { value: TOOL_SECRET, host: "127.0.0.1" };
    expect(await ask("/api/v1/secrets/parrot", { method: "PUT", body: kept, bearer: key })).toMatchObject({
      http: 201,
    });
    const webhook = await post("/api/v1/webhooks", { url: `${outside}/hook` }, key);
    secrets.set("a webhook's secret", String(webhook.secret));
    expect(await post(`/api/v1/webhooks/${webhook.id}/test`, {}, key)).toMatchObject({ delivered: false });

    // Each is used, and repeated by whoever was sent it.
    const done = await runTask(`Say ${MARKER}.`, key);
    expect(done.map(typeOf).at(-1)).toBe("task.done");
    expect(sentToParrot).toEqual([`Bearer ${TOOL_SECRET}`]);
    expect((await runTask("This one will be refused.", key)).map(typeOf).at(-1)).toBe("task.failed");
    expect((await runTask("This one will break once.", key)).map(typeOf).at(-1)).toBe("task.done");

    // Mistakes that people make with them.
    for (const bearer of [
      `${key}x`,
      key.slice(0, -1),
      TOOL_SECRET,
      OPERATOR.ANTHROPIC_API_KEY,
      String(webhook.secret),
    ]) {
      expect(await ask("/api/v1/tasks", { bearer })).toMatchObject({ http: 401 });
    }
    await post(`/api/v1/agents/keeper/run`, { input: 1, key }, key);
    await post("/api/v1/packs", { pack: "keeper", files: { "keeper/profession-pack.yaml": "pack_id: [" } }, key);
    const shown = [
      "tasks",
      "keys",
      "secrets",
      "webhooks",
      `webhooks/${webhook.id}/deliveries`,
      "packs",
      "packs/keeper",
      "audit",
      "audit/head",
      "audit/key",
      "decisions",
      "dead-letters",
      "approvals",
      "policies",
    ];
    for (const route of shown) expect(await ask(`/api/v1/${route}`, { bearer: key })).toMatchObject({ http: 200 });
    for (const path of ["/health", "/ready", "/openapi.json"]) await ask(path);

    // The runtime's own tools would open every object to whoever asks.
    for (const path of ["local/explorer/api/local/workers", "explorer", "local/scheduled"]) {
      expect(await ask(`/cdn-cgi/${path}`)).toMatchObject({ http: 404, code: "NOT_FOUND" });
    }

    // Not even on the worker's own port, which its log tells.
    const [, own] = /Ready on (http\S+)/.exec(readFileSync(join(dataDir, "log"), "utf8")) ?? [];
    expect((await fetch(`${own}/cdn-cgi/local/explorer/api/local/workers`)).status).toBe(404);

    await server.interrupt();
    const places = filesBelow(dataDir);
    // Where wrangler would have written every request.
    expect([...places.keys()].filter((path) => path.includes("observability"))).toEqual([]);
    for (const [name, texts] of Object.entries({ said, prompts, output: [server.output()] })) {
      places.set(name, Buffer.from(texts.join("\n")));
    }
    const found = (bytes: Buffer): readonly string[] =>
      [...places].filter(([, all]) => all.includes(bytes)).map(([path]) => path);
    expect(found(Buffer.from(MARKER)).length).toBeGreaterThan(3);
    const leaks = [...secrets].flatMap(([name, secret]) =>
      spellingsOf(secret).flatMap((bytes, n) => found(bytes).map((path) => `${name}, spelling ${n}: ${path}`)),
    );
    expect(leaks).toEqual([]);
  });
});
