/** Tenants and keys over their real objects: made, used, listed, revoked, and nowhere kept as they are. */
import { runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";
import { Key, KeyList, NewKey, Tenant } from "../../src/api/key-schema.ts";
import { digestOf, makeKey as makeText } from "../../src/api/key-text.ts";
import { AUTH_FAILURES_MAX, KEYS_ACTIVE_MAX } from "../../src/api/limits.ts";
import { assert, parseTenantId } from "../../src/platform/index.ts";
import { answerOf, ask, env, type Json } from "./gateway.ts";
import { askAs, asOperator, guarded, isolate, makeKey, makeTenant, PEPPER } from "./guarded.ts";
import { manualClock } from "./ports.ts";

let tenant = "";
beforeAll(async () => {
  tenant = await makeTenant("acme");
});

const codeOf = async (asked: Promise<Response>): Promise<string> => {
  const { status, body } = await answerOf(asked);
  return `${status} ${body.code ?? ""}`.trim();
};

/** Every row and value an object keeps, as text; bytes as the text they would be. */
const dump = (stub: DurableObjectStub): Promise<string> =>
  runInDurableObject(stub, async (_, state) => {
    const values = [...state.storage.kv.list()];
    const tables = [...state.storage.sql.exec("SELECT name FROM sqlite_master WHERE type = 'table'")].map(({ name }) =>
      String(name),
    );
    const show = (_key: string, value: unknown) => {
      const bytes = value instanceof ArrayBuffer ? new Uint8Array(value) : value;
      return bytes instanceof Uint8Array ? new TextDecoder("latin1").decode(bytes) : bytes;
    };
    return JSON.stringify({ values, tables }, show);
  });

describe("making a tenant", () => {
  it("is done once", async () => {
    const id = `globex-${crypto.randomUUID().slice(0, 8)}`;
    const first = await answerOf(asOperator("/api/v1/tenants", { body: { tenant_id: id, name: "Globex" } }));
    expect(first.status).toBe(201);
    expect(Tenant().parse(first.body)).toMatchObject({ tenant_id: id, name: "Globex" });
    const again = asOperator("/api/v1/tenants", { body: { tenant_id: id, name: "Other" } });
    expect(await codeOf(again)).toBe("409 TENANT_EXISTS");
  });

  const refused: [string, Json, string][] = [
    ["a malformed id", { tenant_id: "a/b", name: "A" }, "400 INVALID_REQUEST"],
    ["no name", { tenant_id: "ab" }, "400 INVALID_REQUEST"],
    ["a name of spaces", { tenant_id: "ab", name: "  " }, "400 INVALID_REQUEST"],
    ["a name with a control character", { tenant_id: "ab", name: "a\u0007" }, "400 INVALID_REQUEST"],
    ["a member there is not", { tenant_id: "ab", name: "A", admin: true }, "400 INVALID_REQUEST"],
  ];
  it.each(refused)("is refused with %s", async (_name, body, code) => {
    expect(await codeOf(asOperator("/api/v1/tenants", { body }))).toBe(code);
  });

  it("is no tenant's business, whatever its role", async () => {
    const { key } = await makeKey(tenant, ["admin"]);
    expect(await codeOf(askAs(key, "/api/v1/tenants", { body: { tenant_id: "x", name: "X" } }))).toBe("403 FORBIDDEN");
  });
});

describe("making a key", () => {
  it("shows it once, and it works at once", async () => {
    const body = {
      tenant_id: tenant,
      name: "ci",
      roles: ["viewer", "viewer"],
      expires_at: "2099-01-01T00:00:00+01:00",
    };
    const made = await answerOf(asOperator("/api/v1/keys", { body }));
    expect(made.status).toBe(201);
    const key = NewKey().parse(made.body);
    expect(key).toMatchObject({ tenant_id: tenant, name: "ci", roles: ["viewer"], state: "active", revoked_at: null });
    expect(key.expires_at).toBe("2098-12-31T23:00:00.000Z");
    expect(key.key).toContain(`_${key.id}_`);
    expect(await answerOf(askAs(key.key, "/api/v1/tasks"))).toMatchObject({ status: 200, body: { items: [] } });
  });

  const refused: [string, Json, string][] = [
    ["a tenant there is not", { tenant_id: "nobody-at-all" }, "404 NOT_FOUND"],
    ["no tenant", { tenant_id: undefined }, "400 INVALID_REQUEST"],
    ["no role", { roles: [] }, "400 INVALID_REQUEST"],
    ["a role there is not", { roles: ["root"] }, "400 INVALID_REQUEST"],
    ["an end in the past", { expires_at: "2020-01-01T00:00:00Z" }, "400 INVALID_REQUEST"],
    ["an end that is no time", { expires_at: "tomorrow" }, "400 INVALID_REQUEST"],
    ["an end that is no day", { expires_at: "2099-02-30T00:00:00Z" }, "400 INVALID_REQUEST"],
    ["a name that is too long", { name: "n".repeat(129) }, "400 INVALID_REQUEST"],
  ];
  it.each(refused)("is refused with %s", async (_name, change, code) => {
    const body = { tenant_id: tenant, name: "a key", roles: ["viewer"], ...change };
    expect(await codeOf(asOperator("/api/v1/keys", { body }))).toBe(code);
  });

  it("is a tenant's own business too, with the role for it", async () => {
    const admin = await makeKey(tenant, ["admin"]);
    const { status, body } = await answerOf(
      askAs(admin.key, "/api/v1/keys", { body: { name: "x", roles: ["admin"] } }),
    );
    expect([status, body.tenant_id]).toEqual([201, tenant]);
    const developer = await makeKey(tenant, ["developer"]);
    const asked = askAs(developer.key, "/api/v1/keys", { body: { name: "x", roles: ["viewer"] } });
    expect(await codeOf(asked)).toBe("403 FORBIDDEN");
  });

  it("for another tenant is refused, whether there is such a tenant or not", async () => {
    const admin = await makeKey(tenant, ["admin"]);
    const other = await makeTenant("rival");
    for (const tenant_id of [other, "nobody-at-all"]) {
      const body = { tenant_id, name: "x", roles: ["viewer"] };
      expect(await codeOf(askAs(admin.key, "/api/v1/keys", { body }))).toBe("403 TENANT_MISMATCH");
    }
  });

  it("stops at the limit, and goes on when one was revoked", async () => {
    const full = await makeTenant("full");
    const keys = await Promise.all(Array.from({ length: KEYS_ACTIVE_MAX }, () => makeKey(full, ["viewer"])));
    const body = { tenant_id: full, name: "one more", roles: ["viewer"] };
    expect(await codeOf(asOperator("/api/v1/keys", { body }))).toBe("409 KEY_LIMIT_REACHED");
    expect((await asOperator(`/api/v1/keys/${keys[0]?.id}`, { method: "DELETE" })).status).toBe(204);
    expect(await codeOf(asOperator("/api/v1/keys", { body }))).toBe("201");
  });

  it("needs a pepper", async () => {
    const via = guarded({ pepper: null });
    const body = { tenant_id: tenant, name: "x", roles: ["viewer"] };
    expect(await codeOf(asOperator("/api/v1/keys", { body, via }))).toBe("503 UNAVAILABLE");
  });
});

describe("listing keys", () => {
  it("shows them newest first, page by page, and no secret", async () => {
    const own = await makeTenant("lister");
    const made: string[] = [];
    const secrets: string[] = [];
    for (let n = 0; n < 5; n++) {
      const { id, key } = await makeKey(own, ["admin"]);
      made.push(id);
      secrets.push(key);
    }
    const seen: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const query = cursor === "" ? "?limit=2" : `?limit=2&cursor=${cursor}`;
      const text = await (await askAs(secrets[0] ?? "", `/api/v1/keys${query}`)).text();
      for (const secret of secrets) expect(text).not.toContain(secret.split("_")[3]);
      const page = KeyList().parse(JSON.parse(text));
      for (const item of page.items) expect(Key().strict().parse(item).tenant_id).toBe(own);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.next_cursor;
    }
    expect(seen.toSorted()).toEqual(made.toSorted());
    expect(await codeOf(askAs(secrets[0] ?? "", "/api/v1/keys?cursor=nonsense"))).toBe("400 INVALID_REQUEST");
  });

  it("needs a tenant from the operator", async () => {
    expect(await codeOf(asOperator("/api/v1/keys"))).toBe("400 MISSING_TENANT");
    expect(await codeOf(asOperator("/api/v1/keys", { tenant }))).toBe("200");
  });

  it("tells when a key was last used", async () => {
    const own = await makeTenant("user");
    const { id, key } = await makeKey(own, ["viewer"]);
    const itemOf = async () =>
      KeyList().parse((await answerOf(asOperator("/api/v1/keys", { tenant: own }))).body).items[0];
    expect((await itemOf())?.last_used_at).toBeNull();
    await answerOf(askAs(key, "/api/v1/packs"));
    // The object tells the list in the background of its answer; asking it once more waits for that.
    await runInDurableObject(env.KEY.getByName(id), () => undefined);
    await expect.poll(async () => (await itemOf())?.last_used_at, { timeout: 60_000 }).toMatch(/^\d{4}-/);
  });
});

