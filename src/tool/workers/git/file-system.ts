/**
 * The call's workspace as the file system that isomorphic-git asks for. A file has no times of its own: what stands in
 * their place is made of its content, so that git's index sees each change and nothing but changes.
 */
import type { PromiseFsClient } from "isomorphic-git";
import { CallError } from "../call-error.ts";
import { GIT_OBJECTS_MAX } from "../limits.ts";
import { FileError, type Workspace } from "../workspace.ts";
import type { Pace } from "./pace.ts";

type Stat = {
  readonly type: "file" | "dir";
  readonly mode: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly ino: 0;
  readonly uid: 0;
  readonly gid: 0;
  readonly dev: 0;
  readonly isFile: () => boolean;
  readonly isDirectory: () => boolean;
  readonly isSymbolicLink: () => boolean;
};

const FILE_MODE = 0o100644;
const FOLDER_MODE = 0o40755;

export function createFileSystem(workspace: Workspace, pace: Pace): PromiseFsClient {
  /** Path -> what stands for its times, until it is written. */
  const prints = new Map<string, readonly [number, number]>();
  const printOf = (path: string): readonly [number, number] => {
    const known = prints.get(path);
    if (known !== undefined) return known;
    const print = fingerprint(workspace.readBytes(path));
    prints.set(path, print);
    return print;
  };
  const stat = async (path: string): Promise<Stat> => {
    await pace.step();
    const kind = workspace.kindOf(path);
    if (kind === null) throw new FileError("ENOENT", `no such file or folder: ${path}`);
    if (kind === "directory") return statOf("dir", { mode: FOLDER_MODE, size: 0, print: [0, 0] });
    return statOf("file", { mode: FILE_MODE, size: workspace.bytesOf(path), print: printOf(path) });
  };
  const write = (path: string, data: Uint8Array | string): void => {
    prints.delete(path);
    if (typeof data === "string") workspace.write(path, data);
    else {
      checkPack(path, data, pace);
      workspace.writeBytes(path, data);
    }
  };
  return {
    promises: {
      readFile: async (path: string, options?: string | { readonly encoding?: string }) => {
        await pace.step();
        const encoding = typeof options === "string" ? options : options?.encoding;
        // Only git's own files are read as text: config, refs, .gitignore. Git, too, skips a byte order mark in these.
        return encoding === undefined ? workspace.readBytes(path) : new TextDecoder().decode(workspace.readBytes(path));
      },
      writeFile: async (path: string, data: Uint8Array | string) => {
        await pace.step();
        try {
          write(path, data);
        } catch (thrown) {
          // Git takes a write that fails for a missing folder, and swallows it here and there.
          if (thrown instanceof FileError && thrown.code === "EFBIG") {
            throw pace.fail(new CallError("TOOL_LIMIT", thrown.message));
          }
          throw thrown;
        }
      },
      unlink: async (path: string) => {
        await pace.step();
        prints.delete(path);
        if (workspace.kindOf(path) === "directory") throw new FileError("EISDIR", `${path} is a folder`);
        workspace.remove(path, { recursive: false });
      },
      readdir: async (path: string) => {
        await pace.step();
        return workspace.list(path).map(({ name }) => name);
      },
      mkdir: async (path: string) => {
        await pace.step();
        workspace.makeFolder(path, { parents: false });
      },
      rmdir: async (path: string) => {
        await pace.step();
        if (workspace.kindOf(path) === "file") throw new FileError("ENOTDIR", `${path} is a file`);
        workspace.remove(path, { recursive: false });
      },
      stat,
      lstat: stat,
      // There are no links: one in a repository becomes a file that holds where it led, as git does where none exist.
      symlink: async (target: string, path: string) => {
        await pace.step();
        write(path, target);
      },
      readlink: async (path: string) => {
        await pace.step();
        return workspace.read(path);
      },
    },
  };
}

function statOf(
  type: Stat["type"],
  { mode, size, print }: { readonly mode: number; readonly size: number; readonly print: readonly [number, number] },
): Stat {
  return {
    ...{ type, mode, size, mtimeMs: print[0] * 1_000, ctimeMs: print[1] * 1_000 },
    ...{ ino: 0, uid: 0, gid: 0, dev: 0 },
    isFile: () => type === "file",
    isDirectory: () => type === "dir",
    isSymbolicLink: () => false,
  };
}

/** Two hashes of 32 bits (FNV-1a from two starts): as many bits as a time of day has in git's index. */
function fingerprint(bytes: Uint8Array): readonly [number, number] {
  let one = 0x811c9dc5;
  let two = 0x9dc5811c;
  for (const byte of bytes) {
    one = Math.imul(one ^ byte, 0x01000193);
    two = Math.imul(two ^ byte, 0x01000193) ^ (two >>> 15);
  }
  return [one >>> 0, two >>> 0];
}

const PACK_HEADER_BYTES = 12;

/** A pack says how many objects it holds, and git works through each of them before it comes up for air. */
function checkPack(path: string, data: Uint8Array, pace: Pace): void {
  if (!path.endsWith(".pack") || data.byteLength < PACK_HEADER_BYTES) return;
  const objects = new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(8);
  if (objects <= GIT_OBJECTS_MAX) return;
  const message = `the repository has ${objects} objects; at most ${GIT_OBJECTS_MAX} are taken. Clone with depth 1.`;
  throw pace.fail(new CallError("TOOL_LIMIT", message));
}
