/** Clocks that a test moves: time passes when the test says so, and only then. */
import { setImmediate as nextTick } from "node:timers/promises";
import type { CancelSignal, Clock } from "../../../src/platform/index.ts";

type Sleeper = { readonly at: number; readonly wake: () => void };

/** Stands still until `advance`. */
export class ManualClock implements Clock {
  #now = 1_700_000_000_000;
  #sleepers: Sleeper[] = [];

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: CancelSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const sleeper = { at: this.#now + ms, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener("abort", () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal.reason);
      });
    });
  }

  /** Lets `ms` pass, waking sleepers in order; each may go back to sleep before time moves on. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await nextTick();
      const next = this.#sleepers.toSorted((a, b) => a.at - b.at).find((sleeper) => sleeper.at <= end);
      if (next === undefined) break;
      this.#sleepers = this.#sleepers.filter((other) => other !== next);
      this.#now = Math.max(this.#now, next.at);
      next.wake();
    }
    this.#now = end;
  }
}

/** Every sleep is over at once and moves the time by its length; the lengths are kept. */
export class JumpingClock implements Clock {
  readonly sleeps: number[] = [];
  #now = 1_700_000_000_000;

  now(): number {
    return this.#now;
  }

  async sleep(ms: number, signal?: CancelSignal): Promise<void> {
    signal?.throwIfAborted();
    this.sleeps.push(ms);
    this.#now += ms;
    await nextTick();
    signal?.throwIfAborted();
  }

  pass(ms: number): void {
    this.#now += ms;
  }
}
