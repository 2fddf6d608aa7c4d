/** A tenant's object and Postgres: every change is told, durably, in the end, and nothing is told twice as two things. */
import { env as bindings, runInDurableObject } from "cloudflare:test";
import { describe, expect, inject, it } from "vitest";
import type { KeyFacts } from "../../src/api/key-record.ts";
import { KEYS_ACTIVE_MAX, KEYS_ENDED_MAX, KEYS_TOLD_AT_ONCE, KEYS_UNTOLD_MAX } from "../../src/api/limits.ts";
import { TenantObject } from "../../src/api/object.ts";
import { createTenantProjection, type TenantProjection } from "../../src/api/tenant-projection.ts";
import type { Bindings } from "../../src/bindings.ts";
import { type Clock, createDb, type Db, systemClock } from "../../src/platform/index.ts";
import { tenantOf } from "./keyring.ts";
import { manualClock, memoryLog, patientClock } from "./ports.ts";

const env = bindings as unknown as Bindings; // the bindings of wrangler.toml, by their own type
const { url, httpEndpoint } = inject("database");

const dbAt = (database: { readonly url: string; readonly httpEndpoint: string }, clock: Clock): Db =>
  createDb({ database, outboxDatabaseUrl: null, clock, random: () => 0 });
const there = dbAt({ url, httpEndpoint }, patientClock);
/** Nobody listens there. */
const nowhere = { url: "postgresql://app_user:x@127.0.0.1:1/postgres", httpEndpoint: "http://127.0.0.1:1/sql" };
const away = dbAt(nowhere, systemClock);

/** One tenant's object by a clock that is moved by hand, over a database that comes and goes. */
function rig(name = `tenant-${crypto.randomUUID().slice(0, 8)}`) {
  const tenant = tenantOf(name);
  // A day ahead, so that no alarm is due for the platform, which would ring an object without a database.
  const clock = manualClock(Date.now() + 86_400_000);
  const log = memoryLog();
  let projection: TenantProjection | null = createTenantProjection({ db: there, log, kind: "test" });
  const within = <T>(work: (object: TenantObject, storage: DurableObjectStorage) => Promise<T>): Promise<T> =>
    runInDurableObject(env.TENANT.getByName(name), (_, state: DurableObjectState) => {
      const services = { clock, random: () => 0, log, changed: () => undefined, projection };
      // A new instance each time: whatever it is to know it must have written down.
      return work(new TenantObject(state, env, services), state.storage);
    });
  const facts = (id: string, change: Partial<KeyFacts> = {}): KeyFacts => ({
    ...{ id, tenant, name: id, roles: ["viewer"], createdAt: clock.now() },
    ...{ expiresAt: null, revokedAt: null, lastUsedAt: null },
    ...change,
  });
  return {
    tenant,
    clock,
    log,
    within,
    facts,
    /** What the object does from now on is told to this database; to none when it is null. */
    database: (db: Db | null) => {
      projection = db && createTenantProjection({ db, log, kind: "test" });
    },
    alarmAt: () => within((_, storage) => storage.getAlarm()),
    /** Rings while the alarm is due, as the platform does. @returns how often. */
    ring: () =>
      within(async (object, storage) => {
        for (let times = 0; ; times++) {
          const at = await storage.getAlarm();
          if (at === null || at > clock.now()) return times;
          await storage.deleteAlarm();
          await object.alarm();
        }
      }),
    rows: async (table: "tenants" | "api_keys", columns = "*") => {
      const result = await there.batch(tenant, [{ text: `SELECT ${columns} FROM ${table} ORDER BY created_at` }]);
      if (!result.ok) throw new Error(result.error.message);
      return result.value[0]?.rows ?? [];
    },
  };
}

