/** The audit log as its tenant reads it. */
import { AppError, type Db, type TenantId } from "../platform/index.ts";
import { type AuditRow, FIRST_PREV_HASH } from "./row.ts";
import { type AuditPageQuery, auditPageStatements, readAuditRow } from "./store.ts";

export type AuditPage = {
  readonly items: readonly AuditRow[];
  /** The last row of the log, whether on this page or not; seq 0 when there is none. */
  readonly head: { readonly seq: number; readonly hash: string };
};

export type AuditReader = (tenant: TenantId, query: AuditPageQuery) => Promise<AuditPage>;

/** @throws AppError UNAVAILABLE */
export const createAuditReader =
  (db: Db | null): AuditReader =>
  async (tenant, query) => {
    if (db === null) throw new AppError("UNAVAILABLE", "There is no audit log without a database (DATABASE_URL).");
    const result = await db.batch(tenant, auditPageStatements(query));
    if (!result.ok) throw new AppError("UNAVAILABLE", "The audit log cannot be read now; what happens is kept for it.");
    const [page, head] = result.value;
    const [last] = head?.rows ?? [];
    return {
      items: (page?.rows ?? []).map(readAuditRow),
      head: last === undefined ? { seq: 0, hash: FIRST_PREV_HASH } : { seq: Number(last.seq), hash: String(last.hash) },
    };
  };
