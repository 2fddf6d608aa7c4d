/** The SQLite of one tenant's audit object: entries that Postgres does not have yet, in the order they came. */
import type { AuditEntry } from "./entry.ts";
import { BUFFER_AUTH_ENTRIES_MAX, BUFFER_ENTRIES_MAX } from "./limits.ts";

const SCHEMA = `
CREATE TABLE IF NOT EXISTS entry (ord INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS owner (tenant TEXT NOT NULL);
`;

export type Buffered = { readonly ord: number; readonly entry: AuditEntry };

const isAuthentication = ({ action }: AuditEntry): boolean => action.startsWith("auth.");

export class BufferStore {
  readonly #sql: SqlStorage;
  #isReady: boolean;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#isReady = sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'entry'").toArray().length > 0;
  }

  /** Null before the first entry. */
  get owner(): string | null {
    if (!this.#isReady) return null;
    return this.#sql.exec<{ tenant: string }>("SELECT tenant FROM owner").toArray()[0]?.tenant ?? null;
  }

  get count(): number {
    if (!this.#isReady) return 0;
    return this.#sql.exec<{ count: number }>("SELECT COUNT(*) AS count FROM entry").one().count;
  }

  /** All of them or, when they do not fit, none. An entry that is here already is not taken twice. */
  append(tenant: string, entries: readonly AuditEntry[]): boolean {
    const max = entries.every(isAuthentication) ? BUFFER_AUTH_ENTRIES_MAX : BUFFER_ENTRIES_MAX;
    if (this.count + entries.length > max) return false;
    if (!this.#isReady) {
      this.#sql.exec(SCHEMA);
      this.#sql.exec("INSERT INTO owner (tenant) VALUES (?)", tenant);
      this.#isReady = true;
    }
    for (const entry of entries) {
      this.#sql.exec("INSERT OR IGNORE INTO entry (id, body) VALUES (?, ?)", entry.id, JSON.stringify(entry));
    }
    return true;
  }

  oldest(limit: number): Buffered[] {
    if (!this.#isReady) return [];
    return this.#sql
      .exec<{ ord: number; body: string }>("SELECT ord, body FROM entry ORDER BY ord LIMIT ?", limit)
      .toArray()
      .map(({ ord, body }) => ({ ord, entry: parseEntry(body) }));
  }

  remove(upTo: number): void {
    this.#sql.exec("DELETE FROM entry WHERE ord <= ?", upTo);
  }
}

/** What this file wrote, it may read back as the type it wrote. */
const parseEntry = (body: string): AuditEntry => JSON.parse(body) as AuditEntry;
