/**
 * The thread that owns PGlite: PostgreSQL with pgvector in WebAssembly. It is one session, so work is done one request
 * at a time, each as the user it came from and with nothing left of the one before. Not a security boundary against
 * hostile SQL: the thread's own user is a superuser. It serves this machine's own Worker and catches its mistakes.
 */
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { PGlite, protocol } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { VACUUM_REQUESTS } from "./limits.ts";
import { migrate, type OwnerClient, readMigrations } from "./migrate.ts";
import { parseTag, type SqlOutcome, type SqlResult, type SqlStatement, type SqlWork, toFailure } from "./protocol.ts";
import { readTemplate, templatePath, writeTemplate } from "./template.ts";

export type ThreadOptions = {
  /** Null: in memory. */
  readonly dataDir: string | null;
  readonly templateDir: string;
  readonly migrationsDir: string;
};
export type ToThread = { readonly id: number; readonly work: SqlWork } | "close";
export type FromThread =
  | { readonly kind: "open" }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "done"; readonly id: number; readonly outcome: SqlOutcome };

type Message = { readonly name: string; readonly [field: string]: unknown };

const { serialize } = protocol;

/** Leads back to the superuser. Not proof against evasion; see above. */
const FORBIDDEN = /session_authorization|session\s+authorization|^\s*discard\b/i;

async function open(options: ThreadOptions): Promise<PGlite> {
  const migrations = await readMigrations(options.migrationsDir);
  const template = templatePath(options.templateDir, migrations);
  const load = async (): Promise<Blob> => {
    const kept = await readTemplate(template);
    if (kept !== null) return kept;
    const fresh = await PGlite.create({ extensions: { vector } });
    await bringUp(fresh);
    const dump = await fresh.dumpDataDir("none");
    await fresh.close();
    await writeTemplate(template, dump);
    return dump;
  };
  const bringUp = async (db: PGlite): Promise<PGlite> => {
    // Passwords are checked at the door, before the work comes here.
    const done = await migrate(ownerOf(db), { migrations, passwords: { app_user: null, outbox_publisher: null } });
    if (!done.ok) throw new Error(done.error);
    return db;
  };
  const { dataDir } = options;
  if (dataDir === null) return bringUp(await PGlite.create({ extensions: { vector }, loadDataDir: await load() }));
  if (!existsSync(dataDir)) {
    // Under another name until it is whole: a start that is killed half-way leaves nothing that looks like a database.
    const draft = `${dataDir}.draft`;
    await mkdir(dirname(dataDir), { recursive: true });
    await rm(draft, { recursive: true, force: true });
    const db = await PGlite.create({ dataDir: draft, extensions: { vector }, loadDataDir: await load() });
    await db.close();
    await rename(draft, dataDir);
  }
  return bringUp(await PGlite.create({ dataDir, extensions: { vector } }));
}

const ownerOf = (db: PGlite): OwnerClient => ({
  exec: async (sql) => {
    await db.exec(sql);
  },
  query: async (sql, params) => (await db.query<Record<string, unknown>>(sql, [...(params ?? [])])).rows,
});

async function send(db: PGlite, parts: readonly Uint8Array[]): Promise<readonly Message[]> {
  const { messages } = await db.execProtocol(new Uint8Array(Buffer.concat(parts)), { throwOnError: false });
  // The library's message classes as plain records; an error's own message is no part of what spreads.
  return messages.map((message) => ({
    ...message,
    name: message.name,
    ...(message instanceof Error ? { message: message.message } : {}),
  }));
}

async function run(db: PGlite, work: SqlWork): Promise<SqlOutcome> {
  const user = `"${work.user.replaceAll('"', '""')}"`;
  const became = await send(db, [serialize.query("discard all"), serialize.query(`set session authorization ${user}`)]);
  const refused = failureIn(became);
  if (refused !== null) return refused;
  try {
    return work.begin === null ? await runAlone(db, work) : await runBatch(db, work, work.begin);
  } finally {
    // A statement may have opened a transaction by itself; the next request must not find it.
    await send(db, [serialize.query("rollback")]);
  }
}

