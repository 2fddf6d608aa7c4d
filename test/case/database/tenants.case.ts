/** Tenants and keys told to Postgres: keyed, in order of version, never lost to an outage, never round for ever, no secret. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KeyFacts } from "../../../src/api/key-record.ts";
import { createTenantProjection } from "../../../src/api/tenant-projection.ts";
import { createLog } from "../../../src/platform/index.ts";
import { asUser, type Bench, portOf, tenantNamed } from "./bench.ts";

const AT = Date.parse("2026-01-02T03:04:05.678Z");
const quiet = createLog({}, () => undefined);

const tenantFacts = (tenant: string) => ({ tenant: tenantNamed(tenant), name: `${tenant} and sons`, createdAt: AT });

const keyFacts = (tenant: string, change: Partial<KeyFacts> = {}): KeyFacts => ({
  id: "0123456789abcdef",
  tenant: tenantNamed(tenant),
  name: "ci",
  roles: ["viewer", "billing"],
  createdAt: AT,
  createdBy: "operator",
  expiresAt: null,
  revokedAt: null,
  lastUsedAt: null,
  ...change,
});

/** @param open a bench of its own for this suite. */
export function describeTenants(name: string, open: () => Promise<Bench>): void {
  describe(`the projection of tenants and keys on ${name}`, () => {
    let bench: Bench;
    beforeAll(async () => {
      bench = await open();
    });
    afterAll(() => bench?.close());

    const projection = () => createTenantProjection({ db: portOf(bench), log: quiet, kind: "test" });
    const rows = async (tenant: string, text: string) => {
      const answer = await asUser(bench, "app_user")(tenant, [text]);
      if (answer.code !== null) throw new Error(answer.message);
      return answer.rows;
    };
    const tell = (tenant: string, keys: readonly { facts: KeyFacts; version: number }[], withTenant = true) =>
      projection().flush({
        tenant: tenantNamed(tenant),
        facts: withTenant ? tenantFacts(tenant) : null,
        keys,
      });

    it("lands once, however often it is told", async () => {
      for (let time = 0; time < 2; time++) {
        expect(await tell("once", [{ facts: keyFacts("once"), version: 1 }])).toBe("landed");
      }
      expect(await rows("once", "SELECT tenant_id, name, state, created_at FROM tenants")).toEqual([
        { tenant_id: "once", name: "once and sons", state: "active", created_at: new Date(AT) },
      ]);
      expect(await rows("once", "SELECT * FROM api_keys")).toEqual([
        {
          tenant_id: "once",
          id: "0123456789abcdef",
          name: "ci",
          prefix: "vas_test_0123456789abcdef",
          scopes: ["approvals:read", "budgets:write", "packs:read", "tasks:read"],
          created_by: "operator",
          created_at: new Date(AT),
          expires_at: null,
          last_used_at: null,
          revoked_at: null,
          projected_version: "1",
        },
      ]);
    });

    it("shows the newest version of a key, whatever order the versions arrive in", async () => {
      const used = keyFacts("order", { lastUsedAt: AT + 1_000 });
      const revoked = { ...used, revokedAt: AT + 2_000 };
      for (const [version, facts] of [
        [1, keyFacts("order")],
        [3, revoked],
        [2, used],
      ] as const) {
        await tell("order", [{ facts, version }]);
      }
      expect(await rows("order", "SELECT last_used_at, revoked_at FROM api_keys")).toEqual([
        { last_used_at: new Date(AT + 1_000), revoked_at: new Date(AT + 2_000) },
      ]);
    });

    it("says of a key as much of its maker as there is room for, and nothing where nothing is known", async () => {
      const { createdBy: _, ...unknown } = keyFacts("maker", { id: "a".repeat(16) });
      const long = keyFacts("maker", { createdBy: `token:https://issuer.example#${"s".repeat(500)}` });
      await tell("maker", [
        { facts: unknown, version: 1 },
        { facts: long, version: 2 },
      ]);
      const [first, second] = await rows("maker", "SELECT created_by FROM api_keys ORDER BY id DESC");
      expect([first?.created_by, String(second?.created_by).length]).toEqual(["", 256]);
    });

    it("is seen by its own tenant alone", async () => {
      await tell("mine", [{ facts: keyFacts("mine"), version: 1 }]);
      expect(await rows("mine", "SELECT id FROM api_keys")).toHaveLength(1);
      for (const table of ["tenants", "api_keys"]) expect(await rows("theirs", `SELECT 1 FROM ${table}`)).toEqual([]);
    });

    it("buries what Postgres refuses for good, once, and tells the rest", async () => {
      const long = keyFacts("refused", { id: "fedcba9876543210", name: "n".repeat(200) });
      const keys = [
        { facts: long, version: 1 },
        { facts: keyFacts("refused"), version: 2 },
      ];
      for (let time = 0; time < 2; time++) expect(await tell("refused", keys)).toBe("landed");
      expect(await rows("refused", "SELECT id FROM api_keys")).toEqual([{ id: "0123456789abcdef" }]);
      expect(await rows("refused", "SELECT tenant_id FROM tenants")).toHaveLength(1);
      const letters = await rows(
        "refused",
        "SELECT source, reason, sqlstate, aggregate_id, payload_json FROM dead_letters",
      );
      expect(letters).toEqual([
        {
          ...{ source: "projection", reason: "refused", sqlstate: "22001", aggregate_id: long.id },
          payload_json: JSON.stringify(long),
        },
      ]);
    });

    it("says that it did not land while the database is away, and lands when it is back", async () => {
      await bench.endpoint.setFault("refuse");
      expect(await tell("away", [{ facts: keyFacts("away"), version: 1 }])).toBe("unavailable");
      await bench.endpoint.setFault("none");
      expect(await tell("away", [{ facts: keyFacts("away"), version: 1 }])).toBe("landed");
      expect(await rows("away", "SELECT id FROM api_keys")).toHaveLength(1);
    });

    it("waits for a database whose schema has no such table yet, and buries nothing", async () => {
      const elsewhere = createTenantProjection({
        db: { ...portOf(bench), batch: (tenant) => portOf(bench).batch(tenant, [{ text: "SELECT 1 FROM no_table" }]) },
        log: quiet,
        kind: "test",
      });
      const news = { tenant: tenantNamed("early"), facts: tenantFacts("early"), keys: [] };
      expect(await elsewhere.flush(news)).toBe("unavailable");
      expect(await rows("early", "SELECT 1 FROM dead_letters")).toEqual([]);
    });
  });
}
