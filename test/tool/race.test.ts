/** Who comes first: the answer, the time limit, or a caller that gives up. */
import { describe, expect, it } from "vitest";
import type { CancelSignal } from "../../src/platform/index.ts";
import { raceAnswer } from "../../src/tool/race.ts";

const never = <T>() => new Promise<T>(() => undefined);
/** A sleep that ends when its signal aborts, and says so. */
const patient = () => {
  const state = { stopped: false };
  const sleep = (_: number, signal?: CancelSignal) =>
    new Promise<void>((_resolve, reject) => {
      signal?.addEventListener("abort", () => {
        state.stopped = true;
        reject(signal.reason);
      });
    });
  return { state, clock: { sleep } };
};

describe("raceAnswer", () => {
  it("gives the answer and stops the clock", async () => {
    const { state, clock } = patient();
    const finish = await raceAnswer(Promise.resolve(7), { timeoutMs: 1, clock, cancelled: never() });
    expect(finish).toEqual({ kind: "answer", value: 7 });
    expect(state.stopped).toBe(true);
  });

  it("gives the failure of the answer", async () => {
    const thrown = new Error("x");
    const finish = await raceAnswer(Promise.reject(thrown), { timeoutMs: 1, ...patient(), cancelled: never() });
    expect(finish).toEqual({ kind: "failed", thrown });
  });

  it("gives up at the time limit", async () => {
    const limits: number[] = [];
    const sleep = async (ms: number) => void limits.push(ms);
    expect(await raceAnswer(never(), { timeoutMs: 250, clock: { sleep }, cancelled: never() })).toEqual({
      kind: "timeout",
    });
    expect(limits).toEqual([250]);
  });

  for (const [name, cancelled] of [
    ["says so", () => Promise.resolve()],
    ["is gone", () => Promise.reject(new Error("disconnected"))],
  ] as const) {
    it(`gives up when the caller ${name}`, async () => {
      const finish = await raceAnswer(never(), { timeoutMs: 1, ...patient(), cancelled: cancelled() });
      expect(finish).toEqual({ kind: "cancelled" });
    });
  }
});
