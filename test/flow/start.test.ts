/** The first promise: on a fresh machine one command brings up everything, and a kill in the middle of a run loses nothing. */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { create } from "@bufbuild/protobuf";
import { createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { AgentService, RunAgentRequestSchema, TaskState } from "../../src/gen/proto/vasini/agent/v1/agent_pb.js";
import { dataOf, fiveSteps, get, js, openEvents, postRun, readFrames, seqOf, TENANT, typeOf } from "./client.ts";
import { dropDataDir, freePort, newDataDir, type Server, startServer } from "./server.ts";

const run = promisify(execFile);
const dataDir = newDataDir();
let port: number;
let server: Server;

beforeAll(async () => {
  port = await freePort();
  server = await startServer({ dataDir, port });
});
afterAll(async () => {
  await server?.kill();
  dropDataDir(dataDir);
});

const idOf = async (response: Response): Promise<string> => {
  const body = (await response.json()) as { task_id: string };
  return body.task_id;
};

describe("npm start", () => {
  it("is ready, and says which model it uses", async () => {
    const response = await fetch(`${server.url}/ready`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status: "ready" });
    expect(server.output()).toContain("offline");
  });

  it("accepts the README's curl, runs the task to done, and numbers its events 1 to n", async () => {
    const readme = readFileSync("README.md", "utf8");
    const curl = /```(?:sh|bash)\n(curl [\s\S]*?)```/
      .exec(readme)?.[1]
      ?.replaceAll("http://127.0.0.1:8787", server.url);
    expect(curl).toBeDefined();
    const { stdout } = await run("bash", ["-c", `${curl?.trim()} -s -w '\\n%{http_code}'`]);
    const [body, status] = [stdout.slice(0, stdout.lastIndexOf("\n")), stdout.slice(stdout.lastIndexOf("\n") + 1)];
    expect(status).toBe("202");
    const taskId = (JSON.parse(body.slice(body.indexOf("{"))) as { task_id: string }).task_id;
    const tenant = /X-Tenant-ID: ([\w-]+)/i.exec(curl ?? "")?.[1] ?? "";
    const events = await fetch(`${server.url}/api/v1/tasks/${taskId}/events`, { headers: { "x-tenant-id": tenant } });
    const frames = await readFrames(events);
    expect(frames.map(seqOf)).toEqual(frames.map((_, index) => index + 1));
    expect(typeOf(frames.at(-1) ?? "")).toBe("task.done");
  });

  it.each([
    ["to run", "/api/v1/agents/hello/run", 413],
    ["to a path there is not", "/api/v1/nothing", 404],
  ])("tells a client that sends 20 MB %s what is wrong with it", async (_what, path, status) => {
    const piece = new Uint8Array(1024 * 1024).fill(120);
    const headers = { "content-type": "application/json", "x-tenant-id": TENANT, "x-idempotency-key": "large" };
    const sent = (body: BodyInit) =>
      fetch(server.url + path, { method: "POST", headers, body, duplex: "half" } as RequestInit);
    for (let round = 0; round < 3; round++) {
      let left = 20;
      const pull = (controller: ReadableStreamDefaultController<Uint8Array>) =>
        left-- > 0 ? controller.enqueue(piece) : controller.close();
      for (const body of [new Blob(Array.from({ length: 20 }, () => piece)), new ReadableStream({ pull })]) {
        const response = await sent(body);
        expect([response.status, typeof Reflect.get(Object(await response.json()), "message")]).toEqual([
          status,
          "string",
        ]);
      }
    }
  });

  it("answers 50 parallel posts of one key with one task, and another body with 422", async () => {
    const posts = await Promise.all(
      Array.from({ length: 50 }, () => postRun(server.url, { pack: "hello", input: "one", key: "fifty" })),
    );
    expect(new Set(posts.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(await Promise.all(posts.map(idOf))).size).toBe(1);
    const other = await postRun(server.url, { pack: "hello", input: "two", key: "fifty" });
    expect(other.status).toBe(422);
    expect(await other.json()).toMatchObject({ code: "IDEMPOTENCY_KEY_REUSED" });
  });

  for (const [name, makeTransport] of [
    ["Connect", createConnectTransport],
    ["gRPC-Web", createGrpcWebTransport],
  ] as const) {
    for (const useBinaryFormat of [true, false]) {
      it(`streams one RunAgent to its final status over ${name}, ${useBinaryFormat ? "binary" : "JSON"}`, async () => {
        const transport: Transport = makeTransport({ baseUrl: server.url, httpVersion: "1.1", useBinaryFormat });
        const client = createClient(AgentService, transport);
        const request = create(RunAgentRequestSchema, {
          packId: "senior-python-dev",
          tenantId: TENANT,
          input: js("6 * 7"),
          idempotencyKey: `rpc-${name}-${useBinaryFormat}`,
        });
        const cases: (string | undefined)[] = [];
        let state: TaskState | undefined;
        for await (const { payload } of client.runAgent(request)) {
          cases.push(payload.case);
          if (payload.case === "status") state = payload.value.state;
        }
        expect(cases).toContain("textChunk");
        expect(cases).toContain("toolCall");
        expect(cases).toContain("toolResult");
        expect(cases.indexOf("status")).toBe(cases.length - 1);
        expect(state).toBe(TaskState.DONE);
      });
    }
  }

  it("runs an agent for the official MCP client", async () => {
    const client = new Client({ name: "flow", version: "1.0.0" });
    const requestInit = { headers: { "x-tenant-id": TENANT } };
    await client.connect(new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`), { requestInit }));
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain("senior-python-dev");
    const result = await client.callTool({ name: "senior-python-dev", arguments: { input: js("6 * 7") } });
    expect(result).toMatchObject({ isError: false, structuredContent: { state: "done" } });
    await client.close();
  });

  it("survives SIGKILL after the second result: five results, none twice, the same bytes for a resuming reader", async () => {
    const taskId = await idOf(await postRun(server.url, { pack: "senior-python-dev", input: slowFive, key: "killed" }));
    let results = 0;
    const before = await readFrames(await openEvents(server.url, taskId, 0), (frame) => {
      if (typeOf(frame) === "tool.result") results += 1;
      return results === 2;
    });
    await server.kill();
    server = await startServer({ dataDir, port });
    const after = await readFrames(await openEvents(server.url, taskId, before.length));
    const whole = await readFrames(await openEvents(server.url, taskId, 0));
    expect([...before, ...after].join("")).toBe(whole.join(""));
    expect(whole.map(seqOf)).toEqual(whole.map((_, index) => index + 1));
    const calls = whole.filter((frame) => typeOf(frame) === "tool.result").map((frame) => dataOf(frame).call_id);
    expect(calls).toHaveLength(5);
    expect(new Set(calls).size).toBe(5);
    const task = await get(server.url, `/api/v1/tasks/${taskId}`);
    expect(await task.json()).toMatchObject({ state: "done", attempt: 0 });
  });

  it("has what its tools did in an audit log that verifies", async () => {
    const vasini = (words: readonly string[]) =>
      run("node", ["src/cli/bin.mjs", ...words], {
        env: { ...process.env, VASINI_URL: server.url, VASINI_TENANT: TENANT, VASINI_API_KEY: "" },
      });
    const file = join(dataDir, "audit.ndjson");
    // Each task tells Postgres by itself; the test's limit bounds the wait.
    for (let rows: string[] = []; rows.length < 5; ) {
      const { stdout } = await vasini(["audit", "export"]);
      rows = stdout.split("\n").filter((line) => line.includes('"tool.executed"'));
      writeFileSync(file, stdout);
    }
    const { stdout } = await vasini(["audit", "verify", file]);
    expect(stdout).toMatch(/^whole: \d+ rows of tenant-flow/);
  });

  it("lists what it did before the kill", async () => {
    const look = async (): Promise<void> => {
      const list = (await (await get(server.url, "/api/v1/tasks?limit=100")).json()) as { items: { state: string }[] };
      expect(list.items.length).toBeGreaterThanOrEqual(6);
      expect(new Set(list.items.map(({ state }) => state))).toEqual(new Set(["done"]));
    };
    // Each task tells the list by itself, and again when the kill came before it was told.
    await vi.waitFor(look, { timeout: 240_000, interval: 250 });
  });

  it("ends with exit code 0 on Ctrl-C, also with a task running", async () => {
    const taskId = await idOf(
      await postRun(server.url, { pack: "hello", input: "@sleep 5m\n@say never", key: "running" }),
    );
    await readFrames(await openEvents(server.url, taskId, 0), (frame) => typeOf(frame) === "step.started");
    expect(await server.interrupt()).toBe(0);
  });
});

/** Five tool steps with a pause of the model between them, so that the kill falls in the middle of the run. */
const slowFive = fiveSteps.split("\n").join("\n@sleep 300ms\n");
