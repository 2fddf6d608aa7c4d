/** Sleeps of the code under test, in the hands of a test: those of the system's clock, and those of the objects, which have their own. */
import { vi } from "vitest";
import { type CancelSignal, SharedTimer, systemClock } from "../../src/platform/index.ts";

type Sleep = (ms: number, signal?: CancelSignal) => Promise<void>;

/** Until the signal aborts. */
export const sleepForEver: Sleep = (_ms, signal) =>
  new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { once: true }));

/** @param toSleep what stands in for all of them; it is given the real one. */
export function replaceSleeps(toSleep: (real: Sleep) => Sleep): { restore(): void } {
  const real: Sleep = systemClock.sleep.bind(systemClock);
  const sleep = toSleep(real);
  const spies = [vi.spyOn(systemClock, "sleep"), vi.spyOn(SharedTimer.prototype, "sleep")];
  for (const spy of spies) spy.mockImplementation(sleep);
  return {
    restore: () => {
      for (const spy of spies) spy.mockRestore();
    },
  };
}
