/**
 * Postgres, one HTTP request per unit of work, and each as one tenant: the first statement of every transaction sets
 * the tenant that row-level security compares with. The only place that imports the driver. What to ask stands in
 * each room's `store.ts`.
 */
import { assert } from "./assert.ts";
import { Canceller } from "./cancel.ts";
import type { Clock, Random } from "./clock.ts";
import type { TenantId } from "./ids.ts";
import { err, ok, type Result } from "./result.ts";

export type SqlParam = string | number | boolean | null | readonly string[] | readonly number[];
export type SqlStatement = { readonly text: string; readonly params?: readonly SqlParam[] };
export type SqlRow = Readonly<Record<string, unknown>>;

/** @returns epoch milliseconds of a `timestamptz`, which one driver reads as a Date and another as text */
export const readTimestamp = (value: unknown): number =>
  (value instanceof Date ? value : new Date(String(value))).getTime();
export type SqlRows = {
  readonly rows: readonly SqlRow[];
  /** Rows that were returned or changed. */
  readonly rowCount: number;
};

/**
 * unavailable: the database did not answer, or not now; nothing is known about the write. Later it may work.
 * constraint: the rows contradict a constraint (SQLSTATE class 23).
 * invalid: the values or the statement are refused: class 22 is the values' fault, class 42 the schema's or a policy's.
 */
export type DbFailure =
  | { readonly reason: "unavailable"; readonly message: string; readonly sqlstate: string | null }
  | {
      readonly reason: "constraint";
      readonly message: string;
      readonly sqlstate: string;
      /** Name of the constraint, where PostgreSQL says it. */
      readonly constraint: string | null;
    }
  | { readonly reason: "invalid"; readonly message: string; readonly sqlstate: string };

export type DbResult = Result<readonly SqlRows[], DbFailure>;

export type DbStatus = {
  /** Number of the last migration that was applied. */
  readonly schemaVersion: number;
  /** The role can neither bypass row-level security nor become one that can. Anything else is a broken deployment. */
  readonly isRoleSafe: boolean;
  readonly role: string;
};

export interface Db {
  /**
   * All statements or none, in one READ COMMITTED transaction, as one tenant.
   * Tried twice when the database does not answer, so every write needs a key that makes the second one do nothing;
   * `once` is for a write that has none.
   */
  batch(tenant: TenantId, statements: readonly SqlStatement[], options?: { readonly once: boolean }): Promise<DbResult>;
  /** The same as the outbox's own role, which sees every tenant's outbox and nothing else. */
  publisherBatch(statements: readonly SqlStatement[]): Promise<DbResult>;
  status(): Promise<Result<DbStatus, DbFailure>>;
  /** When anything was last asked of it, answered or not; null when nothing was. */
  lastUsedAt(): number | null;
}

export type DbOptions = {
  readonly database: { readonly url: string; readonly httpEndpoint: string | null };
  /** Null: this program publishes nothing. */
  readonly outboxDatabaseUrl: string | null;
  readonly clock: Clock;
  readonly random: Random;
};

/** One attempt, connection included; then it counts as unanswered. */
export const DB_ATTEMPT_MS_MAX = 2_000;
/** Attempts when the database does not answer. */
export const DB_ATTEMPTS_MAX = 2;
/** Attempts when it says that two transactions met (deadlock, serialization): the next one usually passes. */
export const DB_CONFLICT_ATTEMPTS_MAX = 3;
/** Pause before the next attempt, in milliseconds: uniform between the two. */
const PAUSE_MS_MIN = 50;
const PAUSE_MS_MAX = 200;
/** Statements of one batch, the tenant's included; more is a bug of the caller. */
const STATEMENTS_MAX = 1_000;

