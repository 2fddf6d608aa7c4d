/**
 * The limit counted in Redis, by Upstash's own sliding window: two fixed windows, the older one weighted by how much of
 * it still counts. Every isolate and every region sees the same count.
 */
import { type RedisAccess, rateLimitKey } from "../memory/index.ts";
import type { Clock } from "../platform/index.ts";
import { LIMITER_REDIS_TIMEOUT_MS } from "./limits.ts";
import type { RatePolicy, SharedCounter } from "./rate-limiter.ts";

/** The window as the key names it. The two policies may have the same length, and are counted apart. */
const windowName = ({ name, windowMs }: RatePolicy): string =>
  name === "default" ? String(windowMs / 1_000) : `${name}-${windowMs / 1_000}`;

export function createUpstashCounter({
  redis,
  clock,
}: {
  readonly redis: RedisAccess;
  readonly clock: Clock;
}): SharedCounter {
  return (tenant, policy) =>
    redis.run(LIMITER_REDIS_TIMEOUT_MS, async (client) => {
      const { Ratelimit } = await import("./upstash-ratelimit.ts");
      const limiter = new Ratelimit({
        redis: client,
        limiter: Ratelimit.slidingWindow(policy.limit, `${policy.windowMs} ms`),
        prefix: rateLimitKey(tenant, windowName(policy)),
        // Its own time-out lets the request through; ours, around this call, asks the object.
        timeout: 0,
        ephemeralCache: false,
        analytics: false,
        enableTelemetry: false,
      });
      // The key has a part for whom to limit; the tenant already stands in the prefix, the policy's name takes its place.
      const { success, remaining, reset } = await limiter.limit(policy.name);
      return { isAllowed: success, remaining, resetMs: Math.max(0, reset - clock.now()) };
    });
}
