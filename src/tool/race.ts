/** Waiting for a worker's answer, for a limited time, unless the caller gives up first. */
import { Canceller, type Clock } from "../platform/index.ts";

export type Finish<T> =
  | { readonly kind: "answer"; readonly value: T }
  | { readonly kind: "failed"; readonly thrown: unknown }
  | { readonly kind: "timeout" }
  | { readonly kind: "cancelled" };

/**
 * Never rejects.
 * @param cancelled settles, either way, when the caller no longer wants the answer: a caller that is gone is one too.
 */
export async function raceAnswer<T>(
  answer: Promise<T>,
  ends: {
    readonly timeoutMs: number;
    readonly clock: Pick<Clock, "sleep">;
    readonly cancelled: Promise<unknown>;
  },
): Promise<Finish<T>> {
  const done = new Canceller();
  const timeout = async (): Promise<Finish<T>> => {
    await ends.clock.sleep(ends.timeoutMs, done.signal);
    return { kind: "timeout" };
  };
  const cancelled = (): Finish<T> => ({ kind: "cancelled" });
  const finish = await Promise.race([
    answer.then(
      (value): Finish<T> => ({ kind: "answer", value }),
      (thrown: unknown): Finish<T> => ({ kind: "failed", thrown }),
    ),
    // Its rejection is our own abort below, when the race is over and nobody listens.
    timeout().catch(cancelled),
    ends.cancelled.then(cancelled, cancelled),
  ]);
  done.abort();
  return finish;
}
