/** The limiter over Redis, through Upstash's own clients; and what happens while Redis refuses, and while it hangs. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { createUpstashCounter, toPolicies } from "../../src/api/index.ts";
import { LIMITER_REDIS_TIMEOUT_MS, REDIS_REST_MS } from "../../src/api/limits.ts";
import { createRedisAccess } from "../../src/memory/index.ts";
import type { Clock } from "../../src/platform/index.ts";
import { limiterSuite, newTenant, passing, TEN_A_MINUTE } from "../case/limiter.case.ts";
import { openRedis, type TestRedis } from "../case/redis/open.ts";
import { manualClock, memoryLog } from "./ports.ts";
import { limiterInMemory } from "./rate-memory.ts";

let redis: TestRedis;
beforeAll(async () => {
  redis = await openRedis();
});
afterAll(() => redis.endpoint.close());
afterEach(() => {
  redis.endpoint.mood = "well";
  vi.useRealTimers();
});

const policies = toPolicies(TEN_A_MINUTE);

function limiterBy(clock: Clock, change?: Parameters<typeof limiterInMemory>[0]) {
  const log = memoryLog();
  const { url, token } = redis.endpoint;
  const shared = createUpstashCounter({ redis: createRedisAccess({ url, token, clock }), clock });
  return { log, limiter: limiterInMemory({ policies, clock, shared, log, ...change }) };
}

/** Waits for Redis as long as it takes: how busy this machine is is no part of these tests. */
const patient: Clock = {
  now: () => Date.now(),
  sleep: (_ms, signal) =>
    new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { once: true })),
};

/** Upstash counts by the clock of the process, in minutes: the tests stand early in one. */
limiterSuite(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2026-01-02T03:04:01.000Z") });
  const unreachable = () => {
    throw new Error("Redis should have counted");
  };
  const { limiter } = limiterBy(patient, { objectOf: unreachable });
  return {
    limiter,
    pass: async (ms) => {
      vi.setSystemTime(Date.now() + ms);
    },
  };
});

describe("while Redis refuses", () => {
  it("exactly ten of fifty at once pass, counted by the object", async () => {
    redis.endpoint.mood = "refuse";
    const { limiter, log } = limiterBy(manualClock());
    expect(await passing(limiter, newTenant(), 50)).toBe(10);
    expect(log.lines[0]).toMatchObject({ event: "limiter.redis_failed", error: "RedisError: ERR not now" });
  });
});

describe("while Redis hangs", () => {
  it("exactly ten of fifty at once pass after 300 ms, and who comes next does not wait", async () => {
    redis.endpoint.mood = "hang";
    const clock = manualClock();
    const { limiter } = limiterBy(clock);
    const tenant = newTenant();
    const arrived = redis.endpoint.arrived(redis.endpoint.requests() + 1);
    const asked = passing(limiter, tenant, 50);
    await arrived;
    clock.advance(LIMITER_REDIS_TIMEOUT_MS);
    expect(await asked).toBe(10);
    // No time passes here: an answer that waited for Redis would never come.
    const other = newTenant();
    expect(await passing(limiter, other, 50)).toBe(10);
  });

  it("asks Redis again when it has been left alone for a while", async () => {
    redis.endpoint.mood = "refuse";
    const clock = manualClock();
    const { limiter } = limiterBy(clock);
    await limiter.take(newTenant(), "default");
    const before = redis.endpoint.requests();
    await limiter.take(newTenant(), "default");
    expect(redis.endpoint.requests()).toBe(before);
    redis.endpoint.mood = "well";
    clock.advance(REDIS_REST_MS);
    expect(await limiter.take(newTenant(), "default")).toMatchObject({ isAllowed: true });
    expect(redis.endpoint.requests()).toBeGreaterThan(before);
  });
});

describe("without anybody who counts", () => {
  it("the answer is UNAVAILABLE, not a free pass", async () => {
    const objectOf = () => ({ take: async () => Promise.reject(new Error("the object is gone")) });
    redis.endpoint.mood = "refuse";
    const { limiter } = limiterBy(manualClock(), { objectOf });
    const refused = await limiter.take(newTenant(), "default").catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({ code: "UNAVAILABLE" });
  });
});
