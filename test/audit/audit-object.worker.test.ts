/** The audit object in the real runtime: durable before it answers, in order, full when it is full, never lost. */
import { env as bindings, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, inject, it } from "vitest";
import { type AuditEntry, createAuditReader, createAuditSink } from "../../src/audit/index.ts";
import {
  BUFFER_AUTH_ENTRIES_MAX,
  BUFFER_ENTRIES_MAX,
  DENIALS_PER_MINUTE_MAX,
  FLUSH_ENTRIES,
} from "../../src/audit/limits.ts";
import { AuditObject, type AuditServices } from "../../src/audit/object.ts";
import type { Bindings } from "../../src/bindings.ts";
import { assert, type Clock, createDb, parseTenantId, systemClock, type TenantId } from "../../src/platform/index.ts";
import { manualClock, memoryLog, patientClock } from "../api/ports.ts";

const env = bindings as unknown as Bindings; // the bindings of wrangler.toml, by their own type
const { url, httpEndpoint, outboxDatabaseUrl } = inject("database");
const db = createDb({ database: { url, httpEndpoint }, outboxDatabaseUrl, clock: patientClock, random: () => 0 });
const toPostgres = createAuditSink(db, memoryLog());
const away: AuditServices["sink"] = async () => "unavailable";

const newTenant = (): TenantId => {
  const tenant = parseTenantId(`audit-${crypto.randomUUID().slice(0, 8)}`);
  assert(tenant !== undefined, "a tenant");
  return tenant;
};
let count = 0;
const entries = (length: number, action: AuditEntry["action"] = "key.created"): AuditEntry[] =>
  Array.from({ length }, () => ({
    ...{ id: crypto.randomUUID(), at: Date.now(), action, actor: "key:a" },
    ...{ resource: `key:${++count}`, result: "done" },
  }));

/** A day ahead: the platform fires no alarm that was set by it, however long a test takes. */
const clockAhead: Clock = { now: () => systemClock.now() + 24 * 60 * 60 * 1_000, sleep: systemClock.sleep };

/** The tenant's object over its own storage, with another way to Postgres: a restart each time. */
const within = <T>(
  tenant: string,
  sink: AuditServices["sink"],
  work: (object: AuditObject) => Promise<T>,
  clock: AuditServices["clock"] = clockAhead,
): Promise<T> =>
  runInDurableObject(env.AUDIT.getByName(tenant), (_object, state: DurableObjectState) =>
    work(new AuditObject(state, env, { clock, random: () => 0, log: memoryLog(), sink })),
  );
const alarmOf = (tenant: string): Promise<number | null> =>
  runInDurableObject(env.AUDIT.getByName(tenant), (_object, state: DurableObjectState) => state.storage.getAlarm());
const rowsOf = async (tenant: TenantId) =>
  (await createAuditReader(db)(tenant, { after: 0, limit: 500, action: null })).items;
const landed = async (tenant: TenantId): Promise<string[]> => (await rowsOf(tenant)).map(({ id }) => id);

