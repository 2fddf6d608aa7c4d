/**
 * What a runtime gives away beside its ports, from the simulated world for as long as one runs: time, randomness, and
 * digests that are ready at once, because the real ones come from another thread in whatever order it likes.
 */
import { createHash } from "node:crypto";
import type { Simulation } from "./simulation.ts";

const realNow = Date.now;

/** For what really computes in the middle of a world, and would be confused by clocks that start anew with each. */
export async function withRealTime<T>(work: () => Promise<T>): Promise<T> {
  const undo = replace(Date, "now", realNow);
  try {
    return await work();
  } finally {
    undo();
  }
}

/** Runs `work` with them, and gives the real ones back. */
export async function withAmbient<T>(
  { now, random }: { now: () => number; random: Simulation["random"] },
  work: () => Promise<T>,
): Promise<T> {
  const { subtle } = crypto;
  const bytes = <A extends ArrayBufferView | null>(into: A): A => {
    const view = into === null ? [] : new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
    for (let at = 0; at < view.length; at++) view[at] = Math.floor(random() * 256);
    return into;
  };
  const uuid = () => {
    const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join("");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
  };
  const digest = async (_algorithm: unknown, data: Uint8Array): Promise<ArrayBuffer> =>
    new Uint8Array(createHash("sha256").update(data).digest()).buffer;
  const undo = [
    replace(Date, "now", now),
    replace(Math, "random", random),
    replace(crypto, "randomUUID", uuid),
    replace(crypto, "getRandomValues", bytes),
    replace(subtle, "digest", digest),
    // A stream's heartbeat says nothing that a reader keeps.
    replace(globalThis, "setInterval", () => 0),
  ];
  try {
    return await work();
  } finally {
    for (const one of undo) one();
  }
}

function replace(owner: object, name: string, value: unknown): () => void {
  const own = Object.getOwnPropertyDescriptor(owner, name);
  Object.defineProperty(owner, name, { value, configurable: true, writable: true });
  return () => {
    if (own === undefined) Reflect.deleteProperty(owner, name);
    else Object.defineProperty(owner, name, own);
  };
}
