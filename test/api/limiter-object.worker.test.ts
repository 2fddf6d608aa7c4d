/** The limiter in the real runtime: one object counts exactly, survives its own end, and leaves nothing behind. */
import { env as bindings, runInDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { createUpstashCounter, toPolicies } from "../../src/api/index.ts";
import { LIMITER_KEEP_MS, LIMITER_REDIS_TIMEOUT_MS } from "../../src/api/limits.ts";
import { LimiterObject } from "../../src/api/object.ts";
import { createRateLimiter, type LimiterPorts, type LimiterStub } from "../../src/api/rate-limiter.ts";
import type { Bindings } from "../../src/bindings.ts";
import { createRedisAccess } from "../../src/memory/index.ts";
import { systemClock } from "../../src/platform/index.ts";
import { limiterSuite, newTenant, passing, TEN_A_MINUTE } from "../case/limiter.case.ts";
import { type ManualClock, manualClock, memoryLog } from "./ports.ts";

const env = bindings as unknown as Bindings; // the bindings of wrangler.toml, by their own type
const policies = toPolicies(TEN_A_MINUTE);

const limiterBy = (change: Partial<LimiterPorts> = {}) =>
  createRateLimiter({
    policies,
    objectOf: (tenant, policy) => env.LIMITER.getByName(`${tenant}/${policy}`),
    shared: null,
    clock: systemClock,
    random: () => 0,
    log: memoryLog(),
    ...change,
  });

/**
 * The objects of the binding's storage, by clocks that are moved by hand, all at once; each is kept for as long as the rig.
 * An object has a clock of its own, because what sleeps in it can be woken in it alone.
 */
function movedObjects() {
  let now = Date.now();
  const objects = new Map<string, { readonly object: LimiterObject; readonly clock: ManualClock }>();
  type Own = { readonly object: LimiterObject; readonly clock: ManualClock; readonly storage: DurableObjectStorage };
  const within = <T>(name: string, work: (own: Own) => Promise<T>) =>
    runInDurableObject(env.LIMITER.getByName(name), (_object, state: DurableObjectState) => {
      const clock = manualClock(now);
      const own = objects.get(name) ?? { object: new LimiterObject(state, env, { clock }), clock };
      objects.set(name, own);
      return work({ ...own, storage: state.storage });
    });
  const objectOf: LimiterPorts["objectOf"] = (tenant, policy): LimiterStub => ({
    take: (ask) => within(`${tenant}/${policy}`, ({ object }) => object.take(ask)),
  });
  const pass = async (ms: number): Promise<void> => {
    now += ms;
    for (const name of objects.keys()) await within(name, async ({ clock }) => clock.advance(ms));
  };
  const ring = async (name: string) =>
    within(name, async ({ object, storage }) => {
      const at = await storage.getAlarm();
      if (at !== null && at <= now) await object.alarm();
      return { kept: storage.kv.get("window") !== undefined, alarm: await storage.getAlarm() };
    });
  /** As after a crash: what was not written is gone. */
  const restart = (): void => objects.clear();
  return { now: () => now, pass, restart, objectOf, ring };
}

limiterSuite(() => {
  const { pass, objectOf } = movedObjects();
  return { limiter: limiterBy({ objectOf }), pass };
});

describe("a limiter object", () => {
  it("lets exactly ten of fifty at once through its own binding", async () => {
    expect(await passing(limiterBy(), newTenant(), 50)).toBe(10);
  });

  it("still knows what it let through after it was restarted", async () => {
    const { pass, restart, objectOf } = movedObjects();
    const limiter = limiterBy({ objectOf });
    const tenant = newTenant();
    expect(await passing(limiter, tenant, 7)).toBe(7);
    await pass(LIMITER_KEEP_MS);
    restart();
    expect(await passing(limiter, tenant, 50)).toBe(3);
  });

  it("writes what passes in one moment together, and lets none of it wait for that", async () => {
    const { pass, objectOf, ring } = movedObjects();
    const tenant = newTenant();
    const puts = await runInDurableObject(env.LIMITER.getByName(tenant), (_object, { storage }) =>
      vi.spyOn<DurableObjectStorage, "put">(Object.getPrototypeOf(storage), "put"),
    );
    expect(await passing(limiterBy({ objectOf }), tenant, 7)).toBe(7);
    expect(puts).not.toHaveBeenCalled();
    await pass(LIMITER_KEEP_MS);
    expect((await ring(`${tenant}/default`)).kept).toBe(true);
    expect(puts).toHaveBeenCalledTimes(1);
    puts.mockRestore();
  });

  it("writes what passes in a short window within a tenth of it", async () => {
    const { pass, objectOf, ring } = movedObjects();
    const tenant = newTenant();
    const windowMs = 1_000;
    await objectOf(tenant, "default").take({ limit: 10, windowMs, isKept: true });
    await pass(windowMs / 10);
    expect((await ring(`${tenant}/default`)).kept).toBe(true);
  });

  it("removes itself when its window is over, and no sooner", async () => {
    const { now, pass, objectOf, ring } = movedObjects();
    const limiter = limiterBy({ objectOf });
    const tenant = newTenant();
    await limiter.take(tenant, "default");
    await pass(30_000);
    await limiter.take(tenant, "default");
    await pass(31_001);
    const early = await ring(`${tenant}/default`);
    expect(early.kept).toBe(true);
    expect(early.alarm).toBeGreaterThan(now());
    await pass(31_000);
    expect(await ring(`${tenant}/default`)).toEqual({ kept: false, alarm: null });
    expect(await limiter.take(tenant, "default")).toMatchObject({ isAllowed: true, remaining: 9 });
  });

  it("writes nothing for reads", async () => {
    const { pass, objectOf, ring } = movedObjects();
    const tenant = newTenant();
    await limiterBy({ objectOf }).take(tenant, "read");
    await pass(LIMITER_KEEP_MS);
    expect(await ring(`${tenant}/read`)).toEqual({ kept: false, alarm: null });
  });
});

describe("while Redis hangs", () => {
  it("the object lets exactly ten of fifty at once through", async () => {
    const asks = Promise.withResolvers<void>();
    const hangs = vi.spyOn(globalThis, "fetch").mockImplementation(() => {
      asks.resolve();
      return new Promise(() => undefined);
    });
    const clock = manualClock(Date.now());
    const redis = createRedisAccess({ url: "http://127.0.0.1:1", token: "t", clock });
    const limiter = limiterBy({ clock, shared: createUpstashCounter({ redis, clock }) });
    const asked = passing(limiter, newTenant(), 50);
    await asks.promise;
    clock.advance(LIMITER_REDIS_TIMEOUT_MS);
    expect(await asked).toBe(10);
    hangs.mockRestore();
  });
});
