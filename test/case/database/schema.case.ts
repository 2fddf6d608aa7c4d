/** What the tables promise beyond keeping tenants apart: keys, versions, derived flags, the audit chain, the outbox's leases. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answer, asUser, type Bench } from "./bench.ts";
import { insertOf, ROWS, type Row } from "./rows.ts";

const A = "tenant-123";
const TASK_STATES = ["queued", "running", "waiting", "retry", "done", "failed", "cancelled", "dead_letter"];

/** Fields of an audit row in the order they are hashed (docs/data.md). */
const HASHED = [
  ...[
    "prev_hash",
    "tenant_id",
    "seq",
    "id",
    "action",
    "actor",
    "resource",
    "decision",
    "rule_id",
    "result",
    "args_hash",
  ],
  ...["details_json", "duration_ms", "cost_micros", "model", "pack_digest", "approval_id", "request_id", "trace_id"],
  "created_at",
] as const;

/** The hash as anybody can compute it from an export. */
function hashOf(row: Readonly<Record<string, unknown>>): string {
  const fields = HASHED.map((name) => {
    const value = row[name];
    const text = value instanceof Date ? value.toISOString() : value === null ? null : String(value);
    return text === null ? "-" : `${Buffer.byteLength(text)}:${text}`;
  });
  return createHash("sha256").update(fields.join("")).digest("hex");
}

const rowsOf = (answer: Answer): readonly Readonly<Record<string, unknown>>[] => {
  if (answer.code !== null) throw new Error(`${answer.code} ${answer.message}`);
  return answer.rows;
};