const CONFLICT = /^40(?:001|P01)$/;
/** What would end the transaction or change whose it is. A store never needs it. */
const FORBIDDEN =
  /^\s*(?:begin|start|commit|end|rollback|abort|savepoint|set|reset|discard|prepare|listen)\b|\bset_config\s*\(/i;

/** The driver knows one endpoint for all; here each connection string may have its own. */
const endpoints = new Map<string, string>();

/** Loaded on first use: most programs and tests that stand on this floor have no database. */
let driver: Promise<typeof import("@neondatabase/serverless")> | null = null;
async function loadDriver(): Promise<typeof import("@neondatabase/serverless")> {
  const loaded = await import("@neondatabase/serverless");
  const { neonConfig } = loaded;
  const neonEndpoint = neonConfig.fetchEndpoint;
  neonConfig.fetchEndpoint = (host, port, options) => {
    const own = endpoints.get(`${host}:${port}`);
    if (own !== undefined) return own;
    return typeof neonEndpoint === "string" ? neonEndpoint : neonEndpoint(host, port, options);
  };
  return loaded;
}

type Send = (statements: readonly SqlStatement[], signal: AbortSignal) => Promise<readonly SqlRows[]>;

function connect(url: string, httpEndpoint: string | null): Send {
  const { hostname, port } = new URL(url);
  if (httpEndpoint !== null) endpoints.set(`${hostname}:${port}`, httpEndpoint);
  return async (statements, signal) => {
    driver ??= loadDriver();
    const { neon } = await driver;
    const sql = neon(url, { fullResults: true, disableWarningInBrowsers: true });
    const queries = statements.map(({ text, params }) => sql.query(text, [...(params ?? [])]));
    const results = await sql.transaction(queries, { isolationLevel: "ReadCommitted", fetchOptions: { signal } });
    return results.map(({ rows, rowCount }) => ({ rows, rowCount: rowCount ?? 0 }));
  };
}

export function createDb(options: DbOptions): Db {
  const { clock, random } = options;
  const { url, httpEndpoint } = options.database;
  const app = connect(url, httpEndpoint);
  const publisher = options.outboxDatabaseUrl === null ? null : connect(options.outboxDatabaseUrl, httpEndpoint);

  let usedAt: number | null = null;
  const attempt = async (send: Send, statements: readonly SqlStatement[]): Promise<DbResult> => {
    const over = new AbortController();
    const answered = new Canceller();
    const late = clock.sleep(DB_ATTEMPT_MS_MAX, answered.signal).then(
      () => {
        const failure = unavailable(`no answer within ${DB_ATTEMPT_MS_MAX} ms`);
        over.abort(new Error(failure.message));
        return err(failure);
      },
      // The database answered first; nobody reads this any more.
      () => err(unavailable("")),
    );
    const answer = send(statements, over.signal).then(ok, (thrown: unknown) => err(toFailure(thrown)));
    try {
      // Raced, because aborting is a request to the network and no promise of an end.
      return await Promise.race([answer, late]);
    } finally {
      answered.abort();
    }
  };
  const run = async (send: Send, statements: readonly SqlStatement[], once: boolean): Promise<DbResult> => {
    assert(statements.length <= STATEMENTS_MAX, "a batch has at most 1,000 statements");
    for (let attempts = 1; ; attempts++) {
      const result = await attempt(send, statements);
      usedAt = clock.now();
      if (result.ok || result.error.reason !== "unavailable") return result;
      const isConflict = CONFLICT.test(result.error.sqlstate ?? "");
      // A conflict rolled everything back, so even a write without a key may be tried again.
      const most = isConflict ? DB_CONFLICT_ATTEMPTS_MAX : once ? 1 : DB_ATTEMPTS_MAX;
      if (attempts >= most) return result;
      await clock.sleep(PAUSE_MS_MIN + random() * (PAUSE_MS_MAX - PAUSE_MS_MIN));
    }
  };
  return {
    batch: async (tenant, statements, batchOptions) => {
      for (const { text } of statements) assert(!FORBIDDEN.test(text), "a statement may not touch the transaction");
      const scope = { text: "select set_config('app.tenant_id', $1, true)", params: [tenant] };
      const result = await run(app, [scope, ...statements], batchOptions?.once ?? false);
      return result.ok ? ok(result.value.slice(1)) : result;
    },
    publisherBatch: async (statements) => {
      if (publisher === null) return err(unavailable("OUTBOX_DATABASE_URL is not set"));
      for (const { text } of statements) assert(!FORBIDDEN.test(text), "a statement may not touch the transaction");
      return run(publisher, statements, false);
    },
    status: async () => {
      const result = await run(app, [STATUS], false);
      if (!result.ok) return result;
      const row = result.value[0]?.rows[0];
      return ok({
        schemaVersion: Number(row?.version ?? 0),
        isRoleSafe: row?.safe === true,
        role: String(row?.role ?? ""),
      });
    },
    lastUsedAt: () => usedAt,
  };
}

const STATUS: SqlStatement = {
  text: `select (select max(left(name, 3))::int from app.schema_migrations) as version, current_user as role,
    not exists (select from pg_roles r where (r.rolsuper or r.rolbypassrls)
      and (r.rolname = current_user or pg_has_role(current_user, r.oid, 'member')))
    and not exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'public' and pg_has_role(current_user, c.relowner, 'member')) as safe`,
};

/** Postgres's `integer` ends here: as milliseconds after 24.8 days. */
export const INTEGER_MAX = 2 ** 31 - 1;

/** The rows themselves are refused (class 22, 23): the same rows are refused for ever, whoever sends them again. */
export const isRowFault = (failure: DbFailure): boolean =>
  failure.reason !== "unavailable" && !/^42/.test(failure.sqlstate);

const unavailable = (message: string, sqlstate: string | null = null): DbFailure => ({
  reason: "unavailable",
  message,
  sqlstate,
});

/** The driver's error by its fields: its class is loaded late. Its message may quote a value, so logs get the code. */
function toFailure(thrown: unknown): DbFailure {
  if (!(thrown instanceof Error)) return unavailable(String(thrown));
  const { message } = thrown;
  const sqlstate = "code" in thrown && typeof thrown.code === "string" ? thrown.code : null;
  const constraint = "constraint" in thrown && typeof thrown.constraint === "string" ? thrown.constraint : null;
  if (sqlstate?.startsWith("23")) return { reason: "constraint", message, sqlstate, constraint };
  if (sqlstate?.startsWith("22") || sqlstate?.startsWith("42")) return { reason: "invalid", message, sqlstate };
  return unavailable(message, sqlstate);
}
