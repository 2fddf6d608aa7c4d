/**
 * What git may take of the isolate's memory. A repository is whatever its server sent: a few bytes of it unpack to
 * gigabytes, so unpacking and putting together stop at a limit. Imported before isomorphic-git, which finds `Buffer` as a
 * global, as in Node, and shares this `pako`.
 */
import { Buffer } from "buffer/index.js";
import pako from "pako";
import { CallError } from "../call-error.ts";
import { GIT_OBJECT_BYTES_MAX } from "../limits.ts";

const check = (bytes: number): void => {
  if (bytes <= GIT_OBJECT_BYTES_MAX) return;
  throw new CallError("TOOL_LIMIT", `a part of the repository is larger than ${GIT_OBJECT_BYTES_MAX} bytes`);
};

/** Bytes that each inflation has given so far. */
const inflated = new WeakMap<object, number>();

pako.Inflate.prototype.onData = function (chunk) {
  const bytes = (inflated.get(this) ?? 0) + chunk.length;
  check(bytes);
  inflated.set(this, bytes);
  this.chunks.push(chunk);
};

const { alloc, allocUnsafe } = Buffer;
Buffer.alloc = (size, ...rest) => {
  check(size);
  return alloc(size, ...rest);
};
Buffer.allocUnsafe = (size) => {
  check(size);
  return allocUnsafe(size);
};

// By reflection, because the types know Node's Buffer, which this isolate does not have.
Reflect.set(globalThis, "Buffer", Buffer);