export function describeSchema(name: string, open: () => Promise<Bench>): void {
  describe(`the schema on ${name}`, () => {
    let bench: Bench;
    let app: ReturnType<typeof asUser>;
    const insert = (table: string, row: Row, tenant = A): Promise<Answer> =>
      app(tenant, insertOf(table, { tenant_id: tenant, ...ROWS[table], ...row }));
    beforeAll(async () => {
      bench = await open();
      app = asUser(bench, "app_user");
      for (const table of ["agents", "tasks"]) await insert(table, {});
    });
    afterAll(() => bench?.close());

    for (const state of TASK_STATES) {
      it(`stores a task in state ${state}`, async () => {
        expect((await insert("tasks", { id: state, idempotency_key: state, state })).code).toBeNull();
      });
    }

    it("refuses a state that is none", async () => {
      expect((await insert("tasks", { id: "x", idempotency_key: "x", state: "paused" })).code).toBe("23514");
    });

    it("takes an idempotency key once per tenant, and in another tenant again", async () => {
      expect((await insert("idempotency_keys", { idempotency_key: "k".repeat(255) })).code).toBeNull();
      expect((await insert("idempotency_keys", { idempotency_key: "k".repeat(255) })).code).toBe("23505");
      expect((await insert("idempotency_keys", { idempotency_key: "k".repeat(255) }, "tenant-456")).code).toBeNull();
    });

    it("takes an event once per consumer", async () => {
      expect((await insert("inbox_events", {})).code).toBeNull();
      expect((await insert("inbox_events", {})).code).toBe("23505");
      expect((await insert("inbox_events", { consumer: "webhooks" })).code).toBeNull();
    });

    it("derives the flags processed and published from their times", async () => {
      const seen = await app(
        A,
        ["update inbox_events set processed_at = now() where consumer = 'usage'"],
        ["select consumer, processed from inbox_events order by 1"],
      );
      expect(rowsOf(seen)).toEqual([
        { consumer: "usage", processed: true },
        { consumer: "webhooks", processed: false },
      ]);
      expect((await app(A, ["update inbox_events set processed = true"])).code).toBe("428C9");
    });

    it("keeps every version of a fact, and no version twice", async () => {
      expect((await insert("memory_factual", { id: "1" })).code).toBeNull();
      expect((await insert("memory_factual", { id: "2", version: 2, value: "3.14" })).code).toBeNull();
      expect((await insert("memory_factual", { id: "3", version: 2 })).code).toBe("23505");
      expect((await app(A, ["update memory_factual set value = 'x'"])).code).toBe("42501");
      const seen = await app(A, ["select value from memory_factual where key = 'python' order by version"]);
      expect(rowsOf(seen).map((row) => row.value)).toEqual(["3.13", "3.14"]);
    });

    it("stores embeddings of any length, each with its own said truly, and finds the nearest", async () => {
      const embed = (id: string, values: readonly number[], dimensions: number) =>
        insert("memory_episodic", { id, embedding: JSON.stringify(values), embedding_dimensions: dimensions });
      expect((await embed("near", [1, 0, 0], 3)).code).toBeNull();
      expect((await embed("far", [0, 1, 0], 3)).code).toBeNull();
      expect(
        (
          await embed(
            "wide",
            Array.from({ length: 1_536 }, () => 0.5),
            1_536,
          )
        ).code,
      ).toBeNull();
      expect((await embed("lies", [1, 0], 3)).code).toBe("23514");
      expect((await insert("memory_episodic", { id: "half", embedding_model: null })).code).toBe("23514");
      const nearest = await app(A, [
        "select id from memory_episodic where embedding_dimensions = 3 order by embedding <=> $1::vector limit 1",
        ["[1,0.1,0]"],
      ]);
      expect(rowsOf(nearest)).toEqual([{ id: "near" }]);
    });

    it("chains the audit log per tenant without a gap, whoever writes at once, with hashes anybody can check", async () => {
      const details = JSON.stringify({ note: "grüße, 你好 \u0001" });
      const write = (id: number) =>
        insert("audit_log", {
          id: String(id),
          details_json: details,
          duration_ms: id,
          request_id: null,
          cost_micros: 7,
        });
      const answers = await Promise.all(Array.from({ length: 20 }, (_, id) => write(id)));
      expect(new Set(answers.map(({ code }) => code))).toEqual(new Set([null]));
      const rows = rowsOf(await app(A, ["select * from audit_log order by seq"]));
      expect(rows.map((row) => Number(row.seq))).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
      expect(rows.map((row) => row.hash)).toEqual(rows.map(hashOf));
      expect(rows.map((row) => row.prev_hash)).toEqual(["0".repeat(64), ...rows.slice(0, -1).map((row) => row.hash)]);
      expect((await insert("audit_log", { id: "0" }, "tenant-456")).code).toBeNull();
    });

    it("numbers several audit rows of one statement, leaves repeated ones out, and ignores what a writer claims", async () => {
      const [text] = insertOf("audit_log", { tenant_id: A, id: "", action: "", actor: "", resource: "" });
      const row = (id: string) => `('${A}', '${id}', 'a', 'b', 'c')`;
      const head = text.slice(0, text.indexOf(" values"));
      const both = `${head} values ${row("0")}, ${row("x")}, ${row("y")} on conflict (tenant_id, id) do nothing returning seq`;
      expect(rowsOf(await app(A, [both])).map((one) => Number(one.seq))).toEqual([21, 22]);
      await insert("audit_log", { id: "forged", seq: 1, hash: "f".repeat(64), prev_hash: "f".repeat(64) });
      const rows = rowsOf(await app(A, ["select * from audit_log where seq >= 22 order by seq"]));
      expect(rows.map((one) => [one.id, Number(one.seq)])).toEqual([
        ["y", 22],
        ["forged", 23],
      ]);
      expect(rows.at(-1)).toMatchObject({ prev_hash: rows[0]?.hash, hash: hashOf(rows.at(-1) ?? {}) });
    });

    it("leases each outbox row to one publisher, and frees it with the lease", async () => {
      const events = Array.from({ length: 40 }, (_, index) => index + 1);
      for (const seq of events) await insert("event_outbox", { id: `t:${seq}`, aggregate_id: "t", aggregate_seq: seq });
      const publisher = asUser(bench, "outbox_publisher");
      const claim = (token: string, seconds: number) =>
        publisher(null, [
          `update event_outbox o set claim_token = $1, claimed_until = now() + make_interval(secs => $2), attempts = attempts + 1
           from (select tenant_id, id from event_outbox where published_at is null and dead_at is null
                   and (claimed_until is null or claimed_until < now())
                 order by seq limit 20 for update skip locked) c
           where o.tenant_id = c.tenant_id and o.id = c.id returning o.id`,
          [token, seconds],
        ]);
      // No lease at all: what a publisher that died at once leaves behind.
      expect(rowsOf(await claim("dead", -1))).toHaveLength(20);
      const claimed = await Promise.all(["p1", "p2"].map((token) => claim(token, 60)));
      const ids = claimed.flatMap(rowsOf).map((row) => row.id);
      expect([ids.length, new Set(ids).size]).toEqual([40, 40]);
      const mark = (token: string) =>
        publisher(null, [
          "update event_outbox set published_at = now() where claim_token = $1 and published_at is null",
          [token],
        ]);
      expect(await mark("p1")).toMatchObject({ count: 20 });
      expect(await mark("p1")).toMatchObject({ count: 0 });
      expect(await mark("dead")).toMatchObject({ count: 0 });
      const left = await publisher(null, ["select count(*)::int as n from event_outbox where not published"]);
      expect(rowsOf(left)).toEqual([{ n: 20 }]);
    });

    it("takes an event of a task once, under its number", async () => {
      const repeat = { id: "other", aggregate_id: "t", aggregate_seq: 1 };
      expect((await insert("event_outbox", repeat)).code).toBe("23505");
    });
  });
}
