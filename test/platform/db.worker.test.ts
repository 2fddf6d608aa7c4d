/** The port inside workerd, with the unmodified driver, against the embedded database. All of its promises: test/case/database. */
import { describe, expect, inject, it } from "vitest";
import { createDb, parseTenantId, systemClock, systemRandom } from "../../src/platform/index.ts";
import { patientClock } from "../api/ports.ts";

const { url, httpEndpoint, outboxDatabaseUrl } = inject("database");
const db = createDb({ database: { url, httpEndpoint }, outboxDatabaseUrl, clock: patientClock, random: systemRandom });

function tenant(name: string) {
  const parsed = parseTenantId(name);
  if (parsed === undefined) throw new Error(`${name} is no tenant`);
  return parsed;
}

describe("the port in workerd", () => {
  it("runs a unit of work as its tenant, and hides it from another", async () => {
    const id = crypto.randomUUID();
    const insert = {
      text: "insert into agents (tenant_id, id, pack_id, pack_version) values ($1, $2, 'hello', '1.0.0')",
      params: ["worker-a", id],
    };
    const read = { text: "select tenant_id, created_at from agents where id = $1", params: [id] };
    const written = await db.batch(tenant("worker-a"), [insert, read], { once: true });
    expect(written.ok && written.value[1]?.rows).toEqual([{ tenant_id: "worker-a", created_at: expect.any(Date) }]);
    const other = await db.batch(tenant("worker-b"), [read]);
    expect(other.ok && other.value[0]?.rows).toEqual([]);
  });

  it("gives a refusal of the database as a value", async () => {
    const result = await db.batch(tenant("worker-a"), [{ text: "insert into agents (tenant_id) values ('worker-a')" }]);
    expect(result.ok ? null : result.error).toMatchObject({ reason: "constraint", sqlstate: "23502" });
  });

  it("gives a database that is not there as a value", async () => {
    const gone = createDb({
      database: { url: "postgresql://app_user:x@127.0.0.1:1/postgres", httpEndpoint: "http://127.0.0.1:1/sql" },
      outboxDatabaseUrl: null,
      clock: systemClock,
      random: systemRandom,
    });
    expect(await gone.status()).toMatchObject({ ok: false, error: { reason: "unavailable" } });
  });

  it("reports the schema and the role", async () => {
    expect(await db.status()).toMatchObject({ ok: true, value: { isRoleSafe: true, role: "app_user" } });
  });
});
