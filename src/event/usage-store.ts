/** The consumer `usage`: one row for each event that ends a task with what it used. */
import type { Consumer } from "./consumer.ts";

/** A buried task failed just before, and that event has the usage. */
const EFFECT = (
  ready: string,
): string => `INSERT INTO usage (tenant_id, id, task_id, agent_id, pack_id, model, input_tokens,
  cache_read_tokens, cache_write_tokens, output_tokens, cost_micros, occurred_at)
SELECT r.tenant_id, r.event_id, r.aggregate_id, r.data #>> '{task,agent_id}', r.data #>> '{task,pack_id}',
  nullif(r.data ->> 'model', ''), (r.data #>> '{usage,input_tokens}')::bigint, (r.data #>> '{usage,cache_read_tokens}')::bigint,
  (r.data #>> '{usage,cache_write_tokens}')::bigint, (r.data #>> '{usage,output_tokens}')::bigint,
  (r.data ->> 'cost_micros')::bigint, (r.event ->> 'time')::timestamptz
FROM (SELECT i.tenant_id, i.event_id, i.aggregate_id, i.aggregate_seq, i.event_data_json::json AS event,
    i.event_data_json::json -> 'data' AS data FROM ${ready} i
  WHERE i.event_type IN ('task.done', 'task.failed', 'task.cancelled')) r
ORDER BY r.aggregate_seq ON CONFLICT DO NOTHING`;

export const usageConsumer: Consumer = {
  name: "usage",
  effect: (ready, { tenant, aggregateId }) => [{ text: EFFECT(ready), params: [tenant, "usage", aggregateId] }],
};
