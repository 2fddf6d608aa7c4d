/** The agents as an MCP server, asked by the official client in the real runtime. */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { CfWorkerJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/cfworker";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { MCP_WAIT_MS_MAX } from "../../src/api/limits.ts";
import { replaceSleeps } from "../case/sleeps.ts";
import {
  accept,
  answerOf,
  ask,
  finished,
  type Json,
  newKey,
  ORIGIN,
  publishShared,
  TENANT,
  worker,
} from "./gateway.ts";

async function connect(tenant: string): Promise<Client> {
  const client = new Client(
    { name: "test", version: "1.0.0" },
    { jsonSchemaValidator: new CfWorkerJsonSchemaValidator() },
  );
  const send = (input: string | URL, init?: RequestInit) => worker(new Request(String(input), init));
  const transport = new StreamableHTTPClientTransport(new URL(`${ORIGIN}/mcp`), {
    fetch: send,
    requestInit: { headers: { "x-tenant-id": tenant } },
  });
  await client.connect(transport);
  return client;
}

type Called = { readonly text: string; readonly facts: Json; readonly isError: boolean };

async function call(client: Client, name: string, args: Json, onProgress?: (message: string) => void): Promise<Called> {
  const options = onProgress && {
    onprogress: ({ message }: { readonly message?: string | undefined }) => onProgress(message ?? ""),
  };
  const result = await client.callTool({ name, arguments: { ...args } }, undefined, options);
  const [first] = result.content as readonly { readonly text: string }[];
  return { text: first?.text ?? "", facts: result.structuredContent as Json, isError: result.isError === true };
}

const WRITE = '@tool file_manager {"action":"write","path":"/workspace/a.txt","content":"x"}\n@say It is written.';

describe("the agents as an MCP server", () => {
  let client: Client;
  beforeAll(async () => {
    await publishShared("tester", {
      more: 'tools:\n  available:\n    - { id: "file_manager", name: "Files", sandbox: { timeout: "10s", filesystem: "read_write" } }\n',
    });
    client = await connect(TENANT);
  });

  it("offers a tool for each pack, and two for tasks", async () => {
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name).sort()).toEqual(["cancel_task", "get_task", "tester"]);
    expect(tools.find(({ name }) => name === "tester")?.inputSchema).toMatchObject({
      type: "object",
      required: ["input"],
    });
  });

  it("runs a task to its end, tells of its tools on the way, and answers with its output", async () => {
    const seen: string[] = [];
    const { text, facts, isError } = await call(client, "tester", { input: WRITE }, (message) => seen.push(message));
    expect({ isError, state: facts.state, seen }).toEqual({ isError: false, state: "done", seen: ["Files"] });
    expect(text).toContain("It is written.");
    const task = await finished(String(facts.task_id));
    expect(task.output).toBe(text);
  });

  it("gives the same task for the same idempotency key, and refuses the key with another input", async () => {
    const key = newKey();
    const first = await call(client, "tester", { input: "Hi", idempotency_key: key });
    const again = await call(client, "tester", { input: "Hi", idempotency_key: key });
    expect(again.facts.task_id).toBe(first.facts.task_id);
    const other = await call(client, "tester", { input: "Ho", idempotency_key: key });
    expect(other).toMatchObject({ isError: true, facts: { error: { code: "IDEMPOTENCY_KEY_REUSED" } } });
  });

  it("is the same task that REST accepted under the key", async () => {
    const key = newKey();
    const taskId = await accept("Hello", { key });
    expect((await call(client, "tester", { input: "Hello", idempotency_key: key })).facts.task_id).toBe(taskId);
  });

  it("answers for a task that was started elsewhere, and stops one that runs", async () => {
    const taskId = await accept("@sleep 1h");
    expect(await call(client, "get_task", { task_id: taskId })).toMatchObject({ isError: false });
    const cancelled = await call(client, "cancel_task", { task_id: taskId });
    expect(cancelled).toMatchObject({ isError: true, facts: { state: "cancelled" } });
  });

  it("answers a call that lasts too long with the task's id, and the task goes on", async () => {
    replaceSleeps((sleep) => (ms, signal) => sleep(ms === MCP_WAIT_MS_MAX ? 100 : ms, signal));
    const long = await call(client, "tester", { input: "@sleep 1h" });
    vi.restoreAllMocks();
    expect(long).toMatchObject({ isError: false, facts: { state: expect.stringMatching(/queued|running/) } });
    expect(long.text).toContain(String(long.facts.task_id));
    const cancelled = await call(client, "cancel_task", { task_id: long.facts.task_id });
    expect(cancelled).toMatchObject({ facts: { state: "cancelled" } });
  });

  it("says of a failed task that it is an error, and why", async () => {
    const failed = await call(client, "tester", { input: "@fail 401" });
    expect(failed).toMatchObject({ isError: true, facts: { state: "failed", error: { code: "PROVIDER_AUTH" } } });
    expect(failed.text).toContain("PROVIDER_AUTH");
  });

  const mistakes: readonly (readonly [string, string, Json, string])[] = [
    ["an unknown pack", "no-such-pack", { input: "x" }, "PACK_NOT_FOUND"],
    ["a name that no pack can have", "No Pack", { input: "x" }, "PACK_NOT_FOUND"],
    ["no input", "tester", {}, "MISSING_INPUT"],
    ["an unknown argument", "tester", { input: "x", speed: 3 }, "INVALID_REQUEST"],
    ["a bad session", "tester", { input: "x", session_id: "a b" }, "INVALID_REQUEST"],
    ["a bad key", "tester", { input: "x", idempotency_key: "ä" }, "INVALID_REQUEST"],
    ["a task id that is none", "get_task", { task_id: "x" }, "TASK_NOT_FOUND"],
    ["a member of Object", "constructor", { input: "x" }, "PACK_NOT_FOUND"],
  ];
  for (const [what, name, args, code] of mistakes) {
    it(`answers ${what} with ${code}, for the model to read`, async () => {
      expect(await call(client, name, args)).toMatchObject({ isError: true, facts: { error: { code } } });
    });
  }

  it("names each fault of the arguments once", async () => {
    const { facts } = await call(client, "tester", { input: "x", speed: 3, sped: 4 });
    expect(facts).toMatchObject({
      error: { message: "The body is not valid: /speed: is not known here; /sped: is not known here" },
    });
  });

  it("tells another tenant's task and a missing one apart by nothing", async () => {
    const taskId = await accept("Hi");
    const stranger = await connect("tenant-456");
    const foreign = await call(stranger, "get_task", { task_id: taskId });
    const missing = await call(stranger, "get_task", { task_id: "00000000-0000-8000-8000-000000000000" });
    expect(foreign).toEqual(missing);
    expect(await call(stranger, "cancel_task", { task_id: taskId })).toMatchObject({ facts: missing.facts });
  });

  it("asks who calls before anything of the protocol", async () => {
    const body = { jsonrpc: "2.0", id: 1, method: "tools/list" };
    expect(await answerOf(ask("/mcp", { tenant: null, body }))).toMatchObject({
      status: 400,
      body: { code: "MISSING_TENANT" },
    });
    expect((await ask("/mcp")).status).toBe(405);
  });
});
