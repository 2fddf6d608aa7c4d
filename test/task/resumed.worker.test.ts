/** A run that was lost and is taken up by another: whoever is told of the task is told of that, too. */
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { TaskObject, type TaskServices } from "../../src/task/object.ts";
import { taskServices } from "../../src/wire.ts";
import { accept, env } from "./harness.ts";

describe("a run that was lost", () => {
  it("is told of when another goes on, and not with the task's next change of state alone", async () => {
    const { stub } = await accept("hello");
    await runInDurableObject(stub(), async (_object, state) => {
      const services = taskServices(env, state);
      const told: (readonly string[])[] = [];
      const projection: NonNullable<TaskServices["projection"]> = {
        flush: async ({ events }) => {
          told.push(events.map(({ type }) => type));
          return "landed";
        },
      };
      // A model that never answers: the task's state does not change any more.
      const asked = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
      const objectOf = (n: 0 | 1) => {
        const router: TaskServices["router"] = {
          isAllowed: () => true,
          modelOf: () => "offline/scripted",
          complete: () => {
            asked[n].resolve();
            return new Promise(() => undefined);
          },
        };
        return new TaskObject(state, env, { ...services, projection, router });
      };
      void objectOf(0).alarm();
      await asked[0].promise;
      while (!told.flat().includes("task.started")) await scheduler.wait(1);
      expect(told.flat()).not.toContain("task.resumed");
      const second = objectOf(1);
      void second.alarm();
      await asked[1].promise;
      while (!told.flat().includes("task.resumed")) await scheduler.wait(1);
      await second.cancel();
    });
  });
});
