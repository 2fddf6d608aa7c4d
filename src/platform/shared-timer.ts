/**
 * A clock for an object whose work sleeps often and seldom to the end: limits on what it waits for. A timer of the platform takes some
 * 20 us to make and to clear, and a step of a run has five. Here all sleeps have one timer, which is left as it is while one
 * that is due sooner is given up. Timers belong to whoever made them, so each object has a clock of its own.
 */
import type { Clock } from "./clock.ts";

type Sleeper = { readonly dueAt: number; readonly wake: () => void };

/** What a platform's timer can wait at once, in milliseconds; a longer sleep looks again then. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** @param now epoch milliseconds. */
export function createSharedTimer(now: () => number = Date.now): Clock {
  const sleepers = new Set<Sleeper>();
  let timer: { readonly id: ReturnType<typeof setTimeout>; readonly dueAt: number } | null = null;

  const stop = (): void => {
    if (timer !== null) clearTimeout(timer.id);
    timer = null;
  };
  const wakeAt = (dueAt: number): void => {
    if (timer !== null && timer.dueAt <= dueAt) return;
    stop();
    timer = { id: setTimeout(wake, Math.min(TIMER_MS_MAX, dueAt - now())), dueAt };
  };
  function wake(): void {
    timer = null;
    const woken = now();
    // Whoever wakes may give up others, and may sleep again.
    for (const sleeper of [...sleepers]) if (sleeper.dueAt <= woken && sleepers.delete(sleeper)) sleeper.wake();
    if (sleepers.size > 0) wakeAt(Math.min(...[...sleepers].map(({ dueAt }) => dueAt)));
  }

  return {
    now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const giveUp = (): void => {
          sleepers.delete(sleeper);
          // Nobody is left: an object that waits for nothing may be put aside.
          if (sleepers.size === 0) stop();
          reject(signal?.reason);
        };
        const sleeper: Sleeper = {
          dueAt: now() + Math.max(0, ms),
          wake: () => {
            signal?.removeEventListener("abort", giveUp);
            resolve();
          },
        };
        signal?.addEventListener("abort", giveUp, { once: true });
        sleepers.add(sleeper);
        wakeAt(sleeper.dueAt);
      }),
  };
}
