/** What a turn that broke off counts against its task's money. */
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { type CancelSignal, type Clock, systemClock } from "../../src/platform/index.ts";
import { Journal } from "../../src/task/journal/journal.ts";
import { TURN_TIMEOUT_MS } from "../../src/task/limits.ts";
import { sleepForEver } from "../case/sleeps.ts";
import { run } from "./scripted.ts";

describe("a turn that broke off while its model was at work", () => {
  it("counts as much as was set aside for it", async () => {
    let turns = 0;
    const clock: Clock = {
      ...systemClock,
      // The first turn takes too long.
      sleep: async (ms, signal) => {
        if (ms !== TURN_TIMEOUT_MS || turns++ > 0) await systemClock.sleep(ms, signal);
      },
    };
    const untilAborted = async (signal: CancelSignal): Promise<void> => {
      signal.throwIfAborted();
      await sleepForEver(0, signal);
    };
    const { view, stub } = await run("Hi", [{ text: "", first: untilAborted }, "done"], { guardrails: "{}", clock });
    expect(view).toMatchObject({ state: "done", cost_usd: null });
    const { spent } = await runInDurableObject(stub(), (_object, { storage }) => new Journal(storage).history);
    expect(spent).toMatchObject([{ costMicros: null, charge: { uncounted: 1, setAside: { calls: 1 } } }]);
    // 8,192 tokens of output at $15 a million, and the prompt.
    expect(spent[0]?.charge?.setAside?.micros).toBeGreaterThan(122_880);
  });
});
