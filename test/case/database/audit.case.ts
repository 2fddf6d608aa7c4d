/** The audit log in the database: what is written once is there once, in a chain that an export proves. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type AuditEntry,
  createAuditReader,
  createAuditSink,
  signHead,
  verifyExport,
} from "../../../src/audit/index.ts";
import { hashOf } from "../../../src/audit/row.ts";
import { createLog } from "../../../src/platform/index.ts";
import { SEED, toLines } from "../../audit/log.ts";
import { asUser, type Bench, portOf, tenantNamed } from "./bench.ts";

const quiet = createLog({}, () => undefined);
const entry = (id: string, change: Partial<AuditEntry> = {}): AuditEntry => ({
  ...{ id, at: Date.parse("2026-01-31T23:59:59.123Z"), action: "key.created", actor: "key:a", resource: "key:b" },
  result: "done",
  ...change,
});

/** Values that two programs are likely to write in two ways. */
const ODD: readonly Partial<AuditEntry>[] = [
  {},
  { actor: "grüße 你好 \u0001 \u{1F600}", details: { note: 'a "quoted"\nline' } },
  { durationMs: 0, argsHash: "a".repeat(64), packDigest: "sha256:b", traceId: "t" },
  { durationMs: 2_147_483_647, at: 0 },
  { at: Date.parse("2024-02-29T12:00:00.000Z") },
  { resource: "x".repeat(400), details: { long: "ä\u0000\ud800".repeat(400) } },
];

/** @param open a bench of its own for this suite. */
export function describeAudit(name: string, open: () => Promise<Bench>): void {
  describe(`the audit log on ${name}`, () => {
    let bench: Bench;
    beforeAll(async () => {
      bench = await open();
    });
    afterAll(() => bench?.close());

    const sink = () => createAuditSink(portOf(bench), quiet);
    const read = (tenant: string, limit = 500) =>
      createAuditReader(portOf(bench))(tenantNamed(tenant), { after: 0, limit, action: null });

    it("hashes to the same here as in the database, whatever the fields hold", async () => {
      const entries = ODD.map((change, index) => entry(`odd-${index}`, change));
      expect(await sink()("odd", entries)).toBe("landed");
      const { items } = await read("odd");
      expect(items).toHaveLength(ODD.length);
      expect(await Promise.all(items.map(hashOf))).toEqual(items.map(({ hash }) => hash));
    });

    it("hashes to the same where every column is in use", async () => {
      const names = ["decision", "rule_id", "cost_micros", "model", "approval_id", "request_id"];
      const given = "'allow', 'r:1', 9007199254740991, 'offline/scripted', 'task.1', '-'";
      const text = `INSERT INTO audit_log (tenant_id, id, action, actor, resource, result, args_hash, details_json, duration_ms,
        pack_digest, trace_id, seq, prev_hash, hash, ${names.join(", ")})
        VALUES ('whole', 'w', 'a', '3:abc', '', '-', '', '1:', -1, '', '', 0, '', '', ${given})`;
      expect(await portOf(bench).batch(tenantNamed("whole"), [{ text }])).toMatchObject({ ok: true });
      const [row] = (await read("whole")).items;
      expect(row).toMatchObject({ cost_micros: 9_007_199_254_740_991, duration_ms: -1, request_id: "-" });
      expect(row && (await hashOf(row))).toBe(row?.hash);
    });

    it("is one chain without a gap, whoever writes at once, and each writer's rows stand in their order", async () => {
      const writers = ["a", "b", "c", "d"].map((writer) =>
        Array.from({ length: 30 }, (_, n) => entry(`${writer}-${String(n).padStart(2, "0")}`)),
      );
      const halves = writers.flatMap((entries) => [entries.slice(0, 15), entries.slice(15)]);
      const [first, second] = [halves.filter((_, n) => n % 2 === 0), halves.filter((_, n) => n % 2 === 1)];
      for (const batches of [first, second]) await Promise.all(batches.map((entries) => sink()("crowd", entries)));
      const { items, head } = await read("crowd");
      for (const entries of writers) {
        const own = items.filter(({ id }) => id.startsWith(`${entries[0]?.id.charAt(0)}-`));
        expect(own.map(({ id }) => id)).toEqual(entries.map(({ id }) => id));
      }
      const signed = await signHead({ tenant_id: "crowd", ...head, signed_at: "2026-02-01T00:00:00.000Z" }, SEED);
      expect(await verifyExport(toLines(items, signed), signed.public_key)).toMatchObject({ value: { rows: 120 } });
    });

    it("has each entry once, however often and by however many it is told", async () => {
      const entries = Array.from({ length: 20 }, (_, index) => entry(`many-${index}`));
      const told = await Promise.all(Array.from({ length: 4 }, () => sink()("many", entries)));
      expect(new Set(told)).toEqual(new Set(["landed"]));
      const { items, head } = await read("many");
      expect(items.map(({ id }) => id)).toEqual(entries.map(({ id }) => id));
      const signed = await signHead({ tenant_id: "many", ...head, signed_at: "2026-02-01T00:00:00.000Z" }, SEED);
      expect(await verifyExport(toLines(items, signed), signed.public_key)).toMatchObject({ ok: true });
    });

    it("keeps tenants apart: each has its own chain and reads no other", async () => {
      await sink()("apart-a", [entry("1"), entry("2")]);
      await sink()("apart-b", [entry("1")]);
      expect((await read("apart-b")).items.map(({ seq, tenant_id }) => [seq, tenant_id])).toEqual([[1, "apart-b"]]);
      expect((await read("apart-c")).head).toEqual({ seq: 0, hash: "0".repeat(64) });
    });

    it("buries one entry that is refused for good, and takes the others", async () => {
      await sink()("refused", [entry("before"), entry("x".repeat(40)), entry("after")]);
      expect((await read("refused")).items.map(({ id }) => id)).toEqual(["before", "after"]);
      const dead = await asUser(bench, "app_user")("refused", ["SELECT source, reason, sqlstate FROM dead_letters"]);
      expect(dead).toMatchObject({ rows: [{ source: "audit", reason: "refused", sqlstate: "22001" }] });
    });

    it("is told again when the database was away", async () => {
      await bench.endpoint.setFault("refuse");
      expect(await sink()("away", [entry("1")])).toBe("unavailable");
      await bench.endpoint.setFault("none");
      expect(await sink()("away", [entry("1")])).toBe("landed");
      expect((await read("away")).items).toHaveLength(1);
    });
  });
}
