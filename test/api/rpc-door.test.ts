/** RPC with nothing behind it: every refusal is a Connect error, in the client's own protocol. */
import { fromBinary, toJson } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema, StructSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { describe, expect, it } from "vitest";
import { type ApiConfig, createApi } from "../../src/api/index.ts";
import {
  Health,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "../../src/gen/proto/grpc/health/v1/health_pb.js";
import { AgentService } from "../../src/gen/proto/vasini/agent/v1/agent_pb.js";
import { accessWith } from "./access-rig.ts";
import { keyring } from "./keyring.ts";
import { manualClock, memoryLog, roomsBehind } from "./ports.ts";
import { limiterInMemory } from "./rate-memory.ts";

const nothing = (): never => {
  throw new Error("secret: nothing should be reached");
};

function door(config: Partial<ApiConfig> = {}, origin = "http://localhost:8787") {
  const api = createApi({
    config: {
      environment: "development",
      authMode: "dev",
      defaultTier: "tier-2",
      corsOrigins: [],
      bodyBytesMax: 1024,
      startsItself: true,
      ...config,
    },
    credentials: keyring({ authMode: config.authMode ?? "dev" }).credentials,
    access: accessWith(),
    ...roomsBehind(nothing),
    limiter: limiterInMemory(),
    clock: manualClock(),
    random: () => 0,
    log: memoryLog(),
    ready: async () => ({ checks: {}, database: null }),
  });
  const fetch = (input: RequestInfo | URL, init?: RequestInit) => api(new Request(input, init), { waitUntil: nothing });
  const options = { baseUrl: origin, fetch: fetch as typeof globalThis.fetch };
  const transports: Record<string, Transport> = {
    "Connect JSON": createConnectTransport({ ...options, useBinaryFormat: false }),
    "Connect binary": createConnectTransport({ ...options, useBinaryFormat: true }),
    "gRPC-Web JSON": createGrpcWebTransport({ ...options, useBinaryFormat: false }),
    "gRPC-Web binary": createGrpcWebTransport({ ...options, useBinaryFormat: true }),
  };
  return { fetch, transports };
}

const PROTOCOLS = ["Connect JSON", "Connect binary", "gRPC-Web JSON", "gRPC-Web binary"];

function clientOf(protocol: string, config: Partial<ApiConfig> = {}, origin?: string) {
  const transport = door(config, origin).transports[protocol];
  if (transport === undefined) throw new TypeError(`no such protocol: ${protocol}`);
  return { agent: createClient(AgentService, transport), health: createClient(Health, transport) };
}

async function errorOf(call: () => Promise<unknown>): Promise<ConnectError> {
  try {
    await call();
  } catch (thrown) {
    if (thrown instanceof ConnectError) return thrown;
    throw thrown;
  }
  throw new Error("the call did not fail");
}

/** What the details say beyond the Connect code. */
const detailsOf = (error: ConnectError): unknown =>
  error.findDetails(StructSchema).map((detail) => toJson(StructSchema, detail))[0];

const drain = async (stream: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of stream);
};

const FULL = { packId: "hello", tenantId: "tenant-123", input: "Hello", idempotencyKey: "k-1" };

const RUNS: [string, Partial<typeof FULL> & Record<string, unknown>, Code, string, string][] = [
  ["no tenant", { tenantId: "" }, Code.InvalidArgument, "tenant_id is required", "MISSING_TENANT"],
  [
    "no tenant and no input",
    { tenantId: "", input: "" },
    Code.InvalidArgument,
    "tenant_id is required",
    "MISSING_TENANT",
  ],
  ["no input", { input: "" }, Code.InvalidArgument, "input is required", "MISSING_INPUT"],
  ["no key", { idempotencyKey: "" }, Code.InvalidArgument, "idempotency_key is required", "MISSING_IDEMPOTENCY_KEY"],
  ["a NUL in the input", { input: "a\0b" }, Code.InvalidArgument, "text that cannot be stored", "INVALID_REQUEST"],
  [
    "a NUL in the metadata",
    { metadata: { a: "\0" } },
    Code.InvalidArgument,
    "text that cannot be stored",
    "INVALID_REQUEST",
  ],
  ["a malformed session", { sessionId: "a b" }, Code.InvalidArgument, "/session_id", "INVALID_REQUEST"],
  ["a tier there is not", { tier: "tier-9" }, Code.InvalidArgument, "/tier", "INVALID_REQUEST"],
  ["a malformed pack", { packId: "../x" }, Code.InvalidArgument, "A pack id is", "INVALID_REQUEST"],
  ["a malformed tenant", { tenantId: "a/b" }, Code.InvalidArgument, "tenant_id must be", "INVALID_REQUEST"],
  ["a fault of ours", {}, Code.Internal, "Something went wrong on our side", "INTERNAL"],
];

