/** The decision log in Postgres: rows in, pages out, and out again when they are old. Nothing is ever changed. */
import { type SqlRow, type SqlStatement, toRfc3339 } from "../platform/index.ts";
import { DECISION_CLEAN_ROWS, DECISION_KEEP_MS, POLICY_NAME_CHARS_MAX } from "./limits.ts";
import type { DecisionRecord } from "./record.ts";
import type { Effect } from "./types.ts";

const INSERT = `INSERT INTO policy_decisions (tenant_id, id, decided_at, action, effect, is_enforced, reasons_json,
  obligations_json, policy, tenant_policy, trials_json, input_json, input_hash, task_id, step, call_index, trace_id)
VALUES ($1, $2, $3::timestamptz, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) ON CONFLICT DO NOTHING`;

/** The operator's policy and, behind a `+`, the digest of the tenant's own, or that nobody knew whether there is one. */
const TWO_POLICIES = /^(.*)\+([0-9a-f]{64}|unknown)$/s;
/** Postgres stores no NUL and no broken UTF-16, which another engine's name may hold. JSON escapes both by itself. */
const storable = (text: string): string =>
  text.slice(0, POLICY_NAME_CHARS_MAX).toWellFormed().replaceAll("\0", "\uFFFD");

/** Writing it a second time does nothing. */
const decisionStatement = (tenant: string, record: DecisionRecord): SqlStatement => {
  const { decision, question, place } = record;
  const [, operators = decision.policy, tenants = null] = TWO_POLICIES.exec(decision.policy) ?? [];
  return {
    text: INSERT,
    params: [
      ...[tenant, record.id, new Date(record.at).toISOString(), question.action],
      ...[decision.effect, decision.isEnforced, JSON.stringify(decision.reasons)],
      ...[JSON.stringify(decision.obligations), storable(operators), tenants, JSON.stringify(decision.trials ?? [])],
      ...[JSON.stringify(question), record.inputHash],
      ...[place?.taskId ?? null, place?.step ?? null, place?.callIndex ?? null, record.traceId],
    ],
  };
};

const CLEAN = `DELETE FROM policy_decisions d USING (SELECT id FROM policy_decisions
  WHERE tenant_id = $1 AND decided_at < $2::timestamptz ORDER BY decided_at LIMIT $3) old WHERE d.tenant_id = $1 AND d.id = old.id`;

/** What was decided, and with it a bite of what is old by then: more than comes in. Nothing where nothing was decided. */
export function decisionStatements(tenant: string, records: readonly DecisionRecord[]): SqlStatement[] {
  if (records.length === 0) return [];
  const before = Math.max(...records.map(({ at }) => at)) - DECISION_KEEP_MS;
  const bite = { text: CLEAN, params: [tenant, toRfc3339(before), DECISION_CLEAN_ROWS + records.length] };
  return [...records.map((record) => decisionStatement(tenant, record)), bite];
}

const TIME = `to_char(decided_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const PAGE = `SELECT id, ${TIME} AS decided_at, action, effect, is_enforced, reasons_json, obligations_json, policy,
  tenant_policy, trials_json, input_json, input_hash, task_id, step, call_index, trace_id FROM policy_decisions
WHERE ($1::timestamptz IS NULL OR decided_at >= $1) AND ($2::text IS NULL OR effect = $2)
  AND ($3::timestamptz IS NULL OR (decided_at, id) < ($3::timestamptz, $4::text))
ORDER BY policy_decisions.decided_at DESC, policy_decisions.id DESC LIMIT $5`;

export type DecisionPageQuery = {
  /** RFC 3339; null: from the beginning. */
  readonly since: string | null;
  readonly effect: Effect | null;
  readonly limit: number;
  /** `decided_at|id` of the last item of the page before. */
  readonly before: string | null;
};

/** One decision as its tenant reads it. */
export type DecisionItem = {
  readonly id: string;
  readonly decided_at: string;
  readonly action: string;
  readonly effect: Effect;
  readonly enforced: boolean;
  readonly reasons: readonly { readonly rule: string; readonly message: string }[];
  readonly obligations: readonly string[];
  readonly policy: string;
  readonly trials: readonly Pick<DecisionItem, "effect" | "reasons" | "policy">[];
  readonly input: Readonly<Record<string, unknown>>;
  readonly input_hash: string;
  /** Null: it was about no call of a task. */
  readonly task_id: string | null;
  readonly call_id: string | null;
  readonly trace_id: string | null;
};

/** Asks for one row more than the page holds, which says whether there is another page. */
export function decisionPageStatement({ since, effect, limit, before }: DecisionPageQuery): SqlStatement {
  const bar = before?.indexOf("|") ?? -1;
  const [at, id] = bar < 0 ? [null, null] : [before?.slice(0, bar) ?? "", before?.slice(bar + 1) ?? ""];
  return { text: PAGE, params: [since, effect, at, id, limit + 1] };
}

/** Newest first, and where the following page begins. */
export function readDecisionPage(rows: readonly SqlRow[], limit: number) {
  const items = rows.slice(0, limit).map(readDecision);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? `${last.decided_at}|${last.id}` : null };
}

/** The row as it was written above, whole or not at all. */
const readDecision = (row: SqlRow): DecisionItem => ({
  id: String(row.id),
  decided_at: String(row.decided_at),
  action: String(row.action),
  effect: String(row.effect) as Effect, // as written
  enforced: row.is_enforced === true,
  reasons: JSON.parse(String(row.reasons_json)),
  obligations: JSON.parse(String(row.obligations_json)),
  policy: row.tenant_policy === null ? String(row.policy) : `${row.policy}+${row.tenant_policy}`,
  trials: JSON.parse(String(row.trials_json)),
  input: JSON.parse(String(row.input_json)),
  input_hash: String(row.input_hash),
  task_id: row.task_id === null ? null : String(row.task_id),
  call_id: row.step === null ? null : `${row.step}.${row.call_index}`,
  trace_id: row.trace_id === null ? null : String(row.trace_id),
});
