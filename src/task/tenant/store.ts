/**
 * The SQLite of a tenant's index object: one row per task, newest report wins. The only SQL of the index; when to
 * grant, kick and look again is decided in tenant-index.ts. Reading creates nothing.
 */
import { SLOT_LEASE_MS, SLOT_RETRY_MS } from "../limits.ts";
import type { IndexReport } from "../services.ts";
import type { TaskListItem, TaskState } from "../types.ts";

export type ListQuery = {
  readonly state: TaskState | null;
  readonly pack_id: string | null;
  readonly limit: number;
  /** Cursor of the page before, as `next` gave it. */
  readonly before: string | null;
};

/** Where a page of silent tasks ended. */
export type SilentCursor = { readonly touched_at: number; readonly task_id: string };

type Row = {
  task_id: string;
  state: TaskState;
  pack_id: string;
  pack_version: string;
  session_id: string | null;
  created_at: string;
  updated_at: string;
};

const SCHEMA = `
CREATE TABLE IF NOT EXISTS entry (
  task_id TEXT PRIMARY KEY, state TEXT NOT NULL, pack_id TEXT NOT NULL, pack_version TEXT NOT NULL, session_id TEXT,
  created_at TEXT NOT NULL, updated_at TEXT NOT NULL, version INTEGER NOT NULL,
  touched_at INTEGER NOT NULL, lease_until INTEGER, wanted_at INTEGER
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entry_by_age ON entry (created_at, task_id);
CREATE INDEX IF NOT EXISTS entry_unfinished ON entry (touched_at) WHERE state IN ('queued', 'running', 'retry');
`;
/**
 * Tasks that must go on without anybody's help; `waiting` ones need a person and are not looked after. Whatever is asked
 * at each step asks about these, by their index: a tenant has thousands that are over.
 */
const UNFINISHED = "state IN ('queued', 'running', 'retry')";

export type SlotChange = "kept" | "granted" | "wanted" | "given back";

const SLOT_CHANGES: Readonly<Record<SlotChange, string>> = {
  kept: "lease_until = entry.lease_until, wanted_at = entry.wanted_at",
  granted: "lease_until = excluded.lease_until, wanted_at = NULL",
  wanted: "lease_until = NULL, wanted_at = COALESCE(entry.wanted_at, excluded.wanted_at)",
  "given back": "lease_until = NULL, wanted_at = NULL",
};

