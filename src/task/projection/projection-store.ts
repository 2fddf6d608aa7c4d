/**
 * What Postgres is told of a task, and how lists ask for it back. Statements only: every write carries the key that
 * makes a repetition change nothing, and an older version of a task never replaces a newer one.
 */
import { type AuditEntry, auditStatement } from "../../audit/index.ts";
import { type OutboxEvent, outboxStatements } from "../../event/index.ts";
import { INTEGER_MAX, readTimestamp, type SqlRow, type SqlStatement, toRfc3339 } from "../../platform/index.ts";
import { type DecisionRecord, decisionStatements } from "../../policy/index.ts";
import { callIdOf } from "../journal/history.ts";
import { parseTaskState } from "../transitions.ts";
import type { TaskListItem, TaskView } from "../types.ts";
import type { CallOutcome } from "./audit-rows.ts";

/** One attempt at a call. Members that may be absent are so in what was buried before they were kept. */
export type Execution = {
  /** Made from the task, the call and the attempt. */
  readonly id?: string;
  /** 1-based. */
  readonly attempt?: number;
  /** cancelled, unknown: it came to no result, and may have taken effect. */
  readonly outcome?: CallOutcome;
  readonly approval_id?: string | null;
  /** A person found out what became of the attempt, which may have been told as unknown. */
  readonly is_finding?: true;
  readonly step: number;
  readonly index: number;
  readonly tool_id: string;
  readonly tool_name: string;
  readonly arguments_json: string;
  readonly success: boolean;
  readonly result_json: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  /** Null: nobody measured it. */
  readonly duration_ms: number | null;
  /** Its row in the audit log; null for the success of a tool that is not audited. */
  readonly audit: AuditEntry | null;
  /** What the policy said of it; absent where it was not asked. */
  readonly decision?: DecisionRecord;
};

/** A task as it stands, with the calls that were not told yet. */
export type Snapshot = {
  readonly tenant: string;
  readonly task: TaskView;
  readonly agent_id: string;
  readonly idempotency_key: string;
  readonly fingerprint: string;
  readonly tier: string;
  /** `provider/model` of the last turn; null before the first. */
  readonly model: string | null;
  /** Sequence of the task's last event: grows with every change. */
  readonly version: number;
  readonly cost_micros: number | null;
  readonly executions: readonly Execution[];
  /** Events that leave the system, those that were not told yet. */
  readonly events: readonly OutboxEvent[];
};

/** Postgres stores no NUL and no broken UTF-16; a model may write both. They become U+FFFD, nothing else changes. */
const storable = (text: string | null): string | null => text?.toWellFormed().replaceAll("\0", "\uFFFD") ?? null;

const AGENT = `INSERT INTO agents (tenant_id, id, pack_id, pack_version, session_id) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING`;

const TASK = `INSERT INTO tasks (tenant_id, id, agent_id, state, input_text, output_text, idempotency_key, retry_count, error,
  error_code, pack_id, pack_version, pack_digest, session_id, tier, model, metadata, finish_reason, steps_taken, input_tokens,
  cache_read_tokens, cache_write_tokens, output_tokens, cost_micros, trace_id, replay_of, projected_version, created_at,
  updated_at, started_at, finished_at, heartbeat_at, parent_task_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17::jsonb, $18, $19, $20, $21, $22, $23, $24,
  $25, $26, $27, $28::timestamptz, $29::timestamptz, $30::timestamptz, $31::timestamptz, $29::timestamptz,
  $32)
ON CONFLICT (tenant_id, id) DO UPDATE SET state = EXCLUDED.state, output_text = EXCLUDED.output_text,
  retry_count = EXCLUDED.retry_count, error = EXCLUDED.error, error_code = EXCLUDED.error_code, model = EXCLUDED.model,
  finish_reason = EXCLUDED.finish_reason, steps_taken = EXCLUDED.steps_taken, input_tokens = EXCLUDED.input_tokens,
  cache_read_tokens = EXCLUDED.cache_read_tokens, cache_write_tokens = EXCLUDED.cache_write_tokens,
  output_tokens = EXCLUDED.output_tokens, cost_micros = EXCLUDED.cost_micros,
  projected_version = EXCLUDED.projected_version, updated_at = EXCLUDED.updated_at, started_at = EXCLUDED.started_at,
  finished_at = EXCLUDED.finished_at, heartbeat_at = EXCLUDED.heartbeat_at
WHERE tasks.projected_version < EXCLUDED.projected_version`;

const KEY = `INSERT INTO idempotency_keys (tenant_id, idempotency_key, resource_type, resource_id, request_hash)
VALUES ($1, $2, 'task', $3, $4) ON CONFLICT DO NOTHING`;

// Any conflict: a call's result may stand there under an id of its own, from before ids were made from attempts.
const EXECUTION = `INSERT INTO tool_executions (tenant_id, id, task_id, step, call_index, tool_id, tool_name, arguments_json,
  success, result_json, error, error_code, duration_ms, trace_id, call_id, attempt, outcome, approval_id)
VALUES ($1, COALESCE($2, gen_random_uuid()::text), $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
ON CONFLICT DO NOTHING`;

const FINDING = `UPDATE tool_executions SET call_index = $3, success = $4, result_json = $5, error = $6, error_code = $7, outcome = $8
WHERE tenant_id = $1 AND id = $2 AND outcome = 'unknown'`;

export function projectionStatements(snapshot: Snapshot): SqlStatement[] {
  const { tenant, task, agent_id } = snapshot;
  return [
    { text: AGENT, params: [tenant, agent_id, task.pack_id, task.pack_version, task.session_id] },
    taskStatement(snapshot),
    { text: KEY, params: [tenant, snapshot.idempotency_key, task.task_id, snapshot.fingerprint] },
    ...snapshot.executions.flatMap((execution) => executionStatements(snapshot, execution)),
    ...tellingStatements(snapshot),
  ];
}

