/**
 * How many requests a tenant may make: two policies, one counter each. Redis counts when it is configured, and the
 * tenant's object when it is not, or when Redis refuses or keeps us waiting. A counter that cannot be asked is no
 * reason to let everybody in: without either the answer is 503.
 */
import { AppError, type Clock, describeError, type Log, type Random, type TenantId } from "../platform/index.ts";
import { callObject } from "./call-object.ts";
import type { WindowAnswer, WindowLimit } from "./limiter-window.ts";
import { READ_LIMIT_REQUESTS, READ_LIMIT_WINDOW_MS, REDIS_REST_MS } from "./limits.ts";

/** `default`: run, replay, RunAgent. `read`: whatever only looks. */
export type RatePolicyName = "default" | "read";

export type RatePolicy = WindowLimit & {
  readonly name: RatePolicyName;
  /** Whether a restart of the object may forget: a read costs too little to be worth a written row. */
  readonly isKept: boolean;
};

export type RateVerdict = WindowAnswer & { readonly policy: WindowLimit & { readonly name: string } };

/** Whole seconds until a place comes back, as headers say it. */
export const toSeconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1_000));

/** 429. Its problem names the policy, as the draft asks. */
export class RateLimited extends AppError {
  readonly verdict: RateVerdict;
  constructor(verdict: RateVerdict, what = "requests") {
    const { limit, windowMs, name } = verdict.policy;
    super(
      "RATE_LIMITED",
      `More than ${limit} ${what} in ${windowMs / 1_000} s under the policy "${name}"; try again in ${toSeconds(verdict.resetMs)} s.`,
    );
    this.verdict = verdict;
  }
}

export interface RateLimiter {
  /** Takes a place when there is one. @throws AppError UNAVAILABLE when nobody can count. */
  take(tenant: TenantId, policy: RatePolicyName): Promise<RateVerdict>;
}

/** The method of a limiter object. */
export interface LimiterStub {
  take(ask: WindowLimit & { readonly isKept: boolean }): Promise<WindowAnswer>;
}

/** One counter for all isolates that is not an object. Rejects when it does not answer in time. */
export type SharedCounter = (tenant: TenantId, policy: RatePolicy) => Promise<WindowAnswer>;

/** The policies, from RATE_LIMIT_REQUESTS and RATE_LIMIT_WINDOW_SECONDS. */
export const toPolicies = (limit: {
  readonly requests: number;
  readonly windowSeconds: number;
}): Readonly<Record<RatePolicyName, RatePolicy>> => ({
  default: { name: "default", limit: limit.requests, windowMs: limit.windowSeconds * 1_000, isKept: true },
  read: { name: "read", limit: READ_LIMIT_REQUESTS, windowMs: READ_LIMIT_WINDOW_MS, isKept: false },
});

export type LimiterPorts = {
  readonly policies: Readonly<Record<RatePolicyName, RatePolicy>>;
  /** A new stub at each call. */
  readonly objectOf: (tenant: TenantId, policy: RatePolicyName) => LimiterStub;
  /** Null: the objects count. */
  readonly shared: SharedCounter | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
};

export function createRateLimiter(ports: LimiterPorts): RateLimiter {
  const { clock, log } = ports;
  /** Epoch milliseconds: until then Redis is not asked, so that not every request waits for what hangs. */
  let restsUntil = 0;

  const askShared = async (tenant: TenantId, policy: RatePolicy): Promise<WindowAnswer | null> => {
    if (ports.shared === null || clock.now() < restsUntil) return null;
    try {
      return await ports.shared(tenant, policy);
    } catch (thrown) {
      restsUntil = clock.now() + REDIS_REST_MS;
      log.warn("limiter.redis_failed", { tenant_id: tenant, error: describeError(thrown) });
      return null;
    }
  };

  const askObject = async (tenant: TenantId, policy: RatePolicy): Promise<WindowAnswer> => {
    const { limit, windowMs, isKept } = policy;
    try {
      return await callObject(ports, () => ports.objectOf(tenant, policy.name).take({ limit, windowMs, isKept }));
    } catch (cause) {
      throw new AppError("UNAVAILABLE", undefined, { cause });
    }
  };

  return {
    async take(tenant, name) {
      const policy = ports.policies[name];
      return { ...((await askShared(tenant, policy)) ?? (await askObject(tenant, policy))), policy };
    },
  };
}
