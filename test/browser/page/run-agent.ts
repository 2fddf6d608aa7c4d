/**
 * The script of the test's page: a browser client as a user would write one, bundled by the test and run in Chromium.
 * It holds no expectation; it returns what the stream brought, as plain data.
 */
import { createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { AgentService, TaskState } from "../../../src/gen/proto/vasini/agent/v1/agent_pb.js";

export type RunOptions = {
  readonly baseUrl: string;
  readonly protocol: "connect-json" | "connect-binary" | "grpc-web";
  readonly input: string;
  readonly key: string;
};

const STREAM_TIMEOUT_MS = 40_000;

function transportOf({ baseUrl, protocol }: RunOptions): Transport {
  if (protocol === "grpc-web") return createGrpcWebTransport({ baseUrl });
  return createConnectTransport({ baseUrl, useBinaryFormat: protocol === "connect-binary" });
}

/** One RunAgent to its end: each message's kind, place in the stream, and what it said. */
async function runAgent(options: RunOptions) {
  const client = createClient(AgentService, transportOf(options));
  const request = {
    packId: "senior-python-dev",
    tenantId: "browser",
    input: options.input,
    idempotencyKey: options.key,
  };
  const messages = [];
  for await (const { payload, sequence } of client.runAgent(request, { timeoutMs: STREAM_TIMEOUT_MS })) {
    messages.push({
      kind: payload.case ?? "nothing",
      sequence: Number(sequence),
      text: payload.case === "textChunk" ? payload.value : "",
      success: payload.case === "toolResult" ? payload.value.success : null,
      state: payload.case === "status" ? TaskState[payload.value.state] : null,
    });
  }
  return messages;
}

Object.assign(globalThis, { runAgent });
