/**
 * PostgreSQL for simulated worlds: PGlite in this thread, behind the protocol that the driver speaks, without a network in
 * between. One database for all worlds of a process, emptied for each. What fails on the way is the world's to say.
 */

import { join } from "node:path";
import { PGlite, protocol } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { migrate, readMigrations } from "../../src/local/database/migrate.ts";
import {
  parseRequest,
  parseTag,
  type SqlOutcome,
  type SqlResult,
  type SqlWork,
  toAnswer,
  toFailure,
} from "../../src/local/database/protocol.ts";
import { readTemplate, templatePath } from "../../src/local/database/template.ts";
import { withRealTime } from "./ambient.ts";

const ROOT = join(import.meta.dirname, "../..");
const { serialize } = protocol;

type Message = Awaited<ReturnType<PGlite["execProtocol"]>>["messages"][number];

export class Postgres {
  readonly #db: PGlite;
  #user = "";
  #older = 0;
  /** Names of prepared statements, by who asks and what: to parse and plan each anew was a third of a world's time. */
  readonly #prepared = new Map<string, string>();
  #names = 0;

  constructor(db: PGlite) {
    this.#db = db;
  }

  /** All of it or nothing, as one user. */
  async run({ user, statements, begin }: SqlWork): Promise<SqlOutcome> {
    if (begin === null) throw new Error("the rooms ask in transactions only");
    const before =
      user === this.#user
        ? []
        : [serialize.query("reset session authorization"), serialize.query(`set session authorization "${user}"`)];
    this.#user = user;
    const fresh: string[] = [];
    const prepare = (query: string) => {
      const key = `${user} ${query}`;
      const known = this.#prepared.get(key);
      if (known !== undefined) return { name: known, parse: [] };
      const name = `s${++this.#names}`;
      this.#prepared.set(key, name);
      fresh.push(key);
      return { name, parse: [serialize.parse({ name, text: query })] };
    };
    // One trip into WebAssembly: after an error the rest is skipped up to the sync, and the commit rolls back.
    const parts = [
      ...before,
      serialize.query(begin),
      ...statements.flatMap(({ query, params }) => {
        const { name, parse } = prepare(query);
        return [
          ...parse,
          serialize.bind({ statement: name, values: [...params] }),
          serialize.describe({ type: "P" }),
          serialize.execute({}),
        ];
      }),
      serialize.sync(),
      serialize.query("commit"),
    ];
    const { messages } = await withRealTime(() =>
      this.#db.execProtocol(new Uint8Array(Buffer.concat(parts)), { throwOnError: false }),
    );
    const error = messages.find(({ name }) => name === "error");
    if (error !== undefined) {
      // The error may have come before them: they are prepared once more, under other names.
      for (const key of fresh) this.#prepared.delete(key);
      return { ok: false, failure: toFailure(recordOf(error)) };
    }
    return { ok: true, results: resultsOf(messages).slice(before.length + 1, -1) };
  }

