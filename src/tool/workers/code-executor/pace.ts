/** The clock of an isolate, for budgets. */
import { OutOfTime, type Pace } from "./budget.ts";

/**
 * For one call. When that is taken back, an engine that is suspended in a pause is told that its time is over: one that
 * nobody resumes is never freed, and its memory stays in the isolate for good.
 * @param gone absent for a call that is stopped without a word.
 */
export function createPace(gone?: AbortSignal): Pace {
  let stop = (): void => undefined;
  gone?.addEventListener("abort", () => stop());
  return {
    now: () => Date.now(),
    pause: (ms) =>
      new Promise<void>((resolve, reject) => {
        // Of several pauses the engine's own is the last: nothing else of a call goes on while it runs.
        stop = () => reject(new OutOfTime());
        setTimeout(resolve, ms);
      }),
  };
}
