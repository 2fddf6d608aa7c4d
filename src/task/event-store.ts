/** The events of one task in its object's SQLite: frames as they are sent, several to a row, gapless from 1. */
import { encodeFrames, framesAfter, type NewEvent, parseFrames } from "./frames.ts";
import type { TaskEvent } from "./types.ts";

/** What a reader is sent: frames of consecutive events. */
export type Batch = { readonly lastSeq: number; readonly frames: string };

export const EVENT_SCHEMA =
  "CREATE TABLE event (first_seq INTEGER PRIMARY KEY, last_seq INTEGER NOT NULL, frames TEXT NOT NULL);";

export class EventStore {
  readonly #sql: SqlStorage;
  #lastSeq = 0;
  #updatedAt = 0;

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

  /** Takes up what is stored. @param createdAt stands for the last event when there is none. */
  load(createdAt: number): void {
    const last = this.#sql
      .exec<{ last_seq: number; frames: string }>("SELECT last_seq, frames FROM event ORDER BY first_seq DESC LIMIT 1")
      .toArray()[0];
    this.#lastSeq = last?.last_seq ?? 0;
    this.#updatedAt = Date.parse(parseFrames(last?.frames ?? "").at(-1)?.at ?? "") || createdAt;
  }

  /** Part of a transaction; the counters move with `settle`, once it is in. */
  append(events: readonly NewEvent[], now: number): Batch {
    if (events.length === 0) return { lastSeq: this.#lastSeq, frames: "" };
    const first = this.#lastSeq + 1;
    const frames = encodeFrames(events, first, now);
    const lastSeq = this.#lastSeq + events.length;
    this.#sql.exec("INSERT INTO event (first_seq, last_seq, frames) VALUES (?, ?, ?)", first, lastSeq, frames);
    return { lastSeq, frames };
  }

  settle(batch: Batch): void {
    if (batch.frames === "") return;
    this.#lastSeq = batch.lastSeq;
    this.#updatedAt = Date.parse(parseFrames(batch.frames).at(-1)?.at ?? "");
  }

  /** Frames of stored events with seq in (after, upTo], about `chars` long at most but at least one batch; null when none. */
  framesAfter(after: number, upTo: number, chars: number): Batch | null {
    let frames = "";
    let lastSeq = after;
    const cursor = this.#sql.exec<{ last_seq: number; frames: string }>(
      "SELECT last_seq, frames FROM event WHERE last_seq > ? AND first_seq <= ? ORDER BY first_seq",
      after,
      upTo,
    );
    for (const batch of cursor) {
      frames += lastSeq === after ? framesAfter(batch.frames, after) : batch.frames;
      lastSeq = batch.last_seq;
      if (frames.length >= chars) break;
    }
    return lastSeq === after ? null : { lastSeq, frames };
  }

  /** At most `limit` events with seq > after. */
  page(after: number, limit: number): TaskEvent[] {
    const events: TaskEvent[] = [];
    const cursor = this.#sql.exec<{ frames: string }>(
      "SELECT frames FROM event WHERE last_seq > ? ORDER BY first_seq",
      after,
    );
    for (const batch of cursor) {
      events.push(...parseFrames(framesAfter(batch.frames, after)));
      if (events.length >= limit) break;
    }
    return events.slice(0, limit);
  }
}
