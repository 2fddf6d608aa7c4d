/**
 * Telling Postgres about a task: one request per flush, repeated by the task's alarm until it lands. A task never waits
 * for it. What Postgres refuses for good becomes a dead letter, so that one bad row does not go round for ever.
 */
import { outboxStatements, type Replayer } from "../../event/index.ts";
import {
  AppError,
  type Db,
  describeError,
  isRowFault,
  type Log,
  parseTenantId,
  sha256Hex,
  type TenantId,
} from "../../platform/index.ts";
import type { TenantIndexStub } from "../types.ts";
import {
  deadLetterStatement,
  projectionStatements,
  readTaskPage,
  type Snapshot,
  taskPageStatement,
  tellingStatements,
} from "./projection-store.ts";

/** landed: Postgres has it or has buried it, and the doorbell knows of its events. unavailable: to be tried again. */
export type FlushOutcome = "landed" | "unavailable";

export interface ProjectionPort {
  flush(snapshot: Snapshot): Promise<FlushOutcome>;
}

/** @param ring tells the publisher that the tenant has events; null when nothing is published. */
export function createProjection(
  db: Db,
  log: Log,
  ring: ((tenant: TenantId) => Promise<void>) | null = null,
): ProjectionPort {
  return {
    async flush(snapshot) {
      const tenant = requireTenant(snapshot);
      if (!(await store(db, log, tenant, snapshot))) return "unavailable";
      if (ring === null || snapshot.events.length === 0) return "landed";
      try {
        await ring(tenant);
        return "landed";
      } catch (thrown) {
        log.warn("projection.ring_failed", { tenant_id: tenant, error: describeError(thrown) });
        return "unavailable";
      }
    },
  };
}

function requireTenant(snapshot: Snapshot): TenantId {
  const tenant = parseTenantId(snapshot.tenant);
  if (tenant === undefined) throw new Error("a task's tenant was parsed when it was accepted");
  return tenant;
}

/** Writes the rows, or buries what is refused for good; false when neither could be done now. */
async function store(db: Db, log: Log, tenant: TenantId, snapshot: Snapshot): Promise<boolean> {
  const result = await db.batch(tenant, projectionStatements(snapshot));
  if (result.ok) return true;
  const facts = { tenant_id: tenant, task_id: snapshot.task.task_id, sqlstate: result.error.sqlstate };
  if (!isRowFault(result.error)) {
    log.warn("projection.unavailable", { ...facts, reason: result.error.reason });
    return false;
  }
  log.error("projection.refused", { ...facts, reason: result.error.reason });
  const id = (await sha256Hex(`projection/${snapshot.task.task_id}/${snapshot.version}`)).slice(0, 36);
  const refusal = { id, sqlstate: result.error.sqlstate ?? "", message: result.error.message };
  // What happened is told to the outside whatever became of the rows.
  const letter = deadLetterStatement(snapshot, refusal);
  const buried = await db.batch(tenant, [letter, ...tellingStatements(snapshot)]);
  if (buried.ok || !isRowFault(buried.error)) return buried.ok;
  // Of that, too, a row is refused for good: the letter has it, and the events leave without it.
  log.error("projection.telling_refused", { ...facts, sqlstate: buried.error.sqlstate });
  return (await db.batch(tenant, [letter, ...outboxStatements(snapshot.events)])).ok;
}

/** Tells the rows of a buried snapshot again; an older version never replaces a newer one. */
export const replayProjection =
  (db: Db): Replayer =>
  async (tenant, { payload }) => {
    const snapshot = parseSnapshot(payload);
    if (snapshot === null || snapshot.tenant !== tenant) return "impossible";
    const result = await db.batch(tenant, projectionStatements(snapshot));
    if (result.ok) return "replayed";
    if (isRowFault(result.error)) return "refused";
    throw new AppError("UNAVAILABLE", "The rows cannot be written now.");
  };

/** Null for what deadLetterStatement did not write. */
function parseSnapshot(payload: string): Snapshot | null {
  const value: unknown = JSON.parse(payload);
  const isSnapshot = typeof value === "object" && value !== null && "agent_id" in value && "events" in value;
  return isSnapshot ? (value as Snapshot) : null; // written above, whole or not at all
}

/** A tenant's tasks as Postgres has them: fresh within two seconds while it is up, 503 while it is not. */
export const databaseList = (db: Db, tenantId: string): TenantIndexStub => ({
  async list(query) {
    const tenant = parseTenantId(tenantId);
    if (tenant === undefined) throw new AppError("MISSING_TENANT");
    const result = await db.batch(tenant, [taskPageStatement(query)]);
    if (!result.ok && isRowFault(result.error)) {
      throw new AppError("INVALID_REQUEST", "The cursor is not one of ours; start again without it.");
    }
    if (!result.ok) throw new AppError("UNAVAILABLE", "The list cannot be read now; single tasks can.");
    return readTaskPage(result.value[0]?.rows ?? [], query.limit);
  },
});
