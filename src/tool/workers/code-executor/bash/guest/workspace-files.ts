/**
 * The task's files as the shell's file system: every operation is the host's, so limits and refusals come at once and
 * in the host's words. Text only, and no links: what cannot be stored is refused here.
 */
import type { IFileSystem } from "just-bash/browser";
import { ask, SystemError } from "../../guest/host.ts";
import { dirname, normalize } from "../../guest/path.ts";
import { TextDecoder, TextEncoder } from "./text.ts";

type Content = Parameters<IFileSystem["writeFile"]>[1];
type Encoding = Parameters<IFileSystem["writeFile"]>[2];
type Stat = Awaited<ReturnType<IFileSystem["stat"]>>;

const FILE_MODE = 0o644;
const FOLDER_MODE = 0o755;
/** Files carry no time; what asks gets the beginning of time, the same for all. */
const NO_TIME = new Date(0);

const kindOf = (path: string): string => ask("kind", path);
const refuse = async (what: string, path: string): Promise<never> => {
  throw new SystemError("EPERM", `${path}: ${what} cannot be stored in the workspace`);
};

/** @param folder where this file system is mounted: its paths come without it. */
export function createWorkspaceFiles(folder: string): IFileSystem {
  const full = (path: string): string => normalize(`${folder}/${path}`);
  const read = (path: string): string => ask("read", full(path));
  const bytes = (path: string): Uint8Array => new TextEncoder().encode(read(path));
  const write = (path: string, text: string): void => void ask("write", full(path), text);

  const stat = async (path: string): Promise<Stat> => {
    const kind = kindOf(full(path));
    if (kind === "") throw new SystemError("ENOENT", `no such file or directory, stat '${full(path)}'`);
    const isFile = kind === "file";
    return {
      isFile,
      isDirectory: !isFile,
      isSymbolicLink: false,
      mode: isFile ? FILE_MODE : FOLDER_MODE,
      size: isFile ? Number(ask("size", full(path))) : 0,
      mtime: NO_TIME,
      identity: full(path),
    };
  };
  const list = (path: string): readonly string[] => JSON.parse(ask("list", full(path)));
  const rm: IFileSystem["rm"] = async (path, options = {}) => {
    if (options.force && kindOf(full(path)) === "") return;
    ask("remove", full(path), options.recursive ? "recursive" : "");
  };
  const cp: IFileSystem["cp"] = async (source, target, options = {}) => {
    if (kindOf(full(source)) !== "directory") return write(target, read(source));
    if (!options.recursive) throw new SystemError("EISDIR", `${full(source)} is a folder`);
    if (full(target).startsWith(`${full(source)}/`)) throw new SystemError("EINVAL", "a folder cannot hold itself");
    ask("mkdir", full(target), "parents");
    for (const name of list(source)) await cp(`${source}/${name}`, `${target}/${name}`, options);
  };
  const exists = async (path: string): Promise<boolean> => kindOf(full(path)) !== "";
  return {
    readFile: async (path, options) => fromText(read(path), options),
    readFileBuffer: async (path) => bytes(path),
    writeFile: async (path, content, options) => write(path, toText(content, options)),
    appendFile: async (path, content, options) => {
      const before = kindOf(full(path)) === "" ? "" : read(path);
      write(path, before + toText(content, options));
    },
    exists,
    stat,
    lstat: stat,
    mkdir: async (path, options = {}) => void ask("mkdir", full(path), options.recursive ? "parents" : ""),
    readdir: async (path) => list(path).map((name) => name.replace(/\/$/, "")),
    rm,
    cp,
    mv: async (source, target) => {
      if (full(source) === full(target)) return;
      await cp(source, target, { recursive: true });
      await rm(source, { recursive: true });
    },
    resolvePath: (base, path) => normalize(path.startsWith("/") ? path : `${base}/${path}`),
    getAllPaths: () => [],
    // There are no modes and no times to keep. `chmod +x` before a run and `touch` of a file are to succeed.
    chmod: async (path) => void (await stat(path)),
    utimes: async (path) => void (await stat(path)),
    symlink: (_target, path) => refuse("a link", path),
    link: (_existing, path) => refuse("a link", path),
    readlink: (path) => refuse("a link", path),
    realpath: async (path) => {
      if (await exists(path)) return normalize(path);
      throw new SystemError("ENOENT", `no such file or directory: ${full(path)} in ${dirname(full(path))}`);
    },
  };
}

function fromText(text: string, options: Encoding | null | { readonly encoding?: string | null }): string {
  const encoding = typeof options === "string" ? options : options?.encoding;
  if (encoding !== "binary" && encoding !== "latin1") return text;
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
}

/** Bytes come in two shapes: an array, or text whose characters are one byte each. */
function toText(content: Content, options: Encoding): string {
  const encoding = typeof options === "string" ? options : options?.encoding;
  const isBinaryText = encoding === "binary" || encoding === "latin1";
  if (typeof content === "string" && !isBinaryText) return checkText(content);
  const data = typeof content === "string" ? Uint8Array.from(content, (c) => c.charCodeAt(0)) : content;
  try {
    return checkText(new TextDecoder("utf-8", { fatal: true }).decode(data));
  } catch {
    throw new SystemError("EINVAL", "only text can be stored in the workspace; /tmp takes bytes");
  }
}

/** Text crosses to the host up to a NUL, so one with a NUL must not cross. */
function checkText(text: string): string {
  if (text.includes("\0")) throw new SystemError("EINVAL", "only text without NUL can be stored in the workspace");
  return text;
}
