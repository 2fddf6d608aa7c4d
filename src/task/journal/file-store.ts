/**
 * The files of a task in its object's SQLite: each change is a new version, so that a replay finds the files as they
 * were at its step. Part of the journal, and written inside of its transactions only.
 *
 * The column `text` says what a version is: text, bytes, null for a deleted file, or no bytes at all for a content that
 * is too large for one row and stands in parts. (An empty file is an empty text.)
 */
import { type FileChange, type FileContent, type ToolFile, toBytes, toContent } from "../../tool/index.ts";
import { FILE_ROW_BYTES_MAX } from "../limits.ts";

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

/** Made when the first file comes: a task without any pays nothing for them. */
export const FILE_SCHEMA =
  "CREATE TABLE IF NOT EXISTS file (ord INTEGER PRIMARY KEY, step INTEGER NOT NULL, path TEXT NOT NULL, text TEXT)";
/** Made when the first large file comes: tasks that were created before it have no such table. */
const PARTS =
  "CREATE TABLE IF NOT EXISTS file_part (ord INTEGER NOT NULL, n INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (ord, n)) WITHOUT ROWID";

/** The workspace as it stands: the newest version of each path that was not deleted. */
export const readFiles = (sql: SqlStorage): ToolFile[] => listFiles(sql).map(({ step: _, ...file }) => file);

export function listFiles(sql: SqlStorage): StoredFile[] {
  return sql
    .exec<Version>("SELECT path, step, text, MAX(ord) AS ord FROM file GROUP BY path ORDER BY path")
    .toArray()
    .flatMap((version) => {
      const content = contentOf(sql, version);
      return content === null ? [] : [{ path: version.path, step: version.step, ...content }];
    });
}

/** Null when there is no such file, or no longer. */
export function findFile(sql: SqlStorage, path: string): FileContent | null {
  const query = "SELECT path, step, text, ord FROM file WHERE path = ? ORDER BY ord DESC LIMIT 1";
  const [version] = sql.exec<Version>(query, path).toArray();
  return version === undefined ? null : contentOf(sql, version);
}

export function writeFile(sql: SqlStorage, step: number, change: FileChange): void {
  if (change.kind === "delete") return void insert(sql, step, change.path, null);
  const { path, text, encoding } = change;
  // No content at all is text, whatever it was sent as.
  const isText = encoding === undefined || text === "";
  if (isText && text.length <= FILE_ROW_BYTES_MAX / 3) return void insert(sql, step, path, text);
  const bytes = toBytes(change);
  if (bytes.byteLength <= FILE_ROW_BYTES_MAX) return void insert(sql, step, path, isText ? text : bytes);
  const ord = insert(sql, step, path, new Uint8Array());
  sql.exec(PARTS);
  for (let at = 0; at < bytes.byteLength; at += FILE_ROW_BYTES_MAX) {
    const part = bytes.slice(at, at + FILE_ROW_BYTES_MAX);
    sql.exec("INSERT INTO file_part (ord, n, bytes) VALUES (?, ?, ?)", ord, at / FILE_ROW_BYTES_MAX, part);
  }
}

/** Every version that was written before the step, oldest first. */
export function exportFiles(sql: SqlStorage, beforeStep: number): ExportedFile[] {
  return sql
    .exec<Version>("SELECT ord, step, path, text FROM file WHERE step < ? ORDER BY ord", beforeStep)
    .toArray()
    .map((version) => ({
      step: version.step,
      path: version.path,
      ...(contentOf(sql, version) ?? { text: null }),
    }));
}

export function importFiles(sql: SqlStorage, files: readonly ExportedFile[]): void {
  for (const { step, path, text, ...encoding } of files) {
    writeFile(sql, step, text === null ? { kind: "delete", path } : { kind: "put", path, text, ...encoding });
  }
}

function insert(sql: SqlStorage, step: number, path: string, text: string | Uint8Array | null): number {
  return sql
    .exec<{ ord: number }>("INSERT INTO file (step, path, text) VALUES (?, ?, ?) RETURNING ord", step, path, text)
    .one().ord;
}

function contentOf(sql: SqlStorage, { ord, text }: Pick<Version, "ord" | "text">): FileContent | null {
  if (text === null) return null;
  if (typeof text === "string") return { text };
  if (text.byteLength > 0) return toContent(new Uint8Array(text));
  const parts = sql.exec<{ bytes: ArrayBuffer }>("SELECT bytes FROM file_part WHERE ord = ? ORDER BY n", ord).toArray();
  const whole = new Uint8Array(parts.reduce((sum, { bytes }) => sum + bytes.byteLength, 0));
  let at = 0;
  for (const { bytes } of parts) {
    whole.set(new Uint8Array(bytes), at);
    at += bytes.byteLength;
  }
  return toContent(whole);
}
