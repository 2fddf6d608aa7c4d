/** The linter of migrations: what it lets pass, and every way a file could destroy data or let one tenant see another's. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lintSql } from "../../scripts/sql-rules.ts";

const MIGRATIONS = join(import.meta.dirname, "../../migrations");
const messages = async (sql: string) => (await lintSql("001_x.sql", sql)).map(({ message }) => message);

const tenant = "tenant_id text NOT NULL CHECK (tenant_id <> '')";
const isolation = "USING (tenant_id = (SELECT app.tenant())) WITH CHECK (tenant_id = (SELECT app.tenant()))";
const secured = (table: string): string =>
  `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY; ALTER TABLE ${table} FORCE ROW LEVEL SECURITY;
   CREATE POLICY p ON ${table} TO app_user ${isolation};`;
const table = (more: string): string =>
  `CREATE TABLE a (${tenant}, id text NOT NULL, ${more} PRIMARY KEY (tenant_id, id)); ${secured("a")}`;

const REFUSED: readonly (readonly [name: string, sql: string, expected: RegExp])[] = [
  ["DROP TABLE", "DROP TABLE tasks", /DropStmt is not allowed/],
  ["DROP POLICY", "DROP POLICY tenant_isolation ON tasks", /DropStmt is not allowed/],
  ["DROP INDEX", "DROP INDEX ix", /DropStmt is not allowed/],
  ["DROP ROLE", "DROP ROLE app_user", /DropRoleStmt is not allowed/],
  ["DROP OWNED", "DROP OWNED BY app_user", /DropOwnedStmt is not allowed/],
  ["DROP COLUMN", "ALTER TABLE tasks DROP COLUMN error", /AT_DropColumn is not allowed/],
  ["DROP CONSTRAINT", "ALTER TABLE tasks DROP CONSTRAINT x", /AT_DropConstraint is not allowed/],
  ["a rename of a table", "ALTER TABLE tasks RENAME TO jobs", /RenameStmt is not allowed/],
  ["a rename of a column", "ALTER TABLE tasks RENAME COLUMN error TO fault", /RenameStmt is not allowed/],
  ["a change of type", "ALTER TABLE tasks ALTER COLUMN error TYPE integer", /AT_AlterColumnType is not allowed/],
  ["SET NOT NULL", "ALTER TABLE tasks ALTER COLUMN error SET NOT NULL", /AT_SetNotNull is not allowed/],
  ["TRUNCATE", "TRUNCATE tasks", /TruncateStmt is not allowed/],
  ["DELETE", "DELETE FROM tasks", /DeleteStmt is not allowed/],
  ["UPDATE", "UPDATE tasks SET error = NULL WHERE true", /UpdateStmt is not allowed/],
  ["a DO block", "DO $$ BEGIN EXECUTE 'DROP TABLE tasks'; END $$", /DoStmt is not allowed/],
  ["a table made by a query", "CREATE TABLE a AS SELECT 1 AS tenant_id", /CreateTableAsStmt is not allowed/],
  ["a change of a policy", "ALTER POLICY p ON tasks USING (true)", /AlterPolicyStmt is not allowed/],
  ["row security off", "ALTER TABLE tasks DISABLE ROW LEVEL SECURITY", /AT_DisableRowSecurity is not allowed/],
  ["row security not forced", "ALTER TABLE tasks NO FORCE ROW LEVEL SECURITY", /AT_NoForceRowSecurity is not allowed/],
  ["another owner", "ALTER TABLE tasks OWNER TO app_user", /AT_ChangeOwner is not allowed/],
  ["a role", "CREATE ROLE root SUPERUSER", /CreateRoleStmt is not allowed/],
  ["a role that bypasses", "ALTER ROLE app_user BYPASSRLS", /AlterRoleStmt is not allowed/],
  ["membership in a role", "GRANT postgres TO app_user", /GrantRoleStmt is not allowed/],
  ["a session's setting", "SET row_security = off", /VariableSetStmt is not allowed/],
  ["REVOKE", "REVOKE SELECT ON tasks FROM app_user", /REVOKE is not allowed/],
  ["a grant to everybody", "GRANT SELECT ON tasks TO PUBLIC", /grants go to app_user or outbox_publisher alone/],
  ["a grant of everything", "GRANT ALL ON tasks TO app_user", /ALL is not granted/],
  ["a grant of TRUNCATE", "GRANT TRUNCATE ON tasks TO app_user", /truncate is not granted/],
  ["a grant to pass on", "GRANT SELECT ON tasks TO app_user WITH GRANT OPTION", /WITH GRANT OPTION/],
  ["a plain view", "CREATE VIEW v AS SELECT * FROM tasks", /without security_invoker/],
  ["a view that says no", "CREATE VIEW v WITH (security_invoker = false) AS SELECT 1", /without security_invoker/],
  ["a materialized view", "CREATE MATERIALIZED VIEW v AS SELECT 1", /CreateTableAsStmt is not allowed/],
  [
    "SECURITY DEFINER",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER RETURN 1",
    /SECURITY DEFINER runs past every policy/,
  ],
  ["a replaced function", "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql RETURN 1", /OR REPLACE/],
  ["a function with a hidden body", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", /body after RETURN/],
  [
    "dynamic SQL in a function",
    "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'x'; END $$",
    /"EXECUTE" inside a function cannot be checked/,
  ],
  ["a function in another language", "CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'x'", /sql or plpgsql/],
  [
    "a tenant set for the session, in a default",
    table("b text DEFAULT set_config('app.tenant_id', 'x', false),"),
    /set_config for the session/,
  ],
  ["set_config with a third argument from elsewhere", table("b text DEFAULT set_config('a', 'x', 1 = 1),"), /session/],
  ["a table without a tenant", "CREATE TABLE a (id text, PRIMARY KEY (id))", /table a has no tenant_id/],
  [
    "a tenant that may be NULL or empty",
    `CREATE TABLE a (tenant_id text, PRIMARY KEY (tenant_id)); ${secured("a")}`,
    /needs NOT NULL and CHECK/,
  ],
  ["a table without a primary key", `CREATE TABLE a (${tenant}); ${secured("a")}`, /no primary key/],
  [
    "a primary key that starts elsewhere",
    `CREATE TABLE a (${tenant}, id text, PRIMARY KEY (id, tenant_id)); ${secured("a")}`,
    /key \(id, tenant_id\) must start with tenant_id/,
  ],
  ["a key at a column", table("b text UNIQUE,"), /b: a key stands on its own line/],
  ["a reference at a column", table("b text REFERENCES tasks (id),"), /b: a key stands on its own line/],
  ["a global unique key", table("b text, UNIQUE (b),"), /key \(b\) must start with tenant_id/],
  ["a foreign key across tenants", table("b text, FOREIGN KEY (b) REFERENCES tasks (id),"), /foreign key to tasks/],
  ["a global unique index", `${table("b text,")} CREATE UNIQUE INDEX i ON a (b)`, /unique index on a must start/],
  [
    "a table that lacks row security",
    `CREATE TABLE a (${tenant}, PRIMARY KEY (tenant_id))`,
    /table a lacks ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY, a policy TO app_user/,
  ],
  ["a policy for everybody", `CREATE POLICY p ON tasks ${isolation}`, /must be TO app_user/],
  ["a policy for two roles", `CREATE POLICY p ON tasks TO app_user, postgres ${isolation}`, /must be TO app_user/],
  ["a policy that lets all through", "CREATE POLICY p ON tasks TO app_user USING (true)", /must be FOR ALL USING/],
  [
    "a policy without WITH CHECK",
    "CREATE POLICY p ON tasks TO app_user USING (tenant_id = (SELECT app.tenant()))",
    /must be FOR ALL USING and WITH CHECK/,
  ],
  [
    "a publisher that sees tasks",
    "CREATE POLICY p ON tasks TO outbox_publisher USING (true)",
    /sees event_outbox alone/,
  ],
  ["NOT NULL without a default", "ALTER TABLE tasks ADD COLUMN b text NOT NULL", /b: NOT NULL needs a DEFAULT/],
  ["a check that scans the table", "ALTER TABLE tasks ADD CONSTRAINT c CHECK (true)", /added NOT VALID/],
  ["a unique constraint that builds", "ALTER TABLE tasks ADD CONSTRAINT c UNIQUE (tenant_id)", /built before/],
  ["an index that blocks writers", "CREATE INDEX i ON tasks (tenant_id)", /would block its writers/],
  ["a concurrent index in company", "CREATE INDEX CONCURRENTLY i ON tasks (id); COMMENT ON TABLE tasks IS 'x'", /only/],
  ["a temporary table", `CREATE TEMP TABLE a (${tenant}, PRIMARY KEY (tenant_id)); ${secured("a")}`, /temporary/],
  ["text that is no SQL", "CREATE TABEL a ()", /does not parse/],
];

describe("the linter refuses", () => {
  for (const [name, sql, expected] of REFUSED) {
    it(name, async () => {
      expect((await messages(sql)).join("\n")).toMatch(expected);
    });
  }
});

describe("the linter", () => {
  it("names the line", async () => {
    const sql = "-- first\n\nCOMMENT ON TABLE tasks IS 'ü';\n\n-- why\nTRUNCATE tasks;\n";
    expect(await lintSql("001_x.sql", sql)).toEqual([
      {
        file: "001_x.sql",
        line: 6,
        message: "TruncateStmt is not allowed: a migration only adds, in plain statements",
      },
    ]);
  });

  it("lets pass what only adds", async () => {
    const sql = `${table("b text, FOREIGN KEY (tenant_id, b) REFERENCES tasks (tenant_id, id),")}
      CREATE INDEX i ON a (b); GRANT SELECT ON a TO app_user; ALTER TABLE tasks ADD COLUMN c text NOT NULL DEFAULT '';
      ALTER TABLE tasks ADD CONSTRAINT k CHECK (c <> '') NOT VALID; CREATE VIEW v WITH (security_invoker) AS SELECT 1;
      CREATE FUNCTION f() RETURNS text LANGUAGE sql RETURN set_config('app.x', 'y', true);`;
    expect(await messages(sql)).toEqual([]);
    expect(await messages("-- later\nCREATE INDEX CONCURRENTLY i ON tasks (tenant_id, error)")).toEqual([]);
  });

  for (const name of readdirSync(MIGRATIONS)) {
    it(`finds nothing in migrations/${name}`, async () => {
      expect(await lintSql(name, readFileSync(join(MIGRATIONS, name), "utf8"))).toEqual([]);
    });
  }
});
