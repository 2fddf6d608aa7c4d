/** A batch through the port, as one tenant, beside the bare driver's transaction, on the embedded database. */
import { neon } from "@neondatabase/serverless";
import { startEmbeddedDatabase } from "../../src/local/database/embedded.ts";
import { portOf, tenantNamed, USERS } from "../case/database/bench.ts";
import { inTurns, type Part, timed, toPart } from "./row.ts";

const STATEMENT = "select count(*) from tasks";

export async function databaseBatch(rounds: number): Promise<readonly Part[]> {
  const started = await startEmbeddedDatabase({ dataDir: null, users: USERS });
  if (!started.ok) throw new Error(started.error);
  const endpoint = started.value;
  try {
    const db = portOf({ endpoint, close: async () => undefined });
    const tenant = tenantNamed("bench");
    const first = await db.batch(tenant, [{ text: STATEMENT, params: [] }]); // makes the driver know the endpoint
    if (!first.ok) throw new Error(first.error.message);
    const sql = neon(endpoint.connectionString("app_user"), { fullResults: true, disableWarningInBrowsers: true });
    const scope = () => sql.query("select set_config('app.tenant_id', $1, true)", ["bench"]);
    const samples = await inTurns(rounds, {
      "bare transaction": () => timed(() => sql.transaction([scope(), sql.query(STATEMENT)])),
      "Db.batch": () => timed(() => db.batch(tenant, [{ text: STATEMENT, params: [] }])),
    });
    return [toPart("database, one statement", samples, { floors: { "Db.batch": "bare transaction" } })];
  } finally {
    await endpoint.close();
  }
}
