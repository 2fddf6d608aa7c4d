/**
 * What the audit log is told of authentication: that a credential was good, once in a while and not with every request,
 * and each time one was good but not for what was asked. All in the credential's own tenant: whoever names another one
 * leaves nothing there. It is told beside the request, never on its path.
 */
import type { AuditAction } from "../audit/index.ts";
import type { Clock, ErrorCode, TenantId } from "../platform/index.ts";
import { type AuditScope, recordFact } from "./audited.ts";
import { DenialCount } from "./denial-count.ts";
import { AUTH_WITNESS_MS, AUTH_WITNESSED_MAX } from "./limits.ts";

const DENIALS: readonly ErrorCode[] = ["FORBIDDEN", "TENANT_MISMATCH"];

/** What a request was, once it is answered. */
export type SeenRequest = AuditScope & {
  readonly request: { readonly method: string };
  readonly tenant: TenantId | null;
  readonly route: string;
  readonly refusal: ErrorCode | null;
};

type Fact = {
  readonly tenant: TenantId;
  readonly action: AuditAction;
  readonly code: string | null;
  readonly unrecorded: number;
};

export interface AuthWitness {
  /** Called at the end of each request. Null: nothing to tell; else resolves when it is told, and never rejects. */
  see(scope: SeenRequest): Promise<unknown> | null;
}

/** One per isolate. */
export function createAuthWitness(clock: Clock): AuthWitness {
  /** Until when a caller's success needs no second row. */
  const seen = new Map<string, number>();
  const denials = new DenialCount(clock);

  const isNews = (who: string): boolean => {
    const now = clock.now();
    if ((seen.get(who) ?? 0) > now) return false;
    // A Map keeps the order of insertion: what was seen longest ago makes room.
    seen.delete(who);
    const [oldest] = seen.keys();
    if (oldest !== undefined && seen.size >= AUTH_WITNESSED_MAX) seen.delete(oldest);
    seen.set(who, now + AUTH_WITNESS_MS);
    return true;
  };

  const factOf = ({ principal, tenant, refusal }: SeenRequest): Fact | null => {
    // The bare header is no credential, and the bootstrap key belongs to no tenant.
    if (principal === null || principal.tenants === "any") return null;
    const own = tenant ?? principal.tenants[0];
    if (own === undefined) return null;
    if (refusal === null || !DENIALS.includes(refusal)) {
      const isTold = isNews(`${own}/${principal.id}`);
      return isTold ? { tenant: own, action: "auth.succeeded", code: null, unrecorded: 0 } : null;
    }
    const unrecorded = denials.take(own);
    return unrecorded === null ? null : { tenant: own, action: "auth.failed", code: refusal, unrecorded };
  };

  return {
    see: (scope) => {
      const fact = factOf(scope);
      if (fact === null) return null;
      const change = { tenant: fact.tenant, action: fact.action, resource: `${scope.request.method} ${scope.route}` };
      if (fact.code === null) return recordFact(scope, change, { result: "done" });
      const details = { code: fact.code, ...(fact.unrecorded === 0 ? {} : { unrecorded: fact.unrecorded }) };
      return recordFact(scope, change, { result: "denied", details });
    },
  };
}
