/** Webhooks through the front door, over a real database: every route, every refusal, and what no answer shows. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { toPolicies } from "../../src/api/index.ts";
import { ROUTES } from "../../src/api/routes.ts";
import { DeliveryList, NewWebhook, Webhook, WebhookList, WebhookTested } from "../../src/api/webhook-schema.ts";
import type { AuditEntry } from "../../src/audit/index.ts";
import { assert, newWebhookId } from "../../src/platform/index.ts";
import { databaseOf, RECEIVER, tenantOf, webhooksOf } from "../event/database.ts";
import { type Ask, answerOf, ask, type Json, workerWith } from "./gateway.ts";
import { manualClock } from "./ports.ts";
import { limiterInMemory } from "./rate-memory.ts";

const PATH = "/api/v1/webhooks";
const door = workerWith(() => ({ webhooks: webhooksOf() }));
let tenant = "";
let tenants = 0;
beforeEach(() => {
  tenant = `webhooks-${++tenants}`;
});
afterEach(() => vi.restoreAllMocks());

const call = (path: string, options: Ask = {}) => answerOf(ask(path, { via: door, tenant, ...options }));
const codeOf = async (path: string, options: Ask = {}): Promise<string> => {
  const { status, body } = await call(path, options);
  return `${status} ${String(body.code)}`;
};

async function make(change: Json = {}): Promise<{ id: string; secret: string }> {
  const { status, body } = await call(PATH, { body: { url: `${RECEIVER}/hook`, ...change } });
  assert(status === 201, JSON.stringify(body));
  return NewWebhook().parse(body);
}

/** Stands in for the receiver; everything else goes its way. */
function receiveWith(status: number): Request[] {
  const received: Request[] = [];
  const network = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    if (!request.url.startsWith(RECEIVER)) return network(request);
    received.push(request);
    return new Response(null, { status });
  });
  return received;
}

describe("a webhook", () => {
  it("is made with what was asked for, and its secret is shown this once", async () => {
    const asked = { url: `${RECEIVER}/hook?x=1`, description: "for ops", event_types: ["task.done", "task.failed"] };
    const made = await call(PATH, { body: asked });
    expect(made.status).toBe(201);
    const { secret, ...webhook } = NewWebhook().parse(made.body);
    expect(webhook).toMatchObject({ ...asked, state: "enabled", disabled_reason: null, failures: 0 });
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const one = await call(`${PATH}/${webhook.id}`);
    expect(one).toEqual({ status: 200, body: webhook });
    const list = await call(PATH);
    expect(WebhookList().parse(list.body)).toEqual({ items: [webhook], next_cursor: null });
    expect(JSON.stringify([one, list])).not.toContain("whsec_");
  });

  it("says where it is", async () => {
    const response = await ask(PATH, { via: door, tenant, body: { url: RECEIVER } });
    const { id } = await response.json<{ id: string }>();
    expect(response.headers.get("location")).toBe(`${PATH}/${id}`);
  });

  it("is changed member by member", async () => {
    const { id } = await make({ description: "before", event_types: ["task.done"] });
    const first = await call(`${PATH}/${id}`, { method: "PATCH", body: { description: "after" } });
    expect(Webhook().parse(first.body)).toMatchObject({ description: "after", event_types: ["task.done"] });
    const second = await call(`${PATH}/${id}`, {
      method: "PATCH",
      body: { url: `${RECEIVER}/new`, event_types: [], state: "disabled" },
    });
    expect(Webhook().parse(second.body)).toMatchObject({
      ...{ url: `${RECEIVER}/new`, description: "after", event_types: [], state: "disabled", disabled_reason: null },
    });
  });

  it("is removed, and then is not found", async () => {
    const { id } = await make();
    expect((await ask(`${PATH}/${id}`, { via: door, tenant, method: "DELETE" })).status).toBe(204);
    expect(await codeOf(`${PATH}/${id}`)).toBe("404 NOT_FOUND");
    expect(await codeOf(`${PATH}/${id}`, { method: "DELETE" })).toBe("404 NOT_FOUND");
    expect((await call(PATH)).body).toEqual({ items: [], next_cursor: null });
  });

  it("gets a new secret by rotation, and only there", async () => {
    const { id, secret } = await make();
    const rotated = await call(`${PATH}/${id}/rotate`, { method: "POST" });
    expect(NewWebhook().parse(rotated.body).secret).not.toBe(secret);
    expect(rotated.body.id).toBe(id);
  });

  it("is one of twenty at most", async () => {
    for (let n = 0; n < 20; n++) await make();
    expect(await codeOf(PATH, { body: { url: RECEIVER } })).toBe("409 WEBHOOK_LIMIT_REACHED");
    const [first] = WebhookList().parse((await call(PATH)).body).items;
    await ask(`${PATH}/${first?.id}`, { via: door, tenant, method: "DELETE" });
    await make();
  });
});

