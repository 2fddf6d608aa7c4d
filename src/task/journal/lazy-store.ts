/** Tables that are made when they are first needed, so a task that does without pays nothing. */
export class LazyTables {
  readonly #sql: SqlStorage;
  readonly #schema: string;
  /** Null: not known. */
  #isThere: boolean | null = null;
  /** The one that tells of them. */
  readonly name: string;

  constructor(sql: SqlStorage, name: string, schema: string) {
    this.#sql = sql;
    this.name = name;
    this.#schema = schema;
  }

  /** Asked of the storage once, unless it is told. */
  get isThere(): boolean {
    this.#isThere ??=
      this.#sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", this.name).toArray().length > 0;
    return this.#isThere;
  }

  /** @param tables the names of all that the storage has. */
  see(tables: ReadonlySet<string>): void {
    this.#isThere = tables.has(this.name);
  }

  /** Part of a transaction. */
  make(): void {
    this.#sql.exec(this.#schema);
    this.#isThere = null; // Asked again: the transaction may be undone.
  }
}
