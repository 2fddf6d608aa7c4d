/**
 * The log of one task in its object's SQLite: a row a commit, with its events as they are sent, gapless from 1, and what
 * the commit put on record. Events of a commit that writes the task's own row stand there, as its tail, until the next
 * row of the log takes them along: so they cost no row of their own.
 */

import { LOG_ROW_CHARS_MAX, TAIL_CHARS_MAX } from "../limits.ts";
import type { TaskEvent } from "../types.ts";
import { encodeFrames, framesBetween, type NewEvent, parseFrames, parseLast } from "./frames.ts";

/** What a reader is sent: frames of consecutive events. */
export type Batch = { readonly lastSeq: number; readonly frames: string };

/** Events that no row of the log has yet. */
export type Tail = Batch & { readonly firstSeq: number };

export type RecordKind = "step" | "result" | "spent";
export type LogRecord = { readonly kind: RecordKind; readonly body: string };

type LogRow = Tail & { readonly record: LogRecord | null };

/** Where a commit's events and its record go. */
export type Placed = {
  readonly batch: Batch;
  readonly row: LogRow | null;
  /** A record too large to stand beside its events. */
  readonly apart: LogRecord | null;
  /** What the task's row holds from now on, if it is written. */
  readonly tail: Tail | null;
};

/** Rows below 1 are records without events: taken along by a replay, or too large to stand with theirs. */
export const EVENT_SCHEMA =
  "CREATE TABLE event (first_seq INTEGER PRIMARY KEY, last_seq INTEGER NOT NULL, frames TEXT NOT NULL, kind TEXT, record TEXT)";
/** Of a table that held events alone. */
export const EVENT_UPGRADE = ["ALTER TABLE event ADD COLUMN kind TEXT", "ALTER TABLE event ADD COLUMN record TEXT"];
/** Sequence of the last event of the log, as another column of a query; null when it has none. */
export const LAST_SEQ = "(SELECT last_seq FROM event ORDER BY first_seq DESC LIMIT 1)";

type StoredBatch = { last_seq: number; frames: string };

const toBindings = ({ firstSeq, lastSeq, frames, record }: LogRow) =>
  [firstSeq, lastSeq, frames, record?.kind ?? null, record?.body ?? null] as const;

export class EventStore {
  readonly #sql: SqlStorage;
  #lastSeq = 0;
  #updatedAt = 0;
  #tail: Tail | null = null;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }
  /** When the last event happened. */
  get updatedAt(): number {
    return this.#updatedAt;
  }

  /**
   * Takes up what is stored.
   * @param tail as the task's row has it; one that the log took along since then is out of date.
   * @param createdAt stands for the last event when there is none.
   */
  load(tail: Tail | null, createdAt: number): void {
    const query = "SELECT last_seq, frames FROM event WHERE first_seq > 0 ORDER BY first_seq DESC LIMIT 1";
    const [last] = this.#sql.exec<StoredBatch>(query).toArray();
    this.#tail = tail !== null && tail.lastSeq > (last?.last_seq ?? 0) ? tail : null;
    this.#lastSeq = this.#tail?.lastSeq ?? last?.last_seq ?? 0;
    this.#updatedAt = Date.parse(parseLast(this.#tail?.frames ?? last?.frames ?? "")?.at ?? "") || createdAt;
  }

