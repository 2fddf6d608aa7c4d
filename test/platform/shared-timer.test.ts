/** Many sleeps and one timer: what becomes of each is what becomes of it with a timer of its own. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { seeded } from "../../scripts/draw.ts";
import { Canceller, type Clock, SharedTimer, systemClock } from "../../src/platform/index.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_000_000 }));
afterEach(() => void vi.useRealTimers());

/** One step of a world: somebody sleeps, gives up or time passes. */
type Step = { readonly sleep: number } | { readonly giveUp: number } | { readonly pass: number };

function worldOf(seed: number): readonly Step[] {
  const random = seeded(seed);
  const below = (most: number) => Math.floor(random() * most);
  return Array.from({ length: 60 }, (): Step => {
    const choice = random();
    if (choice < 0.5) return { sleep: below(4) === 0 ? below(100_000) : below(30) };
    return choice < 0.75 ? { giveUp: below(30) } : { pass: below(20) };
  });
}

async function play(clock: Clock, steps: readonly Step[]): Promise<readonly string[]> {
  const told: string[] = [];
  const tell = (text: string) => void told.push(`${Date.now() - start} ${text}`);
  const start = Date.now();
  const sleepers: Canceller[] = [];
  for (const step of steps) {
    if ("sleep" in step) {
      const [me, stop] = [sleepers.length, new Canceller()];
      sleepers.push(stop);
      const end = clock.sleep(step.sleep, stop.signal);
      end.then(
        () => tell(`${me} woke`),
        (reason) => tell(`${me} gave up: ${reason}`),
      );
    } else if ("giveUp" in step) sleepers[step.giveUp]?.abort("enough");
    else await vi.advanceTimersByTimeAsync(step.pass);
  }
  await vi.advanceTimersByTimeAsync(200_000);
  return told;
}

describe("a shared timer", () => {
  it("wakes and lets go as timers of their own do, in a hundred worlds", async () => {
    for (let seed = 0; seed < 100; seed++) {
      const steps = worldOf(seed);
      const [own, shared] = [await play(systemClock, steps), await play(new SharedTimer(), steps)];
      expect(shared, `seed ${seed}`).toEqual(own);
      expect(own.length).toBe(steps.filter((step) => "sleep" in step).length);
      expect(vi.getTimerCount()).toBe(0);
    }
  });

  it("is set once for what is given up before its time", async () => {
    const clock = new SharedTimer();
    const set = vi.spyOn(globalThis, "setTimeout");
    const lease = new Canceller();
    clock.sleep(2_500, lease.signal).catch(() => undefined);
    for (let n = 0; n < 100; n++) {
      const limit = new Canceller();
      const sleeping = clock.sleep(60_000, limit.signal).catch(String);
      limit.abort("in time");
      expect(await sleeping).toBe("in time");
    }
    expect(set).toHaveBeenCalledTimes(1);
    lease.abort();
    set.mockRestore();
  });

  it("is none while nobody sleeps, so that whoever waits for nothing can be put aside", async () => {
    const clock = new SharedTimer();
    const [one, other] = [new Canceller(), new Canceller()];
    const ends = [clock.sleep(10, one.signal), clock.sleep(20, other.signal)].map((end) => end.catch(() => undefined));
    expect(vi.getTimerCount()).toBe(1);
    one.abort();
    expect(vi.getTimerCount()).toBe(1);
    other.abort();
    expect(vi.getTimerCount()).toBe(0);
    await Promise.all(ends);
    const slept = clock.sleep(10);
    await vi.advanceTimersByTimeAsync(10);
    await slept;
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not begin a sleep that was given up before", async () => {
    const gone = new Canceller();
    gone.abort("gone");
    await expect(new SharedTimer().sleep(10, gone.signal)).rejects.toBe("gone");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("makes no sleep longer when the time is set back", async () => {
    const clock = new SharedTimer();
    const woke: string[] = [];
    const sleeps = [100, 300].map((ms) => clock.sleep(ms).then(() => woke.push(`after ${ms}`)));
    const before = performance.now();
    const now = vi.spyOn(performance, "now").mockImplementation(() => before - 5_000);
    await vi.advanceTimersByTimeAsync(100);
    expect(woke).toEqual(["after 100"]);
    now.mockRestore();
    await vi.advanceTimersByTimeAsync(200);
    expect(woke).toEqual(["after 100", "after 300"]);
    await Promise.all(sleeps);
  });

  it("sleeps longer than a timer can wait", async () => {
    const month = 30 * 24 * 60 * 60 * 1_000;
    const woke = vi.fn();
    const slept = new SharedTimer().sleep(month).then(woke);
    await vi.advanceTimersByTimeAsync(month - 1);
    expect(woke).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await slept;
    expect(woke).toHaveBeenCalled();
  });
});
