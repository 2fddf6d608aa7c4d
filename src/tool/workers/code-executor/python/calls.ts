/**
 * What every system call is made of: what it works on, how an error becomes a number, and the one structure that both
 * paths and descriptors answer with.
 */
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

const FILE_MODE = 0o100644;
const FOLDER_MODE = 0o040755;
const STREAM_MODE = 0o010600;
const STAT_BYTES = 96;

/** Offsets and lengths come as 64 bits; past 2^53 they are no file's. */
export const toNumber = (value: bigint): number => {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new SystemError("EINVAL");
  return number;
};

/** What the interpreter's C library asks by number: the call's answer, or the negative of an error's number. */
export const posix =
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
export const wasi =
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

/** Writes `struct stat`. @param node null for a stream. Files carry no owner and no time. */
export function writeStat(memory: GuestMemory, at: number, node: Node | null): number {
  memory.bytes(at, STAT_BYTES).fill(0);
  memory.setU32(at + 4, node === null ? STREAM_MODE : node.kind === "file" ? FILE_MODE : FOLDER_MODE);
  memory.setU32(at + 8, 1);
  memory.setU64(at + 24, node?.kind === "file" ? node.length : 0);
  memory.setU32(at + 32, 4096);
  return 0;
}