  /** @param at.isRowWritten whether the commit writes the task's row anyway. A record comes with at least one event. */
  place(
    events: readonly NewEvent[],
    at: { readonly now: number; readonly record: LogRecord | null; readonly isRowWritten: boolean },
  ): Placed {
    const { record } = at;
    const batch = {
      lastSeq: this.#lastSeq + events.length,
      frames: encodeFrames(events, this.#lastSeq + 1, at.now),
    };
    if (events.length === 0) return { batch, row: null, apart: record, tail: this.#tail };
    const all = {
      firstSeq: this.#tail?.firstSeq ?? this.#lastSeq + 1,
      lastSeq: batch.lastSeq,
      frames: (this.#tail?.frames ?? "") + batch.frames,
    };
    if (record === null && at.isRowWritten && all.frames.length <= TAIL_CHARS_MAX) {
      return { batch, row: null, apart: null, tail: all };
    }
    const isApart = record !== null && record.body.length + all.frames.length > LOG_ROW_CHARS_MAX;
    return { batch, row: { ...all, record: isApart ? null : record }, apart: isApart ? record : null, tail: null };
  }

  /** The writes of it, each a statement. The counters move with `settle`, once all are in. */
  writes({ row, apart }: Placed): (() => void)[] {
    return [
      ...(row === null ? [] : [() => this.#insert(row)]),
      ...(apart === null ? [] : [() => this.writeRecord(apart)]),
    ];
  }

  /** A row of the log, if the task's own is still as it was read. @returns false when it is not: nothing is written. */
  append(row: LogRow, { version, body }: { readonly version: number; readonly body: string }): boolean {
    const { rowsWritten } = this.#sql.exec(
      `INSERT INTO event (first_seq, last_seq, frames, kind, record) SELECT ?, ?, ?, ?, ?
       WHERE EXISTS (SELECT 1 FROM task WHERE version = ? AND body = ?)`,
      ...toBindings(row),
      version,
      body,
    );
    return rowsWritten > 0;
  }

  settle({ batch, tail }: Placed, now: number): void {
    this.#tail = tail;
    if (batch.frames === "") return;
    this.#lastSeq = batch.lastSeq;
    this.#updatedAt = now;
  }

  /** A record without events. */
  writeRecord({ kind, body }: LogRecord): void {
    this.#sql.exec(
      `INSERT INTO event (first_seq, last_seq, frames, kind, record)
       VALUES ((SELECT MIN(COALESCE(MIN(first_seq), 0), 0) - 1 FROM event), 0, '', ?, ?)`,
      kind,
      body,
    );
  }

  /** Of a log that has any. In no order. */
  records(): LogRecord[] {
    const query = "SELECT kind, record AS body FROM event WHERE kind IS NOT NULL";
    return this.#sql.exec<{ kind: RecordKind; body: string }>(query).toArray();
  }

  /** Frames of stored events with seq in (after, upTo], about `chars` long at most but at least one batch; null when none. */
  framesAfter(after: number, upTo: number, chars: number): Batch | null {
    let frames = "";
    let lastSeq = after;
    for (const batch of this.#batchesAfter(after)) {
      if (lastSeq >= upTo || frames.length >= chars) break;
      frames += framesBetween(batch.frames, lastSeq, upTo);
      lastSeq = Math.min(batch.last_seq, upTo);
    }
    return lastSeq === after ? null : { lastSeq, frames };
  }

  /** At most `limit` events with seq > after. */
  page(after: number, limit: number): TaskEvent[] {
    const events: TaskEvent[] = [];
    for (const batch of this.#batchesAfter(after)) {
      if (events.length >= limit) break;
      events.push(...parseFrames(framesBetween(batch.frames, after, after + limit)));
    }
    return events;
  }

  /** In order: rows of the log with anything after that, then the tail. */
  *#batchesAfter(after: number): Iterable<StoredBatch> {
    const hasAll = this.#tail !== null && this.#tail.firstSeq <= after + 1;
    if (!hasAll) yield* this.#rowsAfter(after);
    if (this.#tail !== null && this.#tail.lastSeq > after) {
      yield { last_seq: this.#tail.lastSeq, frames: this.#tail.frames };
    }
  }

  #rowsAfter(after: number): Iterable<StoredBatch> {
    return this.#sql.exec<StoredBatch>(
      `SELECT last_seq, frames FROM event
       WHERE first_seq >= (SELECT COALESCE(MAX(first_seq), 1) FROM event WHERE first_seq BETWEEN 1 AND ?) AND last_seq > ?
       ORDER BY first_seq`,
      after + 1,
      after,
    );
  }

  #insert(row: LogRow): void {
    this.#sql.exec(
      "INSERT INTO event (first_seq, last_seq, frames, kind, record) VALUES (?, ?, ?, ?, ?)",
      ...toBindings(row),
    );
  }
}