describe("an audit object", () => {
  it("keeps what it took while the database is away, and tells it in order when it is back", async () => {
    const tenant = newTenant();
    const all = entries(FLUSH_ENTRIES + 50);
    for (let at = 0; at < all.length; at += 50) {
      expect(await within(tenant, away, (object) => object.append(tenant, all.slice(at, at + 50)))).toBe("stored");
    }
    for (let tries = 0; tries < 8; tries++) await within(tenant, away, (object) => object.alarm());
    expect(await landed(tenant)).toEqual([]);
    expect(await alarmOf(tenant)).not.toBeNull();
    await within(tenant, toPostgres, (object) => object.alarm());
    expect(await landed(tenant)).toEqual(all.map(({ id }) => id));
  });

  it("tells an entry once, also when the answer of the database was lost", async () => {
    const tenant = newTenant();
    const [one] = entries(1);
    assert(one !== undefined, "one entry");
    await within(tenant, away, (object) => object.append(tenant, [one]));
    const cut: AuditServices["sink"] = async (...told) => {
      await toPostgres(...told);
      return "unavailable";
    };
    await within(tenant, cut, (object) => object.alarm());
    await within(tenant, toPostgres, (object) => object.alarm());
    expect(await landed(tenant)).toEqual([one.id]);
  });

  it("does not throw in its alarm, whatever the way to Postgres does, and comes again", async () => {
    const tenant = newTenant();
    const broken: AuditServices["sink"] = async () => {
      throw new Error("no way");
    };
    await within(tenant, broken, async (object) => {
      await object.append(tenant, entries(1));
      await object.alarm();
    });
    expect(await alarmOf(tenant)).not.toBeNull();
  });

  it("takes no more than its limit, all of a call or none, and goes on once there is room", async () => {
    const tenant = newTenant();
    for (let taken = 0; taken < BUFFER_ENTRIES_MAX; taken += 100) {
      await within(tenant, away, (object) => object.append(tenant, entries(100)));
    }
    expect(await within(tenant, away, (object) => object.append(tenant, entries(1)))).toBe("full");
    await within(tenant, toPostgres, (object) => object.alarm());
    expect(await within(tenant, away, (object) => object.append(tenant, entries(1)))).toBe("stored");
  });

  it("gives a minute's refusals so many rows and no more, from however many isolates, and names the others later", async () => {
    const tenant = newTenant();
    const clock = manualClock();
    const refuse = (times: number) =>
      within(
        tenant,
        toPostgres,
        async (object) => {
          for (const one of entries(times, "auth.failed")) expect(await object.append(tenant, [one])).toBe("stored");
        },
        clock,
      );
    await refuse(40);
    await refuse(40);
    clock.advance(60_000);
    await refuse(2);
    await within(tenant, toPostgres, (object) => object.alarm());
    const rows = await rowsOf(tenant);
    expect(rows).toHaveLength(DENIALS_PER_MINUTE_MAX + 2);
    expect(rows.slice(-2).map(({ details_json }) => details_json)).toEqual(['{"unrecorded":20}', null]);
  });

  it("keeps room for changes, however often somebody authenticates while the database is away", async () => {
    const tenant = newTenant();
    await within(tenant, away, async (object) => {
      for (let taken = 0; taken < BUFFER_AUTH_ENTRIES_MAX; taken += 100) {
        expect(await object.append(tenant, entries(100, "auth.succeeded"))).toBe("stored");
      }
      expect(await object.append(tenant, entries(1, "auth.succeeded"))).toBe("full");
      expect(await object.append(tenant, entries(1, "auth.failed"))).toBe("full");
      expect(await object.append(tenant, entries(1, "key.created"))).toBe("stored");
    });
  });

  it("serves one tenant for ever, and takes nothing for another", async () => {
    const tenant = newTenant();
    await within(tenant, away, (object) => object.append(tenant, entries(1)));
    const outcome = await within(tenant, away, (object) =>
      object.append("other", entries(1)).catch((thrown) => thrown),
    );
    expect(outcome).toBeInstanceOf(Error);
  });

  it("without a database keeps nothing, and leaves a line in the log", async () => {
    const tenant = newTenant();
    const log = memoryLog();
    await runInDurableObject(env.AUDIT.getByName(tenant), async (_object, state: DurableObjectState) => {
      const object = new AuditObject(state, env, { clock: systemClock, random: () => 0, log, sink: null });
      expect(await object.append(tenant, entries(1))).toBe("stored");
      expect(await state.storage.getAlarm()).toBeNull();
    });
    expect(log.lines).toMatchObject([{ event: "audit", tenant_id: tenant, action: "key.created" }]);
    expect(await runDurableObjectAlarm(env.AUDIT.getByName(tenant))).toBe(false);
  });
});
