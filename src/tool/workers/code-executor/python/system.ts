/**
 * The system calls of the interpreter: the whole of what code inside it can ask for. Files are the run's own, the
 * clock and randomness are handed in, and what is not in this table is not there.
 */
import { normalize } from "../guest/path.ts";
import { readDate, writeDate } from "./calendar.ts";
import type { Descriptors } from "./descriptors.ts";
import type { Disk, Node } from "./disk.ts";
import { ERRNO, SystemError } from "./errno.ts";
import type { GuestMemory } from "./memory.ts";

/** Ends the run from inside the interpreter, through it. */
export class Exit extends Error {
  override name = "Exit";
  readonly code: number;
  constructor(code: number) {
    super("exit");
    this.code = code;
  }
}

export type SystemOptions = {
  readonly memory: GuestMemory;
  readonly memoryBytesMax: number;
  readonly disk: Disk;
  readonly descriptors: Descriptors;
  readonly cwd: string;
  readonly env: { readonly [name: string]: string };
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly randomBytes: (into: Uint8Array) => void;
  /** Waits, and throws when the run's time is over meanwhile. */
  readonly wait: (ms: number) => Promise<void>;
};

// biome-ignore lint/suspicious/noConfusingVoidType: a call without an answer is written as one
type Answer = number | bigint | void;
/** Parameters are what the interpreter's build declares; all i32 except where a comment in the table says i64. */
export type SystemCall = (...args: readonly never[]) => Answer | Promise<Answer>;
export type SystemTable = { readonly [name: string]: SystemCall };

const PAGE_BYTES = 65_536;
const AT_CURRENT_FOLDER = -100;
const AT_REMOVE_FOLDER = 0x200;
const F_DUPFD = 0;
const F_GETFL = 3;
const F_DUPFD_CLOEXEC = 1030;
const FILE_MODE = 0o100644;
const FOLDER_MODE = 0o040755;
const STREAM_MODE = 0o010600;
const STAT_BYTES = 96;
/** One entry of a folder: number, offset, length, type and a name of up to 255 bytes. */
const ENTRY_BYTES = 280;
const ENTRY_TYPES = { folder: 4, file: 8 } as const;
/** A character device would be a terminal to the interpreter, which then asks line by line: a stream is none. */
const FILE_TYPES = { stream: 0, folder: 3, file: 4 } as const;
const NS_PER_MS = 1e6;

/** Offsets and lengths come as 64 bits; past 2^53 they are no file's. */
const toNumber = (value: bigint): number => {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new SystemError("EINVAL");
  return number;
};

/** What the interpreter's C library asks by number: the call's answer, or the negative of an error's number. */
const posix =
  <Args extends readonly unknown[]>(run: (...args: Args) => number) =>
  (...args: Args): number => {
    try {
      return run(...args);
    } catch (thrown) {
      if (thrown instanceof SystemError) return -ERRNO[thrown.code];
      throw thrown;
    }
  };

/** The same for calls that answer the error's number itself. */
const wasi =
  <Args extends readonly unknown[]>(run: (...args: Args) => void) =>
  (...args: Args): number => {
    try {
      run(...args);
      return 0;
    } catch (thrown) {
      if (thrown instanceof SystemError) return ERRNO[thrown.code];
      throw thrown;
    }
  };

export function createSystem(options: SystemOptions): SystemTable {
  const place = { cwd: options.cwd };
  return {
    ...processCalls(options),
    ...clockCalls(options),
    ...pathCalls(options, place),
    ...descriptorCalls(options),
  };
}

