/** System calls that name a file by its path. */
import { normalize } from "../guest/path.ts";
import { posix, type SystemOptions, type SystemTable, toNumber, writeStat } from "./calls.ts";
import type { Disk, Node } from "./disk.ts";
import { ERRNO, SystemError } from "./errno.ts";

const AT_CURRENT_FOLDER = -100;
const AT_REMOVE_FOLDER = 0x200;
/** As much as the workspace takes. A program could fill memory that nobody counts with longer ones. */
const PATH_BYTES_MAX = 1024;

export function pathCalls({ memory, disk, descriptors, ...options }: SystemOptions): SystemTable {
  const place = { cwd: options.cwd };
  const folderOf = (number: number): string => {
    if (number === AT_CURRENT_FOLDER) return place.cwd;
    const open = descriptors.get(number);
    if (open.kind !== "folder") throw new SystemError("ENOTDIR");
    return open.path;
  };
  /** @param folder a descriptor, for a path that does not start at the root. */
  const resolve = (at: number, folder = AT_CURRENT_FOLDER): string => {
    const path = memory.text(at, PATH_BYTES_MAX);
    if (path === null) throw new SystemError("ENAMETOOLONG");
    if (path === "" && folder === AT_CURRENT_FOLDER) throw new SystemError("ENOENT");
    const whole = normalize(path.startsWith("/") ? path : `${folderOf(folder)}/${path}`);
    if (whole.length > PATH_BYTES_MAX) throw new SystemError("ENAMETOOLONG");
    return whole;
  };
  const find = (path: string): Node => findNode(disk, path);
  const exists = (path: string): 0 => {
    find(path);
    return 0;
  };
  const existsAt = posix((folder: number, path: number) => exists(resolve(path, folder)));
  const stat = posix((path: number, at: number) => writeStat(memory, at, find(resolve(path))));
  return {
    __syscall_stat64: stat,
    __syscall_lstat64: stat,
    __syscall_newfstatat: posix((folder: number, path: number, at: number) =>
      writeStat(memory, at, find(resolve(path, folder))),
    ),
    __syscall_openat: posix((folder: number, path: number, flags: number) =>
      descriptors.open(resolve(path, folder), flags),
    ),
    __syscall_mkdirat: posix((folder: number, path: number) => {
      disk.createFolder(resolve(path, folder));
      return 0;
    }),
    __syscall_unlinkat: posix((folder: number, path: number, flags: number) => {
      if (flags & AT_REMOVE_FOLDER) disk.removeFolder(resolve(path, folder));
      else disk.removeFile(resolve(path, folder));
      return 0;
    }),
    __syscall_rmdir: posix((path: number) => {
      disk.removeFolder(resolve(path));
      return 0;
    }),
    __syscall_renameat: posix((folder: number, path: number, newFolder: number, newPath: number) => {
      disk.rename(resolve(path, folder), resolve(newPath, newFolder));
      return 0;
    }),
    __syscall_truncate64: posix((path: number, length: bigint) => {
      const target = resolve(path);
      const node = find(target);
      if (node.kind === "folder") throw new SystemError("EISDIR");
      disk.checkWritable(target);
      disk.resize(node, toNumber(length));
      return 0;
    }),
    __syscall_faccessat: posix((folder: number, path: number, mode: number) => {
      const target = resolve(path, folder);
      find(target);
      if (mode & 2) disk.checkWritable(target);
      return 0;
    }),
    // There are no links, modes or times to keep; asking for them for a file that is there is no mistake.
    __syscall_readlinkat: posix((folder: number, path: number) => {
      find(resolve(path, folder));
      throw new SystemError("EINVAL");
    }),
    __syscall_symlinkat: () => -ERRNO.EPERM,
    __syscall_chmod: posix((path: number) => exists(resolve(path))),
    __syscall_fchmodat2: existsAt,
    __syscall_utimensat: existsAt,
    __syscall_chdir: posix((path: number) => {
      const target = resolve(path);
      if (find(target).kind === "file") throw new SystemError("ENOTDIR");
      place.cwd = target;
      return 0;
    }),
    __syscall_getcwd: posix((at: number, room: number) => {
      const length = memory.setText(at, place.cwd, room);
      if (length === null) throw new SystemError("ERANGE");
      return length;
    }),
  };
}

function findNode(disk: Disk, path: string): Node {
  const node = disk.find(path);
  if (node === undefined) throw new SystemError("ENOENT");
  return node;
}
