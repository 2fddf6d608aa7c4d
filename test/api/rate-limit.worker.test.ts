/** Limits through the front door: who is counted, what the answer says, and who gets through all the same. */
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { beforeAll, describe, expect, it } from "vitest";
import { toPolicies } from "../../src/api/index.ts";
import { AgentService } from "../../src/gen/proto/vasini/agent/v1/agent_pb.js";
import { newTenant } from "../case/limiter.case.ts";
import { answerOf, ask, type Fetch, newKey, ORIGIN, publishShared, run, workerWith } from "./gateway.ts";
import { manualClock } from "./ports.ts";
import { limiterInMemory } from "./rate-memory.ts";

beforeAll(async () => {
  await publishShared("tester");
});

/** The door with three runs a minute, and a clock for it. */
function door() {
  const clock = manualClock();
  const policies = toPolicies({ requests: 3, windowSeconds: 60 });
  const via = workerWith(() => ({ limiter: limiterInMemory({ clock, policies }) }));
  return { clock, via, tenant: newTenant() };
}

const headersOf = (response: Response) => ({
  policy: response.headers.get("ratelimit-policy"),
  rate: response.headers.get("ratelimit"),
});

async function useUp(via: Fetch, tenant: string): Promise<void> {
  for (let n = 0; n < 3; n++) expect((await run("Hello", { via, tenant })).status).toBe(202);
}

describe("a run", () => {
  it("says how many remain", async () => {
    const { via, tenant } = door();
    expect(headersOf(await run("Hello", { via, tenant }))).toEqual({
      policy: '"default";q=3;w=60',
      rate: '"default";r=2;t=61',
    });
  });

  it("over the limit is 429 with the time to come back, the policy, and the usual problem", async () => {
    const { via, tenant } = door();
    await useUp(via, tenant);
    const refused = await run("Hello", { via, tenant });
    const wait = Number(refused.headers.get("retry-after"));
    expect(headersOf(refused)).toEqual({ policy: '"default";q=3;w=60', rate: `"default";r=0;t=${wait}` });
    expect(wait).toBeGreaterThan(50);
    const { status, body } = await answerOf(Promise.resolve(refused));
    expect(status).toBe(429);
    expect(body).toMatchObject({
      code: "RATE_LIMITED",
      type: "/docs/errors/RATE_LIMITED",
      tenant_id: tenant,
      retryable: true,
      "violated-policies": ["default"],
    });
    expect(refused.headers.get("x-request-id")).toBe(body.trace_id);
  });

  it("passes again after that time", async () => {
    const { via, tenant, clock } = door();
    await useUp(via, tenant);
    const refused = await run("Hello", { via, tenant });
    clock.advance(Number(refused.headers.get("retry-after")) * 1_000);
    expect((await run("Hello", { via, tenant })).status).toBe(202);
  });

  it("is counted before its body is read, so that a broken one is no way to ask for free", async () => {
    const { via, tenant } = door();
    for (let n = 0; n < 3; n++) {
      const broken = await ask("/api/v1/agents/tester/run", { via, tenant, key: newKey(), body: { input: 7 } });
      expect([broken.status, broken.headers.has("ratelimit")]).toEqual([400, true]);
    }
    expect((await run("Hello", { via, tenant })).status).toBe(429);
  });

  it("that was accepted before can be repeated over the limit: it makes no task", async () => {
    const { via, tenant } = door();
    const key = newKey();
    const first = await answerOf(run("Hello", { via, tenant, key }));
    await useUp(via, newTenant());
    for (let n = 0; n < 4; n++) {
      const again = await run("Hello", { via, tenant, key });
      expect(again.status).toBe(202);
      expect(again.headers.get("idempotent-replayed")).toBe("true");
      expect((await again.json<{ task_id: string }>()).task_id).toBe(first.body.task_id);
    }
    expect((await run("Hello", { via, tenant })).status).toBe(429);
    expect((await run("Hello, other", { via, tenant, key })).status).toBe(422);
  });

  it("of one tenant leaves another's count alone", async () => {
    const { via, tenant } = door();
    await useUp(via, tenant);
    expect((await run("Hello", { via, tenant: newTenant() })).status).toBe(202);
  });
});

describe("what is counted otherwise", () => {
  it("a replay is a run", async () => {
    const { via, tenant } = door();
    await useUp(via, tenant);
    const path = "/api/v1/tasks/00000000-0000-8000-8000-000000000000/replay";
    expect((await ask(path, { via, tenant, key: newKey(), method: "POST" })).status).toBe(429);
  });

  it("a read has a limit of its own", async () => {
    const { via, tenant } = door();
    await useUp(via, tenant);
    const list = await ask("/api/v1/tasks", { via, tenant });
    expect([list.status, list.headers.get("ratelimit-policy")]).toEqual([200, '"read";q=1200;w=60']);
    expect(list.headers.get("ratelimit")).toMatch(/^"read";r=1199;t=\d+$/);
  });

  it("a cancel is never refused for its number", async () => {
    const { via, tenant } = door();
    await useUp(via, tenant);
    const path = "/api/v1/tasks/00000000-0000-8000-8000-000000000000/cancel";
    const cancel = await ask(path, { via, tenant, method: "POST" });
    expect([cancel.status, cancel.headers.has("ratelimit")]).toEqual([404, false]);
  });

  it("health has none", async () => {
    const { via } = door();
    expect((await ask("/health", { via, tenant: null })).headers.has("ratelimit")).toBe(false);
  });
});

describe("RunAgent", () => {
  it("over the limit is resource_exhausted, with the same headers", async () => {
    const { via, tenant } = door();
    await useUp(via, tenant);
    // The browser client sets members of fetch that only browsers have.
    const fetch = (input: RequestInfo | URL, { method, headers, body }: RequestInit = {}) =>
      via(new Request(input, { ...(method && { method }), ...(headers && { headers }), body: body ?? null }));
    const client = createClient(
      AgentService,
      createConnectTransport({ baseUrl: ORIGIN, fetch: fetch as typeof globalThis.fetch }),
    );
    const request = { tenantId: tenant, packId: "tester", input: "Hello", idempotencyKey: newKey() };
    const read = async () => {
      for await (const _ of client.runAgent(request));
    };
    const refused = ConnectError.from(await read().catch((thrown: unknown) => thrown));
    expect(refused.code).toBe(Code.ResourceExhausted);
    expect(refused.metadata.get("ratelimit-policy")).toBe('"default";q=3;w=60');
    expect(Number(refused.metadata.get("retry-after"))).toBeGreaterThan(50);
  });
});
