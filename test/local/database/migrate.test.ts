/** The runner of migrations: in order, each once, each whole, and never an edited file. On PGlite, as its owner. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Migration, migrate, type OwnerClient, readMigrations } from "../../../src/local/database/migrate.ts";

let empty: Blob;
let db: PGlite;
let client: OwnerClient;
beforeAll(async () => {
  const fresh = await PGlite.create();
  empty = await fresh.dumpDataDir("none");
  await fresh.close();
});
beforeEach(async () => {
  db = await PGlite.create({ loadDataDir: empty });
  client = {
    exec: async (sql) => void (await db.exec(sql)),
    query: async (sql, params) => (await db.query<Record<string, unknown>>(sql, [...(params ?? [])])).rows,
  };
});
afterEach(() => db.close());

const file = (name: string, sql: string): Migration => ({
  name,
  sql,
  sha256: createHash("sha256").update(sql).digest("hex"),
});
const one = file("001_one.sql", "CREATE TABLE one (a int);");
const two = file("002_two.sql", "CREATE TABLE two (a int);");
const run = (...migrations: Migration[]) =>
  migrate(client, { migrations, passwords: { app_user: null, outbox_publisher: null } });
const tables = async () =>
  (await client.query("select tablename as name from pg_tables where schemaname = 'public' order by 1")).map(
    (row) => row.name,
  );

describe("migrate", () => {
  it("applies what is new, in order, and nothing twice", async () => {
    expect(await run(one)).toEqual({ ok: true, value: ["001_one.sql"] });
    expect(await run(one, two)).toEqual({ ok: true, value: ["002_two.sql"] });
    expect(await run(one, two)).toEqual({ ok: true, value: [] });
    expect(await tables()).toEqual(["one", "two"]);
  });

  it("keeps nothing of a file that fails half-way, and everything before it", async () => {
    const bad = file("002_bad.sql", "CREATE TABLE half (a int); CREATE TABLE one (a int);");
    expect(await run(one, bad)).toEqual({
      ok: false,
      error: 'migrations/002_bad.sql failed: relation "one" already exists',
    });
    expect(await tables()).toEqual(["one"]);
    expect(await run(one, two)).toEqual({ ok: true, value: ["002_two.sql"] });
  });

  const REFUSED: readonly (readonly [string, readonly Migration[], RegExp])[] = [
    [
      "an edited file",
      [file("001_one.sql", "CREATE TABLE one (b int);")],
      /001_one\.sql was edited after it was applied/,
    ],
    ["a database that is newer", [], /has migration 001_one\.sql, which this version does not know/],
    [
      "a file numbered below what is applied",
      [file("000_zero.sql", ""), one],
      /000_zero\.sql is numbered below 001_one/,
    ],
  ];
  for (const [name, migrations, sentence] of REFUSED) {
    it(`refuses ${name}, and changes nothing`, async () => {
      await run(one);
      expect(await run(...migrations)).toMatchObject({ ok: false, error: expect.stringMatching(sentence) });
      expect(await tables()).toEqual(["one"]);
    });
  }

  it("builds a concurrent index outside a transaction", async () => {
    const index = file("002_index.sql", "-- why\nCREATE INDEX CONCURRENTLY i ON one (a);");
    expect(await run(one, index)).toEqual({ ok: true, value: ["001_one.sql", "002_index.sql"] });
  });

  it("makes the two roles with the least rights, and sets the passwords it is given", async () => {
    const passwords = { app_user: "it's one", outbox_publisher: "two" };
    expect(await migrate(client, { migrations: [], passwords })).toEqual({ ok: true, value: [] });
    const roles = await client.query(
      `select rolname, rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolinherit as more, rolcanlogin,
         rolpassword is not null as secret from pg_authid where rolname in ('app_user', 'outbox_publisher') order by 1`,
    );
    const flags = { more: false, rolcanlogin: true, secret: true };
    expect(roles).toEqual([
      { rolname: "app_user", ...flags },
      { rolname: "outbox_publisher", ...flags },
    ]);
  });

  it("leaves the lock free, also after a failure", async () => {
    await run(file("001_bad.sql", "nonsense"));
    expect(await client.query("select count(*)::int as n from pg_locks where locktype = 'advisory'")).toEqual([
      { n: 0 },
    ]);
  });
});

describe("readMigrations", () => {
  it("gives the files in order, with the digest of their bytes, and refuses odd names and equal numbers", async () => {
    const folder = mkdtempSync(join(tmpdir(), "vasini-migrations-"));
    try {
      for (const { name, sql } of [two, one]) writeFileSync(join(folder, name), sql);
      writeFileSync(join(folder, "README.md"), "not one");
      expect(await readMigrations(folder)).toEqual([one, two]);
      writeFileSync(join(folder, "002_too.sql"), "");
      await expect(readMigrations(folder)).rejects.toThrow(/with a number of its own/);
      rmSync(join(folder, "002_too.sql"));
      writeFileSync(join(folder, "3-three.sql"), "");
      await expect(readMigrations(folder)).rejects.toThrow(/name it NNN_what_it_adds\.sql/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