describe.each(PROTOCOLS)("RunAgent over %s", (protocol) => {
  it.each(RUNS)("refuses %s", async (_name, change, code, message, appCode) => {
    const { agent } = clientOf(protocol);
    const error = await errorOf(() => drain(agent.runAgent({ ...FULL, ...change })));
    expect(error.code).toBe(code);
    expect(error.rawMessage).toContain(message);
    expect(error.rawMessage).not.toContain("secret");
    expect(detailsOf(error)).toMatchObject({ code: appCode });
  });

  it("gives an error the trace id it was called with", async () => {
    const { agent } = clientOf(protocol);
    const headers = { trace_id: "trace-abc" };
    const error = await errorOf(() => drain(agent.runAgent({ ...FULL, input: "" }, { headers })));
    expect(error.metadata.get("trace_id")).toBe("trace-abc");
    expect(error.metadata.get("tenant_id")).toBe("tenant-123");
  });

  it("refuses a tenant that the header contradicts", async () => {
    const { agent } = clientOf(protocol);
    const error = await errorOf(() => drain(agent.runAgent(FULL, { headers: { "x-tenant-id": "other" } })));
    expect([error.code, detailsOf(error)]).toMatchObject([Code.PermissionDenied, { code: "TENANT_MISMATCH" }]);
  });
});

describe.each(PROTOCOLS)("admission over %s", (protocol) => {
  const refusals: [string, Code, () => ReturnType<typeof clientOf>, Record<string, string>][] = [
    ["no credential in required mode", Code.Unauthenticated, () => clientOf(protocol, { authMode: "required" }), {}],
    ["a wrong key in dev mode", Code.Unauthenticated, () => clientOf(protocol), { authorization: "Bearer x" }],
    [
      "the bootstrap key",
      Code.PermissionDenied,
      () => clientOf(protocol, { authMode: "required" }),
      { authorization: "Bearer admin" },
    ],
    ["a page of another origin", Code.PermissionDenied, () => clientOf(protocol), { origin: "https://evil.example" }],
    ["a foreign host in dev mode", Code.InvalidArgument, () => clientOf(protocol, {}, "http://evil.example"), {}],
    ["headers over the limit", Code.ResourceExhausted, () => clientOf(protocol), { cookie: "x".repeat(20_000) }],
  ];
  it.each(refusals)("refuses %s with a Connect error", async (_name, code, client, headers) => {
    const { agent } = client();
    const status = await errorOf(() => agent.getAgentStatus({ taskId: "t", tenantId: "tenant-123" }, { headers }));
    expect(status.code).toBe(code);
    const run = await errorOf(() => drain(agent.runAgent(FULL, { headers })));
    expect(run.code).toBe(code);
    expect(run.metadata.get("trace_id")).toMatch(/^[0-9a-f]{32}$/);
  });

  it("refuses a message over the limit", async () => {
    const { agent } = clientOf(protocol);
    const error = await errorOf(() => drain(agent.runAgent({ ...FULL, input: "x".repeat(2000) })));
    expect([error.code, detailsOf(error)]).toMatchObject([Code.ResourceExhausted, { code: "TOO_LARGE" }]);
  });

  it("finds no task under what is no task's id", async () => {
    const { agent } = clientOf(protocol);
    const request = { taskId: "task-123", tenantId: "tenant-123" };
    expect((await errorOf(() => agent.getAgentStatus(request))).code).toBe(Code.NotFound);
    expect((await errorOf(() => agent.cancelAgent(request))).code).toBe(Code.NotFound);
  });

  it("asks for the tenant first", async () => {
    const { agent } = clientOf(protocol);
    const request = { taskId: "", tenantId: "" };
    expect((await errorOf(() => agent.getAgentStatus(request))).rawMessage).toBe("tenant_id is required");
    expect((await errorOf(() => agent.cancelAgent(request))).rawMessage).toBe("tenant_id is required");
  });
});

describe.each(PROTOCOLS)("health over %s", (protocol) => {
  it("answers without a tenant and without a credential", async () => {
    const { health } = clientOf(protocol, { authMode: "required" });
    for (const service of ["", AgentService.typeName]) {
      expect((await health.check({ service })).status).toBe(ServingStatus.SERVING);
    }
  });

  it("knows no other service", async () => {
    const { health } = clientOf(protocol);
    expect((await errorOf(() => health.check({ service: "x.Y" }))).code).toBe(Code.NotFound);
  });

  it("tells a watcher at once", async () => {
    const { health } = clientOf(protocol);
    for await (const { status } of health.watch({ service: "x.Y" })) {
      expect(status).toBe(ServingStatus.SERVICE_UNKNOWN);
      break;
    }
  });
});

describe("the rest of the RPC paths", () => {
  it("says unimplemented for a method there is not", async () => {
    const response = await door().fetch("http://localhost/vasini.agent.v1.AgentService/Nope", { method: "POST" });
    expect([response.status, await response.json()]).toEqual([404, expect.objectContaining({ code: "unimplemented" })]);
  });

  it("serves the descriptor of every service", async () => {
    const response = await door().fetch("http://localhost/descriptor.binpb");
    const set = fromBinary(FileDescriptorSetSchema, new Uint8Array(await response.arrayBuffer()));
    const services = set.file.flatMap((file) => file.service.map(({ name }) => `${file.package}.${name}`));
    expect(services).toEqual([AgentService.typeName, Health.typeName]);
  });

  it("knows the length of a wait its client may ask for", async () => {
    const { agent } = clientOf("Connect JSON");
    const error = await errorOf(() => agent.getAgentStatus({ taskId: "t", tenantId: "t" }, { timeoutMs: 7_200_000 }));
    expect(error.code).toBe(Code.InvalidArgument);
  });
});
