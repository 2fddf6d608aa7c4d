/**
 * The ledger of one task in its object's SQLite: what a person was asked and said, and which calls of unrepeatable tools
 * were handed over. Its tables are made when they are first needed, so a task without either pays nothing.
 */
import type { Approval } from "../approval/approval.ts";
import { LazyTables } from "./lazy-store.ts";

/** What is written down before a call is handed to its tool. */
export type Intent = {
  readonly step: number;
  readonly index: number;
  readonly at: number;
  /** The answer used up by it. */
  readonly uses: Approval | null;
  /** Its tool cannot be asked twice: without a result this call is in doubt. */
  readonly isOnce: boolean;
};

const SCHEMA = `
CREATE TABLE IF NOT EXISTS approval (n INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS started (step INTEGER NOT NULL, idx INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (step, idx)) WITHOUT ROWID;
`;

export const LEDGER_TABLES = ["approval", "started"] as const;

export class ApprovalStore {
  readonly tables: LazyTables;
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.tables = new LazyTables(sql, "approval", SCHEMA);
  }

  /** By number. Read anew each time: they are few, and what another instance wrote must be seen. */
  all(): Approval[] {
    if (!this.tables.isThere) return [];
    return this.#sql
      .exec<{ body: string }>("SELECT body FROM approval ORDER BY n")
      .toArray()
      .map(({ body }) => JSON.parse(body) as Approval); // written below
  }

  isStarted(step: number, index: number): boolean {
    if (!this.tables.isThere) return false;
    return this.#sql.exec("SELECT 1 FROM started WHERE step = ? AND idx = ?", step, index).toArray().length > 0;
  }

  /** Part of a transaction, like `intend`. */
  write(approvals: readonly Approval[]): void {
    if (!this.tables.isThere) this.tables.make();
    for (const approval of approvals) {
      this.#sql.exec(
        "INSERT INTO approval (n, body) VALUES (?, ?) ON CONFLICT (n) DO UPDATE SET body = excluded.body",
        approval.n,
        JSON.stringify(approval),
      );
    }
  }

  /** The use of an answer and the start of its call are one: no crash can come between them. */
  intend({ step, index, at, uses, isOnce }: Intent): void {
    this.write(uses === null ? [] : [{ ...uses, usedAt: at }]);
    if (!isOnce) return;
    this.#sql.exec("INSERT INTO started (step, idx, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", step, index, at);
  }
}
