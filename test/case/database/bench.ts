/** What the database suites run on: an endpoint in front of a migrated, empty database, and ways to ask it as each role. */
import { neon, neonConfig } from "@neondatabase/serverless";
import type { DatabaseEndpoint } from "../../../src/local/database/endpoint.ts";
import { DB_ATTEMPT_MS_MAX } from "../../../src/platform/db.ts";
import {
  type Clock,
  createDb,
  type Db,
  parseTenantId,
  systemClock,
  type TenantId,
} from "../../../src/platform/index.ts";

export type Bench = {
  readonly endpoint: DatabaseEndpoint;
  close(): Promise<void>;
};

/** Every user the suites come as; `postgres` owns the tables. */
export const USERS = { app_user: "app-password", outbox_publisher: "outbox-password" } as const;

export type Statement = readonly [text: string, params?: readonly unknown[]];
export type Answer =
  | { readonly code: null; readonly rows: readonly Readonly<Record<string, unknown>>[]; readonly count: number }
  | { readonly code: string; readonly message: string };

/**
 * The unmodified driver, as one user, one transaction a call, without the port's help: also with no tenant (null) and
 * with an empty one.
 * @returns the answer to the last statement, or the error.
 */
export function asUser(bench: Bench, user: string) {
  neonConfig.fetchEndpoint = (host, port) => `http://${host}:${port}/sql`;
  return async (tenant: string | null, ...statements: readonly Statement[]): Promise<Answer> => {
    const sql = neon(bench.endpoint.connectionString(user), { fullResults: true, disableWarningInBrowsers: true });
    const scope: Statement[] = tenant === null ? [] : [["select set_config('app.tenant_id', $1, true)", [tenant]]];
    try {
      const queries = [...scope, ...statements].map(([text, params]) => sql.query(text, [...(params ?? [])]));
      const last = (await sql.transaction(queries)).at(-1);
      return { code: null, rows: last?.rows ?? [], count: last?.rowCount ?? 0 };
    } catch (thrown) {
      const { code, message } = thrown as { code?: string; message: string };
      if (code === undefined) throw thrown;
      return { code, message };
    }
  };
}

/** The real clock, but for what an attempt may take: a busy machine is no database that is away. */
export const unhurriedClock: Clock = {
  now: () => systemClock.now(),
  sleep: (ms, signal) => systemClock.sleep(ms === DB_ATTEMPT_MS_MAX ? 30 * ms : ms, signal),
};

/** The port of the Worker. */
export const portOf = (bench: Bench): Db =>
  createDb({
    database: { url: bench.endpoint.connectionString("app_user"), httpEndpoint: bench.endpoint.url },
    outboxDatabaseUrl: bench.endpoint.connectionString("outbox_publisher"),
    clock: unhurriedClock,
    random: () => 0,
  });

export function tenantNamed(name: string): TenantId {
  const tenant = parseTenantId(name);
  if (tenant === undefined) throw new Error(`${name} is no tenant`);
  return tenant;
}
