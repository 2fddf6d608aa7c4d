/** What any counter of requests must do, whoever counts: ten a minute under the one policy. */
import { describe, expect, it } from "vitest";
import type { RateLimiter } from "../../src/api/index.ts";
import { assert, parseTenantId, type TenantId } from "../../src/platform/index.ts";

export const TEN_A_MINUTE = { requests: 10, windowSeconds: 60 };

export type LimiterRig = {
  /** Its `default` policy is TEN_A_MINUTE. */
  readonly limiter: RateLimiter;
  /** Lets `ms` pass for whoever counts. */
  readonly pass: (ms: number) => Promise<void>;
};

const RUN = crypto.randomUUID().slice(0, 8);
let count = 0;
/** One that no other test, and no earlier run, has used. */
export function newTenant(): TenantId {
  const tenant = parseTenantId(`tenant-${RUN}-${++count}`);
  assert(tenant !== undefined, "a made-up tenant is one");
  return tenant;
}

/** How many of `times` at once were let through. */
export async function passing(limiter: RateLimiter, tenant: TenantId, times: number): Promise<number> {
  const verdicts = await Promise.all(Array.from({ length: times }, () => limiter.take(tenant, "default")));
  return verdicts.filter(({ isAllowed }) => isAllowed).length;
}

export function limiterSuite(make: () => LimiterRig | Promise<LimiterRig>): void {
  describe("a limit of ten a minute", () => {
    it("allows a request under it, and says what remains", async () => {
      const { limiter } = await make();
      const verdict = await limiter.take(newTenant(), "default");
      expect(verdict).toMatchObject({ isAllowed: true, remaining: 9, policy: { name: "default", limit: 10 } });
    });

    it("blocks a request over it, and says when to come back", async () => {
      const { limiter } = await make();
      const tenant = newTenant();
      await passing(limiter, tenant, 10);
      const verdict = await limiter.take(tenant, "default");
      expect(verdict).toMatchObject({ isAllowed: false, remaining: 0 });
      expect(verdict.resetMs).toBeGreaterThan(0);
      expect(verdict.resetMs).toBeLessThanOrEqual(61_000);
    });

    it("lets exactly ten of fifty at once through", async () => {
      const { limiter } = await make();
      expect(await passing(limiter, newTenant(), 50)).toBe(10);
    });

    it("frees the places again once the window has passed: nobody is locked out for ever", async () => {
      const { limiter, pass } = await make();
      const tenant = newTenant();
      expect(await passing(limiter, tenant, 20)).toBe(10);
      await pass(2 * 60_000 + 1_000);
      expect(await passing(limiter, tenant, 20)).toBe(10);
    });

    it("slides: a little later there are few places, not all of them", async () => {
      const { limiter, pass } = await make();
      const tenant = newTenant();
      await passing(limiter, tenant, 10);
      await pass(20_000);
      expect(await passing(limiter, tenant, 10)).toBeLessThanOrEqual(4);
    });

    it("counts each tenant on its own", async () => {
      const { limiter } = await make();
      const [mine, theirs] = [newTenant(), newTenant()];
      await passing(limiter, mine, 20);
      expect(await passing(limiter, theirs, 20)).toBe(10);
    });

    it("counts reads on their own", async () => {
      const { limiter } = await make();
      const tenant = newTenant();
      await passing(limiter, tenant, 20);
      expect(await limiter.take(tenant, "read")).toMatchObject({ isAllowed: true, remaining: 1_199 });
    });
  });
}
