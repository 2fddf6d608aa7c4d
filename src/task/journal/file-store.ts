/**
 * The files of a task in its object's SQLite: each change is a new version, so that a replay finds the files as they
 * were at its step. Part of the journal, and written inside of its transactions only. The table is made when the first file comes.
 *
 * The column `text` says what a version is: text, bytes, null for a deleted file, or no bytes at all for a content that
 * is too large for one row and stands in parts. (An empty file is an empty text.)
 */
import { type FileChange, type FileContent, type ToolFile, toBytes, toContent } from "../../tool/index.ts";
import { FILE_ROW_BYTES_MAX } from "../limits.ts";
import { LazyTables } from "./lazy-store.ts";

type Version = { ord: number; step: number; path: string; text: string | ArrayBuffer | null };

/** A file with the step that wrote it: INHERITED_STEP for one that the task began with. */
export type StoredFile = ToolFile & { readonly step: number };

/** Before every step, so that a replay from any step takes along what the task began with. */
export const INHERITED_STEP = -1;

/** One version of a file, as a replay takes it along; `text` is null where the file was deleted. */
export type ExportedFile = {
  readonly step: number;
  readonly path: string;
  readonly text: string | null;
  readonly encoding?: "base64";
};

const FILE =
  "CREATE TABLE IF NOT EXISTS file (ord INTEGER PRIMARY KEY, step INTEGER NOT NULL, path TEXT NOT NULL, text TEXT)";
/** Made when the first large file comes: tasks that were created before it have no such table. */
const PARTS =
  "CREATE TABLE IF NOT EXISTS file_part (ord INTEGER NOT NULL, n INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (ord, n)) WITHOUT ROWID";

export class FileStore {
  static readonly TABLE = "file";
  readonly tables: LazyTables;
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.tables = new LazyTables(sql, FileStore.TABLE, FILE);
  }

  /** The workspace as it stands: the newest version of each path that was not deleted. */
  all(): ToolFile[] {
    return this.list().map(({ step: _, ...file }) => file);
  }

  /** The same, with the step that wrote each. */
  list(): StoredFile[] {
    if (!this.tables.isThere) return [];
    return this.#sql
      .exec<Version>("SELECT path, step, text, MAX(ord) AS ord FROM file GROUP BY path ORDER BY path")
      .toArray()
      .flatMap((version) => {
        const content = this.#contentOf(version);
        return content === null ? [] : [{ path: version.path, step: version.step, ...content }];
      });
  }

  /** Null when there is no such file, or no longer. @param path in normal form. */
  find(path: string): FileContent | null {
    if (!this.tables.isThere) return null;
    const query = "SELECT path, step, text, ord FROM file WHERE path = ? ORDER BY ord DESC LIMIT 1";
    const [version] = this.#sql.exec<Version>(query, path).toArray();
    return version === undefined ? null : this.#contentOf(version);
  }

  /** Part of a transaction. */
  write(step: number, changes: readonly FileChange[]): void {
    if (!this.tables.isThere) this.tables.make();
    for (const change of changes) this.#put(step, change);
  }

  /** Every version that was written before the step, oldest first. */
  export(beforeStep: number): ExportedFile[] {
    if (!this.tables.isThere) return [];
    return this.#sql
      .exec<Version>("SELECT ord, step, path, text FROM file WHERE step < ? ORDER BY ord", beforeStep)
      .toArray()
      .map((version) => ({
        step: version.step,
        path: version.path,
        ...(this.#contentOf(version) ?? { text: null }),
      }));
  }

  /** Part of a transaction. */
  import(files: readonly ExportedFile[]): void {
    if (files.length > 0) this.tables.make();
    for (const { step, path, text, ...encoding } of files) {
      this.#put(step, text === null ? { kind: "delete", path } : { kind: "put", path, text, ...encoding });
    }
  }

  #put(step: number, change: FileChange): void {
    if (change.kind === "delete") return void this.#insert(step, change.path, null);
    const { path, text, encoding } = change;
    // No content at all is text, whatever it was sent as.
    const isText = encoding === undefined || text === "";
    if (isText && text.length <= FILE_ROW_BYTES_MAX / 3) return void this.#insert(step, path, text);
    const bytes = toBytes(change);
    if (bytes.byteLength <= FILE_ROW_BYTES_MAX) return void this.#insert(step, path, isText ? text : bytes);
    const ord = this.#insert(step, path, new Uint8Array());
    this.#sql.exec(PARTS);
    for (let at = 0; at < bytes.byteLength; at += FILE_ROW_BYTES_MAX) {
      const part = bytes.slice(at, at + FILE_ROW_BYTES_MAX);
      this.#sql.exec("INSERT INTO file_part (ord, n, bytes) VALUES (?, ?, ?)", ord, at / FILE_ROW_BYTES_MAX, part);
    }
  }

  #insert(step: number, path: string, text: string | Uint8Array | null): number {
    return this.#sql
      .exec<{ ord: number }>("INSERT INTO file (step, path, text) VALUES (?, ?, ?) RETURNING ord", step, path, text)
      .one().ord;
  }

  #contentOf({ ord, text }: Pick<Version, "ord" | "text">): FileContent | null {
    if (text === null) return null;
    if (typeof text === "string") return { text };
    if (text.byteLength > 0) return toContent(new Uint8Array(text));
    const parts = this.#sql
      .exec<{ bytes: ArrayBuffer }>("SELECT bytes FROM file_part WHERE ord = ? ORDER BY n", ord)
      .toArray();
    const whole = new Uint8Array(parts.reduce((sum, { bytes }) => sum + bytes.byteLength, 0));
    let at = 0;
    for (const { bytes } of parts) {
      whole.set(new Uint8Array(bytes), at);
      at += bytes.byteLength;
    }
    return toContent(whole);
  }
}
