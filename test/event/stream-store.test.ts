/** A tenant's stream in Redis: each event once and in its order, whatever is told again, and never more than it may hold. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { STREAM_TIMEOUT_MS } from "../../src/event/index.ts";
import { STREAM_ENTRIES_MAX, STREAM_GUARD_SECONDS } from "../../src/event/limits.ts";
import { APPEND, createStreamConsumer } from "../../src/event/stream-store.ts";
import { createRedisAccess, type RedisAccess, streamKey } from "../../src/memory/index.ts";
import { type SqlRow, systemClock, type TenantId } from "../../src/platform/index.ts";
import { patientClock } from "../api/ports.ts";
import { tenantNamed } from "../case/database/bench.ts";
import { openRedis, type TestRedis } from "../case/redis/open.ts";

let redis: TestRedis;
beforeAll(async () => {
  redis = await openRedis();
});
afterAll(() => redis.endpoint.close());

const access = () => createRedisAccess({ ...redis.endpoint, clock: patientClock });
const appenderTo = (by: RedisAccess) => {
  const { after } = createStreamConsumer({
    keyOf: streamKey,
    evaluate: (script, keys, args) => by.run(STREAM_TIMEOUT_MS, (client) => client.eval(script, [...keys], [...args])),
  });
  return async (tenant: TenantId, ...rows: readonly SqlRow[]): Promise<void> => after?.(tenant, rows);
};

const newTenant = () => tenantNamed(`t-${crypto.randomUUID().slice(0, 8)}`);
const row = (task: string, seq: number) => ({
  aggregate_id: task,
  aggregate_seq: String(seq),
  event_data_json: JSON.stringify({ task, seq }),
});

/** In whatever shape the client gives it: the text of each event. */
async function streamOf(tenant: string): Promise<string[]> {
  const raw: unknown = await access().run(STREAM_TIMEOUT_MS, (client) => client.xrange(streamKey(tenant), "-", "+"));
  return [...JSON.stringify(raw).matchAll(/\{\\"task\\":\\"(\w+)\\",\\"seq\\":(\d+)\}/g)].map(
    ([, task, seq]) => `${task}${seq}`,
  );
}

describe("the stream of a tenant", () => {
  it("has every event once, in the order of its task, though they are told again and again", async () => {
    const tenant = newTenant();
    const append = appenderTo(access());
    await append(tenant, row("a", 1), row("a", 2));
    await append(tenant, row("b", 1));
    await append(tenant, row("a", 1), row("a", 2), row("a", 3));
    await append(tenant, row("a", 2));
    expect(await streamOf(tenant)).toEqual(["a1", "a2", "b1", "a3"]);
  });

  it("is one tenant's alone", async () => {
    const [one, other] = [newTenant(), newTenant()];
    await appenderTo(access())(one, row("a", 1));
    await appenderTo(access())(other, row("a", 1));
    expect([await streamOf(one), await streamOf(other)]).toEqual([["a1"], ["a1"]]);
  });

  it("drops its oldest when it is full", async () => {
    const tenant = newTenant();
    const append = appenderTo(access());
    const many = Array.from({ length: 500 }, (_, n) => row("a", n + 1));
    const keys = [streamKey(tenant), `${streamKey(tenant)}:at:a`];
    const args = ["100", String(STREAM_GUARD_SECONDS)];
    const entries = many.flatMap((one) => [one.aggregate_seq, one.event_data_json]);
    await access().run(STREAM_TIMEOUT_MS, (client) => client.eval(APPEND, keys, [...args, ...entries]));
    await append(tenant, row("a", 501));
    const kept = await streamOf(tenant);
    expect(kept.at(-1)).toBe("a501");
    // Redis trims whole nodes of about a hundred entries.
    expect(kept.length).toBeLessThan(500);
    expect(STREAM_ENTRIES_MAX).toBeGreaterThan(1_000);
  });

  it("is told of as a failure when Redis is away, so that the event comes again", async () => {
    const away = createRedisAccess({ url: "http://127.0.0.1:1", token: "x", clock: systemClock });
    await expect(appenderTo(away)(newTenant(), row("a", 1))).rejects.toThrow();
  });
});
