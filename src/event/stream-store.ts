/**
 * The consumer `stream`: a tenant's events as a Redis stream, for readers that want them as they come. Redis is no part of
 * the inbox's transaction, so the script remembers how far each task is and appends an event once.
 */
import { assert } from "../platform/index.ts";
import type { Consumer } from "./consumer.ts";
import { STREAM_ENTRIES_MAX, STREAM_GUARD_SECONDS } from "./limits.ts";

export type StreamPort = {
  /** The stream's key for a tenant. */
  readonly keyOf: (tenant: string) => string;
  /** Runs a script atomically; rejects when Redis did not do it. */
  readonly evaluate: (script: string, keys: readonly string[], args: readonly string[]) => Promise<unknown>;
};

/**
 * KEYS: the stream, and how far the task is. ARGV: entries kept, seconds remembered, then sequence and event of each.
 * A task's events come in order, so whatever is not beyond the mark is in the stream already.
 */
export const APPEND = `local mark = tonumber(redis.call('GET', KEYS[2]) or '0')
for n = 3, #ARGV, 2 do
  local seq = tonumber(ARGV[n])
  if seq > mark then
    redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'event', ARGV[n + 1])
    mark = seq
  end
end
redis.call('SET', KEYS[2], mark, 'EX', ARGV[2])
return mark`;

export function createStreamConsumer(port: StreamPort): Consumer {
  return {
    name: "stream",
    effect: (ready, { tenant, aggregateId }) => [
      {
        text: `SELECT r.aggregate_id, r.aggregate_seq, r.event_data_json FROM ${ready} r ORDER BY r.aggregate_seq`,
        params: [tenant, "stream", aggregateId],
      },
    ],
    after: async (tenant, rows) => {
      const [first] = rows;
      assert(first !== undefined, "nothing is appended without an event");
      const key = port.keyOf(tenant);
      const entries = rows.flatMap((row) => [String(row.aggregate_seq), String(row.event_data_json)]);
      await port.evaluate(
        APPEND,
        [key, `${key}:at:${String(first.aggregate_id)}`],
        [String(STREAM_ENTRIES_MAX), String(STREAM_GUARD_SECONDS), ...entries],
      );
    },
  };
}
