/**
 * Brings a database to the version of this repository: the two roles of the application, then every file of
 * `migrations/` that was not applied yet, each in one transaction. Files are numbered, only added, and never edited:
 * the digest of each applied file is kept and compared. `npm start`, the tests and `npm run migrate` all come here.
 */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { err, ok, type Result } from "../../platform/index.ts";
import { LOCK_POLL_MS, LOCK_WAITS_MAX } from "./limits.ts";

/** A connection of the database's owner. `exec` takes several statements, `query` one with parameters. */
export interface OwnerClient {
  exec(sql: string): Promise<void>;
  query(sql: string, params?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

export type Migration = { readonly name: string; readonly sql: string; readonly sha256: string };

export type MigrateOptions = {
  readonly migrations: readonly Migration[];
  /** Set on the roles; null leaves what they have. */
  readonly passwords: { readonly app_user: string | null; readonly outbox_publisher: string | null };
};

const FILE = /^\d{3}_[a-z0-9_]+\.sql$/;
/** Any fixed number will do, as long as nobody else takes it. */
const LOCK = 8_264_746;
const ROLES = ["app_user", "outbox_publisher"] as const;

/** In order of their numbers. Rejects a folder with two files of one number, or a file named otherwise. */
export async function readMigrations(folder: string): Promise<readonly Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  const odd = names.find((name, index) => !FILE.test(name) || name.slice(0, 3) === names[index - 1]?.slice(0, 3));
  if (odd !== undefined) throw new Error(`migrations/${odd}: name it NNN_what_it_adds.sql with a number of its own`);
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(folder, name), "utf8");
      return { name, sql, sha256: createHash("sha256").update(sql).digest("hex") };
    }),
  );
}

/** Names of the files applied now, empty when there was nothing to do; or one sentence. */
export async function migrate(
  client: OwnerClient,
  options: MigrateOptions,
): Promise<Result<readonly string[], string>> {
  if (!(await takeLock(client))) return err("Another migration holds the lock; wait for it to end, then try again.");
  try {
    await client.exec(`
      create schema if not exists app;
      create table if not exists app.schema_migrations (
        name text primary key, sha256 text not null, applied_at timestamptz not null default now());`);
    await ensureRoles(client, options.passwords);
    const applied = new Map(
      (await client.query("select name, sha256 from app.schema_migrations")).map(({ name, sha256 }) => [name, sha256]),
    );
    const fault = compare(options.migrations, applied);
    if (fault !== null) return err(fault);
    const ran: string[] = [];
    for (const migration of options.migrations) {
      if (applied.has(migration.name)) continue;
      const failure = await applyOne(client, migration);
      if (failure !== null) return err(failure);
      ran.push(migration.name);
    }
    return ok(ran);
  } finally {
    await client.exec(`select pg_advisory_unlock(${LOCK})`);
  }
}

/** Asked again and again: a blocked lock would hold a snapshot, and with it up whoever holds the lock. */
async function takeLock(client: OwnerClient): Promise<boolean> {
  for (let attempt = 0; attempt < LOCK_WAITS_MAX; attempt++) {
    const [row] = await client.query(`select pg_try_advisory_lock(${LOCK}) as taken`);
    if (row?.taken === true) return true;
    await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS));
  }
  return false;
}

/** Made by SQL and not in a console, where hosted services make roles that bypass row-level security. */
async function ensureRoles(client: OwnerClient, passwords: MigrateOptions["passwords"]): Promise<void> {
  for (const role of ROLES) {
    const [found] = await client.query("select 1 as found from pg_roles where rolname = $1", [role]);
    if (found === undefined) {
      await client.exec(
        `create role ${role} login noinherit nosuperuser nobypassrls nocreatedb nocreaterole noreplication`,
      );
    }
    const password = passwords[role];
    // A role's password takes no parameter.
    if (password !== null) await client.exec(`alter role ${role} password '${password.replaceAll("'", "''")}'`);
  }
  await client.exec("grant select on app.schema_migrations to app_user");
}

function compare(migrations: readonly Migration[], applied: ReadonlyMap<unknown, unknown>): string | null {
  const known = new Map(migrations.map(({ name, sha256 }) => [name, sha256]));
  for (const [name, sha256] of applied) {
    const here = known.get(String(name));
    if (here === undefined) return `The database has migration ${String(name)}, which this version does not know.`;
    if (here !== sha256)
      return `migrations/${String(name)} was edited after it was applied; restore it and add a file.`;
  }
  const last = [...applied.keys()].map(String).sort().at(-1) ?? "";
  const late = migrations.find(({ name }) => !applied.has(name) && name < last);
  return late === undefined ? null : `migrations/${late.name} is numbered below ${last}, which is applied already.`;
}

/** The one statement that PostgreSQL refuses inside a transaction; the linter keeps it alone in its file. */
const CONCURRENT = /^(?:\s|--[^\n]*\n)*create\s+(?:unique\s+)?index\s+concurrently\s/i;

async function applyOne(client: OwnerClient, { name, sql, sha256 }: Migration): Promise<string | null> {
  const isConcurrent = CONCURRENT.test(sql);
  const transaction = async (word: "begin" | "commit" | "rollback"): Promise<void> =>
    isConcurrent ? undefined : client.exec(word);
  await transaction("begin");
  try {
    // Behind a long query of somebody else the migration gives up, instead of blocking everybody behind itself.
    if (!isConcurrent) await client.exec("set local lock_timeout = '5s'");
    await client.exec(sql);
    await client.query("insert into app.schema_migrations (name, sha256) values ($1, $2)", [name, sha256]);
    await transaction("commit");
    return null;
  } catch (thrown) {
    await transaction("rollback");
    return `migrations/${name} failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
  }
}