function processCalls({ memory, memoryBytesMax, env, randomBytes, wait }: SystemOptions): SystemTable {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const size = variables.reduce((sum, text) => sum + new TextEncoder().encode(text).length + 1, 0);
  const exit = (code: number): never => {
    throw new Exit(code & 0xff);
  };
  return {
    exit,
    proc_exit: exit,
    environ_sizes_get: (count: number, bytes: number) => {
      memory.setU32(count, variables.length);
      memory.setU32(bytes, size);
      return 0;
    },
    environ_get: (pointers: number, buffer: number) => {
      let at = buffer;
      for (const [index, text] of variables.entries()) {
        memory.setU32(pointers + index * 4, at);
        at += memory.setText(at, text, size) ?? 0;
      }
      return 0;
    },
    random_get: (at: number, length: number) => {
      randomBytes(memory.bytes(at, length));
      return 0;
    },
    emscripten_get_heap_max: () => memoryBytesMax,
    emscripten_resize_heap: (wanted: number) => {
      const bytes = wanted >>> 0;
      if (bytes > memoryBytesMax) return 0;
      return memory.grow(Math.ceil(Math.max(0, bytes - memory.size) / PAGE_BYTES)) ? 1 : 0;
    },
    _emscripten_get_progname: (at: number, room: number) => void memory.setText(at, "python", room),
    // A wait for descriptors is a wait for time: all that there are can be read and written at once.
    __syscall_poll: async (_descriptors: number, count: number, timeoutMs: number) => {
      if (count === 0 && timeoutMs > 0) await wait(timeoutMs);
      return 0;
    },
    __syscall_getuid32_js: () => 0,
    __syscall_umask_js: () => 0o022,
    // A signal that is raised has no handler to run, and a name no address.
    __call_sighandler: () => undefined,
    getaddrinfo: () => -4,
  };
}

function clockCalls({ memory, now }: SystemOptions): SystemTable {
  return {
    emscripten_date_now: now,
    emscripten_get_now: now,
    clock_time_get: (_clock: number, _precision: bigint, at: number) => {
      memory.setU64(at, now() * NS_PER_MS);
      return 0;
    },
    clock_res_get: (_clock: number, at: number) => {
      memory.setU64(at, NS_PER_MS);
      return 0;
    },
    _tzset_js: (zone: number, daylight: number, standardName: number, summerName: number) => {
      memory.setU32(zone, 0);
      memory.setU32(daylight, 0);
      memory.setText(standardName, "UTC", 4);
      memory.setText(summerName, "UTC", 4);
    },
    _localtime_js: (seconds: bigint, at: number) => writeDate(memory, at, Number(seconds)),
    _gmtime_js: (seconds: bigint, at: number) => writeDate(memory, at, Number(seconds)),
    _mktime_js: (at: number) => readDate(memory, at),
    _timegm_js: (at: number) => readDate(memory, at),
  };
}

