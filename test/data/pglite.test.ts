/** The database suites on the embedded PostgreSQL, which needs nothing installed. The same on a real server: npm run test:real. */
import { expect, it } from "vitest";
import { startEmbeddedDatabase } from "../../src/local/database/embedded.ts";
import { VACUUM_REQUESTS } from "../../src/local/database/limits.ts";
import { describeAudit } from "../case/database/audit.case.ts";
import { asUser, type Bench, USERS } from "../case/database/bench.ts";
import { describeIsolation } from "../case/database/isolation.case.ts";
import { describePort } from "../case/database/port.case.ts";
import { describeProjection } from "../case/database/projection.case.ts";
import { describeSchema } from "../case/database/schema.case.ts";
import { describeTenants } from "../case/database/tenants.case.ts";
import { describeWebhooks } from "../case/database/webhooks.case.ts";

async function open(): Promise<Bench> {
  const started = await startEmbeddedDatabase({ dataDir: null, users: { ...USERS, postgres: "owner-password" } });
  if (!started.ok) throw new Error(started.error);
  const endpoint = started.value;
  return { endpoint, close: () => endpoint.close() };
}

it("the embedded database counts its rows by itself, as a server does", async () => {
  const bench = await open();
  const ask = asUser(bench, "app_user");
  const count = "SELECT reltuples FROM pg_class WHERE oid = 'public.tenants'::regclass";
  expect(await ask("acme", ["INSERT INTO tenants (tenant_id, name) VALUES ('acme', 'Acme')"])).toMatchObject({
    count: 1,
  });
  expect(await ask("acme", [count])).toMatchObject({ rows: [{ reltuples: -1 }] });
  for (let n = 0; n < VACUUM_REQUESTS; n++) await ask("acme", ["SELECT 1"]);
  expect(await ask("acme", [count])).toMatchObject({ rows: [{ reltuples: 1 }] });
  await bench.close();
});

describeIsolation("PGlite", open);
describeSchema("PGlite", open);
describePort("PGlite", open);
describeProjection("PGlite", open);
describeWebhooks("PGlite", open);
describeAudit("PGlite", open);
describeTenants("PGlite", open);
