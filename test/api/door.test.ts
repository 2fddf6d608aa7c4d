/**
 * The door with nothing behind it: what is answered before any room is asked. Whatever is reached by mistake throws,
 * and would show as INTERNAL.
 */
import { cors } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { type ApiConfig, type ApiDeps, createApi, type Readiness, type ReadyChecks } from "../../src/api/index.ts";
import { ROUTES } from "../../src/api/routes.ts";
import { Problem } from "../../src/api/schema.ts";
import { ERRORS } from "../../src/platform/index.ts";
import { accessWith } from "./access-rig.ts";
import { keyring } from "./keyring.ts";
import { manualClock, memoryLog, roomsBehind } from "./ports.ts";
import { limiterInMemory } from "./rate-memory.ts";

const CONFIG: ApiConfig = {
  environment: "development",
  authMode: "dev",
  defaultTier: "tier-2",
  corsOrigins: ["https://console.example"],
  bodyBytesMax: 1024,
  startsItself: true,
};

const nothing = (): never => {
  throw new Error("secret: nothing should be reached");
};

type Options = {
  readonly config?: Partial<ApiConfig>;
  readonly checks?: ReadyChecks;
  readonly database?: Readiness["database"];
};

function door(options: Options = {}) {
  const log = memoryLog();
  const config = { ...CONFIG, ...options.config };
  const deps: ApiDeps = {
    config,
    credentials: keyring({ authMode: config.authMode }).credentials,
    access: accessWith(),
    ...roomsBehind(nothing),
    limiter: limiterInMemory(),
    assets: async (path) => new Response(path, { status: path === "/docs/swagger-ui.css" ? 200 : 404 }),
    clock: manualClock(),
    random: () => 0,
    log,
    ready: async () => ({ checks: options.checks ?? { objects: "ok" }, database: options.database ?? null }),
  };
  const api = createApi(deps);
  const call = (path: string, init: RequestInit = {}, origin = "http://localhost:8787") =>
    api(new Request(`${origin}${path}`, init), { waitUntil: nothing });
  return { call, api: (request: Request) => api(request, { waitUntil: nothing }), log };
}

const TENANT = { "x-tenant-id": "tenant-123" };
const RUN = "/api/v1/agents/hello/run";
const json = (body: unknown, headers: Record<string, string> = TENANT): RequestInit => ({
  method: "POST",
  body: JSON.stringify(body),
  headers: { "content-type": "application/json", ...headers },
});

describe("a body that was refused unread", () => {
  it.each([
    ["development", true],
    ["production", false],
  ] as const)("is read to its end in %s: %s", async (environment, isRead) => {
    const request = new Request("http://localhost:8787/api/v1/nothing", { method: "POST", body: "x".repeat(3_000) });
    const { api } = door({ config: { environment } });
    expect((await api(request)).status).toBe(404);
    expect(request.bodyUsed).toBe(isRead);
  });
});