function executionStatements({ tenant, task }: Snapshot, execution: Execution): SqlStatement[] {
  const { id = null, attempt = 1, outcome = null, approval_id = null, step, index } = execution;
  // The place in the unique key belongs to the attempt that came to the call's result.
  const place = outcome === "cancelled" || outcome === "unknown" ? null : index;
  const error = [storable(execution.error?.message ?? null), execution.error?.code ?? null];
  const end = [execution.success, storable(execution.result_json), ...error];
  // A model may name a tool as it likes.
  const tool = [storable(execution.tool_id.slice(0, 128)), storable(execution.tool_name.slice(0, 256))];
  const durationMs = execution.duration_ms === null ? null : Math.min(execution.duration_ms, INTEGER_MAX);
  const insertion: SqlStatement = {
    text: EXECUTION,
    params: [
      ...[tenant, id, task.task_id, step, place, ...tool, storable(execution.arguments_json) ?? "", ...end],
      ...[durationMs, task.trace_id, callIdOf(step, index), attempt, outcome, approval_id],
    ],
  };
  if (execution.is_finding !== true) return [insertion];
  return [insertion, { text: FINDING, params: [tenant, id, place, ...end, outcome] }];
}

/** What is said of the task to others: events, audit rows and decisions. It is told whatever becomes of the task's own rows. */
export const tellingStatements = ({ tenant, executions, events }: Snapshot): SqlStatement[] => [
  ...executions.flatMap(({ audit }) => (audit === null ? [] : [auditStatement(tenant, audit)])),
  ...decisionStatements(
    tenant,
    executions.flatMap(({ decision }) => decision ?? []),
  ),
  ...outboxStatements(events),
];

function taskStatement({ tenant, task, agent_id, ...more }: Snapshot): SqlStatement {
  const { usage } = task;
  return {
    text: TASK,
    params: [
      tenant,
      task.task_id,
      agent_id,
      task.state,
      storable(task.input) ?? "",
      storable(task.output),
      more.idempotency_key,
      task.attempt,
      storable(task.error?.message ?? null),
      task.error?.code ?? null,
      task.pack_id,
      task.pack_version,
      task.pack_digest,
      task.session_id,
      more.tier,
      more.model,
      JSON.stringify(task.metadata),
      task.finish_reason,
      task.steps_taken,
      usage.input_tokens,
      usage.cache_read_tokens,
      usage.cache_write_tokens,
      usage.output_tokens,
      more.cost_micros,
      task.trace_id,
      task.replay_of ?? null,
      more.version,
      task.created_at,
      task.updated_at,
      task.started_at,
      task.finished_at,
      task.parent_task_id ?? null,
    ],
  };
}

const DEAD_LETTER = `INSERT INTO dead_letters (tenant_id, id, source, reason, sqlstate, error, aggregate_id, aggregate_seq,
  payload_json, attempts, trace_id)
VALUES ($1, $2, 'projection', 'refused', $3, $4, $5, $6, $7, 1, $8) ON CONFLICT DO NOTHING`;

/**
 * The payload is the snapshot, from which the rows can be told again. The events are not in it: they leave all the same.
 * @param id made from the task and the version, so that burying twice is one row.
 */
export const deadLetterStatement = (
  snapshot: Snapshot,
  refusal: { readonly id: string; readonly sqlstate: string; readonly message: string },
): SqlStatement => ({
  text: DEAD_LETTER,
  params: [
    snapshot.tenant,
    refusal.id,
    refusal.sqlstate,
    storable(refusal.message.slice(0, 500)),
    snapshot.task.task_id,
    snapshot.version,
    storable(JSON.stringify({ ...snapshot, events: [] })) ?? "",
    snapshot.task.trace_id,
  ],
});

const TASK_PAGE = `SELECT id, state, pack_id, pack_version, session_id, created_at, updated_at FROM tasks
WHERE ($1::text IS NULL OR state = $1) AND ($2::text IS NULL OR pack_id = $2)
  AND ($3::timestamptz IS NULL OR (created_at, id) < ($3::timestamptz, $4::text))
ORDER BY created_at DESC, id DESC LIMIT $5`;

export type TaskPageQuery = {
  readonly state: string | null;
  readonly pack_id: string | null;
  readonly limit: number;
  /** `created_at|task_id` of the last item of the page before. */
  readonly before: string | null;
};

/** Asks for one row more than the page holds, which says whether there is another page. */
export function taskPageStatement(query: TaskPageQuery): SqlStatement {
  const bar = query.before?.indexOf("|") ?? -1;
  const [createdAt, id] =
    bar < 0 ? [null, null] : [query.before?.slice(0, bar) ?? "", query.before?.slice(bar + 1) ?? ""];
  return { text: TASK_PAGE, params: [query.state, query.pack_id, createdAt, id, query.limit + 1] };
}

/** Newest first, and the cursor of the following page. */
export function readTaskPage(rows: readonly SqlRow[], limit: number) {
  const items = rows.slice(0, limit).map(readListItem);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? `${last.created_at}|${last.task_id}` : null };
}

const readListItem = (row: SqlRow): TaskListItem => ({
  task_id: String(row.id),
  state: parseTaskState(row.state),
  pack_id: String(row.pack_id),
  pack_version: String(row.pack_version),
  session_id: row.session_id === null ? null : String(row.session_id),
  created_at: readTime(row.created_at),
  updated_at: readTime(row.updated_at),
});

const readTime = (value: unknown): string => toRfc3339(readTimestamp(value));
