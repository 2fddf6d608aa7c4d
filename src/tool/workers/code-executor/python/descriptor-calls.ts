/** System calls on what is open. */
import { posix, type SystemOptions, type SystemTable, toNumber, wasi, writeStat } from "./calls.ts";
import { SystemError } from "./errno.ts";

const F_DUPFD = 0;
const F_GETFL = 3;
const F_DUPFD_CLOEXEC = 1030;
/** One entry of a folder: number, offset, length, type and a name of up to 255 bytes. */
const ENTRY_BYTES = 280;
const ENTRY_TYPES = { folder: 4, file: 8 } as const;
/** A character device would be a terminal to the interpreter, which then asks line by line: a stream is none. */
const FILE_TYPES = { stream: 0, folder: 3, file: 4 } as const;

export function descriptorCalls({ memory, disk, descriptors }: SystemOptions): SystemTable {
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
