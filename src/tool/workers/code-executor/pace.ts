/** The clock of an isolate, for budgets. */
import { OutOfTime, type Pace } from "./budget.ts";

/**
 * For one call. When that is taken back, an engine that is suspended in a pause is told that its time is over: one that
 * nobody resumes is never freed, and its memory stays in the isolate for good.
 * @param call absent for one that is stopped without a word. Its signal is taken up by the first pause alone: most calls
 *   come to their end without one, and to have a signal and to listen takes a good part of their time.
 */
export function createPace(call?: { readonly signal: AbortSignal }): Pace {
  let stop = (): void => undefined;
  let gone: AbortSignal | undefined;
  const listen = (): AbortSignal | undefined => {
    call?.signal.addEventListener("abort", () => stop());
    return call?.signal;
  };
  return {
    now: () => Date.now(),
    pause: (ms) =>
      new Promise<void>((resolve, reject) => {
        // Of several pauses the engine's own is the last: nothing else of a call goes on while it runs.
        stop = () => reject(new OutOfTime());
        gone ??= listen();
        if (gone?.aborted === true) return stop();
        setTimeout(resolve, ms);
      }),
  };
}
