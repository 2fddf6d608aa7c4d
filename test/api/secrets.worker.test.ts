/** Secrets through the front door and in their real object: written, listed without values, removed, sealed at rest. */
import { runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it } from "vitest";
import { SECRETS_MAX } from "../../src/api/limits.ts";
import type { NewSecret } from "../../src/api/secret-record.ts";
import { Secret, SecretList } from "../../src/api/secret-schema.ts";
import type { AuditEntry } from "../../src/audit/index.ts";
import { assert, parseTenantId, type TenantId } from "../../src/platform/index.ts";
import { type Ask, answerOf, ask, env, workerWith } from "./gateway.ts";

const PATH = "/api/v1/secrets";
const VALUE = "the-value-nobody-sees";
let tenant: TenantId;
let tenants = 0;
beforeEach(() => {
  tenant = tenantNamed(`secrets-${++tenants}`);
});

function tenantNamed(text: string): TenantId {
  const id = parseTenantId(text);
  assert(id !== undefined, "it is a tenant");
  return id;
}

const call = (path: string, options: Ask = {}) => answerOf(ask(path, { tenant, ...options }));
const put = (name: string, change: Readonly<Record<string, unknown>> = {}, options: Ask = {}) =>
  call(`${PATH}/${name}`, { method: "PUT", body: { value: VALUE, host: "api.example.com", ...change }, ...options });
const remove = (name: string, options: Ask = {}) => ask(`${PATH}/${name}`, { tenant, method: "DELETE", ...options });
const stub = (of: TenantId = tenant) => env.SECRET.getByName(of);

/** Everything the object has in storage, as text. */
const storedBy = (of: TenantId): Promise<string> =>
  runInDurableObject(stub(of), (_object, { storage }) => JSON.stringify([...storage.kv.list()]));

describe("a secret", () => {
  it("is kept, shown without its value, and replaced", async () => {
    const made = await put("token");
    expect(made.status).toBe(201);
    expect(Secret().parse(made.body)).toMatchObject({
      ...{ name: "token", host: "api.example.com", header: "authorization", scheme: "bearer" },
    });
    const again = await put("token", { host: "other.example.com" });
    expect([again.status, again.body.host, again.body.created_at]).toEqual([
      ...[200, "other.example.com", made.body.created_at],
    ]);
    expect((await call(`${PATH}/token`)).body).toEqual(again.body);
  });

  it("goes into a header of its own as it is", async () => {
    expect((await put("key", { header: "X-Api-Key" })).body).toMatchObject({ header: "x-api-key", scheme: "raw" });
  });

  it("is listed by name, with all others of its tenant and no other", async () => {
    await put("b");
    await put("a");
    const { body } = await call(PATH);
    expect(
      SecretList()
        .parse(body)
        .items.map(({ name }) => name),
    ).toEqual(["a", "b"]);
    expect((await call(PATH, { tenant: "somebody-else" })).body).toEqual({ items: [], next_cursor: null });
  });

  it("is gone once it is removed, which can be done once", async () => {
    await put("token");
    expect((await remove("token")).status).toBe(204);
    expect((await remove("token")).status).toBe(404);
    expect((await call(`${PATH}/token`)).status).toBe(404);
    expect(await stub().open(tenant, ["token"])).toEqual([]);
  });

  it("stands in no answer and not in its object's storage", async () => {
    const answers = [await put("token"), await put("token"), await call(PATH), await call(`${PATH}/token`)];
    expect(JSON.stringify(answers)).not.toContain(VALUE);
    const stored = await storedBy(tenant);
    expect(stored).toContain("token");
    expect(stored).not.toContain(VALUE);
    expect(stored).not.toContain(btoa(VALUE));
  });

  it("opens for its tenant's gateway, as it is to be sent", async () => {
    await put("token", { scheme: "basic", value: "user:password" });
    expect(await stub().open(tenant, ["nothing", "token"])).toEqual([
      {
        name: "token",
        value: "user:password",
        host: "api.example.com",
        header: "authorization",
        headerValue: `Basic ${btoa("user:password")}`,
      },
    ]);
  });
});

