/**
 * Every code a request can be answered with, in the real runtime, each as problem+json. Codes that need something
 * broken get it broken through the door's own ports; the two that cannot come up here say why.
 */
import { beforeAll, describe, expect, it } from "vitest";
import type { ApiDeps } from "../../src/api/index.ts";
import { Problem } from "../../src/api/schema.ts";
import { ERRORS, type ErrorCode } from "../../src/platform/index.ts";
import { accept, ask, finished, manifest, newKey, ORIGIN, publishShared, run, workerWith } from "./gateway.ts";

const ASKED = "needs a task that waits for a person: approvals.worker.test.ts";
const ELSEWHERE: Partial<Record<ErrorCode, string>> = {
  REQUEST_TIMEOUT: "needs a body that stalls and a clock that is moved: body.test.ts",
  RATE_LIMITED: "needs a limit that a test can reach: rate-limit.worker.test.ts",
  DECISION_INVALID: ASKED,
  APPROVAL_EXPIRED: ASKED,
  APPROVAL_ALREADY_DECIDED: ASKED,
  APPROVAL_ARGS_CHANGED: ASKED,
  APPROVAL_SELF: ASKED,
  APPROVAL_USED: ASKED,
  KEY_LIMIT_REACHED: "needs a hundred keys: keys.worker.test.ts",
  SECRET_LIMIT_REACHED: "needs 64 secrets: secrets.worker.test.ts",
  WEBHOOK_LIMIT_REACHED: "needs a database: webhooks.worker.test.ts",
};

const UNKNOWN = "00000000-0000-8000-8000-000000000000";
const broken = (error: Error) => (deps: ApiDeps) => ({
  tasks: (...name: Parameters<ApiDeps["tasks"]>) => ({ ...deps.tasks(...name), view: () => Promise.reject(error) }),
});
const required = workerWith(({ config }) => ({ config: { ...config, authMode: "required" } }));

const CASES: Partial<Record<ErrorCode, () => Promise<Response>>> = {
  MISSING_TENANT: () => run("Hello", { tenant: null }),
  MISSING_INPUT: () => run(""),
  MISSING_IDEMPOTENCY_KEY: () => ask("/api/v1/agents/tester/run", { body: { input: "Hello" } }),
  INVALID_REQUEST: () => run("Hello", { more: { session_id: "/" } }),
  INPUT_TOO_LONG: () => run("eleven long", { pack: "brief" }),
  UNAUTHENTICATED: () => run("Hello", { via: required }),
  FORBIDDEN: () => run("Hello", { headers: { origin: "https://evil.example" } }),
  TENANT_MISMATCH: () => ask("/api/v1/keys", { body: { tenant_id: "another", name: "x", roles: ["viewer"] } }),
  TENANT_EXISTS: async () => {
    const headers = { authorization: "Bearer test-admin-key" };
    const body = { tenant_id: "twice", name: "Twice" };
    await ask("/api/v1/tenants", { headers, body });
    return ask("/api/v1/tenants", { headers, body });
  },
  MODEL_NOT_ALLOWED: () =>
    run("Hello", { via: workerWith(() => ({ router: { isAllowed: () => false, modelOf: () => "x/y" } })) }),
  TASK_NOT_FOUND: () => ask(`/api/v1/tasks/${UNKNOWN}`),
  PACK_NOT_FOUND: () => run("Hello", { pack: "no-such-pack" }),
  NOT_FOUND: () => ask("/api/v2/tasks"),
  METHOD_NOT_ALLOWED: () => ask("/api/v1/tasks", { method: "DELETE" }),
  ALREADY_TERMINAL: async () => {
    const taskId = await accept("Hello");
    await finished(taskId);
    return ask(`/api/v1/tasks/${taskId}/cancel`, { method: "POST" });
  },
  VERSION_EXISTS: async () => {
    const via = workerWith(({ config }) => ({ config: { ...config, environment: "production" } }));
    const body = (goal: string) => ({
      pack: "fixed",
      files: { "fixed/profession-pack.yaml": manifest("fixed", { goal }) },
    });
    await ask("/api/v1/packs", { via, body: body("one") });
    return ask("/api/v1/packs", { via, body: body("two") });
  },
  TOO_LARGE: () => run("x".repeat(1024 * 1024)),
  UNSUPPORTED_MEDIA_TYPE: () => run("Hello", { headers: { "content-type": "text/plain" } }),
  MISDIRECTED_REQUEST: () => workerWith(() => ({}))(new Request("http://evil.example/health")),
  IDEMPOTENCY_KEY_REUSED: async () => {
    const key = newKey();
    await accept("Hello", { key });
    return run("Goodbye", { key });
  },
  POLICY_INVALID: () => ask("/api/v1/policies", { body: { wasm: btoa("no module") } }),
  PACK_INVALID: () => ask("/api/v1/packs", { body: { pack: "empty", files: {} } }),
  HEADERS_TOO_LARGE: () => ask("/health", { headers: { cookie: "x".repeat(17_000) } }),
  INTERNAL: () => ask(`/api/v1/tasks/${UNKNOWN}`, { via: workerWith(broken(new Error("secret"))) }),
  UNAVAILABLE: () =>
    ask(`/api/v1/tasks/${UNKNOWN}`, {
      via: workerWith(broken(Object.assign(new Error("busy"), { overloaded: true }))),
    }),
};

