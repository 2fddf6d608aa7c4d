/**
 * No tenant reaches another's rows: every table of the catalogue x SELECT, INSERT, UPDATE, DELETE, foreign key and unique
 * key x {another tenant, no tenant, an empty one}. Tables are read from the catalogue, so a new one without a sample
 * row fails here.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answer, asUser, type Bench } from "./bench.ts";
import { insertOf, ROWS } from "./rows.ts";

const A = "tenant-a";
const B = "tenant-b";
/** Of the application, and without a tenant: the versions of the schema, which it may read. */
const SHARED = ["app.schema_migrations"];
const OTHERS = [
  ["another tenant", B],
  ["no tenant", null],
  ["an empty tenant", ""],
] as const;

type Catalogue = {
  readonly tables: readonly string[];
  readonly foreignKeys: readonly {
    readonly table: string;
    readonly name: string;
    readonly columns: readonly string[];
  }[];
  readonly uniqueKeys: readonly {
    readonly table: string;
    readonly name: string;
    readonly columns: readonly string[];
  }[];
  readonly columns: ReadonlyMap<string, readonly string[]>;
};

const CONSTRAINTS = `select conrelid::regclass::text as "table", conname as name, contype as kind,
    (select array_agg(a.attname::text order by k.n) from unnest(conkey) with ordinality k(attnum, n)
     join pg_attribute a on a.attrelid = conrelid and a.attnum = k.attnum) as columns
  from pg_constraint where connamespace = 'public'::regnamespace and contype in ('f', 'p', 'u') order by 1, 2`;
const TABLES = `select case n.nspname when 'public' then c.relname else n.nspname || '.' || c.relname end as name,
    c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
    (select array_agg(attname::text) from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped
       and attgenerated = '' and attidentity = '') as columns
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname in ('public', 'app') order by 1`;

const rowsOf = (answer: Answer): readonly Readonly<Record<string, unknown>>[] => {
  if (answer.code !== null) throw new Error(`${answer.code} ${answer.message}`);
  return answer.rows;
};
const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
/** Nothing was found, or the role may not even ask. */
const reachesNothing = (answer: Answer): boolean =>
  answer.code === null ? answer.count === 0 : answer.code === "42501";
/** Refused by a policy or by missing rights, before any key was looked at. */
const isRefused = (answer: Answer): boolean => answer.code === "42501";

