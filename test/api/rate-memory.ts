/** The real limiter over windows in this process's memory, where a runtime would have objects. */
import { createRateLimiter, type RateLimiter, toPolicies } from "../../src/api/index.ts";
import { takePlace, type Window } from "../../src/api/limiter-window.ts";
import type { LimiterPorts, LimiterStub } from "../../src/api/rate-limiter.ts";
import { manualClock, memoryLog } from "./ports.ts";

/** Stubs by name, as a namespace of objects gives them. */
export function windowsInMemory(clock: LimiterPorts["clock"]): LimiterPorts["objectOf"] {
  const windows = new Map<string, Window>();
  return (tenant, policy): LimiterStub => ({
    take: async (ask) => {
      const name = `${tenant}/${policy}`;
      const { window, answer } = takePlace(windows.get(name) ?? null, clock.now(), ask);
      windows.set(name, window);
      return answer;
    },
  });
}

export function limiterInMemory(change: Partial<LimiterPorts> = {}): RateLimiter {
  const clock = change.clock ?? manualClock();
  return createRateLimiter({
    policies: toPolicies({ requests: 100, windowSeconds: 60 }),
    objectOf: windowsInMemory(clock),
    shared: null,
    clock,
    random: () => 0,
    log: memoryLog(),
    ...change,
  });
}