beforeAll(async () => {
  await publishShared("tester");
  await publishShared("brief", { more: "guardrails: { input: { max_length: 10 } }" });
});

describe("every code", () => {
  it("has a case here or a reason why not", () => {
    expect([...Object.keys(CASES), ...Object.keys(ELSEWHERE)].sort()).toEqual(Object.keys(ERRORS).sort());
  });

  it.each(Object.entries(CASES))("%s is reached", async (code, cause) => {
    const response = await cause();
    const body: unknown = await response.json();
    const { http, retry } = ERRORS[code as ErrorCode]; // keys of CASES are codes
    expect(Problem().parse(body)).toMatchObject({ code, status: http, retryable: retry === "backoff" });
    expect(response.status).toBe(http);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(response.headers.get("x-request-id")).toBe((body as { trace_id: string }).trace_id);
    expect(response.headers.get("traceparent")).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
    expect(response.headers.get("retry-after")).toBe(http === 503 ? "1" : null);
    expect(JSON.stringify(body)).not.toContain("secret");
  });

  it("of a bad request is also that of a query parameter that a list does not know", async () => {
    const lists = ["tasks", "approvals", "audit", "dead-letters", "decisions", "keys", "webhooks/x/deliveries"];
    for (const path of [...lists, `tasks/${UNKNOWN}/events`]) {
      const response = await ask(`/api/v1/${path}?limt=2`);
      expect([path, response.status]).toEqual([path, 400]);
      expect(await response.json()).toMatchObject({ errors: [{ pointer: "/limt", message: "is not known here" }] });
    }
    // What has no parameters is asked with whatever a monitor or a cache adds.
    expect((await ask("/health?at=1")).status).toBe(200);
  });

  it("is explained where its problem says", async () => {
    for (const code of Object.keys(ERRORS)) {
      const page = await ask(`/docs/errors/${code}`, { tenant: null });
      expect(page.status, code).toBe(200);
      expect(await page.text()).toContain(`### ${code}`);
    }
  });
});

describe("text that is refused or kept", () => {
  const post = (body: string) =>
    ask("/api/v1/agents/tester/run", {
      via: (request) => workerWith(() => ({}))(new Request(request, { body })),
      body: {},
      key: newKey(),
    });

  const refused: [string, string][] = [
    ["NUL", '{"input": "a\\u0000b"}'],
    ["half a surrogate pair", '{"input": "a\\ud800b"}'],
    ["ten thousand levels", `{"input": ${"[".repeat(10_000)}${"]".repeat(10_000)}}`],
  ];
  it.each(refused)("refuses %s", async (_name, body) => {
    const response = await post(body);
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({ code: "INVALID_REQUEST" }),
    ]);
  });

  it("accepts a key in visible ASCII only", async () => {
    const request = new Request(`${ORIGIN}/api/v1/agents/tester/run`, {
      method: "POST",
      body: JSON.stringify({ input: "Hello" }),
      headers: { "content-type": "application/json", "x-tenant-id": "tenant-123", "x-idempotency-key": "caf\u00e9" },
    });
    expect((await workerWith(() => ({}))(request)).status).toBe(400);
  });
});