function pathCalls({ memory, disk, descriptors }: SystemOptions, place: { cwd: string }): SystemTable {
  /** @param folder a descriptor, for a path that does not start at the root. */
  const resolve = (at: number, folder = AT_CURRENT_FOLDER): string => {
    const path = memory.text(at);
    if (path.startsWith("/")) return normalize(path);
    if (folder === AT_CURRENT_FOLDER) {
      if (path === "") throw new SystemError("ENOENT");
      return normalize(`${place.cwd}/${path}`);
    }
    const open = descriptors.get(folder);
    if (open.kind !== "folder") throw new SystemError("ENOTDIR");
    return normalize(`${open.path}/${path}`);
  };
  const find = (path: string): Node => {
    const node = disk.find(path);
    if (node === undefined) throw new SystemError("ENOENT");
    return node;
  };
  const exists = (path: string): 0 => {
    find(path);
    return 0;
  };
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
    __syscall_fchmodat2: posix((folder: number, path: number) => exists(resolve(path, folder))),
    __syscall_utimensat: posix((folder: number, path: number) => exists(resolve(path, folder))),
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

function descriptorCalls({ memory, disk, descriptors }: SystemOptions): SystemTable {
  const read = (number: number, pieces: number, count: number, at: number | null): number => {
    let total = 0;
    for (const piece of memory.pieces(pieces, count)) {
      const length = descriptors.read(number, piece, at === null ? null : at + total);
      total += length;
      if (length < piece.length) break;
    }
    return total;
  };
  const write = (number: number, pieces: number, count: number, at: number | null): number => {
    let total = 0;
    for (const piece of memory.pieces(pieces, count)) {
      descriptors.write(number, piece, at === null ? null : at + total);
      total += piece.length;
    }
    return total;
  };
  const isOpen = (number: number): 0 => {
    descriptors.get(number);
    return 0;
  };
  const resize = (number: number, length: bigint): number => {
    disk.resize(descriptors.writable(descriptors.get(number)), toNumber(length));
    return 0;
  };
  return {
    fd_read: wasi((number: number, pieces: number, count: number, done: number) =>
      memory.setU32(done, read(number, pieces, count, null)),
    ),
    fd_pread: wasi((number: number, pieces: number, count: number, at: bigint, done: number) =>
      memory.setU32(done, read(number, pieces, count, toNumber(at))),
    ),
    fd_write: wasi((number: number, pieces: number, count: number, done: number) =>
      memory.setU32(done, write(number, pieces, count, null)),
    ),
    fd_pwrite: wasi((number: number, pieces: number, count: number, at: bigint, done: number) =>
      memory.setU32(done, write(number, pieces, count, toNumber(at))),
    ),
    fd_seek: wasi((number: number, offset: bigint, whence: number, at: number) =>
      memory.setU64(at, descriptors.seek(number, toNumber(offset), whence)),
    ),
    fd_close: wasi((number: number) => descriptors.close(number)),
    fd_sync: wasi((number: number) => void descriptors.get(number)),
    fd_fdstat_get: wasi((number: number, at: number) => {
      const open = descriptors.get(number);
      memory.bytes(at, 24).fill(0);
      memory.bytes(at, 1)[0] = FILE_TYPES[open.kind];
    }),
    __syscall_fdatasync: posix((number: number) => isOpen(number)),
    __syscall_fstat64: posix((number: number, at: number) => writeStat(memory, at, descriptors.nodeOf(number))),
    __syscall_fchmod: posix((number: number) => isOpen(number)),
    __syscall_ftruncate64: posix(resize),
    __syscall_dup: posix((number: number) => descriptors.duplicate(number, null)),
    __syscall_dup3: posix((number: number, to: number) => descriptors.duplicate(number, to)),
    __syscall_fadvise64: () => 0,
    // Nothing is a terminal, which is all that is asked this way.
    __syscall_ioctl: posix((number: number) => {
      descriptors.get(number);
      throw new SystemError("ENOTTY");
    }),
    __syscall_fcntl64: posix((number: number, command: number) => {
      const open = descriptors.get(number);
      if (command === F_DUPFD || command === F_DUPFD_CLOEXEC) return descriptors.duplicate(number, null);
      return command === F_GETFL && open.kind === "file" ? open.flags : 0;
    }),
    __syscall_getdents64: posix((number: number, at: number, room: number) => {
      const open = descriptors.get(number);
      if (open.kind !== "folder") throw new SystemError("ENOTDIR");
      const entries = disk.list(open.path).slice(open.position, open.position + Math.floor(room / ENTRY_BYTES));
      for (const [index, { name, kind }] of entries.entries()) {
        const entry = at + index * ENTRY_BYTES;
        memory.bytes(entry, ENTRY_BYTES).fill(0);
        memory.setU64(entry, open.position + index + 1);
        memory.setU64(entry + 8, open.position + index + 1);
        memory.view().setUint16((entry >>> 0) + 16, ENTRY_BYTES, true);
        memory.bytes(entry + 18, 1)[0] = ENTRY_TYPES[kind];
        memory.setText(entry + 19, name, ENTRY_BYTES - 19);
      }
      open.position += entries.length;
      return entries.length * ENTRY_BYTES;
    }),
  };
}

/** Writes `struct stat`. @param node null for a stream. Files carry no owner and no time. */
function writeStat(memory: GuestMemory, at: number, node: Node | null): number {
  memory.bytes(at, STAT_BYTES).fill(0);
  memory.setU32(at + 4, node === null ? STREAM_MODE : node.kind === "file" ? FILE_MODE : FOLDER_MODE);
  memory.setU32(at + 8, 1);
  memory.setU64(at + 24, node?.kind === "file" ? node.length : 0);
  memory.setU32(at + 32, 4096);
  return 0;
}
