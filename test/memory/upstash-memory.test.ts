/** Short-term memory in Redis, through Upstash's own client; and while Redis refuses, and while it hangs. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRedisAccess, createUpstashMemory } from "../../src/memory/index.ts";
import { MEMORY_TIMEOUT_MS } from "../../src/memory/limits.ts";
import { type Clock, systemClock } from "../../src/platform/index.ts";
import { manualClock, patientClock } from "../api/ports.ts";
import { memorySuite } from "../case/memory.case.ts";
import { openRedis, type TestRedis } from "../case/redis/open.ts";

let redis: TestRedis;
beforeAll(async () => {
  redis = await openRedis();
});
afterAll(() => redis.endpoint.close());

const accessBy = (clock: Clock = patientClock) =>
  createRedisAccess({ url: redis.endpoint.url, token: redis.endpoint.token, clock });

memorySuite(() => ({
  memory: createUpstashMemory(accessBy()),
  pass: (ms) => redis.age("vasini:mem:", ms),
}));

const SPACE = { tenant: "tenant-1", agent: "agent-1", session: "ctx" };

describe("in Redis", () => {
  it("a value stands under the tenant, the agent and its key, with an expiry", async () => {
    await createUpstashMemory(accessBy()).set(SPACE, "123", "v", 86_400_000);
    const access = accessBy();
    expect(await access.run(1_000, (client) => client.get("vasini:mem:tenant-1:agent-1:ctx:123"))).toBe("v");
  });

  it("what another program put into a session's list is left out", async () => {
    const space = { ...SPACE, session: `mixed-${crypto.randomUUID().slice(0, 8)}` };
    const memory = createUpstashMemory(accessBy());
    const key = `vasini:mem:tenant-1:agent-1:${space.session}`;
    await accessBy().run(1_000, (client) => client.zadd(key, { nx: true }, { score: 1, member: "not ours" }));
    await memory.append(space, { id: "t", at: 2, value: "ours" }, { ttlMs: 60_000, maxEntries: 5 });
    expect(await memory.list(space)).toEqual(["ours"]);
  });
});

describe("a Redis that does not answer", () => {
  it("is asked once, and its refusal does not quote what was to be kept", async () => {
    redis.endpoint.mood = "refuse";
    const before = redis.endpoint.requests();
    const refused = await createUpstashMemory(accessBy())
      .set(SPACE, "a", "a secret", 1_000)
      .catch((thrown: unknown) => thrown);
    redis.endpoint.mood = "well";
    expect(String(refused)).toBe("RedisError: ERR not now");
    expect(redis.endpoint.requests() - before).toBe(1);
  });

  it("is not waited for longer than its time", async () => {
    redis.endpoint.mood = "hang";
    const clock = manualClock();
    const arrived = redis.endpoint.arrived(redis.endpoint.requests() + 1);
    const asked = createUpstashMemory(accessBy(clock))
      .list(SPACE)
      .catch((thrown: unknown) => thrown);
    await arrived;
    clock.advance(MEMORY_TIMEOUT_MS);
    expect(String(await asked)).toBe(`RedisError: no answer within ${MEMORY_TIMEOUT_MS} ms`);
    redis.endpoint.mood = "well";
  });

  it("that is not there at all is an error without a stack of retries", async () => {
    const access = createRedisAccess({ url: "http://127.0.0.1:1", token: "t", clock: systemClock });
    const refused = await access.run(1_000, (client) => client.get("a")).catch((thrown: unknown) => thrown);
    expect(String(refused)).toMatch(/^RedisError: /);
  });
});
