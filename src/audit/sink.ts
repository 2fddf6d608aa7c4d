/** Audit entries into Postgres, keyed, in order. One that is refused for good is buried, so that the others get through. */
import { AppError, type Db, isRowFault, type Log, parseTenantId, sha256Hex, type TenantId } from "../platform/index.ts";
import type { AuditEntry } from "./entry.ts";
import { auditStatement, deadEntryStatement } from "./store.ts";

/** landed: every entry is in the log, or buried. unavailable: to be tried again. */
export type AuditSink = (tenant: string, entries: readonly AuditEntry[]) => Promise<"landed" | "unavailable">;

export const createAuditSink =
  (db: Db, log: Log): AuditSink =>
  async (tenantId, entries) => {
    const tenant = parseTenantId(tenantId);
    if (tenant === undefined) throw new Error("a tenant's name was parsed when its object was made");
    const all = await db.batch(
      tenant,
      entries.map((entry) => auditStatement(tenant, entry)),
    );
    if (all.ok) return "landed";
    if (!isRowFault(all.error)) return "unavailable";
    // One of them is refused: each by itself, so that only that one is left out.
    for (const entry of entries) {
      if ((await tellOne(db, log, tenant, entry)) === "unavailable") return "unavailable";
    }
    return "landed";
  };

async function tellOne(db: Db, log: Log, tenant: TenantId, entry: AuditEntry): Promise<"landed" | "unavailable"> {
  const told = await db.batch(tenant, [auditStatement(tenant, entry)]);
  if (told.ok) return "landed";
  if (!isRowFault(told.error)) return "unavailable";
  log.error("audit.refused", { tenant_id: tenant, action: entry.action, sqlstate: told.error.sqlstate });
  const id = (await sha256Hex(`audit/${entry.id}`)).slice(0, 36);
  const refusal = { id, sqlstate: told.error.sqlstate ?? "", message: told.error.message };
  const buried = await db.batch(tenant, [deadEntryStatement(tenant, entry, refusal)]);
  return buried.ok ? "landed" : "unavailable";
}

/** Tells a buried entry again. Its payload is the entry, as the sink wrote it. @throws AppError UNAVAILABLE */
export const replayAudit =
  (db: Db) =>
  async (tenant: TenantId, letter: { readonly payload: string }): Promise<"replayed" | "refused"> => {
    const entry = JSON.parse(letter.payload) as AuditEntry; // written above, whole or not at all
    const told = await db.batch(tenant, [auditStatement(tenant, entry)]);
    if (told.ok) return "replayed";
    if (isRowFault(told.error)) return "refused";
    throw new AppError("UNAVAILABLE", "The audit log cannot be written now.");
  };
