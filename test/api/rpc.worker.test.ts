/** RunAgent, GetAgentStatus and CancelAgent over Connect and gRPC-Web, JSON and binary, in the real runtime. */
import { toJson } from "@bufbuild/protobuf";
import { StructSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { beforeAll, describe, expect, it } from "vitest";
import { AgentService, type RunAgentResponse, TaskState } from "../../src/gen/proto/vasini/agent/v1/agent_pb.js";
import { deriveAgentId, parseTenantId } from "../../src/platform/index.ts";
import {
  accept,
  finished,
  follow,
  framesOf,
  newKey,
  ORIGIN,
  publishShared,
  run,
  TENANT,
  typeOf,
  worker,
} from "./gateway.ts";

const call = (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
  // The browser client sets members of fetch that only browsers have.
  const { method, headers, body, signal } = init ?? {};
  return worker(new Request(String(input), { method, headers, body, signal } as RequestInit));
};
const options = { baseUrl: ORIGIN, fetch: call as typeof fetch };
const CLIENTS = {
  "Connect JSON": createClient(AgentService, createConnectTransport({ ...options, useBinaryFormat: false })),
  "Connect binary": createClient(AgentService, createConnectTransport({ ...options, useBinaryFormat: true })),
  "gRPC-Web JSON": createClient(AgentService, createGrpcWebTransport({ ...options, useBinaryFormat: false })),
  "gRPC-Web binary": createClient(AgentService, createGrpcWebTransport({ ...options, useBinaryFormat: true })),
};
type Client = (typeof CLIENTS)["Connect JSON"];

const WRITE = '@tool file_manager {"action":"write","path":"/workspace/a.txt","content":"x"}';

const request = (input: string, change: Record<string, unknown> = {}) => ({
  packId: "tester",
  tenantId: TENANT,
  input,
  idempotencyKey: newKey(),
  ...change,
});

type Stream = { readonly messages: RunAgentResponse[]; readonly header: Headers; readonly trailer: Headers };

async function runToEnd(
  client: Client,
  message: ReturnType<typeof request>,
  headers: Record<string, string> = {},
): Promise<Stream> {
  const messages: RunAgentResponse[] = [];
  let [header, trailer] = [new Headers(), new Headers()];
  const stream = client.runAgent(message, {
    headers,
    onHeader: (found) => {
      header = found;
    },
    onTrailer: (found) => {
      trailer = found;
    },
  });
  for await (const found of stream) messages.push(found);
  return { messages, header, trailer };
}

async function errorOf(asked: () => Promise<unknown>): Promise<ConnectError> {
  try {
    await asked();
  } catch (thrown) {
    if (thrown instanceof ConnectError) return thrown;
    throw thrown;
  }
  throw new Error("the call did not fail");
}

const casesOf = (messages: readonly RunAgentResponse[]) => messages.map(({ payload }) => payload.case);
const textOf = (messages: readonly RunAgentResponse[]) =>
  messages.map(({ payload }) => (payload.case === "textChunk" ? payload.value : "")).join("");

beforeAll(async () => {
  await publishShared("tester", {
    more: `
tools:
  available:
    - { id: "file_manager", name: "File Manager", sandbox: { timeout: "10s", filesystem: "scoped", scoped_paths: ["/workspace"] } }
guardrails: { input: { max_length: 1000 } }
`,
  });
  const asking = 'tools: { available: [{ id: "file_manager", name: "File Manager", requires_approval: true }] }';
  await publishShared("asks", { more: asking });
});

describe.each(Object.entries(CLIENTS))("over %s", (_name, client) => {
  it("RunAgent streams text and then the final status, once and last", async () => {
    const { messages } = await runToEnd(client, request("Introduce yourself"));
    expect(messages.length).toBeGreaterThanOrEqual(2);
    expect(messages[0]?.payload.case).toBe("textChunk");
    expect(casesOf(messages).indexOf("status")).toBe(messages.length - 1);
    expect(messages.at(-1)?.payload).toMatchObject({
      case: "status",
      value: { state: TaskState.DONE, packId: "tester", packVersion: "1.0.0", errorCode: "" },
    });
    const sequences = messages.map(({ sequence }) => Number(sequence));
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
  });

  it("RunAgent ends with the status WAITING when its task waits for a person, and again when it is asked again", async () => {
    const message = request(WRITE, { packId: "asks" });
    for (let call = 1; call <= 2; call++) {
      const { messages } = await runToEnd(client, message);
      expect(casesOf(messages)).toEqual(["toolCall", "status"]);
      expect(messages.at(-1)?.payload).toMatchObject({ value: { state: TaskState.WAITING } });
    }
  });

  it("RunAgent shows calls and their results under one id", async () => {
    const { messages } = await runToEnd(client, request(WRITE));
    const payloads = messages.map(({ payload }) => payload);
    const calls = payloads.flatMap((payload) => (payload.case === "toolCall" ? [payload.value] : []));
    const results = payloads.flatMap((payload) => (payload.case === "toolResult" ? [payload.value] : []));
    expect(calls).toMatchObject([{ toolId: "file_manager", toolName: "File Manager" }]);
    expect(JSON.parse(calls[0]?.argumentsJson ?? "")).toMatchObject({ action: "write" });
    expect(results).toMatchObject([{ toolId: "file_manager", success: true, error: "" }]);
    expect(results[0]?.callId).toBe(calls[0]?.callId);
  });

  it("RunAgent ends with the reason of a task that failed", async () => {
    const { messages } = await runToEnd(client, request("@fail 401 9"));
    expect(messages.at(-1)?.payload).toMatchObject({
      case: "status",
      value: { state: TaskState.FAILED, errorCode: "PROVIDER_AUTH" },
    });
  });

  it("headers and trailers carry the trace, the tenant, the agent and the task", async () => {
    const { messages, header, trailer } = await runToEnd(client, request("Hello"), { "x-request-id": "trace-abc" });
    const status = messages.at(-1)?.payload;
    const tenant = parseTenantId(TENANT);
    if (status?.case !== "status" || tenant === undefined) return expect.unreachable();
    const agentId = await deriveAgentId({ tenant, packId: "tester", packVersion: "1.0.0", sessionId: null });
    for (const found of [header, trailer]) {
      expect(found.get("trace_id")).toBe("trace-abc");
      expect(found.get("tenant_id")).toBe(TENANT);
      expect(found.get("agent_id")).toBe(agentId);
      expect(found.get("task_id")).toBe(status.value.taskId);
    }
  });

  it("RunAgent with the same key re-attaches to the same task from its start", async () => {
    const message = request(`${WRITE}\n@say done`);
    const first = await runToEnd(client, message);
    const again = await runToEnd(client, message);
    expect(again.messages.map(({ payload, sequence }) => ({ payload, sequence }))).toEqual(
      first.messages.map(({ payload, sequence }) => ({ payload, sequence })),
    );
    expect(again.trailer.get("task_id")).toBe(first.trailer.get("task_id"));
    const error = await errorOf(() => runToEnd(client, { ...message, input: "other" }));
    expect(error.code).toBe(Code.InvalidArgument);
    const [detail] = error.findDetails(StructSchema);
    expect(detail && toJson(StructSchema, detail)).toMatchObject({ code: "IDEMPOTENCY_KEY_REUSED" });
  });

  it("a request is the same one whether it came by REST or by RPC", async () => {
    const key = newKey();
    const more = { session_id: "s-1", metadata: { a: "1" }, tier: "tier-3", version: "1.0.0" };
    const taskId = await accept("Hello", { key, more });
    const message = { sessionId: "s-1", metadata: { a: "1" }, tier: "tier-3", version: "1.0.0", idempotencyKey: key };
    const { trailer } = await runToEnd(client, request("Hello", message));
    expect(trailer.get("task_id")).toBe(taskId);
    const plain = newKey();
    await runToEnd(client, request("Hello", { idempotencyKey: plain }));
    const rest = await run("Hello", { key: plain });
    expect([rest.status, rest.headers.get("idempotent-replayed")]).toEqual([202, "true"]);
  });

  it("GetAgentStatus answers what REST answers", async () => {
    const taskId = await accept("Hello");
    await finished(taskId);
    const status = await client.getAgentStatus({ taskId, tenantId: TENANT });
    expect(status).toMatchObject({ taskId, state: TaskState.DONE, packId: "tester", packVersion: "1.0.0" });
    const error = await errorOf(() => client.getAgentStatus({ taskId, tenantId: "tenant-456" }));
    expect(error.code).toBe(Code.NotFound);
  });

  it("CancelAgent ends a task, says so again, and comes too late for one that is done", async () => {
    const taskId = await accept("@sleep 60s");
    for (let time = 0; time < 2; time++) {
      expect((await client.cancelAgent({ taskId, tenantId: TENANT })).success).toBe(true);
    }
    expect((await client.getAgentStatus({ taskId, tenantId: TENANT })).state).toBe(TaskState.CANCELLED);
    const done = await accept("Hello");
    await finished(done);
    expect((await errorOf(() => client.cancelAgent({ taskId: done, tenantId: TENANT }))).code).toBe(
      Code.FailedPrecondition,
    );
    const unknown = { taskId: "00000000-0000-8000-8000-000000000000", tenantId: TENANT };
    expect((await errorOf(() => client.cancelAgent(unknown))).code).toBe(Code.NotFound);
  });

  it("refuses what REST refuses", async () => {
    const refusals: [Record<string, unknown>, Code][] = [
      [{ packId: "no-such-pack" }, Code.NotFound],
      [{ version: "9.9.9" }, Code.NotFound],
      [{ input: "x".repeat(1001) }, Code.InvalidArgument],
    ];
    for (const [change, code] of refusals) {
      expect((await errorOf(() => runToEnd(client, request("Hello", change)))).code).toBe(code);
    }
  });

  it("a deadline ends the call and leaves the task running", async () => {
    const key = newKey();
    const taskId = await accept("@sleep 60s", { key });
    const error = await errorOf(async () => {
      for await (const _ of client.runAgent(request("@sleep 60s", { idempotencyKey: key }), { timeoutMs: 100 }));
    });
    expect(error.code).toBe(Code.DeadlineExceeded);
    expect((await client.cancelAgent({ taskId, tenantId: TENANT })).success).toBe(true);
  });

  it("a client that goes away leaves the task running", async () => {
    const key = newKey();
    const input = "@say first\n@sleep 60s";
    const taskId = await accept(input, { key });
    const abort = new AbortController();
    const error = await errorOf(async () => {
      for await (const _ of client.runAgent(request(input, { idempotencyKey: key }), { signal: abort.signal }))
        abort.abort();
    });
    expect(error.code).toBe(Code.Canceled);
    const { state } = await client.getAgentStatus({ taskId, tenantId: TENANT });
    expect([TaskState.QUEUED, TaskState.RUNNING]).toContain(state);
    expect((await client.cancelAgent({ taskId, tenantId: TENANT })).success).toBe(true);
  });

  it("sees the text of the event stream, all of it", async () => {
    const { messages, trailer } = await runToEnd(client, request("@say one\n@say two"));
    const frames = await framesOf(follow(trailer.get("task_id") ?? ""));
    const deltas = frames.filter((frame) => typeOf(frame) === "text.delta");
    const text = deltas.map((frame) => JSON.parse(/^data: (.*)$/m.exec(frame)?.[1] ?? "{}").data.text).join("");
    expect(textOf(messages)).toBe(text);
  });
});