describe("errors before any room is asked", () => {
  const UNKNOWN = "00000000-0000-8000-8000-000000000000";
  const cases: [string, string, RequestInit, keyof typeof ERRORS][] = [
    ["no tenant", RUN, json({}, {}), "MISSING_TENANT"],
    ["no tenant on the status", "/api/v1/agents/status/task-123", {}, "MISSING_TENANT"],
    ["a tenant and no input", RUN, json({}), "MISSING_INPUT"],
    ["no body at all", RUN, { method: "POST", headers: TENANT }, "MISSING_INPUT"],
    ["an empty input", RUN, json({ input: "" }), "MISSING_INPUT"],
    ["an input of null", RUN, json({ input: null }), "MISSING_INPUT"],
    ["an input that is no string", RUN, json({ input: 7 }), "INVALID_REQUEST"],
    ["an input and no key", RUN, json({ input: "Hello" }), "MISSING_IDEMPOTENCY_KEY"],
    ["a body that is a list", RUN, json([]), "INVALID_REQUEST"],
    [
      "a key of 256 characters",
      RUN,
      json({ input: "Hello" }, { ...TENANT, "x-idempotency-key": "k".repeat(256) }),
      "INVALID_REQUEST",
    ],
    ["a key with a space", RUN, json({ input: "Hello" }, { ...TENANT, "x-idempotency-key": "a b" }), "INVALID_REQUEST"],
    [
      "two keys that differ",
      RUN,
      json({ input: "Hello" }, { ...TENANT, "x-idempotency-key": "a", "idempotency-key": "b" }),
      "INVALID_REQUEST",
    ],
    ["a malformed session", RUN, json({ input: "Hello", session_id: "a b" }), "INVALID_REQUEST"],
    ["metadata that is no text", RUN, json({ input: "Hello", metadata: { a: 1 } }), "INVALID_REQUEST"],
    ["a tier there is not", RUN, json({ input: "Hello", tier: "tier-4" }), "INVALID_REQUEST"],
    ["a member there is not", RUN, json({ input: "Hello", sesion_id: "s" }), "INVALID_REQUEST"],
    [
      "a malformed pack id",
      "/api/v1/agents/Not%20A%20Pack/run",
      json({ input: "Hello" }, { ...TENANT, "x-idempotency-key": "k" }),
      "INVALID_REQUEST",
    ],
    ["a body that is no JSON", RUN, { ...json({}), body: "{" }, "INVALID_REQUEST"],
    [
      "a form",
      RUN,
      { ...json({}), headers: { ...TENANT, "content-type": "application/x-www-form-urlencoded" } },
      "UNSUPPORTED_MEDIA_TYPE",
    ],
    ["a body over the limit", RUN, json({ input: "x".repeat(2000) }), "TOO_LARGE"],
    ["headers over the limit", "/health", { headers: { cookie: "x".repeat(20_000) } }, "HEADERS_TOO_LARGE"],
    ["an id that is no task's", "/api/v1/tasks/task-123", { headers: TENANT }, "TASK_NOT_FOUND"],
    ["an id in upper case", `/api/v1/tasks/${UNKNOWN.replace("8", "A")}`, { headers: TENANT }, "TASK_NOT_FOUND"],
    ["events of what is no task", "/api/v1/tasks/..%2F/events", { headers: TENANT }, "TASK_NOT_FOUND"],
    ["a position that is no number", `/api/v1/tasks/${UNKNOWN}/events?after=x`, { headers: TENANT }, "INVALID_REQUEST"],
    [
      "a Last-Event-ID that is no number",
      `/api/v1/tasks/${UNKNOWN}/events`,
      { headers: { ...TENANT, "last-event-id": "-1" } },
      "INVALID_REQUEST",
    ],
    ["a page of 1001 events", `/api/v1/tasks/${UNKNOWN}/events?limit=1001`, { headers: TENANT }, "INVALID_REQUEST"],
    ["a list of 101", "/api/v1/tasks?limit=101", { headers: TENANT }, "INVALID_REQUEST"],
    ["a list of none", "/api/v1/tasks?limit=0", { headers: TENANT }, "INVALID_REQUEST"],
    ["a state there is not", "/api/v1/tasks?state=finished", { headers: TENANT }, "INVALID_REQUEST"],
    ["a cursor of somebody else", "/api/v1/tasks?cursor=abc", { headers: TENANT }, "INVALID_REQUEST"],
    ["a replay without a key", `/api/v1/tasks/${UNKNOWN}/replay`, json({}), "MISSING_IDEMPOTENCY_KEY"],
    ["a replay from a negative step", `/api/v1/tasks/${UNKNOWN}/replay`, json({ from_step: -1 }), "INVALID_REQUEST"],
    ["an unknown path", "/api/v1/nothing", {}, "NOT_FOUND"],
    ["a path that comes later", "/api/v1/budgets", { headers: TENANT }, "NOT_FOUND"],
    ["an error page of no code", "/docs/errors/NOPE", {}, "NOT_FOUND"],
    ["an asset that was not built", "/docs/swagger-ui-bundle.js", {}, "NOT_FOUND"],
    ["another method", "/api/v1/tasks", { method: "DELETE", headers: TENANT }, "METHOD_NOT_ALLOWED"],
    ["GET on run", RUN, { headers: TENANT }, "METHOD_NOT_ALLOWED"],
    ["a wrong key", "/api/v1/tasks", { headers: { ...TENANT, authorization: "Bearer wrong" } }, "UNAUTHENTICATED"],
    [
      "a form of an unknown page",
      RUN,
      json({ input: "Hello" }, { ...TENANT, origin: "https://evil.example" }),
      "FORBIDDEN",
    ],
    ["a sandboxed page", RUN, json({ input: "Hello" }, { ...TENANT, origin: "null" }), "FORBIDDEN"],
    ["a fault of ours", "/api/v1/packs", { headers: TENANT }, "INTERNAL"],
  ];
  it.each(cases)("%s at %s", async (_name, path, init, code) => {
    const { call } = door();
    const response = await call(path, init);
    const body: unknown = await response.json();
    expect(body).toMatchObject({ code, status: ERRORS[code].http });
    expect(response.status).toBe(ERRORS[code].http);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(Problem().parse(body)).toMatchObject({ instance: path.split("?")[0] });
  });

  it("names the tenant first, then the input, then the key", async () => {
    const { call } = door();
    const codes: unknown[] = [];
    for (const init of [json({}, {}), json({}), json({ input: "Hello" })]) {
      codes.push(Reflect.get((await (await call(RUN, init)).json()) as object, "code"));
    }
    expect(codes).toEqual(["MISSING_TENANT", "MISSING_INPUT", "MISSING_IDEMPOTENCY_KEY"]);
  });

  it("says X-Tenant-ID to who sent none", async () => {
    const body = await (await door().call(RUN, json({ input: "Hello" }, {}))).json();
    expect(body).toMatchObject({
      message: expect.stringContaining("X-Tenant-ID"),
      detail: expect.stringContaining("X-Tenant-ID"),
    });
  });

  it("points at every fault of a body", async () => {
    const response = await door().call(RUN, json({ input: 7, tier: "x", "a/b": 1 }));
    const body = (await response.json()) as { errors: { pointer: string }[] };
    expect(body.errors.map(({ pointer }) => pointer).sort()).toEqual(["/a~1b", "/input", "/tier"]);
  });

  it("names the methods of a path with 405", async () => {
    const { call } = door();
    expect((await call("/api/v1/tasks", { method: "PUT" })).headers.get("allow")).toBe("GET, HEAD");
    expect((await call("/api/v1/packs", { method: "DELETE" })).headers.get("allow")).toBe("GET, HEAD, POST");
    expect((await call(RUN)).headers.get("allow")).toBe("POST");
  });

  it("says nothing of a fault of ours to the client and all of it to the log, under one trace id", async () => {
    const { call, log } = door();
    const response = await call("/api/v1/packs", { headers: { ...TENANT, "x-request-id": "trace-1" } });
    const text = await response.text();
    expect(text).not.toContain("secret");
    expect(JSON.parse(text)).toMatchObject({ trace_id: "trace-1", tenant_id: "tenant-123" });
    expect(log.lines).toContainEqual(
      expect.objectContaining({
        event: "request.failed",
        trace_id: "trace-1",
        error: expect.stringContaining("secret"),
      }),
    );
  });

  it("asks for a credential in required mode, before everything but health", async () => {
    const { call } = door({ config: { authMode: "required" } });
    for (const route of ROUTES) {
      const path = route.path.replaceAll(/\{\w+\}/g, "x");
      const response = await call(path, { method: route.method, headers: TENANT }, "https://api.example");
      expect(response.status, path).toBe(route.audience === "open" ? 200 : 401);
      if (response.status === 401) expect(response.headers.get("www-authenticate")).toBe("Bearer");
    }
  });

  it("does not let the bootstrap key act for a tenant in required mode", async () => {
    const { call } = door({ config: { authMode: "required" } });
    const headers = { ...TENANT, authorization: "Bearer admin" };
    expect((await call("/api/v1/tasks", { headers }, "https://api.example")).status).toBe(403);
  });

  it("serves no foreign host in dev mode, not even health", async () => {
    const response = await door().call("/health", {}, "http://evil.example");
    expect(await response.json()).toMatchObject({ code: "MISDIRECTED_REQUEST", status: 421 });
  });
});

