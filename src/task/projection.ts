/**
 * Telling Postgres about a task: one request per flush, repeated by the task's alarm until it lands. A task never waits
 * for it. What Postgres refuses for good becomes a dead letter, so that one bad row does not go round for ever.
 */
import { AppError, type Db, isRowFault, type Log, parseTenantId, sha256Hex } from "../platform/index.ts";
import {
  deadLetterStatement,
  projectionStatements,
  readTaskPage,
  type Snapshot,
  taskPageStatement,
} from "./projection-store.ts";
import type { TenantIndexStub } from "./types.ts";

/** landed: Postgres has it, or has buried it. unavailable: to be tried again. */
export type FlushOutcome = "landed" | "unavailable";

export interface ProjectionPort {
  flush(snapshot: Snapshot): Promise<FlushOutcome>;
}

export function createProjection(db: Db, log: Log): ProjectionPort {
  return {
    async flush(snapshot) {
      const tenant = parseTenantId(snapshot.tenant);
      if (tenant === undefined) throw new Error("a task's tenant was parsed when it was accepted");
      const result = await db.batch(tenant, projectionStatements(snapshot));
      if (result.ok) return "landed";
      const facts = { tenant_id: tenant, task_id: snapshot.task.task_id, sqlstate: result.error.sqlstate };
      if (!isRowFault(result.error)) {
        log.warn("projection.unavailable", { ...facts, reason: result.error.reason });
        return "unavailable";
      }
      log.error("projection.refused", { ...facts, reason: result.error.reason });
      const id = (await sha256Hex(`projection/${snapshot.task.task_id}/${snapshot.version}`)).slice(0, 36);
      const refusal = { id, sqlstate: result.error.sqlstate ?? "", message: result.error.message };
      const buried = await db.batch(tenant, [deadLetterStatement(snapshot, refusal)]);
      return buried.ok ? "landed" : "unavailable";
    },
  };
}

/** A tenant's tasks as Postgres has them: fresh within two seconds while it is up, 503 while it is not. */
export const databaseList = (db: Db, tenantId: string): TenantIndexStub => ({
  async list(query) {
    const tenant = parseTenantId(tenantId);
    if (tenant === undefined) throw new AppError("MISSING_TENANT");
    const result = await db.batch(tenant, [taskPageStatement(query)]);
    if (!result.ok) throw new AppError("UNAVAILABLE", "The list cannot be read now; single tasks can.");
    return readTaskPage(result.value[0]?.rows ?? [], query.limit);
  },
});
