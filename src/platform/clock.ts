/**
 * Time and randomness as ports, so that pure code is exact in tests.
 * In production a Worker's clock stands still during CPU work: measure durations across I/O only.
 */
import type { CancelSignal } from "./cancel.ts";

export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: CancelSignal): Promise<void>;
}

/** Uniform in [0, 1). */
export type Random = () => number;

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      }, ms);
      signal?.addEventListener("abort", onAbort, { once: true });
    }),
};

export const systemRandom: Random = () => Math.random();

/** RFC 3339 in UTC with milliseconds; the only way time leaves the system. */
export const toRfc3339 = (epochMs: number): string => new Date(epochMs).toISOString();
