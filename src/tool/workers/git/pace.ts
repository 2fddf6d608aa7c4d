/**
 * Git's work is a long chain of small steps over files in memory, which never waits for anything: without this it would
 * hold the thread, and no timer could end it. Each step comes by here.
 */
import { CallError } from "../call-error.ts";
import { GIT_STEPS_PER_TURN, TURN_MS_MAX } from "../limits.ts";

export type Ports = { readonly now: () => number; readonly pause: () => Promise<void> };

export type Pace = {
  /** Gives way now and then, and throws once the time is over. */
  step(): Promise<void>;
  /** The first fault a step had: git's own code swallows some. */
  readonly fault: CallError | null;
  /** Remembers a fault and gives it back, to be thrown. */
  fail(fault: CallError): CallError;
};

export function createPace(timeoutMs: number, { now, pause }: Ports): Pace {
  const deadline = now() + timeoutMs;
  let steps = 0;
  let turnStart = now();
  let fault: CallError | null = null;
  const fail = (thrown: CallError): CallError => {
    fault ??= thrown;
    return thrown;
  };
  return {
    step: async () => {
      if (fault !== null) throw fault;
      // A production clock stands still until the thread was given away, so steps count too.
      if (++steps % GIT_STEPS_PER_TURN === 0 || now() - turnStart >= TURN_MS_MAX) {
        await pause();
        turnStart = now();
      }
      if (now() > deadline) throw fail(new CallError("TOOL_TIMEOUT", `git was stopped after ${timeoutMs} ms`));
    },
    get fault() {
      return fault;
    },
    fail,
  };
}