describe("a body that is refused", () => {
  for (const [what, change] of Object.entries({
    "without a value": { value: undefined },
    "without a host": { host: undefined },
    "with a short value": { value: "1234567" },
    "with an address for a host": { host: "169.254.169.254" },
    "with a wildcard for a host": { host: "*.example.com" },
    "with the host header": { header: "Host" },
    "with an unknown scheme": { scheme: "digest" },
    "with a member nobody knows": { hosts: ["a.example.com"] },
    "with a value of two lines": { value: "first\nsecond-line" },
  })) {
    it(`is 400 ${what}, and the value is not repeated`, async () => {
      const { status, body } = await put("token", change);
      expect([status, body.code]).toEqual([400, "INVALID_REQUEST"]);
      expect(JSON.stringify(body)).not.toContain(VALUE);
      expect(await stub().list(tenant)).toEqual([]);
    });
  }

  it("is 400 for a name that is none", async () => expect((await put("no.dots")).status).toBe(400));

  it("is 409 over the limit, while what is there can be replaced", async () => {
    for (let n = 0; n < SECRETS_MAX; n++) {
      const secret: NewSecret = {
        name: `s${n}`,
        value: VALUE,
        host: "api.example.com",
        header: "x-key",
        scheme: "raw",
      };
      expect((await stub().put(tenant, secret)).kind).toBe("written");
    }
    const over = await put("one-more");
    expect([over.status, over.body.code]).toEqual([409, "SECRET_LIMIT_REACHED"]);
    expect((await put("s0")).status).toBe(200);
    await remove("s1");
    expect((await put("one-more")).status).toBe(201);
  });
});

describe("what is sealed", () => {
  /** Puts what stands in one place of an object's storage into a place of another's. */
  async function move(from: readonly [TenantId, string], to: readonly [TenantId, string]): Promise<void> {
    const stored = await runInDurableObject(stub(from[0]), (_object, { storage }) =>
      storage.kv.get(`secret/${from[1]}`),
    );
    await runInDurableObject(stub(to[0]), (_object, { storage }) => storage.kv.put(`secret/${to[1]}`, stored));
  }

  it("does not open under another name", async () => {
    await put("token");
    await move([tenant, "token"], [tenant, "other"]);
    expect(await stub().open(tenant, ["other"])).toEqual([]);
  });

  it("does not open in another tenant's object", async () => {
    await put("token");
    const thief = tenantNamed("secret-thief");
    await move([tenant, "token"], [thief, "token"]);
    expect(await stub(thief).open(thief, ["token"])).toEqual([]);
  });

  it("is not turned to another host by whoever can write what is listed", async () => {
    await put("token");
    await runInDurableObject(stub(), (_object, { storage }) => {
      const stored = storage.kv.get<{ facts: object }>("secret/token");
      storage.kv.put("secret/token", { ...stored, facts: { ...stored?.facts, host: "evil.example.com" } });
    });
    expect(await stub().open(tenant, ["token"])).toMatchObject([{ host: "api.example.com" }]);
  });

  it("is not served by an object that belongs to another tenant", async () => {
    await put("token");
    const other = tenantNamed("secret-stranger");
    const outcome = await stub()
      .open(other, ["token"])
      .then(
        () => "opened",
        (thrown: unknown) => String(thrown),
      );
    expect(outcome).toMatch(/belongs to another tenant/);
  });
});

describe("the audit log", () => {
  function logged(outcome: "stored" | "full") {
    const entries: AuditEntry[] = [];
    const append = async (_: string, told: readonly AuditEntry[]) => {
      entries.push(...told);
      return outcome;
    };
    return { entries, via: workerWith(() => ({ audit: () => ({ append }) })) };
  }

  it("has every change before it is made and after it, and no value", async () => {
    const { entries, via } = logged("stored");
    await put("token", {}, { via });
    await remove("token", { via });
    expect(entries.map(({ action, result, resource }) => `${action} ${result} ${resource}`)).toEqual([
      "secret.written intended secret:token",
      "secret.written done secret:token",
      "secret.deleted intended secret:token",
      "secret.deleted done secret:token",
    ]);
    expect(JSON.stringify(entries)).not.toContain(VALUE);
  });

  it("that takes nothing lets no secret be kept, and lets one be removed", async () => {
    await put("token");
    const { via } = logged("full");
    expect((await put("other", {}, { via })).status).toBe(503);
    expect((await remove("token", { via })).status).toBe(204);
  });
});

describe("a server without a master key", () => {
  it("says so, and keeps nothing", async () => {
    const closed = async () => ({ kind: "closed" }) as const;
    const via = workerWith(({ secrets }) => ({ secrets: (of) => Object.assign(secrets(of), { put: closed }) }));
    const { status, body } = await put("token", {}, { via });
    expect([status, body.code]).toEqual([503, "UNAVAILABLE"]);
    expect(body.message).toContain("SECRETS_MASTER_KEY");
  });
});
