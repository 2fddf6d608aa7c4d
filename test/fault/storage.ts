/**
 * An object's storage over SQLite in memory. What one turn wrote, its alarm included, is in together or not at all, as on
 * the platform; it becomes whole when the turn is over, and is dropped with the instance that dies before.
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { deserialize, serialize } from "node:v8";
import type { Draft } from "./life.ts";

type Row = Record<string, SqlStorageValue>;

/** Thrown as the platform's storage does, when the world says that it is full. */
export type Fullness = (query: string) => boolean;

export class Store implements Draft {
  readonly database = new DatabaseSync(":memory:");
  /** As of the last turn that is in. */
  #alarm: number | null = null;
  #draftAlarm: number | null = null;
  isOpen = false;
  #depth = 0;
  readonly #statements = new Map<string, StatementSync>();
  /** Told when a turn's writes are in. */
  onKeep: () => void = () => undefined;

  constructor() {
    this.database.exec("CREATE TABLE _kv (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID");
  }

  get alarm(): number | null {
    return this.isOpen ? this.#draftAlarm : this.#alarm;
  }

  set alarm(at: number | null) {
    this.open();
    this.#draftAlarm = at;
  }

  open(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    this.#draftAlarm = this.#alarm;
    this.database.exec("BEGIN");
  }

  keep(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.database.exec("COMMIT");
    this.#alarm = this.#draftAlarm;
    this.onKeep();
  }

  drop(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#depth = 0;
    this.database.exec("ROLLBACK");
  }

  transaction<T>(write: () => T): T {
    this.open();
    const name = `t${++this.#depth}`;
    this.database.exec(`SAVEPOINT ${name}`);
    try {
      const result = write();
      this.database.exec(`RELEASE ${name}`);
      return result;
    } catch (thrown) {
      if (this.isOpen) this.database.exec(`ROLLBACK TO ${name}; RELEASE ${name}`);
      throw thrown;
    } finally {
      this.#depth = Math.max(0, this.#depth - 1);
    }
  }

  /** A statement is planned anew by SQLite when the schema has changed. */
  #prepared(query: string): StatementSync {
    const known = this.#statements.get(query) ?? this.database.prepare(query);
    this.#statements.set(query, known);
    return known;
  }

  /** Everything, for good. */
  wipe(): void {
    this.open();
    const tables = this.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
    for (const { name } of tables)
      this.database.exec(name === "_kv" ? "DELETE FROM _kv" : `DROP TABLE ${String(name)}`);
  }

  rows(query: string, ...bindings: readonly SqlStorageValue[]): Row[] {
    const values = bindings.map(
      (value): SQLInputValue => (value instanceof ArrayBuffer ? new Uint8Array(value) : value),
    );
    return this.#prepared(query)
      .all(...values)
      .map(toRow);
  }
}

/** A loop, for every row that an object reads comes by here. */
function toRow(found: Readonly<Record<string, unknown>>): Row {
  const row: Row = {};
  for (const name of Object.keys(found)) row[name] = toStored(found[name]);
  return row;
}

const toStored = (value: unknown): SqlStorageValue => {
  if (value instanceof Uint8Array) return new Uint8Array(value).buffer;
  return typeof value === "string" || typeof value === "number" ? value : null;
};

/** What an instance sees of it. @param enter called before anything is touched. */
export function toStorage(store: Store, enter: () => void, isFull: Fullness): DurableObjectStorage {
  const write = <T>(work: () => T): T => {
    enter();
    store.open();
    return work();
  };
  const arm = (at: number | null): void =>
    write(() => {
      store.alarm = at;
    });
  const kv = {
    get: (key: string) => {
      enter();
      const [row] = store.rows("SELECT value FROM _kv WHERE key = ?", key);
      return row?.value instanceof ArrayBuffer ? deserialize(Buffer.from(row.value)) : undefined;
    },
    put: (key: string, value: unknown) =>
      write(() => {
        const put = store.database.prepare("INSERT OR REPLACE INTO _kv (key, value) VALUES (?, ?)");
        put.run(key, serialize(value));
      }),
    delete: (key: string) =>
      write(() => Number(store.database.prepare("DELETE FROM _kv WHERE key = ?").run(key).changes) > 0),
    list: ({ startAfter = "", prefix = "", limit = 1_000 } = {}) => {
      enter();
      const found = store.rows("SELECT key, value FROM _kv WHERE key > ? ORDER BY key LIMIT ?", startAfter, limit);
      return found.flatMap(({ key, value }): [string, unknown][] =>
        typeof key === "string" && key.startsWith(prefix) && value instanceof ArrayBuffer
          ? [[key, deserialize(Buffer.from(value))]]
          : [],
      );
    },
  };
  const storage = {
    kv,
    sql: {
      exec: (query: string, ...bindings: SqlStorageValue[]) => execute(store, { enter, isFull }, query, bindings),
    },
    transactionSync: <T>(work: () => T): T => {
      enter();
      return store.transaction(work);
    },
    get: async (key: string) => kv.get(key),
    put: async (key: string, value: unknown) => kv.put(key, value),
    delete: async (key: string) => kv.delete(key),
    list: async (options: object) => new Map(kv.list(options)),
    deleteAll: async () =>
      write(() => {
        store.wipe();
        store.alarm = null;
      }),
    getAlarm: async () => {
      enter();
      return store.alarm;
    },
    setAlarm: async (at: number | Date) => arm(Number(at)),
    deleteAlarm: async () => arm(null),
  };
  // The methods above are all that the rooms use; a test that asks for another one fails at once.
  return storage as unknown as DurableObjectStorage;
}

function execute(
  store: Store,
  { enter, isFull }: { readonly enter: () => void; readonly isFull: Fullness },
  query: string,
  bindings: readonly SqlStorageValue[],
) {
  enter();
  const isRead = /^\s*SELECT\b/i.test(query);
  if (!isRead) store.open();
  if (isFull(query)) throw new Error("database or disk is full: SQLITE_FULL");
  // Only a schema has several statements, and it has no values.
  const isScript = bindings.length === 0 && /;\s*\S/.test(query);
  if (isScript) store.database.exec(query);
  const rows = isScript ? [] : store.rows(query, ...bindings);
  return {
    /** Asked at once, if at all: it is what the last statement wrote. */
    get rowsWritten(): number {
      return Number(store.rows("SELECT changes() AS count")[0]?.count);
    },
    toArray: () => rows,
    one: () => {
      const [row] = rows;
      if (row === undefined || rows.length > 1) throw new Error(`expected one row, found ${rows.length}`);
      return row;
    },
    [Symbol.iterator]: () => rows[Symbol.iterator](),
  };
}
