/**
 * The one way to Redis: Upstash's client over its REST interface, each piece of work with a limit of its own. It tries
 * once, for every caller has something better to do than to wait; and its errors quote the command, so what was in it
 * goes no further than here.
 */
import type { Redis } from "@upstash/redis/cloudflare";
import { type Clock, toAbortSignal, within } from "../platform/index.ts";

export interface RedisAccess {
  /** @throws RedisError when Redis refuses, cannot be reached, or has not answered after `timeoutMs`. */
  run<T>(timeoutMs: number, work: (redis: Redis) => Promise<T>): Promise<T>;
}

/** Says why in a few words, without the command and its values. */
export class RedisError extends Error {
  override name = "RedisError";
}

const REASON_CHARS_MAX = 120;

/** The client writes `<reason>, command was: <everything that was sent>`. */
function reasonOf(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return (text.split(", command was:")[0] ?? "").slice(0, REASON_CHARS_MAX);
}

export function createRedisAccess(options: {
  readonly url: string;
  readonly token: string;
  readonly clock: Clock;
}): RedisAccess {
  const { url, token, clock } = options;
  return {
    async run(timeoutMs, work) {
      const late = () => new RedisError(`no answer within ${timeoutMs} ms`);
      try {
        return await within(clock, timeoutMs, late, async (signal) => {
          const { Redis } = await import("@upstash/redis/cloudflare");
          const client = new Redis({
            url,
            token,
            signal: () => toAbortSignal(signal),
            // `retry: false` would still try twice.
            retry: { retries: 0 },
            enableTelemetry: false,
            enableAutoPipelining: false,
            // Values come back as the text they were, not as whatever JSON they look like.
            automaticDeserialization: false,
          });
          return work(client);
        });
      } catch (thrown) {
        throw thrown instanceof RedisError ? thrown : new RedisError(reasonOf(thrown));
      }
    },
  };
}