describe("headers of every answer", () => {
  const paths = ["/health", "/nothing", "/docs", "/openapi.json", RUN, "/vasini.agent.v1.AgentService/Nope"];
  it.each(paths)("of %s carry the request id and the trace", async (path) => {
    const { call } = door();
    const given = await call(path, { headers: { "x-request-id": "trace-abc-123" } });
    expect(given.headers.get("x-request-id")).toBe("trace-abc-123");
    const made = await call(path);
    expect(made.headers.get("x-request-id")).toMatch(/^[0-9a-f]{32}$/);
    expect(made.headers.get("traceparent")).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);
    expect(made.headers.get("x-content-type-options")).toBe("nosniff");
  });

  it("has the request id in the body of an error too", async () => {
    const response = await door().call(RUN, { ...json({ input: "Hello" }, { "x-request-id": "trace-err-1" }) });
    expect(await response.json()).toMatchObject({ trace_id: "trace-err-1" });
  });

  it("writes one log line a request, by the path's pattern", async () => {
    const { call, log } = door();
    await call("/api/v1/tasks/task-123", { headers: { ...TENANT, "x-request-id": "t-1" } });
    expect(log.lines).toEqual([
      {
        level: "info",
        event: "request",
        trace_id: "t-1",
        tenant_id: "tenant-123",
        method: "GET",
        route: "/api/v1/tasks/{taskId}",
        status: 404,
        duration_ms: 0,
        actor: "header",
      },
    ]);
  });
});

