/** The Worker's port to Postgres: one request per unit of work, all or nothing, as one tenant, with every failure a value. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Clock,
  createDb,
  type DbResult,
  isRowFault,
  type SqlStatement,
  systemClock,
} from "../../../src/platform/index.ts";
import { asUser, type Bench, portOf, tenantNamed } from "./bench.ts";

/** Number of the last migration. */
const NEWEST = Number(
  readdirSync(join(import.meta.dirname, "../../../migrations"))
    .sort()
    .at(-1)
    ?.slice(0, 3),
);

const A = tenantNamed("tenant-a");
const B = tenantNamed("tenant-b");

const insertAgent = (tenant: string, id: string): SqlStatement => ({
  text: "insert into agents (tenant_id, id, pack_id, pack_version) values ($1, $2, 'hello', '1.0.0') on conflict do nothing",
  params: [tenant, id],
});
const agents: SqlStatement = { text: "select tenant_id, id from agents order by id" };

function rowsOf(result: DbResult) {
  if (!result.ok) throw new Error(result.error.message);
  return result.value.at(-1)?.rows ?? [];
}
const failureOf = (result: DbResult) => (result.ok ? null : result.error);

export function describePort(name: string, open: () => Promise<Bench>): void {
  describe(`the port on ${name}`, () => {
    let bench: Bench;
    let db: ReturnType<typeof portOf>;
    beforeAll(async () => {
      bench = await open();
      db = portOf(bench);
    });
    afterAll(() => bench?.close());

    it("runs a unit of work in one request, as its tenant", async () => {
      const before = bench.endpoint.counts();
      const result = await db.batch(A, [
        insertAgent(A, "one"),
        {
          text: "select app.tenant() as tenant, current_user as role, now() as at, 1::bigint as n, array['a'] as list",
        },
        agents,
      ]);
      expect(rowsOf(result)).toEqual([{ tenant_id: A, id: "one" }]);
      expect(result.ok && result.value[0]).toMatchObject({ rows: [], rowCount: 1 });
      expect(result.ok && result.value[1]?.rows).toEqual([
        { tenant: A, role: "app_user", at: expect.any(Date), n: "1", list: ["a"] },
      ]);
      expect(bench.endpoint.counts()).toEqual({ requests: before.requests + 1, statements: before.statements + 4 });
    });

    it("keeps all of it or nothing", async () => {
      const result = await db.batch(A, [insertAgent(A, "half"), { text: "select 1 / $1::int", params: [0] }]);
      expect(failureOf(result)).toMatchObject({ reason: "invalid", sqlstate: "22012" });
      expect(rowsOf(await db.batch(A, [agents])).map((row) => row.id)).not.toContain("half");
    });

    const REFUSALS: readonly (readonly [string, SqlStatement, object, boolean])[] = [
      [
        "a second row of one key",
        { text: "insert into agents (tenant_id, id, pack_id, pack_version) values ('tenant-a', 'one', 'x', '1')" },
        { reason: "constraint", sqlstate: "23505", constraint: "agents_pkey" },
        true,
      ],
      [
        "a row without its parent",
        {
          text: `insert into tasks (tenant_id, id, agent_id, input_text, idempotency_key, pack_id, pack_version, pack_digest)
            values ('tenant-a', 't', 'nobody', '', 'k', 'p', '1', 'd')`,
        },
        { reason: "constraint", sqlstate: "23503" },
        true,
      ],
      ["an empty tenant", { text: "insert into tenants (tenant_id) values (null)" }, { sqlstate: "42501" }, false],
      ["text that is too long", insertAgent(A, "x".repeat(37)), { reason: "invalid", sqlstate: "22001" }, true],
      ["a NUL character", insertAgent(A, "a\0b"), { reason: "invalid", sqlstate: "22021" }, true],
      [
        "a number that is none",
        { text: "select $1::int", params: ["x"] },
        { reason: "invalid", sqlstate: "22P02" },
        true,
      ],
      ["an unknown column", { text: "select nothing from agents" }, { reason: "invalid", sqlstate: "42703" }, false],
      ["another tenant's row", insertAgent(B, "two"), { reason: "invalid", sqlstate: "42501" }, false],
      ["two statements in one", { text: "select 1; select 2" }, { reason: "invalid", sqlstate: "42601" }, false],
    ];
    for (const [what, statement, expected, isRows] of REFUSALS) {
      it(`says that ${what} is refused, and asks once`, async () => {
        const before = bench.endpoint.counts().requests;
        const failure = failureOf(await db.batch(A, [statement]));
        expect(failure).toMatchObject(expected);
        expect(failure !== null && isRowFault(failure)).toBe(isRows);
        expect(bench.endpoint.counts().requests).toBe(before + 1);
      });
    }

    for (const text of [
      "commit",
      " ROLLBACK",
      "set local role postgres",
      "select set_config('app.tenant_id', 'b', true)",
    ]) {
      it(`refuses to send ${JSON.stringify(text)}`, async () => {
        await expect(db.batch(A, [{ text }])).rejects.toThrow(/may not touch the transaction/);
        await expect(db.publisherBatch([{ text }])).rejects.toThrow(/may not touch the transaction/);
      });
    }

    it("never mixes tenants that ask at the same time", async () => {
      const names = Array.from({ length: 40 }, (_, index) => tenantNamed(`many-${index}`));
      const seen = await Promise.all(names.map((tenant) => db.batch(tenant, [insertAgent(tenant, "same"), agents])));
      expect(seen.map(rowsOf)).toEqual(names.map((tenant) => [{ tenant_id: tenant, id: "same" }]));
    });

    it("gives the publisher the outbox of every tenant", async () => {
      const event =
        "insert into event_outbox (tenant_id, id, event_type, event_data_json, aggregate_id, aggregate_seq)";
      for (const tenant of [A, B]) {
        await db.batch(tenant, [{ text: `${event} values ($1, 't:1', 'task.done', '{}', 't', 1)`, params: [tenant] }]);
      }
      const result = await db.publisherBatch([{ text: "select tenant_id from event_outbox order by 1" }]);
      expect(rowsOf(result)).toEqual([{ tenant_id: A }, { tenant_id: B }]);
    });

    it("publishes nothing where no role for it is configured", async () => {
      const alone = createDb({ ...optionsOf(bench), outboxDatabaseUrl: null });
      expect(failureOf(await alone.publisherBatch([agents]))).toMatchObject({ reason: "unavailable" });
    });

    it("reports the schema's version, and that its role can bypass nothing", async () => {
      expect(await db.status()).toEqual({
        ok: true,
        value: { schemaVersion: NEWEST, isRoleSafe: true, role: "app_user" },
      });
    });

    it("knows when the database was last used, answered or not", async () => {
      let now = 1_000;
      const watched = createDb({ ...optionsOf(bench), clock: { ...systemClock, now: () => now } });
      expect(watched.lastUsedAt()).toBeNull();
      await watched.batch(A, [agents]);
      expect(watched.lastUsedAt()).toBe(1_000);
      now = 2_000;
      await bench.endpoint.setFault("refuse");
      await watched.batch(A, [agents]);
      expect(watched.lastUsedAt()).toBe(2_000);
      await bench.endpoint.setFault("none");
    });

    it("reports a role that can", async () => {
      const owner = createDb({
        ...optionsOf(bench),
        database: { url: bench.endpoint.connectionString("postgres"), httpEndpoint: bench.endpoint.url },
      });
      expect(await owner.status()).toMatchObject({ ok: true, value: { isRoleSafe: false, role: "postgres" } });
    });

    it("says unavailable, after two attempts, while nobody listens; then goes on", async () => {
      const waits: number[] = [];
      const impatient = createDb({ ...optionsOf(bench), clock: recordingClock(waits) });
      await bench.endpoint.setFault("refuse");
      expect(failureOf(await impatient.batch(A, [agents]))).toMatchObject({ reason: "unavailable" });
      expect(failureOf(await impatient.batch(A, [agents], { once: true }))).toMatchObject({ reason: "unavailable" });
      expect(waits).toEqual([2_000, 50, 2_000, 2_000]);
      await bench.endpoint.setFault("none");
      expect((await db.batch(A, [agents])).ok).toBe(true);
    });

    it("gives up on a database that takes requests and never answers", async () => {
      const waits: number[] = [];
      const clock: Clock = {
        now: () => 0,
        sleep: async (ms) => {
          waits.push(ms);
        },
      };
      await bench.endpoint.setFault("hang");
      const impatient = createDb({ ...optionsOf(bench), clock });
      expect(failureOf(await impatient.batch(A, [agents]))).toMatchObject({
        reason: "unavailable",
        message: "no answer within 2000 ms",
      });
      expect(waits).toEqual([2_000, 50, 2_000]);
      await bench.endpoint.setFault("none");
      expect((await db.batch(A, [agents])).ok).toBe(true);
    });

    it("cannot know whether a write was done when the answer is lost, and a keyed one may simply be sent again", async () => {
      await bench.endpoint.setFault("cut");
      expect(failureOf(await db.batch(A, [insertAgent(A, "cut")]))).toMatchObject({ reason: "unavailable" });
      await bench.endpoint.setFault("none");
      const again = await db.batch(A, [insertAgent(A, "cut"), { text: "select 1 from agents where id = 'cut'" }]);
      expect(again.ok && again.value.map(({ rowCount }) => rowCount)).toEqual([0, 1]);
    });

    it("says unavailable for a login that is refused: that is no fault of the rows", async () => {
      const url = bench.endpoint.connectionString("app_user").replace(/:[^:@]+@/, ":wrong@");
      const stranger = createDb({ ...optionsOf(bench), database: { url, httpEndpoint: bench.endpoint.url } });
      expect(failureOf(await stranger.batch(A, [agents], { once: true }))).toMatchObject({
        reason: "unavailable",
        sqlstate: "28P01",
      });
    });

    it("leaves nothing of one request to the next, not even an open transaction", async () => {
      const app = asUser(bench, "app_user");
      await app(null, ["set session statement_timeout = 1234"], ["begin"], ["create temp table left_over (a int)"]);
      const answer = await app(null, ["select current_user as role, current_setting('app.tenant_id', true) as tenant"]);
      expect(answer).toMatchObject({ rows: [{ role: "app_user" }] });
      expect((await db.batch(A, [agents])).ok).toBe(true);
    });
  });
}

const optionsOf = (bench: Bench) => ({
  database: { url: bench.endpoint.connectionString("app_user"), httpEndpoint: bench.endpoint.url },
  outboxDatabaseUrl: null,
  clock: recordingClock([]),
  random: () => 0,
});

/** Waits for nothing between attempts, and never calls an attempt late. */
const recordingClock = (waits: number[]): Clock => ({
  now: () => 0,
  sleep: (ms, signal) => {
    waits.push(ms);
    if (ms < 2_000) return Promise.resolve();
    return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  },
});
