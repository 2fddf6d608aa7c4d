/** How often what a tenant's policy needs is asked for, and what says that it took too long. */
import type { CancelSignal, Clock } from "../platform/index.ts";
import { ASK_ATTEMPTS_MAX, ASK_RETRY_MS, OWN_TIMEOUT_MS } from "./limits.ts";

export class LateError extends Error {
  override name = "LateError";
}

export const tooLate = (): LateError => new LateError(`no answer within ${OWN_TIMEOUT_MS} ms`);

/**
 * An object that a deploy has just moved, an isolate that was stopped for another's sake: asked once more.
 * @throws what the last try threw
 */
export async function repeat<T>(clock: Clock, signal: CancelSignal, ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (thrown) {
      if (attempt >= ASK_ATTEMPTS_MAX || signal.aborted) throw thrown;
      await clock.sleep(ASK_RETRY_MS, signal);
    }
  }
}
