/** Failures the platform marks, and what becomes of them. */
import { describe, expect, it } from "vitest";
import { callObject } from "../../src/api/call-object.ts";
import { OBJECT_CALL_TIMEOUT_MS } from "../../src/api/limits.ts";
import { hastyClock, manualClock } from "./ports.ts";

const marked = (mark: "retryable" | "overloaded" | "none"): Error => Object.assign(new Error(mark), { [mark]: true });

/** Sleeps only between attempts: the timer of a call never ends. */
const ports = () => {
  const clock = manualClock();
  const slept: number[] = [];
  return {
    slept,
    random: () => 0.5,
    clock: {
      now: clock.now,
      sleep: (ms: number, signal?: AbortSignal) => {
        if (ms === OBJECT_CALL_TIMEOUT_MS) return clock.sleep(ms, signal);
        slept.push(ms);
        return Promise.resolve();
      },
    },
  };
};

async function attempt(failures: readonly Error[]): Promise<{ outcome: unknown; calls: number; slept: number[] }> {
  const { slept, ...rest } = ports();
  let calls = 0;
  const call = async () => {
    const failure = failures[calls++];
    if (failure !== undefined) throw failure;
    return "answer";
  };
  const outcome = await callObject(rest, call).catch((thrown: unknown) => thrown);
  return { outcome, calls, slept };
}

describe("callObject", () => {
  it("calls once when all is well", async () => {
    expect(await attempt([])).toEqual({ outcome: "answer", calls: 1, slept: [] });
  });

  it("calls again, a little later each time, after failures that are safe to repeat", async () => {
    const { outcome, calls, slept } = await attempt([marked("retryable"), marked("retryable")]);
    expect({ outcome, calls, slept }).toEqual({ outcome: "answer", calls: 3, slept: [50, 100] });
  });

  it("is unavailable after the third failure", async () => {
    const { outcome, calls } = await attempt([marked("retryable"), marked("retryable"), marked("retryable")]);
    expect(outcome).toMatchObject({ code: "UNAVAILABLE" });
    expect(calls).toBe(3);
  });

  it("never repeats a call to an overloaded object", async () => {
    const { outcome, calls } = await attempt([Object.assign(marked("overloaded"), { retryable: true })]);
    expect(outcome).toMatchObject({ code: "UNAVAILABLE" });
    expect(calls).toBe(1);
  });

  it("passes on what is not marked", async () => {
    const failure = marked("none");
    expect(await attempt([failure])).toMatchObject({ outcome: failure, calls: 1 });
  });

  it("is unavailable when the object does not answer in time", async () => {
    const clock = manualClock();
    const waiting = callObject({ clock, random: () => 0 }, () => new Promise(() => undefined));
    clock.advance(OBJECT_CALL_TIMEOUT_MS);
    await expect(waiting).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  it("does not wait for its timer once the call has ended", async () => {
    const clock = hastyClock();
    // The timer ends at once here: the answer, which comes first, must win.
    expect(await callObject({ clock, random: () => 0 }, () => Promise.resolve("answer"))).toBe("answer");
  });
});
