/**
 * Calls across isolates. The platform marks its own failures: `retryable` ones (a reset by a deploy, a moved object)
 * are made again on a new stub, `overloaded` ones never, or the retries would keep the object down. Every method of an
 * object is safe to repeat, so nothing else has to be known here.
 */
import { AppError, type Clock, type Random, within } from "../platform/index.ts";
import { OBJECT_CALL_ATTEMPTS_MAX, OBJECT_CALL_DELAY_MS, OBJECT_CALL_TIMEOUT_MS } from "./limits.ts";

type Ports = { readonly clock: Clock; readonly random: Random };

const isMarked = (thrown: unknown, mark: "retryable" | "overloaded"): boolean =>
  typeof thrown === "object" && thrown !== null && Reflect.get(thrown, mark) === true;

const late = (): AppError => new AppError("UNAVAILABLE", "The task's object did not answer in time.");

/**
 * @param call makes the stub and calls it; run once per attempt.
 * @throws AppError UNAVAILABLE when the object is overloaded, silent, or failed every attempt; else what the call threw.
 */
export async function callObject<T>(ports: Ports, call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await within(ports.clock, OBJECT_CALL_TIMEOUT_MS, late, call);
    } catch (thrown) {
      if (isMarked(thrown, "overloaded")) throw new AppError("UNAVAILABLE", undefined, { cause: thrown });
      if (!isMarked(thrown, "retryable")) throw thrown;
      if (attempt >= OBJECT_CALL_ATTEMPTS_MAX) throw new AppError("UNAVAILABLE", undefined, { cause: thrown });
      await ports.clock.sleep(Math.floor(ports.random() * OBJECT_CALL_DELAY_MS * 2 ** (attempt - 1)));
    }
  }
}