async function runAlone(db: PGlite, work: SqlWork): Promise<SqlOutcome> {
  const [statement] = work.statements;
  return statement === undefined ? { ok: true, results: [] } : runOne(db, statement);
}

async function runBatch(db: PGlite, work: SqlWork, begin: string): Promise<SqlOutcome> {
  const began = failureIn(await send(db, [serialize.query(begin)]));
  if (began !== null) return began;
  const results: SqlResult[] = [];
  for (const statement of work.statements) {
    const outcome = await runOne(db, statement);
    if (!outcome.ok) return outcome;
    results.push(...outcome.results);
  }
  // Deferred constraints fail here.
  return failureIn(await send(db, [serialize.query("commit")])) ?? { ok: true, results };
}

/** The extended protocol only: one statement, its values apart from its text. */
async function runOne(db: PGlite, { query, params }: SqlStatement): Promise<SqlOutcome> {
  if (FORBIDDEN.test(query)) {
    const failure = {
      message: "this endpoint does not let a session change its user",
      code: "42501",
      severity: "ERROR",
    };
    return { ok: false, failure };
  }
  const messages = await send(db, [
    serialize.parse({ text: query }),
    serialize.bind({ values: [...params] }),
    serialize.describe({ type: "P" }),
    serialize.execute({}),
    serialize.sync(),
  ]);
  return failureIn(messages) ?? { ok: true, results: [toResult(messages)] };
}

function failureIn(messages: readonly Message[]): SqlOutcome | null {
  const error = messages.find(({ name }) => name === "error");
  return error === undefined ? null : { ok: false, failure: toFailure(error) };
}

function toResult(messages: readonly Message[]): SqlResult {
  const description = messages.find(({ name }) => name === "rowDescription")?.fields;
  const fields = (Array.isArray(description) ? description : []).map((field: SqlResult["fields"][number]) => ({
    name: field.name,
    dataTypeID: field.dataTypeID,
    tableID: field.tableID,
    columnID: field.columnID,
    dataTypeSize: field.dataTypeSize,
    dataTypeModifier: field.dataTypeModifier,
  }));
  const rows = messages
    .filter(({ name }) => name === "dataRow")
    .map((row): (string | null)[] => (Array.isArray(row.fields) ? row.fields : []));
  const tag = messages.find(({ name }) => name === "commandComplete")?.text;
  return { fields, rows, ...parseTag(typeof tag === "string" ? tag : "") };
}

/**
 * What autovacuum does on a server and nothing does in WebAssembly: collects dead rows and counts the living ones. Without
 * these counts every table looks empty to the planner, and its plans slow down with each row.
 */
async function vacuum(db: PGlite): Promise<void> {
  const { rows } = await db.query<{ name: string }>(TABLES);
  await send(db, [
    serialize.query("set session authorization postgres"),
    serialize.query(`vacuum (analyze) ${rows.map(({ name }) => name).join(", ")}`),
  ]);
}
const TABLES = "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'public'";

const say = (message: FromThread): void => parentPort?.postMessage(message);

try {
  const db = await open(workerData);
  /** Strictly one after the other, in the order they came. */
  let line: Promise<void> = Promise.resolve();
  let sinceVacuum = 0;
  parentPort?.on("message", (message: ToThread) => {
    line = line.then(async () => {
      if (message === "close") {
        await db.close();
        parentPort?.close();
        return;
      }
      const outcome = await run(db, message.work).catch(
        (thrown: unknown): SqlOutcome => ({
          ok: false,
          failure: { message: thrown instanceof Error ? thrown.message : String(thrown), code: "XX000" },
        }),
      );
      say({ kind: "done", id: message.id, outcome });
      if (++sinceVacuum < VACUUM_REQUESTS) return;
      sinceVacuum = 0;
      // The next one does it as well; without it plans are slower, and with a throw here nobody would be served any more.
      await vacuum(db).catch(() => undefined);
    });
  });
  say({ kind: "open" });
} catch (thrown) {
  say({ kind: "failed", message: thrown instanceof Error ? thrown.message : String(thrown) });
}