describe("a test", () => {
  it("sends one signed event now and answers what the receiver said", async () => {
    const received = receiveWith(202);
    const { id } = await make();
    const tested = await call(`${PATH}/${id}/test`, { method: "POST" });
    const [request] = received;
    expect(WebhookTested().parse(tested.body)).toEqual({
      ...{ message_id: request?.headers.get("webhook-id"), delivered: true, status: 202, error: null },
    });
    expect(request?.headers.get("webhook-signature")).toMatch(/^v1,/);
    expect(await request?.json()).toMatchObject({
      ...{ specversion: "1.0", type: "webhook.test", source: `/tenants/${tenant}/webhooks/${id}` },
    });
    expect((await call(`${PATH}/${id}/deliveries`)).body).toEqual({ items: [], next_cursor: null });
  });

  it("says why nothing was taken, and changes nothing about the webhook", async () => {
    receiveWith(500);
    const { id } = await make();
    const tested = await call(`${PATH}/${id}/test`, { method: "POST" });
    expect(tested).toMatchObject({ status: 200, body: { delivered: false, status: 500, error: "answered 500" } });
    expect((await call(`${PATH}/${id}`)).body).toMatchObject({ state: "enabled", failures: 0 });
  });
});

describe("the audit log", () => {
  /** A log that takes what it is told, or nothing. */
  function logged(outcome: "stored" | "full") {
    const entries: AuditEntry[] = [];
    const append = async (_: string, told: readonly AuditEntry[]) => {
      entries.push(...told);
      return outcome;
    };
    return { entries, via: workerWith(() => ({ webhooks: webhooksOf(), audit: () => ({ append }) })) };
  }

  it("has every change before it is made and after it, and no secret", async () => {
    receiveWith(204);
    const { entries, via } = logged("stored");
    const { id, secret } = NewWebhook().parse((await call(PATH, { via, body: { url: RECEIVER } })).body);
    await call(`${PATH}/${id}`, { via, method: "PATCH", body: { description: "new" } });
    const rotated = await call(`${PATH}/${id}/rotate`, { via, method: "POST" });
    await call(`${PATH}/${id}/test`, { via, method: "POST" });
    await (await ask(`${PATH}/${id}`, { via, tenant, method: "DELETE" })).text();
    expect(entries.map(({ action, result }) => `${action} ${result}`)).toEqual(
      ["created", "updated", "rotated", "tested", "deleted"].flatMap((verb) =>
        ["intended", "done"].map((result) => `webhook.${verb} ${result}`),
      ),
    );
    for (const { resource } of entries) expect(resource).toBe(`webhook:${id}`);
    for (const text of [secret, String(rotated.body.secret)]) expect(JSON.stringify(entries)).not.toContain(text);
  });

  it("that takes nothing lets no webhook be made or changed, and lets one be removed", async () => {
    const { via } = logged("full");
    const { id } = await make();
    expect(await codeOf(PATH, { via, body: { url: RECEIVER } })).toBe("503 UNAVAILABLE");
    expect(await codeOf(`${PATH}/${id}`, { via, method: "PATCH", body: { url: RECEIVER } })).toBe("503 UNAVAILABLE");
    for (const part of ["rotate", "test"]) {
      expect(await codeOf(`${PATH}/${id}/${part}`, { via, method: "POST" })).toBe("503 UNAVAILABLE");
    }
    expect((await ask(`${PATH}/${id}`, { via, tenant, method: "DELETE" })).status).toBe(204);
  });
});

