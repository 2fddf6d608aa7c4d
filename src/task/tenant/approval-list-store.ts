/**
 * The tenant's list of approvals in its index object's SQLite: every open one, and the newest of those that are settled.
 * It is what the tasks said last; the truth about an approval stays with its task.
 */
import { APPROVAL_ARGUMENTS_CHARS_MAX, APPROVALS_OPEN_MAX, APPROVALS_SETTLED_MAX } from "../limits.ts";
import type { ApprovalsReport } from "../services.ts";
import type { ApprovalItem, ApprovalState } from "../types.ts";

export type ApprovalQuery = {
  /** Null: all of them. */
  readonly state: ApprovalState | null;
  readonly limit: number;
  /** Cursor of the page before, as `next` gave it. */
  readonly before: string | null;
  readonly now: number;
};

const SCHEMA = `
CREATE TABLE IF NOT EXISTS approval (
  approval_id TEXT PRIMARY KEY, task_id TEXT NOT NULL, version INTEGER NOT NULL, state TEXT NOT NULL,
  requested_at TEXT NOT NULL, expires_at INTEGER, body TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS approval_by_age ON approval (requested_at, approval_id);
CREATE INDEX IF NOT EXISTS approval_by_task ON approval (task_id);
CREATE INDEX IF NOT EXISTS approval_by_state ON approval (state, requested_at);
`;
/** An open approval is expired the moment its time is over, whether its task has said so yet or not. */
const STATE_NOW = "CASE WHEN state = 'pending' AND expires_at <= ? THEN 'expired' ELSE state END";

export class ApprovalListStore {
  readonly #sql: SqlStorage;
  #isReady: boolean;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#isReady = sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'approval'").toArray().length > 0;
  }

  /**
   * Takes what a task says, unless it is older than what is known. To be called in a transaction.
   * @returns false when an open one found no room; the others are taken.
   */
  put({ task_id, version, items }: ApprovalsReport): boolean {
    this.#ensure();
    const known = this.#sql
      .exec<{ version: number | null }>("SELECT MAX(version) AS version FROM approval WHERE task_id = ?", task_id)
      .one().version;
    if (known !== null && known > version) return true;
    let isWhole = true;
    for (const item of items) {
      if (item.state === "pending" && !this.#hasRoom(item.approval_id)) isWhole = false;
      else this.#write(item, version);
    }
    this.#dropOldest();
    return isWhole;
  }

  forget(taskId: string): void {
    if (this.#isReady) this.#sql.exec("DELETE FROM approval WHERE task_id = ?", taskId);
  }

  /** Newest first. */
  list({ state, limit, before, now }: ApprovalQuery): { items: ApprovalItem[]; next: string | null } {
    if (!this.#isReady) return { items: [], next: null };
    const bar = before?.indexOf("|") ?? -1;
    const [requestedAt, id] = bar < 0 ? ["9999", ""] : [before?.slice(0, bar), before?.slice(bar + 1)];
    const rows = this.#sql
      .exec<{ state: ApprovalState; body: string }>(
        `SELECT ${STATE_NOW} AS state, body FROM approval
         WHERE (requested_at, approval_id) < (?, ?) AND (? IS NULL OR ${STATE_NOW} = ?)
         ORDER BY requested_at DESC, approval_id DESC LIMIT ?`,
        now,
        requestedAt,
        id,
        state,
        now,
        state,
        limit + 1,
      )
      .toArray();
    const items = rows.slice(0, limit).map((row) => ({ ...(JSON.parse(row.body) as ApprovalItem), state: row.state })); // written below
    const last = items.at(-1);
    return { items, next: rows.length > limit && last ? `${last.requested_at}|${last.approval_id}` : null };
  }

  #write(item: ApprovalItem, version: number): void {
    const isLong = JSON.stringify(item.arguments).length > APPROVAL_ARGUMENTS_CHARS_MAX;
    this.#sql.exec(
      `INSERT INTO approval (approval_id, task_id, version, state, requested_at, expires_at, body)
       VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (approval_id) DO UPDATE SET version = excluded.version, state = excluded.state, body = excluded.body`,
      item.approval_id,
      item.task_id,
      version,
      item.state,
      item.requested_at,
      item.expires_at === null ? null : Date.parse(item.expires_at),
      JSON.stringify(isLong ? { ...item, arguments: null } : item),
    );
  }

  #hasRoom(approvalId: string): boolean {
    return this.#count("state = 'pending' AND approval_id <> ?", approvalId) < APPROVALS_OPEN_MAX;
  }

  #dropOldest(): void {
    const surplus = this.#count("state <> 'pending'") - APPROVALS_SETTLED_MAX;
    if (surplus <= 0) return;
    this.#sql.exec(
      `DELETE FROM approval WHERE approval_id IN (
         SELECT approval_id FROM approval WHERE state <> 'pending' ORDER BY requested_at LIMIT ?)`,
      surplus,
    );
  }

  #count(where: string, ...bindings: SqlStorageValue[]): number {
    return this.#sql.exec<{ n: number }>(`SELECT COUNT(*) AS n FROM approval WHERE ${where}`, ...bindings).one().n;
  }

  #ensure(): void {
    if (this.#isReady) return;
    this.#sql.exec(SCHEMA);
    this.#isReady = true;
  }
}
