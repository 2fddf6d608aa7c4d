/**
 * Whether a caller may make a call of the API, by the policy. The operator's alone, and the one compiled into this Worker:
 * a policy of the tenant's own that denied calls could not be taken back, and a server elsewhere that is away would lock
 * everybody out. A policy on trial is no way around scopes either.
 */
import { AppError, type Clock, type TenantId } from "../platform/index.ts";
import {
  type AccessQuestion,
  type DoorDecision,
  describeReasons,
  momentOf,
  type PolicyEngine,
} from "../policy/index.ts";
import type { AccessScope } from "./access.ts";
import { DenialCount } from "./denial-count.ts";
import type { Principal } from "./principal.ts";

export type AccessAsk = {
  readonly principal: Principal;
  readonly needs: AccessScope;
  /** As the request names it; null when it does not. */
  readonly selected: TenantId | null;
};

/** @throws AppError FORBIDDEN, UNAVAILABLE when the policy cannot be asked */
export type AccessCheck = (ask: AccessAsk) => Promise<void>;

export type AccessPorts = {
  readonly engine: PolicyEngine;
  readonly region: string | null;
  readonly clock: Pick<Clock, "now">;
  /** Told of denials of callers that belong to a tenant: some, when there are many. */
  readonly onDenied: (tenant: TenantId, made: DoorDecision) => void;
};

/** One per isolate. */
export function createAccessCheck({ engine, region, clock, onDenied }: AccessPorts): AccessCheck {
  const denials = new DenialCount(clock);
  return async ({ principal, needs, selected }) => {
    const { roles, granted } = principal;
    const tenant = actingTenantOf(principal, selected);
    const at = clock.now();
    const question: AccessQuestion = {
      ...{ version: 1, action: "api.call", tenant: tenant ?? "*", at: momentOf(at), region },
      ...{ principal: { roles, scopes: granted }, scope: needs },
    };
    const decision = await engine.decide(question);
    if (decision.effect === "allow") return;
    const [rule = ""] = decision.reasons.map((reason) => reason.rule);
    if (rule === "error") throw new AppError("UNAVAILABLE", "The policy cannot be asked now; try again.");
    const own = principal.tenants === "any" ? undefined : principal.tenants[0];
    if (own !== undefined && denials.take(own) !== null) onDenied(tenant ?? own, { at, question, decision });
    throw new AppError("FORBIDDEN", rule === "default" ? unsaid(principal, needs) : describeReasons(decision));
  };
}

/** The tenant it would act for, if it may; null when that is not known before the call is. */
function actingTenantOf({ tenants }: Principal, selected: TenantId | null): TenantId | null {
  if (tenants === "any") return selected;
  const [only, ...others] = tenants;
  if (selected === null) return others.length === 0 ? (only ?? null) : null;
  return tenants.includes(selected) ? selected : null;
}

/** What no rule allows has no words of the policy's. */
const unsaid = ({ kind }: Principal, needs: AccessScope): string =>
  kind === "operator"
    ? "The bootstrap key sets up tenants, keys and packs; it does not act for a tenant."
    : `This call needs the scope ${needs}, which the credential does not have.`;
