/**
 * When waiting tasks of a tenant wake by themselves, in its index object's SQLite: a row for each that will. A task that goes
 * on has none, so a run that waits for nobody writes nothing here. Reading creates nothing.
 */

const SCHEMA = `
CREATE TABLE IF NOT EXISTS watch (task_id TEXT PRIMARY KEY, due_at INTEGER NOT NULL, version INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS watch_by_time ON watch (due_at, task_id);
`;

export class WatchStore {
  readonly #sql: SqlStorage;
  #isReady: boolean;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#isReady = sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'watch'").toArray().length > 0;
  }

  /** Takes what a task says, unless it is older than what is known. @param dueAt null: it does not wake by itself. */
  put(taskId: string, dueAt: number | null, version: number): void {
    if (dueAt === null) {
      if (this.#isReady) this.#sql.exec("DELETE FROM watch WHERE task_id = ? AND version <= ?", taskId, version);
      return;
    }
    if (!this.#isReady) this.#sql.exec(SCHEMA);
    this.#isReady = true;
    this.#sql.exec(
      `INSERT INTO watch (task_id, due_at, version) VALUES (?, ?, ?)
       ON CONFLICT (task_id) DO UPDATE SET due_at = excluded.due_at, version = excluded.version
       WHERE excluded.version >= watch.version AND excluded.due_at <> watch.due_at`,
      taskId,
      dueAt,
      version,
    );
  }

  /** To the end of the line of those whose time has passed. */
  postpone(taskId: string, now: number): void {
    if (!this.#isReady) return;
    this.#sql.exec("UPDATE watch SET due_at = ? WHERE task_id = ? AND due_at < ?", now, taskId, now);
  }

  forget(taskId: string): void {
    if (this.#isReady) this.#sql.exec("DELETE FROM watch WHERE task_id = ?", taskId);
  }

  /** Tasks that were to wake before then, longest ago first. */
  dueBefore(before: number, limit: number): string[] {
    if (!this.#isReady) return [];
    return this.#sql
      .exec<{ task_id: string }>("SELECT task_id FROM watch WHERE due_at < ? ORDER BY due_at LIMIT ?", before, limit)
      .toArray()
      .map(({ task_id }) => task_id);
  }

  /** When the first of them wakes; null when none will. */
  nextDue(): number | null {
    if (!this.#isReady) return null;
    return this.#sql.exec<{ at: number | null }>("SELECT MIN(due_at) AS at FROM watch").one().at;
  }
}
