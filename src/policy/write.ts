/**
 * Denials at the doors, on their way into the log of decisions: beside the request, and at most so many. What is lost
 * while the database is away is lost here alone: the audit log has the denial too.
 */
import { type Db, describeError, type Log, type TenantId } from "../platform/index.ts";
import { type DoorDecision, toDoorRecord } from "./record.ts";
import { decisionStatements } from "./store.ts";

/** Never rejects. */
export type DecisionWriter = (tenant: TenantId, made: DoorDecision) => Promise<void>;

export const createDecisionWriter =
  (db: Db | null, log: Pick<Log, "warn">): DecisionWriter =>
  async (tenant, made) => {
    if (db === null) return;
    try {
      const written = await db.batch(tenant, decisionStatements(tenant, [await toDoorRecord(made)]));
      if (!written.ok) log.warn("policy.unrecorded", { tenant_id: tenant, reason: written.error.reason });
    } catch (thrown) {
      log.warn("policy.unrecorded", { tenant_id: tenant, reason: describeError(thrown) });
    }
  };