describe("a tenant's object", () => {
  it("tells Postgres of the tenant, of its keys, of their use and of their end", async () => {
    const { tenant, clock, within, facts, ring, rows } = rig();
    await within((object) => object.register(tenant, "Acme"));
    await within((object) => object.addKey(tenant, facts("one")));
    await ring();
    expect(await rows("tenants", "tenant_id, name")).toEqual([{ tenant_id: tenant, name: "Acme" }]);
    expect(await rows("api_keys", "id, last_used_at, revoked_at")).toEqual([
      { id: "one", last_used_at: null, revoked_at: null },
    ]);
    await within((object) => object.touchKey(tenant, "one", clock.now()));
    await within((object) => object.endKey(tenant, "one", clock.now()));
    await ring();
    const now = new Date(clock.now());
    expect(await rows("api_keys", "id, last_used_at, revoked_at")).toEqual([
      { id: "one", last_used_at: now, revoked_at: now },
    ]);
  });

  it("asks for nothing more once all is told", async () => {
    const { tenant, within, facts, ring, alarmAt } = rig();
    await within((object) => object.register(tenant, "Acme"));
    await within((object) => object.addKey(tenant, facts("one")));
    expect(await ring()).toBe(1);
    expect(await alarmAt()).toBeNull();
    // What changes nothing is no news: a second revocation, a key that is not there.
    await within((object) => object.endKey(tenant, "one", 5));
    await ring();
    await within((object) => object.endKey(tenant, "one", 6));
    await within((object) => object.endKey(tenant, "none", 6));
    expect(await alarmAt()).toBeNull();
  });

  it("keeps trying while the database is away, ever less often, and loses nothing", async () => {
    const { tenant, clock, within, facts, ring, alarmAt, rows, database } = rig();
    database(away);
    await within((object) => object.register(tenant, "Acme"));
    await within((object) => object.addKey(tenant, facts("one")));
    expect(await ring()).toBe(1);
    const first = await alarmAt();
    expect(first).toBeGreaterThan(clock.now());
    clock.advance(60 * 60_000);
    expect(await ring()).toBe(1);
    // A change meanwhile is a reason to try at once.
    await within((object) => object.endKey(tenant, "one", clock.now()));
    expect(await alarmAt()).toBe(clock.now());
    database(there);
    await ring();
    expect(await rows("tenants", "tenant_id")).toHaveLength(1);
    expect(await rows("api_keys", "id, revoked_at")).toEqual([{ id: "one", revoked_at: new Date(clock.now()) }]);
  });

  it("does not fall silent when telling fails in a way nobody foresaw", async () => {
    const { tenant, clock, within, ring, alarmAt, database, log } = rig();
    database({ ...there, batch: () => Promise.reject(new TypeError("no such method")) });
    await within((object) => object.register(tenant, "Acme"));
    await ring();
    expect(await alarmAt()).toBeGreaterThan(clock.now());
    expect(log.lines).toContainEqual(expect.objectContaining({ event: "projection.failed" }));
  });

  it("tells what changed while an older state of it was being told", async () => {
    const { tenant, within, facts, ring, rows, database, clock } = rig();
    await within((object) => object.register(tenant, "Acme"));
    await within((object) => object.addKey(tenant, facts("one")));
    let revoke: (() => Promise<unknown>) | null = null;
    database({
      ...there,
      batch: async (...args) => {
        const result = await there.batch(...args);
        await revoke?.();
        revoke = null;
        return result;
      },
    });
    await within(async (object, storage) => {
      revoke = () => object.endKey(tenant, "one", clock.now());
      await storage.deleteAlarm();
      await object.alarm();
    });
    expect(await ring()).toBe(1);
    expect(await rows("api_keys", "revoked_at")).toEqual([{ revoked_at: new Date(clock.now()) }]);
  });

  it("tells many keys in bites", async () => {
    const { tenant, within, facts, ring, rows, database } = rig();
    database(null);
    await within((object) => object.register(tenant, "Acme"));
    const count = KEYS_TOLD_AT_ONCE + 1;
    await within(async (object) => {
      for (let n = 0; n < count; n++) {
        await object.addKey(tenant, facts(`key-${n}`));
        await object.endKey(tenant, `key-${n}`, 1);
      }
    });
    database(there);
    // Configured later: the first change after that tells of all before it.
    await within((object) => object.touchKey(tenant, "key-0", 7));
    expect(await ring()).toBe(2);
    expect(await rows("api_keys", "id")).toHaveLength(count);
  });

  it("drops no ended key that Postgres was not told of, and makes no new ones past the limit", async () => {
    const { tenant, within, facts, ring, rows, database } = rig();
    database(away);
    await within((object) => object.register(tenant, "Acme"));
    const outcomes = await within(async (object) => {
      const made: string[] = [];
      for (let n = 0; n < KEYS_UNTOLD_MAX; n++) {
        made.push(await object.addKey(tenant, facts(`key-${n}`)));
        await object.endKey(tenant, `key-${n}`, 1);
      }
      return made;
    });
    // The tenant itself is untold too, so the last one is over it.
    expect([outcomes.filter((outcome) => outcome === "added").length, outcomes.at(-1)]).toEqual([
      KEYS_UNTOLD_MAX - 1,
      "behind",
    ]);
    database(there);
    await within((object) => object.touchKey(tenant, "key-0", 7));
    await ring();
    expect(await rows("api_keys", "id")).toHaveLength(KEYS_UNTOLD_MAX - 1);
    expect(await within((object) => object.addKey(tenant, facts("new")))).toBe("added");
    expect(await within(async (object) => (await object.keys(tenant)).length)).toBe(KEYS_ENDED_MAX + 1);
    expect(KEYS_UNTOLD_MAX).toBeGreaterThan(KEYS_ACTIVE_MAX + KEYS_ENDED_MAX);
  });
});