describe("revoking a key", () => {
  it("ends it here at once, and elsewhere within 60 s by the clock", async () => {
    const { id, key } = await makeKey(tenant, ["viewer"]);
    const clock = manualClock(Date.now());
    const elsewhere = guarded({ clock });
    const use = (via = isolate) => codeOf(askAs(key, "/api/v1/packs", { via }));
    expect([await use(), await use(elsewhere)]).toEqual(["200", "200"]);
    expect((await asOperator(`/api/v1/keys/${id}`, { method: "DELETE" })).status).toBe(204);
    expect(await use()).toBe("401 UNAUTHENTICATED");
    clock.advance(60_000);
    expect(await use(elsewhere)).toBe("401 UNAUTHENTICATED");
    expect(await use(guarded())).toBe("401 UNAUTHENTICATED");
  });

  it("a second time changes nothing", async () => {
    const { id } = await makeKey(tenant, ["viewer"]);
    const states: unknown[] = [];
    for (let time = 0; time < 2; time++) {
      expect((await asOperator(`/api/v1/keys/${id}`, { method: "DELETE" })).status).toBe(204);
      const { items } = KeyList().parse((await answerOf(asOperator("/api/v1/keys?limit=100", { tenant }))).body);
      states.push(items.find((item) => item.id === id));
    }
    expect(states[0]).toMatchObject({ state: "revoked" });
    expect(states[1]).toEqual(states[0]);
  });

  it("leaves the tenant's others alone: two overlap while one takes over", async () => {
    const [old, next] = [await makeKey(tenant, ["viewer"]), await makeKey(tenant, ["viewer"])];
    const statuses = async () => [
      (await askAs(old.key, "/api/v1/packs")).status,
      (await askAs(next.key, "/api/v1/packs")).status,
    ];
    expect(await statuses()).toEqual([200, 200]);
    await asOperator(`/api/v1/keys/${old.id}`, { method: "DELETE" });
    expect(await statuses()).toEqual([401, 200]);
  });

  it("finds no key of another tenant, in the bytes of no key at all", async () => {
    const admin = await makeKey(tenant, ["admin"]);
    const foreign = await makeKey(await makeTenant("rival"), ["viewer"]);
    const bodies: string[] = [];
    for (const id of [foreign.id, makeText("test").id, "no-id", "../x"]) {
      const path = `/api/v1/keys/${encodeURIComponent(id)}`;
      const response = await askAs(admin.key, path, { method: "DELETE", headers: { "x-request-id": "same" } });
      expect(response.status).toBe(404);
      bodies.push((await response.text()).replaceAll(encodeURIComponent(id), "ID"));
    }
    expect(new Set(bodies).size).toBe(1);
    expect((await askAs(foreign.key, "/api/v1/packs")).status).toBe(200);
  });
});

