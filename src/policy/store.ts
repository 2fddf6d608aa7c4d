/** The decision log in Postgres: rows in, pages out. Nothing is ever changed. */
import type { SqlRow, SqlStatement } from "../platform/index.ts";
import type { DecisionRecord } from "./record.ts";
import type { Effect } from "./types.ts";

const INSERT = `INSERT INTO policy_decisions (tenant_id, id, decided_at, action, effect, is_enforced, reasons_json,
  obligations_json, policy, input_json, input_hash, task_id, step, call_index, trace_id)
VALUES ($1, $2, $3::timestamptz, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT DO NOTHING`;

/** Postgres stores no NUL and no broken UTF-16, which another engine's name may hold. JSON escapes both by itself. */
const storable = (text: string): string => text.toWellFormed().replaceAll("\0", "\uFFFD");

/** Writing it a second time does nothing. */
export const decisionStatement = (tenant: string, record: DecisionRecord): SqlStatement => {
  const { decision, question, place } = record;
  return {
    text: INSERT,
    params: [
      ...[tenant, record.id, new Date(record.at).toISOString(), question.action],
      ...[decision.effect, decision.isEnforced, JSON.stringify(decision.reasons)],
      ...[JSON.stringify(decision.obligations), storable(decision.policy)],
      ...[JSON.stringify(question), record.inputHash],
      ...[place.taskId, place.step, place.callIndex, place.traceId],
    ],
  };
};

const TIME = `to_char(decided_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const PAGE = `SELECT id, ${TIME} AS decided_at, action, effect, is_enforced, reasons_json, obligations_json, policy,
  input_json, input_hash, task_id, step, call_index, trace_id FROM policy_decisions
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
  readonly input: Readonly<Record<string, unknown>>;
  readonly input_hash: string;
  readonly task_id: string;
  readonly call_id: string;
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
  policy: String(row.policy),
  input: JSON.parse(String(row.input_json)),
  input_hash: String(row.input_hash),
  task_id: String(row.task_id),
  call_id: `${row.step}.${row.call_index}`,
  trace_id: row.trace_id === null ? null : String(row.trace_id),
});
