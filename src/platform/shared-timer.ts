/**
 * A clock for an object whose work sleeps often and seldom to the end: limits on what it waits for. A timer of the platform takes some
 * 20 us to make and to clear, and a step of a run has five. Here all sleeps have one timer, which is left as it is while one
 * that is due sooner is given up. Timers belong to whoever made them, so each object has a clock of its own.
 */
import type { CancelSignal } from "./cancel.ts";
import { type Clock, systemClock } from "./clock.ts";

/** `dueAt`: milliseconds, of the timer's own time. */
type Sleeper = { readonly dueAt: number; readonly wake: () => void };

/** What a platform's timer can wait at once, in milliseconds; a longer sleep looks again then. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export class SharedTimer implements Clock {
  readonly #sleepers = new Set<Sleeper>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** When the timer goes off. */
  #setFor = Number.POSITIVE_INFINITY;
  /** How far the platform's time is behind what the timer has waited: in a Worker it is the time of day, which may be set back. */
  #behind = 0;

  now(): number {
    return systemClock.now();
  }

  sleep(ms: number, signal?: CancelSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const giveUp = (): void => {
        this.#sleepers.delete(sleeper);
        // Nobody is left: an object that waits for nothing may be put aside.
        if (this.#sleepers.size === 0) this.#stop();
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        dueAt: this.#elapsed() + Math.max(0, ms),
        wake: () => {
          signal?.removeEventListener("abort", giveUp);
          resolve();
        },
      };
      signal?.addEventListener("abort", giveUp, { once: true });
      this.#sleepers.add(sleeper);
      this.#wakeAt(sleeper.dueAt);
    });
  }

  #wakeAt(dueAt: number): void {
    if (this.#setFor <= dueAt) return;
    this.#stop();
    const ms = Math.max(0, Math.min(TIMER_MS_MAX, Math.ceil(dueAt - this.#elapsed())));
    this.#setFor = this.#elapsed() + ms;
    this.#timer = setTimeout(this.#wake, ms);
  }

  /** In milliseconds. */
  #elapsed(): number {
    return performance.now() + this.#behind;
  }

  #stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#setFor = Number.POSITIVE_INFINITY;
  }

  readonly #wake = (): void => {
    this.#behind += Math.max(0, this.#setFor - this.#elapsed());
    this.#stop();
    const now = this.#elapsed();
    // Whoever wakes may give up others, and may sleep again.
    for (const sleeper of [...this.#sleepers]) {
      if (sleeper.dueAt <= now && this.#sleepers.delete(sleeper)) sleeper.wake();
    }
    if (this.#sleepers.size > 0) this.#wakeAt(Math.min(...[...this.#sleepers].map(({ dueAt }) => dueAt)));
  };
}