describe("a client whose credentials are refused too often", () => {
  const from = { "cf-connecting-ip": "192.0.2.77" };
  const RPC = "/vasini.agent.v1.AgentService/GetAgentStatus";

  it("is told when to come back, over REST and over RPC", async () => {
    // The window is a minute: by this clock it does not move on, however long so many requests take.
    const via = guarded({ clock: manualClock(Date.now()) });
    const use = (text: string, path = "/api/v1/packs", more: Parameters<typeof askAs>[2] = {}) =>
      askAs(text, path, { via, headers: from, ...more });
    for (let time = 0; time < AUTH_FAILURES_MAX; time++) {
      expect((await use(makeText("test").text)).status).toBe(401);
    }
    const { key } = await makeKey(tenant, ["viewer"]);
    const refused = await use(key);
    expect([refused.status, refused.headers.get("ratelimit-policy")]).toEqual([429, '"auth";q=60;w=60']);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(1);
    expect(await refused.json()).toMatchObject({ code: "RATE_LIMITED", "violated-policies": ["auth"] });
    const over = await use(key, RPC, { body: { taskId: "x" } });
    expect([over.status, await over.json()]).toMatchObject([429, { code: "resource_exhausted" }]);
    expect(Number(over.headers.get("retry-after"))).toBeGreaterThan(1);
    expect((await askAs(key, "/api/v1/packs", { via })).status).toBe(200);
  });
});

