/** A limit on waiting, by a clock that tests can move. */
import { Canceller, type CancelSignal } from "./cancel.ts";
import type { Clock } from "./clock.ts";

/**
 * @param work is told to stop by its signal when the time is over, and when it is done.
 * @throws `late()` after `ms`; else what `work` throws.
 */
export async function within<T>(
  clock: Clock,
  ms: number,
  late: () => Error,
  work: (signal: CancelSignal) => Promise<T>,
): Promise<T> {
  const stop = new Canceller();
  const over = clock.sleep(ms, stop.signal).then(
    () => {
      throw late();
    },
    // Aborted because the work ended first: whoever still waits here waits for nothing.
    () => new Promise<never>(() => undefined),
  );
  try {
    return await Promise.race([work(stop.signal), over]);
  } finally {
    stop.abort();
  }
}
