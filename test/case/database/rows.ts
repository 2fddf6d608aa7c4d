/**
 * One row of every table, for any tenant: all other columns are the same for each, so that a key without the tenant
 * would collide. The isolation suite fails for a table that is missing here.
 */
export type Row = Readonly<Record<string, string | number | boolean | null>>;

const TASK = "11111111-1111-8111-8111-111111111111";
const AGENT = "22222222-2222-8222-8222-222222222222";
const ID = "33333333-3333-8333-8333-333333333333";
const event = { event_id: `${TASK}:1`, event_type: "task.done", aggregate_id: TASK, aggregate_seq: 1 };
const pack = { pack_id: "hello", pack_version: "1.0.0" };

/** Parents first: a row can be inserted when those above it stand. */
export const ROWS: Readonly<Record<string, Row>> = {
  tenants: { name: "Example" },
  api_keys: { id: ID, name: "ci", prefix: "vas_test_abc", created_by: "operator" },
  agents: { id: AGENT, ...pack },
  tasks: { id: TASK, agent_id: AGENT, input_text: "Hi", idempotency_key: "same key", pack_digest: "sha256:0", ...pack },
  idempotency_keys: { idempotency_key: "same key", resource_type: "task", resource_id: TASK, request_hash: "0" },
  tool_executions: {
    ...{ id: ID, task_id: TASK, step: 0, call_index: 0, tool_id: "file_manager", tool_name: "Files" },
    ...{ arguments_json: "{}", success: true, result_json: "{}", duration_ms: 1 },
  },
  usage: { id: ID, task_id: TASK, pack_id: "hello", occurred_at: "2026-01-01T00:00:00Z" },
  policy_decisions: {
    ...{ id: ID, decided_at: "2026-01-01T00:00:00Z", action: "tool.call", effect: "allow", is_enforced: true },
    ...{ reasons_json: "[]", obligations_json: "[]", policy: "p", input_json: "{}", input_hash: "0".repeat(64) },
    ...{ task_id: TASK, step: 0, call_index: 0 },
  },
  audit_log: { id: ID, action: "tool.executed", actor: "agent:hello", resource: "tool:file_manager" },
  event_outbox: {
    id: `${TASK}:1`,
    event_type: "task.done",
    event_data_json: "{}",
    aggregate_id: TASK,
    aggregate_seq: 1,
  },
  inbox_events: { consumer: "usage", source: `/tasks/${TASK}`, ...event },
  webhooks: { id: ID, url: "https://example.com/hook", secrets_ciphertext: "x" },
  webhook_deliveries: { id: ID, webhook_id: ID, event_id: `${TASK}:1`, event_type: "task.done", body: "{}" },
  dead_letters: { id: ID, source: "projection", reason: "constraint", payload_json: "{}" },
  memory_factual: { id: ID, agent_id: AGENT, key: "python", value: "3.13", evidence: "PEP 719", confidence: 0.9 },
  memory_episodic: {
    ...{ id: ID, agent_id: AGENT, content: "met", source: "task", confidence: 1 },
    ...{ embedding: "[1,2,3]", embedding_model: "m", embedding_dimensions: 3 },
  },
};

/** Column of each table that an UPDATE may name: any that is no key. */
export const insertOf = (table: string, row: Row): readonly [string, readonly unknown[]] => {
  const columns = Object.keys(row);
  const values = columns.map((_, index) => `$${index + 1}`);
  return [`insert into ${table} (${columns.join(", ")}) values (${values.join(", ")})`, Object.values(row)];
};
