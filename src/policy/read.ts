/** The decision log as its tenant reads it. */
import { AppError, type Db, isRowFault, type TenantId } from "../platform/index.ts";
import { type DecisionItem, type DecisionPageQuery, decisionPageStatement, readDecisionPage } from "./store.ts";

export type DecisionPage = { readonly items: readonly DecisionItem[]; readonly next: string | null };

export type DecisionReader = (tenant: TenantId, query: DecisionPageQuery) => Promise<DecisionPage>;

/** @throws AppError UNAVAILABLE */
export const createDecisionReader =
  (db: Db | null): DecisionReader =>
  async (tenant, query) => {
    if (db === null)
      throw new AppError("UNAVAILABLE", "There is no log of decisions without a database (DATABASE_URL).");
    const result = await db.batch(tenant, [decisionPageStatement(query)]);
    if (!result.ok && isRowFault(result.error))
      throw new AppError("INVALID_REQUEST", "since is no time that a row can have, or the cursor is not one of ours.");
    if (!result.ok)
      throw new AppError("UNAVAILABLE", "The log of decisions cannot be read now; nothing of it is lost.");
    return readDecisionPage(result.value[0]?.rows ?? [], query.limit);
  };
