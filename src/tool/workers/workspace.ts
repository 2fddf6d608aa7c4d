/**
 * A task's files as one call sees them: a snapshot in, staged changes out. There are files and the folders their
 * paths imply, no links, no modes, no owners. A folder made empty lasts for the call only.
 */
import {
  contentBytes,
  type FileChange,
  type FileContent,
  isInScopes,
  parsePath,
  toBytes,
  toContent,
  WORKSPACE_ROOT,
  type WorkerRequest,
  type WorkspaceQuota,
} from "../contract.ts";

/** Names as Node uses them, so that code in the sandbox can test for them. */
export type FileErrorCode = "EACCES" | "EEXIST" | "EFBIG" | "EINVAL" | "EISDIR" | "ENOENT" | "ENOTDIR" | "ENOTEMPTY";

export class FileError extends Error {
  override name = "FileError";
  readonly code: FileErrorCode;
  constructor(code: FileErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export type Entry = { readonly name: string; readonly kind: "file" | "directory"; readonly bytes: number };

type Stored = { readonly content: FileContent; readonly bytes: number };

const isSame = (one: FileContent, other: FileContent | undefined): boolean =>
  one.text === other?.text && one.encoding === other.encoding;

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";

/** Where a program starts: the usual folder if it may use it, else the first that it may. */
export function workingFolder({ access, scopes }: Pick<WorkerRequest, "access" | "scopes">): string {
  return access === "none" || scopes.includes("/") || scopes.includes(WORKSPACE_ROOT)
    ? WORKSPACE_ROOT
    : (scopes[0] ?? WORKSPACE_ROOT);
}

export class Workspace {
  readonly #files = new Map<string, Stored>();
  /** Folder -> files at any depth below it. A repository has thousands of them, and asks for each folder. */
  readonly #filesIn = new Map<string, number>();
  /** Folders made by `makeFolder`; those that hold files need no entry. */
  readonly #folders = new Set<string>();
  readonly #changed = new Set<string>();
  readonly #original = new Map<string, FileContent>();
  readonly #access: WorkerRequest["access"];
  readonly #scopes: readonly string[];
  readonly #quota: WorkspaceQuota;
  #bytes = 0;

  constructor(request: Pick<WorkerRequest, "files" | "access" | "scopes" | "quota">) {
    this.#access = request.access;
    this.#scopes = request.scopes;
    this.#quota = request.quota;
    for (const { path, ...content } of request.files) {
      this.#original.set(path, content);
      this.#put(path, { content, bytes: contentBytes(content) });
    }
  }

  /** What this call did to the files it was given, in path order; a change that was taken back is none. */
  changes(): readonly FileChange[] {
    const changes: FileChange[] = [];
    for (const path of [...this.#changed].sort()) {
      const content = this.#files.get(path)?.content;
      if (content === undefined) {
        if (this.#original.has(path)) changes.push({ kind: "delete", path });
      } else if (!isSame(content, this.#original.get(path))) changes.push({ kind: "put", path, ...content });
    }
    return changes;
  }

  kindOf(path: string): "file" | "directory" | null {
    const normal = parsePath(path);
    if (normal === null) return null;
    return this.#files.has(normal) ? "file" : this.#isFolder(normal) ? "directory" : null;
  }

  bytesOf(path: string): number {
    return this.#files.get(this.#readable(path))?.bytes ?? 0;
  }

  /** The text of a file. EINVAL for one that is not text. */
  read(path: string): string {
    const { text, encoding } = this.#find(path);
    if (encoding === undefined) return text;
    throw new FileError("EINVAL", `${path} is not a text file`);
  }

  readBytes(path: string): Uint8Array {
    return toBytes(this.#find(path));
  }

  isText(path: string): boolean {
    return this.#find(path).encoding === undefined;
  }

  #find(path: string): FileContent {
    const normal = this.#readable(path);
    const file = this.#files.get(normal);
    if (file !== undefined) return file.content;
    throw this.#isFolder(normal)
      ? new FileError("EISDIR", `${normal} is a folder`)
      : new FileError("ENOENT", `no such file: ${normal}`);
  }

  /** Creates or replaces. Folders on the way come into being. Broken UTF-16 becomes U+FFFD, as in any UTF-8 file. */
  write(path: string, text: string): number {
    if (text.includes("\0")) throw new FileError("EINVAL", `${path}: text holds no NUL`);
    return this.#write(path, { text: text.toWellFormed() });
  }

  /** As `write`, with any bytes: they are kept as text where they are text. */
  writeBytes(path: string, bytes: Uint8Array): number {
    return this.#write(path, toContent(bytes));
  }

  #write(path: string, content: FileContent): number {
    const normal = this.#writable(path);
    if (this.#isFolder(normal)) throw new FileError("EISDIR", `${normal} is a folder`);
    this.#refuseFileOnTheWay(normal);
    const bytes = contentBytes(content);
    const before = this.#files.get(normal);
    const total = this.#bytes - (before?.bytes ?? 0) + bytes;
    const { fileBytes, totalBytes, files } = this.#quota;
    if (bytes > fileBytes) throw new FileError("EFBIG", `${normal} would be ${bytes} bytes; a file holds ${fileBytes}`);
    if (total > totalBytes)
      throw new FileError("EFBIG", `the workspace would be ${total} bytes; it holds ${totalBytes}`);
    if (before === undefined && this.#files.size >= files) {
      throw new FileError("EFBIG", `the workspace holds ${files} files, and no more`);
    }
    this.#put(normal, { content, bytes });
    this.#changed.add(normal);
    return bytes;
  }

  makeFolder(path: string, options: { readonly parents: boolean }): void {
    const normal = this.#writable(path);
    const kind = this.kindOf(normal);
    if (kind === "file" || (kind === "directory" && !options.parents)) {
      throw new FileError("EEXIST", `${normal} exists`);
    }
    this.#refuseFileOnTheWay(normal);
    if (!options.parents && !this.#isFolder(parentOf(normal))) {
      throw new FileError("ENOENT", `no such folder: ${parentOf(normal)}`);
    }
    if (this.#folders.size >= this.#quota.files) throw new FileError("EFBIG", "too many folders");
    this.#folders.add(normal);
  }

  /** Removes a file, or a folder: with all in it when `recursive`, else only an empty one. Returns how many files. */
  remove(path: string, options: { readonly recursive: boolean }): number {
    const normal = this.#writable(path);
    const inside = this.filesUnder(normal);
    if (this.#files.has(normal)) {
      this.#drop(normal);
      return 1;
    }
    if (!this.#isFolder(normal)) throw new FileError("ENOENT", `no such file or folder: ${normal}`);
    if (inside.length > 0 && !options.recursive) throw new FileError("ENOTEMPTY", `${normal} is not empty`);
    for (const file of inside) this.#writable(file);
    for (const file of inside) this.#drop(file);
    for (const folder of this.#folders) if (isInScopes(folder, [normal])) this.#folders.delete(folder);
    return inside.length;
  }

  /** What lies directly in a folder, by name. */
  list(path: string): readonly Entry[] {
    const normal = this.#readable(path);
    if (this.#files.has(normal)) throw new FileError("ENOTDIR", `${normal} is a file`);
    if (!this.#isFolder(normal)) throw new FileError("ENOENT", `no such folder: ${normal}`);
    const prefix = normal === "/" ? "/" : `${normal}/`;
    const entries = new Map<string, Entry>();
    for (const path of [...this.#files.keys(), ...this.#folders]) {
      if (!path.startsWith(prefix) || path === normal) continue;
      const [name = "", ...rest] = path.slice(prefix.length).split("/");
      const file = rest.length === 0 ? this.#files.get(path) : undefined;
      if (file !== undefined) entries.set(name, { name, kind: "file", bytes: file.bytes });
      else if (!entries.has(name)) entries.set(name, { name, kind: "directory", bytes: 0 });
    }
    return [...entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Paths of the files that are this path or lie under it, in order. */
  filesUnder(path: string): readonly string[] {
    const normal = this.#readable(path);
    return [...this.#files.keys()].filter((file) => isInScopes(file, [normal])).sort();
  }

  #put(path: string, file: Stored): void {
    const before = this.#files.get(path);
    this.#bytes += file.bytes - (before?.bytes ?? 0);
    if (before === undefined) this.#count(path, 1);
    this.#files.set(path, file);
  }

  #drop(path: string): void {
    this.#bytes -= this.#files.get(path)?.bytes ?? 0;
    if (this.#files.delete(path)) this.#count(path, -1);
    this.#changed.add(path);
  }

  #count(path: string, by: 1 | -1): void {
    for (let folder = parentOf(path); ; folder = parentOf(folder)) {
      this.#filesIn.set(folder, (this.#filesIn.get(folder) ?? 0) + by);
      if (folder === "/") return;
    }
  }

  #isFolder(path: string): boolean {
    if ((this.#filesIn.get(path) ?? 0) > 0 || this.#folders.has(path) || this.#scopes.includes(path)) return true;
    const prefix = path === "/" ? "/" : `${path}/`;
    return [...this.#folders, ...this.#scopes].some((known) => known.startsWith(prefix));
  }

  #refuseFileOnTheWay(path: string): void {
    for (let folder = parentOf(path); folder !== "/"; folder = parentOf(folder)) {
      if (this.#files.has(folder)) throw new FileError("ENOTDIR", `${folder} is a file`);
    }
  }

  #normal(path: string): string {
    const normal = parsePath(path);
    if (normal !== null) return normal;
    throw new FileError("EACCES", 'a path must be absolute and without "..", such as /workspace/a.txt');
  }

  /** The host gives a call only what it may read, so whatever is here may be read. */
  #readable(path: string): string {
    const normal = this.#normal(path);
    if (this.#access === "none") throw new FileError("EACCES", "this tool may use no files");
    if (isInScopes(normal, this.#scopes) || this.#files.has(normal) || this.#isFolder(normal)) return normal;
    throw this.#outside(normal);
  }

  #writable(path: string): string {
    const normal = this.#normal(path);
    if (this.#access === "none") throw new FileError("EACCES", "this tool may use no files");
    if (this.#access === "read") throw new FileError("EACCES", "this tool may read files but not change them");
    if (isInScopes(normal, this.#scopes)) return normal;
    throw this.#outside(normal);
  }

  #outside(path: string): FileError {
    return new FileError("EACCES", `${path} is outside of what this tool may use: ${this.#scopes.join(", ")}`);
  }
}
