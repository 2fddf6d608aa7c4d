/**
 * A real PostgreSQL server: its owner's connection for migrations, and Neon's HTTP protocol in front of it, so that the
 * same Worker and the same suites run on it. Logins are the server's own.
 */
import pg from "pg";
import { OWNER_STATEMENT_MS_MAX, POOL_MAX } from "./limits.ts";
import type { OwnerClient } from "./migrate.ts";
import {
  type Credentials,
  type SqlBackend,
  type SqlOutcome,
  type SqlResult,
  type SqlStatement,
  type SqlWork,
  toFailure,
} from "./protocol.ts";

/** Values as the server wrote them. */
const asText: pg.CustomTypesConfig = { getTypeParser: () => (value: unknown) => value };

/** @param url a direct connection, not a pooled one: the migrations' lock belongs to a session. */
export async function connectOwner(url: string): Promise<OwnerClient & { close(): Promise<void> }> {
  const client = new pg.Client({ connectionString: url, query_timeout: OWNER_STATEMENT_MS_MAX });
  await client.connect();
  return {
    exec: async (sql) => {
      await client.query(sql);
    },
    query: async (sql, params) => (await client.query<Record<string, unknown>>(sql, [...(params ?? [])])).rows,
    close: () => client.end(),
  };
}

/** @param server where the server listens; its user, password and database come with each request. */
export function createPostgresBackend(server: { readonly host: string; readonly port: number }): SqlBackend {
  const pools = new Map<string, pg.Pool>();
  const poolOf = ({ user, password, database }: Credentials): pg.Pool => {
    const name = JSON.stringify([user, password, database]);
    const known = pools.get(name);
    if (known !== undefined) return known;
    const pool = new pg.Pool({ ...server, user, password, database, max: POOL_MAX });
    // An idle connection that breaks is replaced at the next request; unheard, it would end the process.
    pool.on("error", () => {});
    pools.set(name, pool);
    return pool;
  };
  return {
    run: async (work, credentials) => {
      let client: pg.PoolClient;
      try {
        client = await poolOf(credentials).connect();
      } catch (thrown) {
        return outcomeOf(thrown);
      }
      let isBroken = false;
      try {
        return await runOn(client, work);
      } catch (thrown) {
        const outcome = outcomeOf(thrown);
        await client.query("rollback").catch(() => {
          isBroken = true;
        });
        return outcome;
      } finally {
        client.release(isBroken);
      }
    },
    close: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.end()));
    },
  };
}

async function runOn(client: pg.PoolClient, work: SqlWork): Promise<SqlOutcome> {
  if (work.begin === null) {
    const [statement] = work.statements;
    return { ok: true, results: statement === undefined ? [] : [await runOne(client, statement)] };
  }
  await client.query(work.begin);
  const results: SqlResult[] = [];
  for (const statement of work.statements) results.push(await runOne(client, statement));
  await client.query("commit");
  return { ok: true, results };
}

async function runOne(client: pg.PoolClient, { query, params }: SqlStatement): Promise<SqlResult> {
  const config = { text: query, values: [...params], rowMode: "array", types: asText, queryMode: "extended" } as const;
  const { fields, rows, command, rowCount } = await client.query<(string | null)[]>(config);
  return { fields: fields.map((field) => ({ ...field })), rows, command, rowCount };
}

/** A refusal by the server is an answer; a lost connection is none, and rejects. */
function outcomeOf(thrown: unknown): SqlOutcome {
  if (thrown instanceof pg.DatabaseError)
    return { ok: false, failure: toFailure({ ...thrown, message: thrown.message }) };
  throw thrown;
}
