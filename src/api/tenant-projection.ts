/**
 * Telling Postgres about a tenant and its keys: one request for all that is new. What is refused for good becomes a dead
 * letter, so that one bad row neither goes round for ever nor holds the others back.
 */
import {
  type Db,
  type DbFailure,
  isRowFault,
  type Log,
  type SqlStatement,
  sha256Hex,
  type TenantId,
} from "../platform/index.ts";
import type { KeyFacts, TenantFacts } from "./key-record.ts";
import type { KeyKind } from "./key-text.ts";
import { deadLetterStatement, type KeyNews, keyStatement, tenantStatement } from "./tenant-store.ts";

/** `facts`: null when the tenant itself is not news. */
export type TenantNews = {
  readonly tenant: TenantId;
  readonly facts: TenantFacts | null;
  readonly keys: readonly KeyNews[];
};

/** landed: Postgres has it, or has buried it. unavailable: to be tried again. */
export type TenantOutcome = "landed" | "unavailable";

export interface TenantProjection {
  flush(news: TenantNews): Promise<TenantOutcome>;
}

type Item = {
  readonly name: string;
  readonly version: number;
  readonly payload: KeyFacts | TenantFacts;
  readonly statement: SqlStatement;
};

/** @param kind how keys of this deployment begin. */
export function createTenantProjection(ports: {
  readonly db: Db;
  readonly log: Log;
  readonly kind: KeyKind;
}): TenantProjection {
  const { db, log, kind } = ports;

  const bury = async (tenant: TenantId, item: Item, failure: DbFailure): Promise<TenantOutcome> => {
    const { name, version, payload } = item;
    const sqlstate = failure.sqlstate ?? "";
    log.error("projection.refused", { tenant_id: tenant, what: name, sqlstate });
    const id = (await sha256Hex(`projection/${name}/${version}`)).slice(0, 36);
    const letter = { tenant, id, sqlstate, message: failure.message, aggregateId: name, version, payload };
    return (await db.batch(tenant, [deadLetterStatement(letter)])).ok ? "landed" : "unavailable";
  };
  const tell = async (tenant: TenantId, items: readonly Item[]): Promise<TenantOutcome> => {
    const told = await db.batch(
      tenant,
      items.map(({ statement }) => statement),
    );
    if (told.ok) return "landed";
    if (!isRowFault(told.error)) {
      log.warn("projection.unavailable", {
        tenant_id: tenant,
        reason: told.error.reason,
        sqlstate: told.error.sqlstate,
      });
      return "unavailable";
    }
    const [only, ...others] = items;
    if (only !== undefined && others.length === 0) return bury(tenant, only, told.error);
    for (const item of items) if ((await tell(tenant, [item])) === "unavailable") return "unavailable";
    return "landed";
  };
  return {
    flush: async ({ tenant, facts, keys }) => {
      const own: Item[] =
        facts === null ? [] : [{ name: tenant, version: 0, payload: facts, statement: tenantStatement(facts) }];
      const items = keys.map((news) => ({
        name: news.facts.id,
        version: news.version,
        payload: news.facts,
        statement: keyStatement(news, kind),
      }));
      return tell(tenant, [...own, ...items]);
    },
  };
}
