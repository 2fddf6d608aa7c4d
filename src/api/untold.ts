/**
 * What of a tenant Postgres was not told yet: one durable mark per thing, written in the same moment as the change
 * itself. The mark is a number that grows with every change, so a change while an older one is told keeps its own.
 */
export type Mark = { readonly name: string; readonly version: number };

const PREFIX = "untold/";
const LAST = "untold-last";

export class Untold {
  readonly #kv: SyncKvStorage;

  constructor(kv: SyncKvStorage) {
    this.#kv = kv;
  }

  add(name: string): void {
    const version = (this.#kv.get<number>(LAST) ?? 0) + 1;
    this.#kv.put(LAST, version);
    this.#kv.put(PREFIX + name, version);
  }

  has(name: string): boolean {
    return this.#kv.get<number>(PREFIX + name) !== undefined;
  }

  /** At most so many, in the order of their names. */
  list(limit: number): Mark[] {
    return [...this.#kv.list<number>({ prefix: PREFIX, limit })].map(([key, version]) => ({
      name: key.slice(PREFIX.length),
      version,
    }));
  }

  /** Takes these marks away, but for things that changed since. */
  settle(marks: readonly Mark[]): void {
    for (const { name, version } of marks) {
      if (this.#kv.get<number>(PREFIX + name) === version) this.#kv.delete(PREFIX + name);
    }
  }
}
