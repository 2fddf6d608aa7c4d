/** The log of a task in the SQLite of a real object: which row an event stands in, and that no reader can tell. */
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { EVENT_SCHEMA, EventStore, type LogRecord, type Tail } from "../../src/task/journal/event-store.ts";
import { encodeFrames, type NewEvent } from "../../src/task/journal/frames.ts";
import { LOG_ROW_CHARS_MAX, TAIL_CHARS_MAX } from "../../src/task/limits.ts";
import { env } from "./harness.ts";

const NOW = 1_800_000_000_000;
const event = (n: number, size = 0): NewEvent => ({ type: "text.delta", data: { n, text: "x".repeat(size) } });
const STEP: LogRecord = { kind: "step", body: '{"n":0}' };

/** A log that holds nothing yet, with what the task's row would keep of it. */
const inLog = (
  name: string,
  work: (log: {
    readonly store: EventStore;
    readonly sql: SqlStorage;
    readonly commit: (events: readonly NewEvent[], record: LogRecord | null, isRowWritten: boolean) => Tail | null;
    readonly rows: () => unknown[];
  }) => void,
): Promise<void> =>
  runInDurableObject(env.TASK.getByName(`log/${name}`), (_object, { storage: { sql } }) => {
    sql.exec(EVENT_SCHEMA);
    const store = new EventStore(sql);
    store.load(null, NOW);
    work({
      store,
      sql,
      commit: (events, record, isRowWritten) => {
        const placed = store.place(events, { now: NOW, record, isRowWritten });
        for (const write of store.writes(placed)) write();
        store.settle(placed, NOW);
        return placed.tail;
      },
      rows: () => sql.exec("SELECT first_seq, last_seq, kind FROM event ORDER BY first_seq").toArray(),
    });
  });

describe("events of a commit", () => {
  it("cost no row beside that of the task or of the record, and the next record takes along what waited", () =>
    inLog("tail", ({ commit, rows }) => {
      expect(commit([event(1)], null, true)).toMatchObject({ firstSeq: 1, lastSeq: 1 });
      expect(commit([event(2), event(3)], null, true)).toMatchObject({ firstSeq: 1, lastSeq: 3 });
      expect(rows()).toEqual([]);
      expect(commit([event(4)], STEP, false)).toBeNull();
      expect(commit([event(5)], null, true)).toMatchObject({ firstSeq: 5, lastSeq: 5 });
      expect(rows()).toEqual([{ first_seq: 1, last_seq: 4, kind: "step" }]);
    }));

  it("have a row of their own when nothing else is written, or when they are too long to wait", () =>
    inLog("own", ({ commit, rows }) => {
      commit([event(1)], null, false);
      commit([event(2, TAIL_CHARS_MAX)], null, true);
      expect(rows()).toEqual([
        { first_seq: 1, last_seq: 1, kind: null },
        { first_seq: 2, last_seq: 2, kind: null },
      ]);
    }));

  it("stand apart from a record that would not fit into their row", () =>
    inLog("apart", ({ store, commit, rows }) => {
      const large: LogRecord = { kind: "result", body: JSON.stringify("y".repeat(LOG_ROW_CHARS_MAX)) };
      commit([event(1)], STEP, false);
      commit([event(2)], large, false);
      commit([event(3)], large, false);
      expect(rows()).toEqual([
        { first_seq: -2, last_seq: 0, kind: "result" },
        { first_seq: -1, last_seq: 0, kind: "result" },
        { first_seq: 1, last_seq: 1, kind: "step" },
        { first_seq: 2, last_seq: 2, kind: null },
        { first_seq: 3, last_seq: 3, kind: null },
      ]);
      expect(store.records()).toEqual(expect.arrayContaining([STEP, large, large]));
      expect(store.page(0, 10).map(({ seq }) => seq)).toEqual([1, 2, 3]);
    }));
});

describe("a reader", () => {
  it("has the same bytes wherever they stand, from any position to any other", () =>
    inLog("read", ({ store, commit }) => {
      commit([event(1)], null, true);
      commit([event(2)], STEP, false);
      commit([event(3), event(4)], null, false);
      commit([event(5)], null, true);
      const all = [1, 2, 3, 4, 5].map((n) => encodeFrames([event(n)], n, NOW));
      for (let after = 0; after < 5; after++) {
        for (let upTo = after + 1; upTo <= 5; upTo++) {
          const frames = all.slice(after, upTo).join("");
          expect(store.framesAfter(after, upTo, 1_000_000)).toEqual({ lastSeq: upTo, frames });
          expect(store.page(after, upTo - after).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5].slice(after, upTo));
        }
      }
      expect(store.framesAfter(5, 5, 1)).toBeNull();
      expect(store.framesAfter(0, 5, 1)?.lastSeq).toBe(2);
    }));

  it("has each event once though the task's row still holds what the log took along", () =>
    inLog("stale", ({ sql, commit }) => {
      const outOfDate = commit([event(1)], null, true);
      commit([event(2)], STEP, false);
      const later = new EventStore(sql);
      later.load(outOfDate, 0);
      expect([later.lastSeq, later.updatedAt]).toEqual([2, NOW]);
      expect(later.page(0, 10).map(({ seq }) => seq)).toEqual([1, 2]);
      const placed = later.place([event(3)], { now: NOW, record: null, isRowWritten: false });
      expect(placed.row).toMatchObject({ firstSeq: 3, lastSeq: 3 });
    }));
});
