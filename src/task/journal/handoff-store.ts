/**
 * The handoffs of one task in its object's SQLite. The table is made when it is first needed, so a task that hands
 * nothing over pays nothing.
 */
import type { Handoff } from "../handoff/handoff.ts";
import { LazyTables } from "./lazy-store.ts";

const SCHEMA = `
CREATE TABLE IF NOT EXISTS handoff (step INTEGER NOT NULL, idx INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (step, idx)) WITHOUT ROWID;
`;

export class HandoffStore {
  static readonly TABLE = "handoff";
  readonly tables: LazyTables;
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.tables = new LazyTables(sql, HandoffStore.TABLE, SCHEMA);
  }

  /** By call. Read anew each time: they are few, and what another instance wrote must be seen. */
  all(): Handoff[] {
    if (!this.tables.isThere) return [];
    return this.#sql
      .exec<{ body: string }>("SELECT body FROM handoff ORDER BY step, idx")
      .toArray()
      .map(({ body }) => JSON.parse(body) as Handoff); // written below
  }

  /** Part of a transaction. */
  write(handoffs: readonly Handoff[]): void {
    if (!this.tables.isThere) this.tables.make();
    for (const handoff of handoffs) {
      this.#sql.exec(
        "INSERT INTO handoff (step, idx, body) VALUES (?, ?, ?) ON CONFLICT (step, idx) DO UPDATE SET body = excluded.body",
        handoff.step,
        handoff.index,
        JSON.stringify(handoff),
      );
    }
  }
}