export function describeIsolation(name: string, open: () => Promise<Bench>): void {
  describe(`tenants on ${name}`, () => {
    let bench: Bench;
    let app: ReturnType<typeof asUser>;
    let owner: ReturnType<typeof asUser>;
    let catalogue: Catalogue;
    const fingerprint = async (): Promise<string> => {
      const parts = catalogue.tables.map(
        (table) => `select '${table}' as name, t::text as row from ${table} t where tenant_id = '${A}'`,
      );
      return JSON.stringify(rowsOf(await owner(null, [`${parts.join(" union all ")} order by 1, 2`])));
    };

    beforeAll(async () => {
      bench = await open();
      app = asUser(bench, "app_user");
      owner = asUser(bench, "postgres");
      const tables = rowsOf(await owner(null, [TABLES])).filter((row) => !SHARED.includes(String(row.name)));
      const keys = rowsOf(await owner(null, [CONSTRAINTS])).map((row) => ({
        table: String(row.table),
        name: String(row.name),
        kind: String(row.kind),
        columns: textsOf(row.columns),
      }));
      catalogue = {
        tables: tables.map((row) => String(row.name)),
        foreignKeys: keys.filter(({ kind }) => kind === "f"),
        uniqueKeys: keys.filter(({ kind }) => kind !== "f"),
        columns: new Map(tables.map((row) => [String(row.name), textsOf(row.columns)])),
      };
      for (const tenant of [A, B]) {
        for (const [table, row] of Object.entries(ROWS)) {
          const answer = await app(tenant, insertOf(table, { tenant_id: tenant, ...row }));
          if (answer.code !== null) throw new Error(`${table}: ${answer.code} ${answer.message}`);
        }
      }
    });
    afterAll(() => bench?.close());

    it("have a sample row in every table of the catalogue, and no table stands outside", () => {
      expect([...catalogue.tables].sort()).toEqual(Object.keys(ROWS).sort());
    });

    it("are kept apart by row-level security that is enabled and forced on every table", async () => {
      const open = rowsOf(await owner(null, [TABLES])).filter((row) => row.enabled !== true || row.forced !== true);
      expect(open.map((row) => row.name)).toEqual(SHARED);
    });

    it("are named first in every primary, unique and foreign key", () => {
      const keys = [...catalogue.foreignKeys, ...catalogue.uniqueKeys];
      expect(keys.length).toBeGreaterThan(20);
      expect(keys.filter(({ columns }) => columns[0] !== "tenant_id")).toEqual([]);
    });

    it("see their own rows", async () => {
      for (const table of Object.keys(ROWS)) {
        const answer = await app(A, [`select tenant_id from ${table}`]);
        expect([table, rowsOf(answer).map((row) => row.tenant_id)]).toEqual([table, [A]]);
      }
    });

    for (const [who, tenant] of OTHERS) {
      for (const table of Object.keys(ROWS)) {
        it(`are closed to ${who}: ${table}`, async () => {
          const before = await fingerprint();
          const row = ROWS[table] ?? {};
          const columns = (catalogue.columns.get(table) ?? []).filter((column) => column !== "tenant_id");
          const outcomes = {
            select: reachesNothing(await app(tenant, [`select tenant_id from ${table} where tenant_id = $1`, [A]])),
            count: reachesNothing(await app(tenant, [`select 1 from ${table} where tenant_id <> $1`, [B]])),
            insert: isRefused(await app(tenant, insertOf(table, { ...row, tenant_id: "tenant-d" }))),
            // Keys of A's row are taken: were they looked at first, the error would tell.
            unique: isRefused(await app(tenant, insertOf(table, { ...row, tenant_id: A }))),
            delete: reachesNothing(await app(tenant, [`delete from ${table} where tenant_id = $1`, [A]])),
            moved: isRefused(
              await app(tenant === null || tenant === "" ? B : tenant, [`update ${table} set tenant_id = $1`, [A]]),
            ),
          };
          expect(outcomes).toEqual({
            select: true,
            count: true,
            insert: true,
            unique: true,
            delete: true,
            moved: true,
          });
          for (const column of columns) {
            const update = await app(tenant, [`update ${table} set ${column} = ${column} where tenant_id = $1`, [A]]);
            expect([column, reachesNothing(update)]).toEqual([column, true]);
          }
          expect(await fingerprint()).toBe(before);
        });
      }
    }

    it("cannot lean a row on another tenant's: every foreign key answers as if there were none", async () => {
      expect(catalogue.foreignKeys.length).toBeGreaterThan(0);
      for (const { table, name: constraint } of catalogue.foreignKeys) {
        // Tenant C has no rows at all, so every parent that C's row names exists at A and B only.
        const answer = await app("tenant-c", insertOf(table, { tenant_id: "tenant-c", ...ROWS[table] }));
        expect([constraint, answer.code]).toEqual([constraint, "23503"]);
      }
    });

    it("may each use the same value of every unique key, and meet only themselves in it", async () => {
      for (const { table, name: constraint } of catalogue.uniqueKeys) {
        const again = await app(A, insertOf(table, { tenant_id: A, ...ROWS[table] }));
        // The audit log numbers by itself, and every other second row is refused: both tenants' first ones stand.
        expect([constraint, again.code]).toEqual([constraint, "23505"]);
      }
    });

    it("never share what a setting left behind: after a transaction there is no tenant", async () => {
      await app(A, ["select 1"]);
      const answer = await app(null, ["select count(*)::int as n from tasks"]);
      expect(rowsOf(answer)).toEqual([{ n: 0 }]);
    });

    const ATTEMPTS = [
      ["TRUNCATE", "truncate tasks", "42501"],
      ["row security switched off", "select 1 from tasks", "42501", "set local row_security = off"],
      ["becoming the owner", "set local role postgres", "42501"],
      ["dropping a policy", "drop policy tenant_isolation on tasks", "42501"],
      ["disabling row security", "alter table tasks disable row level security", "42501"],
      ["creating a table", "create table public.x (a int)", "42501"],
      ["writing the schema's versions", "delete from app.schema_migrations", "42501"],
      ["the outbox's counter over all tenants", "select seq from event_outbox", "42501"],
      ["the sequence behind it", "select last_value from event_outbox_seq_seq", "42501"],
      ["changing the audit log", "update audit_log set action = 'x'", "42501"],
      ["deleting from the audit log", "delete from audit_log", "42501"],
    ] as const;
    for (const [what, statement, code, first] of ATTEMPTS) {
      it(`are refused ${what}`, async () => {
        const statements = [first, statement].flatMap((text) => (text === undefined ? [] : [[text] as const]));
        expect((await app(A, ...statements)).code).toBe(code);
      });
    }

    it("come as roles that own nothing and bypass nothing", async () => {
      const flags = await owner(null, [
        `select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolinherit, rolreplication,
           exists (select from pg_auth_members where member = r.oid) as member,
           exists (select from pg_class where relowner = r.oid) as owner
         from pg_roles r where rolname in ('app_user', 'outbox_publisher') order by 1`,
      ]);
      const none = { rolsuper: false, rolbypassrls: false, rolcreaterole: false, rolcreatedb: false };
      const more = { rolinherit: false, rolreplication: false, member: false, owner: false };
      expect(rowsOf(flags)).toEqual(["app_user", "outbox_publisher"].map((rolname) => ({ rolname, ...none, ...more })));
    });

    it("are all served by the publisher, which reads the outbox and nothing else", async () => {
      const publisher = asUser(bench, "outbox_publisher");
      for (const table of catalogue.tables) {
        const answer = await publisher(null, [`select tenant_id from ${table} order by 1`]);
        const seen = answer.code === null ? answer.rows.map((row) => row.tenant_id) : answer.code;
        expect([table, seen]).toEqual([table, table === "event_outbox" ? [A, B] : "42501"]);
      }
      for (const statement of [
        "update event_outbox set event_data_json = 'x'",
        "update event_outbox set tenant_id = 'tenant-b'",
        "insert into event_outbox (tenant_id, id, event_type, event_data_json, aggregate_id, aggregate_seq) values ('x', 'x', 'x', 'x', 'x', 1)",
      ]) {
        expect((await publisher(null, [statement])).code).toBe("42501");
      }
      expect(await publisher(null, ["delete from event_outbox"])).toMatchObject({ count: 0 });
    });
  });
}
