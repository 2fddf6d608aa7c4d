/** A clock for tests of who waits for how long. */

/** Time that moves when the test says so; whoever sleeps wakes when it has come. */
export function testClock() {
  let now = 1_000;
  const sleeping: { readonly at: number; readonly wake: () => void }[] = [];
  return {
    clock: {
      now: () => now,
      sleep: (ms: number, signal?: AbortSignal) =>
        new Promise<void>((resolve, reject) => {
          sleeping.push({ at: now + ms, wake: resolve });
          signal?.addEventListener("abort", () => reject(signal.reason));
        }),
    },
    move: (ms: number) => {
      now += ms;
      for (const sleeper of sleeping) if (sleeper.at <= now) sleeper.wake();
    },
  };
}
