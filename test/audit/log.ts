/** A whole, signed log made here, for tests that break it. */
import { type SignedHead, signHead } from "../../src/audit/head.ts";
import { type AuditRow, FIRST_PREV_HASH, hashOf } from "../../src/audit/row.ts";

export const SEED = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
export const TENANT = "tenant-123";

export async function makeRow(seq: number, prev: string, change: Partial<AuditRow> = {}): Promise<AuditRow> {
  const row = {
    ...{ tenant_id: TENANT, seq, prev_hash: prev, id: `id-${seq}`, action: "key.created", actor: "key:a" },
    ...{ resource: "key:b", decision: null, rule_id: null, result: "done", args_hash: null, details_json: "{}" },
    ...{ duration_ms: seq, cost_micros: null, model: null, pack_digest: null, approval_id: null, request_id: null },
    ...{ trace_id: "trace", created_at: "2026-01-31T23:59:59.123Z", ...change },
  };
  return { ...row, hash: await hashOf(row) };
}

export async function makeRows(count: number): Promise<AuditRow[]> {
  const rows: AuditRow[] = [];
  for (let seq = 1; seq <= count; seq++) rows.push(await makeRow(seq, rows.at(-1)?.hash ?? FIRST_PREV_HASH));
  return rows;
}

export const headOf = (rows: readonly AuditRow[], seed = SEED): Promise<SignedHead> => {
  const last = rows.at(-1);
  const at = { seq: last?.seq ?? 0, hash: last?.hash ?? FIRST_PREV_HASH, signed_at: "2026-02-01T00:00:00.000Z" };
  return signHead({ tenant_id: TENANT, ...at }, seed);
};

export const toLines = (rows: readonly AuditRow[], head: SignedHead | null): string[] => [
  ...rows.map((row) => JSON.stringify(row)),
  ...(head === null ? [] : [JSON.stringify({ kind: "head", ...head })]),
];
