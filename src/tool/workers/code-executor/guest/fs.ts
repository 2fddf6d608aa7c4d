/** `fs` and `fs/promises` over the task's workspace: text files, synchronous underneath. */
import { ask, SystemError, toPath } from "./host.ts";

type Encoding = string | { readonly encoding?: string | null; readonly flag?: string } | null | undefined;

const checkEncoding = (options: Encoding): void => {
  const encoding = typeof options === "string" ? options : options?.encoding;
  if (encoding == null || /^utf-?8$/i.test(encoding) || encoding === "ascii") return;
  throw new TypeError(`encoding ${encoding} is not supported here: files are UTF-8 text`);
};

const toText = (data: unknown): string => {
  if (typeof data !== "string") throw new TypeError("only text can be written here: pass a string");
  if (data.includes("\0")) throw new SystemError("EINVAL", "only text can be stored, without NUL");
  return data;
};

class Stats {
  readonly size: number;
  readonly mtimeMs = 0;
  readonly #kind: string;
  constructor(kind: string, size: number) {
    this.#kind = kind;
    this.size = size;
  }
  isFile(): boolean {
    return this.#kind === "file";
  }
  isDirectory(): boolean {
    return this.#kind === "directory";
  }
  isSymbolicLink(): boolean {
    return false;
  }
}

/** @param resolve makes a path absolute from the working directory. */
export function createFs(resolve: (path: string) => string) {
  const at = (path: unknown): string => resolve(toPath(path));
  const kind = (path: unknown): string => ask("kind", at(path));

  function readFileSync(path: unknown, options?: Encoding): string {
    checkEncoding(options);
    return path === 0 || path === "/dev/stdin" ? ask("stdin") : ask("read", at(path));
  }
  function writeFileSync(path: unknown, data: unknown, options?: Encoding): void {
    checkEncoding(options);
    const append = typeof options === "object" && options?.flag?.startsWith("a") === true;
    if (append) appendFileSync(path, data);
    else ask("write", at(path), toText(data));
  }
  function appendFileSync(path: unknown, data: unknown): void {
    const before = kind(path) === "" ? "" : ask("read", at(path));
    ask("write", at(path), before + toText(data));
  }
  const existsSync = (path: unknown): boolean => typeof path === "string" && !path.includes("\0") && kind(path) !== "";
  function statSync(path: unknown, options?: { readonly throwIfNoEntry?: boolean }): Stats | undefined {
    const found = kind(path);
    if (found !== "") return new Stats(found, found === "file" ? Number(ask("size", at(path))) : 0);
    if (options?.throwIfNoEntry === false) return undefined;
    throw new SystemError("ENOENT", `no such file or folder: ${at(path)}`);
  }
  function readdirSync(
    path: unknown,
    options?: { readonly withFileTypes?: boolean; readonly recursive?: boolean },
  ): unknown[] {
    const folder = at(path);
    const names: string[] = JSON.parse(ask("list", folder));
    const entries = names.map((name) => ({ name: name.replace(/\/$/, ""), directory: name.endsWith("/") }));
    const found = entries.flatMap(({ name, directory }): unknown[] => {
      const entry = options?.withFileTypes
        ? Object.assign(new Stats(directory ? "directory" : "file", 0), { name, parentPath: folder })
        : name;
      if (!directory || !options?.recursive) return [entry];
      const inner = readdirSync(`${folder}/${name}`, options);
      return [entry, ...(options.withFileTypes ? inner : inner.map((item) => `${name}/${item}`))];
    });
    return found;
  }
  function mkdirSync(path: unknown, options?: { readonly recursive?: boolean }): void {
    ask("mkdir", at(path), options?.recursive ? "parents" : "");
  }
  function rmSync(path: unknown, options?: { readonly recursive?: boolean; readonly force?: boolean }): void {
    const found = kind(path);
    if (found === "" && options?.force) return;
    if (found === "directory" && !options?.recursive) throw new SystemError("EISDIR", `${at(path)} is a folder`);
    ask("remove", at(path), options?.recursive ? "recursive" : "");
  }
  function unlinkSync(path: unknown): void {
    if (kind(path) === "directory") throw new SystemError("EISDIR", `${at(path)} is a folder`);
    ask("remove", at(path));
  }
  const rmdirSync = (path: unknown): void => void ask("remove", at(path));
  const copyFileSync = (from: unknown, to: unknown): void => void ask("write", at(to), ask("read", at(from)));
  function renameSync(from: unknown, to: unknown): void {
    copyFileSync(from, to);
    if (at(from) !== at(to)) unlinkSync(from);
  }
  function accessSync(path: unknown): void {
    statSync(path);
  }

  const sync = {
    ...{ readFileSync, writeFileSync, appendFileSync, existsSync, statSync, readdirSync, mkdirSync, rmSync },
    ...{ unlinkSync, rmdirSync, copyFileSync, renameSync, accessSync },
    lstatSync: statSync,
  };
  return { ...sync, promises: toPromises(sync) };
}

/** The promise of each function, so that a failure is a rejection, as `await fs.readFile(...)` expects. */
function toPromises(sync: Readonly<Record<string, (...args: never[]) => unknown>>) {
  return Object.fromEntries(
    Object.entries(sync)
      .filter(([name]) => name !== "existsSync")
      .map(([name, run]) => [name.replace(/Sync$/, ""), async (...args: never[]) => run(...args)]),
  );
}
