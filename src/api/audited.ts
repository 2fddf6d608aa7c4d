/**
 * Changes that the audit log must know of. What is about to be done is recorded before it is done, and how it came out
 * afterwards: a stop in between leaves "intended", never a change without a row. While the log can take no row, what
 * opens something is refused; what stops something goes through.
 */
import { AUDIT_ACTIONS, type AuditAction, type AuditEntry, type AuditStub } from "../audit/index.ts";
import { AppError, type Clock, describeError, type Log, type Random, type TenantId } from "../platform/index.ts";
import { callObject } from "./call-object.ts";
import type { Correlation } from "./correlate.ts";
import type { Principal } from "./principal.ts";

/** The part of a request that a row is made of, and where it goes. */
export type AuditScope = {
  readonly deps: { readonly audit: (tenant: TenantId) => AuditStub; readonly clock: Clock; readonly random: Random };
  readonly principal: Principal | null;
  readonly correlation: Correlation;
  readonly log: Log;
};

export type AuditedChange = {
  /** Whose log it belongs to. */
  readonly tenant: TenantId;
  readonly action: AuditAction;
  /** `task:<id>`, `key:<id>`, ... */
  readonly resource: string;
  /** What the change is beyond its action; in each of its rows. */
  readonly details?: AuditEntry["details"];
};

/** @throws AppError UNAVAILABLE when the change may not happen unrecorded and cannot be recorded; else what `work` throws. */
export async function audited<T>(scope: AuditScope, change: AuditedChange, work: () => Promise<T>): Promise<T> {
  const isIntended = await recordFact(scope, change, { result: "intended" });
  if (!isIntended && AUDIT_ACTIONS[change.action] === "closed") {
    throw new AppError("UNAVAILABLE", "The audit log can take nothing now, and this may not happen unrecorded.");
  }
  try {
    const done = await work();
    await recordFact(scope, change, { result: "done" });
    return done;
  } catch (thrown) {
    const code = thrown instanceof AppError ? thrown.code : "INTERNAL";
    await recordFact(scope, change, { result: "failed", details: { code } });
    throw thrown;
  }
}

/** False when the log did not take it. Never rejects: what cannot be recorded is logged. */
export async function recordFact(
  { deps, principal, correlation, log }: AuditScope,
  { tenant, action, resource, details }: AuditedChange,
  outcome: Pick<AuditEntry, "result" | "details">,
): Promise<boolean> {
  const actor = principal?.id ?? "unknown";
  const known = { tenant_id: tenant, action, actor, resource, result: outcome.result };
  const told =
    details === undefined && outcome.details === undefined ? {} : { details: { ...details, ...outcome.details } };
  const facts = { action, actor, resource, traceId: correlation.traceId, result: outcome.result, ...told };
  const entry: AuditEntry = { id: crypto.randomUUID(), at: deps.clock.now(), ...facts };
  try {
    if ((await callObject(deps, () => deps.audit(tenant).append(tenant, [entry]))) === "stored") return true;
    log.error("audit.unrecorded", { ...known, reason: "full" });
  } catch (thrown) {
    log.error("audit.unrecorded", { ...known, reason: describeError(thrown) });
  }
  return false;
}
