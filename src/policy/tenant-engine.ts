/**
 * The operator's policy and the tenant's own, asked side by side. What the tenant's cannot answer is denied; so is
 * everything while it is not known whether there is one.
 */
import { type Clock, describeError, type Log, parseTenantId, type TenantId, within } from "../platform/index.ts";
import { combine } from "./combine.ts";
import { denialFor, parseResultSet } from "./decision.ts";
import type { PolicyIsolates } from "./isolates.ts";
import { ACTIVE_CACHE_TENANTS_MAX, ACTIVE_TTL_MS, OWN_TIMEOUT_MS } from "./limits.ts";
import { LateError, repeat, tooLate } from "./patience.ts";
import type { ActivePolicy, PolicyStub } from "./tenant-record.ts";
import type { Decision, PolicyEngine, PolicyQuestion } from "./types.ts";

export type TenantEngineOptions = {
  readonly operator: PolicyEngine;
  /** A new stub at each call. */
  readonly objectOf: (tenant: TenantId) => Pick<PolicyStub, "active">;
  readonly isolates: PolicyIsolates;
  readonly load: (tenant: TenantId, digest: string) => Promise<Uint8Array>;
  readonly clock: Clock;
  readonly log: Pick<Log, "error">;
};

export function withTenantPolicies(options: TenantEngineOptions): PolicyEngine {
  const { operator, clock, log } = options;
  const cache = createActiveCache(options);
  const askOwn = async (question: PolicyQuestion): Promise<Decision | null> => {
    const tenant = parseTenantId(question.tenant);
    if (tenant === undefined) return null; // no tenant of ours: the operator's policy alone judges it
    // Of most tenants it is known that they have none: nothing to wait for.
    if (cache.known(tenant) === null) return null;
    let active: ActivePolicy | null = null;
    try {
      return await within(clock, OWN_TIMEOUT_MS, tooLate, async (signal) => {
        const known = await repeat(clock, signal, () => cache.ask(tenant));
        if (known === null) return null;
        active = known;
        const decision = await repeat(clock, signal, () => decideOwn(options, tenant, known, question));
        return { ...decision, isEnforced: known.mode === "enforce" };
      });
    } catch (thrown) {
      const { digest: policy, mode } = active ?? { digest: "unknown", mode: "enforce" };
      log.error("policy.failed", { tenant_id: tenant, policy, error: describeError(thrown) });
      // One on trial changes nothing by failing either.
      return {
        ...denialFor(thrown instanceof LateError ? "timeout" : "error", policy),
        isEnforced: mode === "enforce",
      };
    }
  };
  return {
    async decide(question) {
      const [operators, own] = await Promise.all([operator.decide(question), askOwn(question)]);
      return own === null ? operators : combine(operators, own);
    },
  };
}

async function decideOwn(
  { isolates, load, log }: TenantEngineOptions,
  tenant: TenantId,
  { digest }: ActivePolicy,
  question: PolicyQuestion,
): Promise<Decision> {
  const place = { tenant, digest, load: () => load(tenant, digest) };
  const answer = await isolates.ask(place, JSON.stringify(question));
  if (answer.kind === "answer") return parseResultSet(answer.json, digest);
  // Asked again it would come to the same end.
  log.error("policy.failed", { tenant_id: tenant, policy: digest, error: answer.message });
  return denialFor("error", digest);
}

/** Which policy is active, asked of its object every ACTIVE_TTL_MS at most. That there is none is remembered too. */
function createActiveCache({ objectOf, clock }: Pick<TenantEngineOptions, "objectOf" | "clock">) {
  const known = new Map<TenantId, { readonly active: ActivePolicy | null; readonly until: number }>();
  /** Undefined: to be asked. */
  const fresh = (tenant: TenantId): ActivePolicy | null | undefined => {
    const before = known.get(tenant);
    return before !== undefined && clock.now() < before.until ? before.active : undefined;
  };
  return {
    known: fresh,
    ask: async (tenant: TenantId): Promise<ActivePolicy | null> => {
      const before = fresh(tenant);
      if (before !== undefined) return before;
      const until = clock.now() + ACTIVE_TTL_MS;
      const active = await objectOf(tenant).active(tenant);
      known.delete(tenant);
      const [oldest] = known.keys();
      if (oldest !== undefined && known.size >= ACTIVE_CACHE_TENANTS_MAX) known.delete(oldest);
      known.set(tenant, { active, until });
      return active;
    },
  };
}
