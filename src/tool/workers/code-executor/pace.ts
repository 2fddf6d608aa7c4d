/** The clock of an isolate, for budgets. */
import type { Pace } from "./budget.ts";

export const systemPace: Pace = {
  now: () => Date.now(),
  pause: (ms) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
};