describe("tests", () => {
  it("are counted like runs", async () => {
    const limiter = limiterInMemory({ clock: manualClock(), policies: toPolicies({ requests: 2, windowSeconds: 60 }) });
    const via = workerWith(() => ({ webhooks: webhooksOf(), limiter }));
    const received = receiveWith(204);
    const { id } = await make();
    for (const status of [200, 200, 429]) {
      expect((await call(`${PATH}/${id}/test`, { via, method: "POST" })).status).toBe(status);
    }
    expect(received).toHaveLength(2);
  });
});

describe("deliveries", () => {
  it("come newest first, in pages, without what was sent", async () => {
    const { id } = await make();
    const inserts = [1, 2, 3].map((n) => ({
      text: `INSERT INTO webhook_deliveries (tenant_id, id, webhook_id, event_id, event_type, body, next_attempt_at, created_at)
        VALUES ($1, $2, $3, $4, 'task.done', 'the body', now(), now() + $5 * interval '1 second')`,
      params: [tenant, `d${n}`.padStart(32, "0"), id, `task:${n}`, n],
    }));
    const stored = await databaseOf().batch(tenantOf(tenant), inserts);
    assert(stored.ok, JSON.stringify(stored));
    const first = await call(`${PATH}/${id}/deliveries?limit=2`);
    const page = DeliveryList().parse(first.body);
    expect(page.items.map(({ event_id }) => event_id)).toEqual(["task:3", "task:2"]);
    expect(page.items[0]).toMatchObject({ state: "pending", attempts: 0, last_status: null, delivered_at: null });
    expect(JSON.stringify(page)).not.toContain("the body");
    const rest = await call(`${PATH}/${id}/deliveries?limit=2&cursor=${page.next_cursor}`);
    expect(DeliveryList().parse(rest.body)).toMatchObject({ items: [{ event_id: "task:1" }], next_cursor: null });
  });

  for (const cursor of ["!", "MXllc3RlcmRheQ", "MXwn"]) {
    it(`are not read from a cursor that is none of ours: ${cursor}`, async () => {
      const { id } = await make();
      expect(await codeOf(`${PATH}/${id}/deliveries?cursor=${cursor}`)).toBe("400 INVALID_REQUEST");
    });
  }
});

describe("a body that is refused", () => {
  const URL = `${RECEIVER}/hook`;
  const bodies: readonly (readonly [name: string, body: Json, pointer: string])[] = [
    ["without an address", {}, "/url"],
    ["with an address that is none", { url: "hook" }, "/url"],
    ["with an address without TLS", { url: "http://example.com/hook" }, "/url"],
    ["with an address of this machine", { url: "https://localhost/hook" }, "/url"],
    ["with an IP address", { url: "https://169.254.169.254/" }, "/url"],
    ["with another port", { url: "https://example.com:8443/" }, "/url"],
    ["with an address that is too long", { url: `${URL}?${"x".repeat(2_048)}` }, "/url"],
    ["with a description that is too long", { url: URL, description: "x".repeat(257) }, "/description"],
    ["with a line break in the description", { url: URL, description: "a\nb" }, "/description"],
    ["with a type that no event has", { url: URL, event_types: ["task.done", "task.don"] }, "/event_types/1"],
    ["with a wildcard for a type", { url: URL, event_types: ["task.*"] }, "/event_types/0"],
    ["with too many types", { url: URL, event_types: Array.from({ length: 51 }, () => "task.done") }, "/event_types"],
    ["with a member nobody knows", { url: URL, secret: "mine" }, "/secret"],
  ];
  for (const [name, body, pointer] of bodies) {
    it(name, async () => {
      const { status, body: problem } = await call(PATH, { body });
      expect([status, problem.code]).toEqual([400, "INVALID_REQUEST"]);
      expect(problem.errors).toMatchObject([{ pointer }]);
    });
  }

  const changes: readonly (readonly [name: string, body: Json])[] = [
    ["that changes nothing", {}],
    ["with an address that may not be reached", { url: "https://db.internal/" }],
    ["with a state that is none", { state: "paused" }],
    ["with null", { url: null }],
  ];
  for (const [name, body] of changes) {
    it(`of a change: ${name}`, async () => {
      const { id } = await make();
      expect(await codeOf(`${PATH}/${id}`, { method: "PATCH", body })).toBe("400 INVALID_REQUEST");
    });
  }
});