describe("health and readiness", () => {
  it("is healthy without touching anything", async () => {
    const response = await door().call("/health");
    expect([response.status, await response.json()]).toEqual([200, { status: "ok" }]);
  });

  it("answers HEAD without a body", async () => {
    const response = await door().call("/health", { method: "HEAD" });
    expect([response.status, await response.text()]).toEqual([200, ""]);
  });

  it("is ready, and says what is degraded", async () => {
    const checks: ReadyChecks = { objects: "ok", database: "degraded" };
    const response = await door({ checks }).call("/ready");
    expect([response.status, await response.json()]).toEqual([200, { status: "ready", checks, database: null }]);
  });

  it("tells the version of the database's schema and whether its role is safe, ready or not", async () => {
    const database = { schemaVersion: 7, isRoleSafe: false };
    for (const [state, status] of [
      ["ok", 200],
      ["failed", 503],
    ] as const) {
      const response = await door({ checks: { database: state }, database }).call("/ready");
      expect([response.status, await response.json()]).toMatchObject([
        status,
        { database: { schema_version: 7, role_is_safe: false } },
      ]);
    }
  });

  it("is unavailable when tasks cannot be accepted", async () => {
    const checks: ReadyChecks = { objects: "failed" };
    const response = await door({ checks }).call("/ready");
    expect(response.headers.get("retry-after")).toBe("1");
    expect([response.status, await response.json()]).toEqual([
      503,
      expect.objectContaining({ code: "UNAVAILABLE", checks }),
    ]);
  });
});

describe("pages of other origins", () => {
  const preflight = (origin: string, headers: Record<string, string> = {}): RequestInit => ({
    method: "OPTIONS",
    headers: { origin, "access-control-request-method": "POST", ...headers },
  });

  it("may ask, when they are known", async () => {
    for (const origin of ["https://console.example", "http://localhost:8787"]) {
      const response = await door().call(RUN, preflight(origin));
      expect(response.status).toBe(204);
      expect(response.headers.get("access-control-allow-origin")).toBe(origin);
      expect(response.headers.get("access-control-allow-headers")).toContain("X-Idempotency-Key");
      expect(response.headers.get("access-control-allow-headers")).toContain("Connect-Protocol-Version");
    }
  });

  it("may ask about RPC too, with every header of its protocols", async () => {
    const response = await door().call("/vasini.agent.v1.AgentService/RunAgent", preflight("https://console.example"));
    expect(response.status).toBe(204);
    const allowed = response.headers.get("access-control-allow-headers")?.split(", ");
    expect(allowed).toEqual(expect.arrayContaining([...cors.allowedHeaders]));
    const answer = await door().call("/health", { headers: { origin: "https://console.example" } });
    const exposed = answer.headers.get("access-control-expose-headers")?.split(", ");
    expect(exposed).toEqual(expect.arrayContaining([...cors.exposedHeaders]));
  });

  it("are refused when they are not", async () => {
    const response = await door().call(RUN, preflight("https://evil.example"));
    expect(response.status).toBe(403);
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
  });

  it("can read errors and the headers that belong to them", async () => {
    const response = await door().call(RUN, json({}, { origin: "https://console.example" }));
    expect(response.status).toBe(400);
    expect(response.headers.get("access-control-allow-origin")).toBe("https://console.example");
    expect(response.headers.get("access-control-expose-headers")).toContain("X-Request-ID");
    expect(response.headers.get("vary")).toContain("Origin");
  });

  it("get an answer without permission to read it, for reads from an unknown origin", async () => {
    const response = await door().call("/health", { headers: { origin: "https://evil.example" } });
    expect(response.status).toBe(200);
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("documentation", () => {
  it("serves its page under a policy that admits nothing from elsewhere", async () => {
    const response = await door().call("/docs");
    const html = await response.text();
    expect(response.headers.get("content-type")).toContain("text/html");
    expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(html).not.toMatch(/https?:\/\//);
    expect(html).not.toMatch(/<script>[^<]/);
  });

  it("serves what was built beside it", async () => {
    expect(await (await door().call("/docs/swagger-ui.css")).text()).toBe("/docs/swagger-ui.css");
  });

  it("serves the document", async () => {
    expect(await (await door().call("/openapi.json")).json()).toMatchObject({ openapi: "3.1.1" });
  });

  it("explains every code where its problem's type leads", async () => {
    const { call } = door();
    const problem = (await (await call("/nothing")).json()) as { type: string };
    const page = await call(problem.type);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("### NOT_FOUND");
  });
});
