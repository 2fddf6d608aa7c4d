/** The embedded database as a program: its folder, its lock, its template, its door. What its tables promise: test/data. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { neon, neonConfig } from "@neondatabase/serverless";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type EmbeddedOptions, startEmbeddedDatabase } from "../../../src/local/database/embedded.ts";
import type { DatabaseEndpoint } from "../../../src/local/database/endpoint.ts";

const USERS = { app_user: "a p@ss/w:rd%", postgres: "owner" };
neonConfig.fetchEndpoint = (host, port) => `http://${host}:${port}/sql`;

let folder: string;
const open: DatabaseEndpoint[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vasini-database-"));
});
afterEach(async () => {
  for (const endpoint of open.splice(0)) await endpoint.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function start(options: Partial<EmbeddedOptions> = {}): Promise<DatabaseEndpoint> {
  const started = await startEmbeddedDatabase({ dataDir: null, users: USERS, ...options });
  if (!started.ok) throw new Error(started.error);
  open.push(started.value);
  return started.value;
}
const as = (endpoint: DatabaseEndpoint, user: string) =>
  neon(endpoint.connectionString(user), { disableWarningInBrowsers: true });

describe("the embedded database", () => {
  it("keeps what it was told across a stop, and its folder to itself while it runs", async () => {
    const dataDir = join(folder, "kept/database");
    const first = await start({ dataDir });
    await as(first, "postgres").query("insert into tenants (tenant_id) values ('kept')");
    const second = await startEmbeddedDatabase({ dataDir, users: USERS });
    expect(second).toMatchObject({ ok: false, error: expect.stringContaining("is in use") });
    await first.close();
    expect(existsSync(`${dataDir}.lock`)).toBe(false);
    const again = await start({ dataDir });
    expect(await as(again, "postgres").query("select tenant_id from tenants")).toEqual([{ tenant_id: "kept" }]);
  });

  it("starts over a folder that was only half made", async () => {
    const dataDir = join(folder, "half/database");
    const first = await start({ dataDir });
    await first.close();
    rmSync(dataDir, { recursive: true });
    mkdirSync(`${dataDir}.draft`);
    writeFileSync(join(`${dataDir}.draft`, "PG_VERSION"), "18");
    const again = await start({ dataDir });
    expect(await as(again, "postgres").query("select 1 as one")).toEqual([{ one: 1 }]);
  });

  it("says in one sentence that its folder holds no database, and releases it", async () => {
    const dataDir = join(folder, "broken");
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, "PG_VERSION"), "18\n");
    const started = await startEmbeddedDatabase({ dataDir, users: USERS });
    expect(started).toMatchObject({
      ok: false,
      error: expect.stringMatching(/^The embedded database did not start: /),
    });
    expect(existsSync(`${dataDir}.lock`)).toBe(false);
  });

  it("makes its template once per content of the migrations, and drops the one before", async () => {
    const templateDir = join(folder, "templates");
    const migrationsDir = join(folder, "migrations");
    mkdirSync(migrationsDir);
    writeFileSync(join(migrationsDir, "001_one.sql"), "CREATE TABLE one (a int);");
    await start({ templateDir, migrationsDir });
    const [first] = readdirSync(templateDir);
    await start({ templateDir, migrationsDir });
    expect(readdirSync(templateDir)).toEqual([first]);
    writeFileSync(join(migrationsDir, "002_two.sql"), "CREATE TABLE two (a int);");
    const third = await start({ templateDir, migrationsDir });
    expect(readdirSync(templateDir)).toHaveLength(1);
    expect(readdirSync(templateDir)).not.toEqual([first]);
    expect(await as(third, "postgres").query("select to_regclass('two')::text as name")).toEqual([{ name: "two" }]);
  });

  it("does not start on a migration that fails, and says which", async () => {
    const migrationsDir = join(folder, "bad-migrations");
    mkdirSync(migrationsDir);
    writeFileSync(join(migrationsDir, "001_bad.sql"), "CREATE TABLE a (b nothing);");
    const started = await startEmbeddedDatabase({ dataDir: null, users: USERS, migrationsDir, templateDir: folder });
    expect(started).toMatchObject({ ok: false, error: expect.stringContaining("migrations/001_bad.sql failed: ") });
  });
});

describe("its door", () => {
  let endpoint: DatabaseEndpoint;
  const post = (body: string, headers: Record<string, string> = {}, path = "/sql") =>
    fetch(endpoint.url.replace("/sql", path), {
      method: "POST",
      body,
      headers: { "neon-connection-string": endpoint.connectionString("app_user"), ...headers },
    });
  beforeAll(async () => {
    const started = await startEmbeddedDatabase({ dataDir: null, users: USERS });
    if (!started.ok) throw new Error(started.error);
    endpoint = started.value;
  });
  afterAll(() => endpoint.close());

  it("stands on loopback alone", () => {
    expect(new URL(endpoint.url).hostname).toBe("127.0.0.1");
  });

  it("lets the user of the connection string in, with any characters in the password, as that user", async () => {
    expect(await as(endpoint, "app_user").query("select current_user as a, session_user as b")).toEqual([
      { a: "app_user", b: "app_user" },
    ]);
  });

  for (const [name, login] of [
    ["a wrong password", "app_user:wrong"],
    ["no password", "app_user"],
    ["a user nobody listed", "outbox_publisher:x"],
    ["a name that every object has", "constructor:x"],
  ] as const) {
    it(`refuses ${name}`, async () => {
      const answer = await post('{"query":"select 1"}', { "neon-connection-string": `postgres://${login}@h/d` });
      expect([answer.status, await answer.json()]).toEqual([400, expect.objectContaining({ code: "28P01" })]);
    });
  }

  for (const [name, body, headers, path, status] of [
    ["no connection string", '{"query":"select 1"}', { "neon-connection-string": "" }, "/sql", 400],
    [
      "a connection string of another kind",
      '{"query":"select 1"}',
      { "neon-connection-string": "mysql://u@h" },
      "/sql",
      400,
    ],
    ["text that is no JSON", "{", {}, "/sql", 400],
    ["a body without a query", "{}", {}, "/sql", 400],
    ["parameters that are no list", '{"query":"select 1","params":"x"}', {}, "/sql", 400],
    ["queries that are no list", '{"queries":1}', {}, "/sql", 400],
    ["an isolation level that is none", '{"queries":[]}', { "neon-batch-isolation-level": "Some" }, "/sql", 400],
    ["another path", '{"query":"select 1"}', {}, "/", 404],
    ["more than it reads", JSON.stringify({ query: "x".repeat(16 * 1024 * 1024) }), {}, "/sql", 413],
  ] as const) {
    it(`refuses ${name} with ${status}`, async () => {
      expect((await post(body, headers, path)).status).toBe(status);
    });
  }

  it("answers an error with PostgreSQL's own fields", async () => {
    const answer = await post('{"query":"insert into tenants (tenant_id) values (null)"}');
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: "42501", severity: "ERROR", routine: expect.any(String) });
  });

  it("answers by name or by position, in PostgreSQL's text", async () => {
    const body = '{"query":"select 1 as a, true as b, null as c"}';
    const byName = await (await post(body)).json();
    expect(byName).toMatchObject({
      rows: [{ a: "1", b: "t", c: null }],
      rowAsArray: false,
      command: "SELECT",
      rowCount: 1,
    });
    const byPosition = await (await post(body, { "neon-array-mode": "true" })).json();
    expect(byPosition).toMatchObject({ rows: [["1", "t", null]], rowAsArray: true });
  });

  it("runs a batch in the mode its headers ask for", async () => {
    const queries = JSON.stringify({
      queries: [{ query: "show transaction_isolation" }, { query: "show transaction_read_only" }],
    });
    const headers = {
      "neon-batch-isolation-level": "Serializable",
      "neon-batch-read-only": "true",
      "neon-array-mode": "true",
    };
    const answer = (await (await post(queries, headers)).json()) as { results: { rows: string[][] }[] };
    expect(answer.results.map(({ rows }) => rows)).toEqual([[["serializable"]], [["on"]]]);
  });

  for (const text of ["reset session authorization", "SET SESSION  AUTHORIZATION postgres", "discard all"]) {
    it(`does not let a session become another: ${text}`, async () => {
      const answer = await post(JSON.stringify({ query: text }));
      expect([answer.status, await answer.json()]).toEqual([400, expect.objectContaining({ code: "42501" })]);
    });
  }

  it("forgets what a session made and opened", async () => {
    await post('{"query":"begin"}');
    await post('{"query":"create temp table left_over (a int)"}');
    expect(await as(endpoint, "app_user").query("select to_regclass('left_over') as name")).toEqual([{ name: null }]);
  });

  it("answers 504 when the database is busy too long", async () => {
    const slow = await start({ answerMsMax: 0 });
    const answer = await fetch(slow.url, {
      method: "POST",
      body: '{"query":"select pg_sleep(0.05)"}',
      headers: { "neon-connection-string": slow.connectionString("app_user") },
    });
    expect(answer.status).toBe(504);
  });
});