export class IndexStore {
  readonly #sql: SqlStorage;
  #isReady: boolean;
  /** False once nobody was found in the line, until somebody may be: each end of a run asks. */
  #mayHaveLine = true;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#isReady = sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'entry'").toArray().length > 0;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /**
   * Takes a report unless a newer one is known; a report about an ended task also gives its slot back.
   * @param slot what becomes of the task's slot with it. In the line a task keeps its place: the first time it asked counts.
   * A slot that is asked for is not lost when the report is overtaken, unless the task goes on no more.
   */
  put(report: IndexReport, slot: SlotChange, now: number): void {
    this.#ensure();
    this.#mayHaveLine ||= slot === "wanted" || slot === "kept";
    const leaseUntil = slot === "granted" ? now + SLOT_LEASE_MS : null;
    const wantedAt = slot === "wanted" ? now : null;
    const taken = this.#sql
      .exec(
        `INSERT INTO entry (task_id, state, pack_id, pack_version, session_id, created_at, updated_at, version, touched_at,
             lease_until, wanted_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (task_id) DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at,
             version = excluded.version, touched_at = excluded.touched_at, ${SLOT_CHANGES[slot]}
           WHERE excluded.version >= entry.version
           RETURNING task_id`,
        report.task_id,
        slot === "granted" ? "running" : report.state,
        report.pack_id,
        report.pack_version,
        report.session_id,
        report.created_at,
        report.updated_at,
        report.version,
        now,
        leaseUntil,
        wantedAt,
      )
      .toArray();
    if (taken.length > 0 || (leaseUntil ?? wantedAt) === null) return;
    this.#sql.exec(
      `UPDATE entry SET lease_until = ?, wanted_at = iif(? IS NULL, NULL, COALESCE(wanted_at, ?)), touched_at = ?
       WHERE task_id = ? AND ${UNFINISHED}`,
      leaseUntil,
      wantedAt,
      wantedAt,
      now,
      report.task_id,
    );
  }

  /**
   * How many have a slot whose lease still runs, or asked for one before the task and still ask. Null when it has one itself: should
   * it ask again, it keeps that, whoever waits.
   */
  countBefore(taskId: string, now: number): number | null {
    // Also asked before anything was reported: the first word of a tenant may be lost.
    if (!this.#isReady) return 0;
    const { holds, taken } = this.#sql
      .exec<{ holds: number | null; taken: number }>(
        `WITH mine AS (SELECT lease_until > ?2 AND ${UNFINISHED} AS holds, wanted_at FROM entry WHERE task_id = ?1)
         SELECT (SELECT holds FROM mine) AS holds, COUNT(*) AS taken FROM entry
         WHERE ${UNFINISHED} AND task_id <> ?1 AND (lease_until > ?2
           OR (wanted_at < COALESCE((SELECT wanted_at FROM mine), ?2 + 1) AND touched_at > ?3))`,
        taskId,
        now,
        now - 2 * SLOT_RETRY_MS,
      )
      .one();
    return holds === 1 ? null : taken;
  }

  /** Slots whose lease still runs. */
  countSlots(now: number): number {
    return this.#count(`${UNFINISHED} AND lease_until > ?`, now);
  }

  renew(taskId: string, now: number): void {
    if (!this.#isReady) return;
    this.#sql.exec(
      "UPDATE entry SET lease_until = ?, touched_at = ? WHERE task_id = ? AND lease_until IS NOT NULL",
      now + SLOT_LEASE_MS,
      now,
      taskId,
    );
  }

  /** Whether the task is known, and nothing newer of it. */
  isNews(taskId: string, version: number): boolean {
    return this.#count("task_id = ? AND version <= ?", taskId, version) > 0;
  }

  /** The task goes on no more by itself: that is news, and it said so when it was asked. */
  setStill(taskId: string, { state, version }: Pick<IndexReport, "state" | "version">, now: number): void {
    this.#sql.exec(
      "UPDATE entry SET state = ?, version = ?, touched_at = ?, lease_until = NULL WHERE task_id = ?",
      state,
      version,
      now,
      taskId,
    );
  }

  /** Those of them that go on no more by themselves. */
  stillAmong(taskIds: readonly string[]): string[] {
    const given = "task_id IN (SELECT value FROM json_each(?))";
    return this.#ids(`${given} AND NOT (${UNFINISHED})`, JSON.stringify(taskIds));
  }

  forget(taskId: string): void {
    if (this.#isReady) this.#sql.exec("DELETE FROM entry WHERE task_id = ?", taskId);
  }

  /** The longest-waiting tasks that want a slot. */
  nextInLine(limit: number): string[] {
    if (!this.#mayHaveLine) return [];
    const ids = this.#ids(`${UNFINISHED} AND wanted_at IS NOT NULL ORDER BY wanted_at LIMIT ?`, limit);
    this.#mayHaveLine = ids.length > 0;
    return ids;
  }

  /**
   * Unfinished tasks that nobody has heard of since `before`, longest ago first.
   * @param after where the page before this one ended; null for the first.
   * @returns `next` is null when the page is the last one.
   */
  silentSince(before: number, after: SilentCursor | null, limit: number) {
    if (!this.#isReady) return { ids: [], next: null };
    const rows = this.#sql
      .exec<SilentCursor>(
        `SELECT touched_at, task_id FROM entry
         WHERE ${UNFINISHED} AND touched_at < ? AND (touched_at, task_id) > (?, ?) ORDER BY touched_at, task_id LIMIT ?`,
        before,
        after?.touched_at ?? 0,
        after?.task_id ?? "",
        limit,
      )
      .toArray();
    return { ids: rows.map(({ task_id }) => task_id), next: rows.length < limit ? null : (rows.at(-1) ?? null) };
  }

  countUnfinished(): number {
    return this.#count(UNFINISHED);
  }

  hasUnfinished(): boolean {
    return this.#ids(`${UNFINISHED} LIMIT 1`).length > 0;
  }

  /** Newest first. */
  list(query: ListQuery): { items: TaskListItem[]; next: string | null } {
    if (!this.#isReady) return { items: [], next: null };
    const bar = query.before?.indexOf("|") ?? -1;
    const [createdAt, taskId] = bar < 0 ? ["9999", ""] : [query.before?.slice(0, bar), query.before?.slice(bar + 1)];
    const rows = this.#sql
      .exec<Row>(
        `SELECT task_id, state, pack_id, pack_version, session_id, created_at, updated_at FROM entry
         WHERE (created_at, task_id) < (?, ?) AND (? IS NULL OR state = ?) AND (? IS NULL OR pack_id = ?)
         ORDER BY created_at DESC, task_id DESC LIMIT ?`,
        createdAt,
        taskId,
        query.state,
        query.state,
        query.pack_id,
        query.pack_id,
        query.limit + 1,
      )
      .toArray();
    const items = rows.slice(0, query.limit);
    const last = items.at(-1);
    return { items, next: rows.length > query.limit && last ? `${last.created_at}|${last.task_id}` : null };
  }

  #ensure(): void {
    if (this.#isReady) return;
    this.#sql.exec(SCHEMA);
    this.#isReady = true;
  }

  #ids(where: string, ...bindings: SqlStorageValue[]): string[] {
    if (!this.#isReady) return [];
    return this.#sql
      .exec<{ task_id: string }>(`SELECT task_id FROM entry WHERE ${where}`, ...bindings)
      .toArray()
      .map(({ task_id }) => task_id);
  }

  #count(where: string, ...bindings: SqlStorageValue[]): number {
    if (!this.#isReady) return 0;
    return this.#sql.exec<{ n: number }>(`SELECT COUNT(*) AS n FROM entry WHERE ${where}`, ...bindings).one().n;
  }
}
