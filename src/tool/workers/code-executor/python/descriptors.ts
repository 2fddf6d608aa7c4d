/** Open files of one run: what a descriptor stands for, and what can be done with it. Numbers as POSIX has them. */
import { DESCRIPTORS_MAX } from "../../limits.ts";
import type { Disk, FileNode, Node } from "./disk.ts";
import { SystemError } from "./errno.ts";

/** @see musl, bits/fcntl.h */
const O_ACCESS = 3;
const O_CREAT = 0o100;
const O_EXCL = 0o200;
const O_TRUNC = 0o1000;
const O_APPEND = 0o2000;
const O_DIRECTORY = 0o200000;

/** A stream without a position: what it gives when read, where it goes when written. */
export type Stream = { read?(length: number): Uint8Array; write?(bytes: Uint8Array): void };

export type Open =
  | { readonly kind: "stream"; readonly stream: Stream }
  | { readonly kind: "folder"; readonly path: string; position: number }
  | { readonly kind: "file"; readonly path: string; readonly node: FileNode; readonly flags: number; position: number };

export class Descriptors {
  readonly #disk: Disk;
  readonly #open = new Map<number, Open>();

  /** @param streams descriptors that are open from the start, from 0 on. */
  constructor(disk: Disk, streams: readonly Stream[]) {
    this.#disk = disk;
    for (const [number, stream] of streams.entries()) this.#open.set(number, { kind: "stream", stream });
  }

  get(number: number): Open {
    const open = this.#open.get(number);
    if (open === undefined) throw new SystemError("EBADF");
    return open;
  }

  open(path: string, flags: number): number {
    const access = flags & O_ACCESS;
    const found = this.#disk.find(path);
    if (found !== undefined && flags & O_CREAT && flags & O_EXCL) throw new SystemError("EEXIST");
    if (found === undefined && !(flags & O_CREAT)) throw new SystemError("ENOENT");
    if (found?.kind === "folder") {
      if (access !== 0) throw new SystemError("EISDIR");
      return this.#add({ kind: "folder", path, position: 0 });
    }
    if (flags & O_DIRECTORY) throw new SystemError("ENOTDIR");
    if (access !== 0) this.#disk.checkWritable(path);
    this.#checkRoom();
    const node = found ?? this.#disk.createFile(path);
    if (access !== 0 && flags & O_TRUNC) this.#disk.resize(node, 0);
    return this.#add({ kind: "file", path, node, flags, position: 0 });
  }

  close(number: number): void {
    this.get(number);
    this.#open.delete(number);
  }

  /** Both then share one position. @param to null for the lowest that is free. */
  duplicate(from: number, to: number | null): number {
    const open = this.get(from);
    if (to === null) return this.#add(open);
    if (to < 0 || to >= DESCRIPTORS_MAX) throw new SystemError("EBADF");
    this.#open.set(to, open);
    return to;
  }

  /** @param at null: at the descriptor's own position, which moves on. @returns how many bytes came. */
  read(number: number, into: Uint8Array, at: number | null): number {
    const open = this.get(number);
    if (open.kind === "folder") throw new SystemError("EISDIR");
    if (open.kind === "stream") {
      if (open.stream.read === undefined) throw new SystemError("EBADF");
      const bytes = open.stream.read(into.length);
      into.set(bytes);
      return bytes.length;
    }
    if ((open.flags & O_ACCESS) === 1) throw new SystemError("EBADF");
    const from = at ?? open.position;
    const bytes = open.node.bytes.subarray(from, Math.min(open.node.length, from + into.length));
    into.set(bytes);
    if (at === null) open.position += bytes.length;
    return bytes.length;
  }

  write(number: number, bytes: Uint8Array, at: number | null): void {
    const open = this.get(number);
    if (open.kind === "stream") {
      if (open.stream.write === undefined) throw new SystemError("EBADF");
      open.stream.write(bytes);
      return;
    }
    const node = this.writable(open);
    const to = at ?? (open.kind === "file" && open.flags & O_APPEND ? node.length : open.position);
    this.#disk.write(node, to, bytes);
    if (at === null) open.position = to + bytes.length;
  }

  writable(open: Open): FileNode {
    if (open.kind !== "file" || (open.flags & O_ACCESS) === 0) throw new SystemError("EBADF");
    return open.node;
  }

  /** @param whence 0 from the start, 1 from here, 2 from the end. @returns the new position. */
  seek(number: number, offset: number, whence: number): number {
    const open = this.get(number);
    if (open.kind === "stream") throw new SystemError("ESPIPE");
    const base = [0, open.position, open.kind === "file" ? open.node.length : 0][whence];
    if (base === undefined || !(base + offset >= 0)) throw new SystemError("EINVAL");
    open.position = base + offset;
    return open.position;
  }

  /** Null for a stream. */
  nodeOf(number: number): Node | null {
    const open = this.get(number);
    return open.kind === "stream" ? null : open.kind === "file" ? open.node : { kind: "folder" };
  }

  #add(open: Open): number {
    this.#checkRoom();
    let number = 0;
    while (this.#open.has(number)) number++;
    this.#open.set(number, open);
    return number;
  }

  #checkRoom(): void {
    if (this.#open.size >= DESCRIPTORS_MAX) throw new SystemError("EMFILE");
  }
}
