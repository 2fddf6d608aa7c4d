/**
 * What a consumer of events is: a name and an effect in the database. How events reach it, once each and in the order of
 * their task, is the inbox's work; what the consumers are stands in the table of `src/consumers.ts`.
 */
import type { SqlRow, SqlStatement, TenantId } from "../platform/index.ts";

export type Consumer = {
  /** Stands in the keys of the inbox: once events went to it, it is never renamed. */
  readonly name: string;
  /**
   * Statements that run inside the inbox's transaction. `ready` is a sub-select that yields rows of inbox_events, those
   * whose turn it is; it uses the parameters $1 tenant, $2 consumer, $3 aggregate id, so a statement that holds it passes
   * these three first.
   */
  readonly effect: (
    ready: string,
    scope: { readonly tenant: string; readonly aggregateId: string },
  ) => readonly SqlStatement[];
  /**
   * After the commit, with the rows that the last statement of the effect returned; at least once. The events count as
   * processed only when it has resolved: until then the effect runs again for the same rows, so each of its writes has
   * a key, and its last statement returns the same rows the second time.
   */
  readonly after?: (tenant: TenantId, rows: readonly SqlRow[]) => Promise<void>;
};

/** How a consumer is named as the source of a dead letter. */
export const letterSource = (consumer: string): string => `consumer:${consumer}`;

/** A consumer's events of one task: what has an order, and a lock. */
export type Lane = { readonly tenant: TenantId; readonly consumer: string; readonly aggregateId: string };
