/** The SQLite of one session's object. Asking creates nothing; what is over reads as gone before it is removed. */
import { VALUES_MAX } from "./limits.ts";
import type { MemoryEntry } from "./short-term.ts";

const SCHEMA = `
CREATE TABLE IF NOT EXISTS value (key TEXT PRIMARY KEY, text TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entry (id TEXT PRIMARY KEY, at INTEGER NOT NULL, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS list (id INTEGER PRIMARY KEY CHECK (id = 1), until INTEGER NOT NULL);
`;

export class MemoryStore {
  readonly #sql: SqlStorage;
  #isReady: boolean;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#isReady = sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'value'").toArray().length > 0;
  }

  set(key: string, value: string, until: number): void {
    this.#ensure();
    this.#sql.exec("INSERT OR REPLACE INTO value (key, text, until) VALUES (?, ?, ?)", key, value, until);
    this.#sql.exec(
      "DELETE FROM value WHERE key IN (SELECT key FROM value ORDER BY until DESC, key LIMIT -1 OFFSET ?)",
      VALUES_MAX,
    );
  }

  get(key: string, now: number): string | null {
    if (!this.#isReady) return null;
    const rows = this.#sql.exec<{ text: string }>("SELECT text FROM value WHERE key = ? AND until > ?", key, now);
    return rows.toArray()[0]?.text ?? null;
  }

  delete(key: string): void {
    if (this.#isReady) this.#sql.exec("DELETE FROM value WHERE key = ?", key);
  }

  append({ id, at, value }: MemoryEntry, maxEntries: number, until: number, now: number): void {
    this.#ensure();
    this.removeExpired(now);
    this.#sql.exec("INSERT OR IGNORE INTO entry (id, at, text) VALUES (?, ?, ?)", id, at, value);
    this.#sql.exec(
      "DELETE FROM entry WHERE id IN (SELECT id FROM entry ORDER BY at DESC, id DESC LIMIT -1 OFFSET ?)",
      maxEntries,
    );
    this.#sql.exec("INSERT OR REPLACE INTO list (id, until) VALUES (1, ?)", until);
  }

  list(now: number): string[] {
    if (!this.#isReady) return [];
    const rows = this.#sql.exec<{ text: string }>(
      "SELECT text FROM entry WHERE EXISTS (SELECT 1 FROM list WHERE until > ?) ORDER BY at, id",
      now,
    );
    return rows.toArray().map(({ text }) => text);
  }

  clear(): void {
    if (!this.#isReady) return;
    this.#sql.exec("DELETE FROM entry");
    this.#sql.exec("DELETE FROM list");
  }

  removeExpired(now: number): void {
    if (!this.#isReady) return;
    this.#sql.exec("DELETE FROM value WHERE until <= ?", now);
    this.#sql.exec("DELETE FROM entry WHERE EXISTS (SELECT 1 FROM list WHERE until <= ?)", now);
    this.#sql.exec("DELETE FROM list WHERE until <= ?", now);
  }

  /** Epoch milliseconds at which the next thing is over; null when nothing is kept. */
  nextEnd(): number | null {
    if (!this.#isReady) return null;
    return this.#sql
      .exec<{ until: number | null }>(
        "SELECT MIN(until) AS until FROM (SELECT until FROM value UNION ALL SELECT until FROM list)",
      )
      .one().until;
  }

  #ensure(): void {
    if (this.#isReady) return;
    this.#sql.exec(SCHEMA);
    this.#isReady = true;
  }
}
