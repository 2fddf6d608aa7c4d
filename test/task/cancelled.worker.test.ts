/** A task that was cancelled while its run was at work that nothing breaks off: what the run still does to it. */
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { type Clock, ok } from "../../src/platform/index.ts";
import { LEASE_CHECK_MS, LEASE_MS } from "../../src/task/limits.ts";
import { TaskObject } from "../../src/task/object.ts";
import { taskServices } from "../../src/wire.ts";
import { sleepForEver } from "../case/sleeps.ts";
import { accept, env } from "./harness.ts";

describe("a task that was cancelled while its run goes on", () => {
  it("takes no lease any more: its next alarm is its retention's", async () => {
    const { stub } = await accept("hello", { session: "session-1" });
    const alarm = await runInDurableObject(stub(), async (_object, state) => {
      const start = Date.now();
      let now = start;
      let looks = 0;
      const [atWork, looked, released] = [0, 1, 2].map(() => Promise.withResolvers<void>());
      const clock: Clock = {
        now: () => now,
        sleep: async (ms, signal) => {
          if (ms !== LEASE_CHECK_MS) return sleepForEver(ms, signal);
          if (looks++ === 0) return atWork?.promise;
          looked?.resolve();
          return sleepForEver(ms, signal);
        },
      };
      const services = taskServices(env, state);
      // The output is remembered before the end is committed: that takes as long as it likes here.
      const memory = {
        ...services.memory,
        list: async () => [],
        append: async () => {
          await object.cancel();
          now += LEASE_MS;
          atWork?.resolve();
          await released?.promise;
          return ok(null);
        },
      };
      const object = new TaskObject(state, env, { ...services, clock, memory });
      const run = object.alarm();
      await looked?.promise;
      released?.resolve();
      await run;
      expect(await object.view()).toMatchObject({ state: "cancelled" });
      return Number(await state.storage.getAlarm()) - start;
    });
    expect(alarm).toBeGreaterThan(24 * 3_600_000);
  });
});