  /**
   * As a transaction that took its numbers long ago and commits only now: rows that were published meanwhile have higher
   * ones. A single session has no two transactions at once, so the numbers are put back for this one.
   */
  async runWithOlderNumbers(work: SqlWork): Promise<SqlOutcome> {
    const [row] = await this.rows("select last_value from event_outbox_seq_seq");
    const last = Number(row?.last_value);
    this.#older -= 1_000;
    await this.rows("alter sequence event_outbox_seq_seq minvalue -1000000000");
    await this.rows("select setval('event_outbox_seq_seq', $1::bigint)", [String(this.#older)]);
    try {
      return await this.run(work);
    } finally {
      await this.rows("select setval('event_outbox_seq_seq', $1::bigint)", [String(last)]);
    }
  }

  /** As the owner, who sees everything. */
  async rows(
    query: string,
    params: readonly (string | null)[] = [],
  ): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const outcome = await this.run({ user: "postgres", statements: [{ query, params }], begin: "begin" });
    if (!outcome.ok) throw new Error(outcome.failure.message);
    const [result] = outcome.results;
    return (result?.rows ?? []).map((row) =>
      Object.fromEntries((result?.fields ?? []).map(({ name }, at) => [name, row[at]])),
    );
  }

  /**
   * Nothing is left of the world before. A table without a page had no row since it was emptied last, and to empty it takes
   * as long; the outbox is the one whose rows are numbered, and a number may be taken by a row that never was.
   */
  async empty(): Promise<void> {
    this.#older = 0; // The numbers of a world do not depend on those before it either.
    const tables = await this.rows(
      `select oid::regclass::text as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
       and (pg_relation_size(oid) > 0 or relname = 'event_outbox') order by 1`,
    );
    await this.rows(`truncate ${tables.map(({ name }) => String(name)).join(", ")} restart identity cascade`);
  }

  close(): Promise<void> {
    return this.#db.close();
  }
}

/** The library's message classes as plain records; an error's own message is no part of what spreads. */
const recordOf = (message: Message): Readonly<Record<string, unknown>> => ({
  ...message,
  ...(message instanceof Error ? { message: message.message } : {}),
});

/** One per command, in order. */
function resultsOf(messages: readonly Message[]): SqlResult[] {
  const results: SqlResult[] = [];
  let fields: SqlResult["fields"] = [];
  let rows: (string | null)[][] = [];
  for (const message of messages.map(recordOf)) {
    if (message.name === "rowDescription" && Array.isArray(message.fields)) fields = message.fields;
    else if (message.name === "dataRow" && Array.isArray(message.fields)) rows.push(message.fields);
    else if (message.name === "commandComplete") {
      results.push({ fields, rows, ...parseTag(String(message.text)) });
      [fields, rows] = [[], []];
    }
  }
  return results;
}

/** A consumer's effects, one row each: what must not be there twice. */
const EFFECTS = `CREATE TABLE IF NOT EXISTS test_effects (n bigint GENERATED ALWAYS AS IDENTITY, tenant_id text NOT NULL,
  consumer text NOT NULL, aggregate_id text NOT NULL, aggregate_seq bigint NOT NULL);
  GRANT SELECT, INSERT ON test_effects TO app_user;`;

export async function openPostgres(): Promise<Postgres> {
  const migrations = await readMigrations(join(ROOT, "migrations"));
  const template = await readTemplate(templatePath(join(ROOT, "node_modules/.cache/vasini"), migrations));
  const db = await PGlite.create({ extensions: { vector }, ...(template === null ? {} : { loadDataDir: template }) });
  const owner = {
    exec: async (sql: string) => void (await db.exec(sql)),
    query: async (sql: string, params?: readonly unknown[]) =>
      (await db.query<Record<string, unknown>>(sql, [...(params ?? [])])).rows,
  };
  const done = await migrate(owner, { migrations, passwords: { app_user: null, outbox_publisher: null } });
  if (!done.ok) throw new Error(done.error);
  await db.exec(EFFECTS);
  // By itself it plans a statement's first five times by its values: then a world would depend on those before it.
  await db.exec("set plan_cache_mode = force_generic_plan");
  return new Postgres(db);
}

/** What an answer of the endpoint comes to, for the driver. @param run does the work, or throws what the network would. */
export async function answerDriver(
  init: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
  run: (work: SqlWork, password: string) => Promise<SqlOutcome>,
) {
  const headers = Object.fromEntries(Object.entries(init.headers).map(([name, value]) => [name.toLowerCase(), value]));
  const request = parseRequest(headers, init.body);
  if (!request.ok) throw new Error(request.error);
  const outcome = await run(request.value.work, request.value.credentials.password);
  const body = outcome.ok ? toAnswer(request.value, outcome.results) : outcome.failure;
  return {
    ok: outcome.ok,
    status: outcome.ok ? 200 : 400,
    json: async () => body,
    text: async () => JSON.stringify(body),
  };
}