const ONE = ROUTES.filter(({ path }) => path.startsWith(`${PATH}/`));
const BODIES: Readonly<Record<string, Json>> = { updateWebhook: { description: "taken over" } };

describe.each(ONE.map((route) => [`${route.method} ${route.path}`, route] as const))("%s", (_name, route) => {
  const of = async (id: string): Promise<string> => {
    const body = BODIES[route.operation];
    const response = await ask(route.path.replace("{webhookId}", id), {
      ...{ via: door, tenant, method: route.method, headers: { "x-request-id": "the-same-trace" } },
      ...(body === undefined ? {} : { body }),
    });
    return `${response.status} ${(await response.text()).replaceAll(id, "<id>")}`;
  };

  it("finds another tenant's webhook as little as one that never was, in the same bytes", async () => {
    const { id } = await make();
    const owner = tenant;
    tenant = `stranger-${tenant}`;
    const foreign = await of(id);
    expect(foreign).toMatch(/^404 /);
    expect(await of(newWebhookId())).toBe(foreign);
    expect(await of("no-id-at-all")).toBe(foreign);
    tenant = owner;
    expect((await call(`${PATH}/${id}`)).body).toMatchObject({ description: "", state: "enabled" });
  });
});

describe("without what they need", () => {
  it("webhooks are unavailable on a server without a database or a key for secrets", async () => {
    const via = workerWith(() => ({ webhooks: null }));
    const { status, body } = await call(PATH, { via });
    expect([status, body.code]).toEqual([503, "UNAVAILABLE"]);
    expect(body.detail).toContain("SECRETS_MASTER_KEY");
  });

  it("webhooks are unavailable while the database is away, and say when to come back", async () => {
    const failure = { ok: false, error: { reason: "unavailable", message: "", sqlstate: null } } as const;
    const db = { ...databaseOf(), batch: async () => failure };
    const via = workerWith(() => ({ webhooks: webhooksOf({ db }) }));
    const id = newWebhookId();
    const asked: readonly (readonly [path: string, options: Ask])[] = [
      [PATH, {}],
      [PATH, { body: { url: RECEIVER } }],
      [`${PATH}/${id}`, { method: "PATCH", body: { state: "enabled" } }],
      ...["", "/deliveries"].map((part) => [`${PATH}/${id}${part}`, {}] as const),
      ...["/rotate", "/test"].map((part) => [`${PATH}/${id}${part}`, { method: "POST" }] as const),
      [`${PATH}/${id}`, { method: "DELETE" }],
    ];
    for (const [path, options] of asked) {
      const response = await ask(path, { via, tenant, ...options });
      expect([path, response.status, response.headers.get("retry-after")]).toEqual([path, 503, "1"]);
      await response.body?.cancel();
    }
  });
});

describe("PATCH", () => {
  it("is allowed where it is served, and to pages of known origins", async () => {
    const { id } = await make();
    const put = await ask(`${PATH}/${id}`, { via: door, tenant, method: "PUT" });
    expect([put.status, put.headers.get("allow")]).toEqual([405, "GET, HEAD, PATCH, DELETE"]);
    const preflight = await ask(`${PATH}/${id}`, {
      ...{ via: door, tenant: null, method: "OPTIONS" },
      headers: { origin: "http://localhost:8787", "access-control-request-method": "PATCH" },
    });
    expect(preflight.headers.get("access-control-allow-methods")).toContain("PATCH");
  });
});