describe("what is kept", () => {
  it("is the digest with the pepper, never a key or its secret", async () => {
    const own = await makeTenant("keeper");
    const { id, key } = await makeKey(own, ["viewer"]);
    await answerOf(askAs(key, "/api/v1/packs"));
    const secret = (key.split("_")[3] ?? "").slice(0, 43);
    const authority = await dump(env.KEY.getByName(id));
    const digest = new TextDecoder("latin1").decode(await digestOf(secret, PEPPER));
    expect(authority).toContain(JSON.stringify(digest).slice(1, -1));
    const everything = authority + (await dump(env.TENANT.getByName(own)));
    expect(everything).toContain(id);
    for (const text of [key, secret, secret.slice(0, 12), PEPPER]) expect(everything).not.toContain(text);
  });

  it("is nothing at all for a key that was made up", async () => {
    const { id, text } = makeText("test");
    expect(await codeOf(askAs(text, "/api/v1/packs"))).toBe("401 UNAUTHENTICATED");
    expect(JSON.parse(await dump(env.KEY.getByName(id)))).toMatchObject({ values: [] });
  });

  it("stays as it is when the same id is made again with another secret", async () => {
    const { id, key } = await makeKey(tenant, ["viewer"]);
    const owner = parseTenantId(tenant);
    assert(owner !== undefined, "it is a tenant");
    const facts = { id, tenant: owner, name: "forged", roles: ["admin"] as const, createdAt: 0 };
    const ends = { expiresAt: null, revokedAt: null, lastUsedAt: null };
    expect(await env.KEY.getByName(id).create({ ...facts, ...ends }, new Uint8Array(32))).toBe(false);
    expect(await codeOf(askAs(key, "/api/v1/keys"))).toBe("403 FORBIDDEN");
  });

  it("belongs to one tenant: its object answers to no other name", async () => {
    const other = parseTenantId("another-tenant");
    assert(other !== undefined, "it is a tenant");
    await expect(runInDurableObject(env.TENANT.getByName(tenant), (object) => object.keys(other))).rejects.toThrow(
      "belongs to another tenant",
    );
  });
});

describe("in dev mode", () => {
  const via = guarded({ authMode: "dev" });

  it("a tenant is what a header names, and makes its keys without being made itself", async () => {
    const name = `dev-${crypto.randomUUID().slice(0, 8)}`;
    const made = await answerOf(ask("/api/v1/keys", { via, tenant: name, body: { name: "mine", roles: ["viewer"] } }));
    const { key } = NewKey().parse(made.body);
    expect(made.status).toBe(201);
    expect(await codeOf(askAs(key, "/api/v1/tasks", { via }))).toBe("200");
    expect(await codeOf(askAs(key, "/api/v1/tasks", { via, tenant: "another" }))).toBe("403 TENANT_MISMATCH");
  });

  it("a header alone makes no tenant and no key of another", async () => {
    expect(await codeOf(ask("/api/v1/tenants", { via, body: { tenant_id: "x", name: "X" } }))).toBe("403 FORBIDDEN");
    const body = { tenant_id: "another", name: "x", roles: ["viewer"] };
    expect(await codeOf(ask("/api/v1/keys", { via, body }))).toBe("403 TENANT_MISMATCH");
  });
});
