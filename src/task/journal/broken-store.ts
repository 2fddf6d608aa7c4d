/**
 * The calls of one task that came to no result, in its object's SQLite. The table is made when it is first needed, so a
 * task whose calls all end pays nothing. Code from before this does not look at it: nothing that a run does depends on it.
 */
import type { BrokenCall } from "../loop/broken-call.ts";
import { LazyTables } from "./lazy-store.ts";

const SCHEMA = `
CREATE TABLE IF NOT EXISTS broken (step INTEGER NOT NULL, idx INTEGER NOT NULL, attempt INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (step, idx, attempt)) WITHOUT ROWID;
`;

export class BrokenStore {
  static readonly TABLE = "broken";
  readonly tables: LazyTables;
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.tables = new LazyTables(sql, BrokenStore.TABLE, SCHEMA);
  }

  /** By call and attempt. */
  all(): BrokenCall[] {
    if (!this.tables.isThere) return [];
    return this.#sql
      .exec<{ body: string }>("SELECT body FROM broken ORDER BY step, idx, attempt")
      .toArray()
      .map(({ body }) => JSON.parse(body) as BrokenCall); // written below
  }

  /** New, or as they are now. Part of a transaction. */
  write(calls: readonly BrokenCall[]): void {
    if (!this.tables.isThere) this.tables.make();
    for (const call of calls) {
      this.#sql.exec(
        "INSERT INTO broken (step, idx, attempt, body) VALUES (?, ?, ?, ?) ON CONFLICT (step, idx, attempt) DO UPDATE SET body = excluded.body",
        ...[call.step, call.index, call.attempt, JSON.stringify(call)],
      );
    }
  }
}
