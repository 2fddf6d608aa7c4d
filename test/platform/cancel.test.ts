/** Giving up on what waits. */
import { describe, expect, it } from "vitest";
import { Canceller, systemClock, toAbortSignal } from "../../src/platform/index.ts";

describe("a canceller", () => {
  it("tells whoever listens, in their order, once, and why", () => {
    const canceller = new Canceller();
    const { signal } = canceller;
    const heard: unknown[] = [];
    for (const name of ["one", "two"]) signal.addEventListener("abort", () => heard.push([name, signal.reason]));
    expect(signal.aborted).toBe(false);
    canceller.abort("first");
    canceller.abort("second");
    expect([heard, signal.aborted, signal.reason]).toEqual([
      [
        ["one", "first"],
        ["two", "first"],
      ],
      true,
      "first",
    ]);
  });

  it("tells nobody who has left, or who came too late", () => {
    const canceller = new Canceller();
    const heard: string[] = [];
    const leave = () => void heard.push("left");
    canceller.signal.addEventListener("abort", leave);
    canceller.signal.removeEventListener("abort", leave);
    canceller.abort();
    canceller.signal.addEventListener("abort", () => heard.push("late"));
    expect(heard).toEqual([]);
  });

  it("tells nobody who leaves while others are told", () => {
    const canceller = new Canceller();
    const heard: string[] = [];
    const second = () => void heard.push("second");
    canceller.signal.addEventListener("abort", () => canceller.signal.removeEventListener("abort", second));
    canceller.signal.addEventListener("abort", second);
    canceller.abort();
    expect(heard).toEqual([]);
  });

  it("throws its reason from the time on that it has one", () => {
    const canceller = new Canceller();
    const reason = new Error("enough");
    expect(() => canceller.signal.throwIfAborted()).not.toThrow();
    canceller.abort(reason);
    expect(() => canceller.signal.throwIfAborted()).toThrow(reason);
  });

  it("has a reason when none is given", () => {
    const canceller = new Canceller();
    canceller.abort();
    expect(canceller.signal.reason).toBeInstanceOf(Error);
  });

  it("ends a sleep for its reason, before it begins or in the midst of it", async () => {
    const canceller = new Canceller();
    const asleep = systemClock.sleep(1_000_000, canceller.signal);
    canceller.abort("woken");
    await expect(asleep).rejects.toBe("woken");
    await expect(systemClock.sleep(0, canceller.signal)).rejects.toBe("woken");
  });
});

describe("a signal of the platform's", () => {
  it("aborts with one of ours, for its reason, also when that has aborted already", () => {
    const canceller = new Canceller();
    const signal = toAbortSignal(canceller.signal);
    expect(signal.aborted).toBe(false);
    canceller.abort("over");
    expect([signal, toAbortSignal(canceller.signal)].map(({ aborted, reason }) => [aborted, reason])).toEqual([
      [true, "over"],
      [true, "over"],
    ]);
  });
});
