/** What a run does next: one case per answer, with the illegal and extreme histories beside the plain ones. */
import { describe, expect, it } from "vitest";
import { nextAction } from "../../src/task/loop/decide.ts";
import { call, history, malformed, result, step } from "./history.ts";

const LIMITS = { maxSteps: 5, outputMaxLength: 100 };

describe("nextAction", () => {
  it("begins with the model", () => {
    expect(nextAction(history([]), LIMITS)).toEqual({ kind: "call_model", step: 0 });
  });

  it("ends with the text of a turn that asks for no tool", () => {
    const answered = history([step(0, [], { text: "hello" })]);
    expect(nextAction(answered, LIMITS)).toEqual({ kind: "finish", answer: answered.steps[0] });
  });

  it("keeps why the model stopped", () => {
    const cut = history([step(0, [], { text: "hel", finishReason: "max_tokens" })]);
    expect(nextAction(cut, LIMITS)).toMatchObject({ kind: "finish", answer: { finishReason: "max_tokens" } });
  });

  it("runs exactly the calls that have no result yet", () => {
    const half = history([step(0, [call("a"), call("b"), call("c")])], [result(0, 1)]);
    expect(nextAction(half, LIMITS)).toMatchObject({
      kind: "call_tools",
      step: 0,
      calls: [{ index: 0 }, { index: 2 }],
    });
  });

  it("marks calls beyond the turn's limit", () => {
    const many = history([
      step(
        0,
        Array.from({ length: 51 }, (_, n) => call("a", { n })),
      ),
    ]);
    const action = nextAction(many, LIMITS);
    const over = action.kind === "call_tools" ? action.calls.filter(({ overTurnLimit }) => overTurnLimit) : [];
    expect(over.map(({ index }) => index)).toEqual([50]);
  });

  it("calls the model again once every call is answered", () => {
    expect(nextAction(history([step(0, [call("a")])], [result(0, 0)]), LIMITS)).toEqual({
      kind: "call_model",
      step: 1,
    });
  });

  it("allows exactly as many turns as the pack says", () => {
    const turns = (count: number) =>
      history(
        Array.from({ length: count }, (_, n) => step(n, [call("a", { n })])),
        Array.from({ length: count }, (_, n) => result(n, 0, n)),
      );
    expect(nextAction(turns(4), LIMITS)).toEqual({ kind: "call_model", step: 4 });
    expect(nextAction(turns(5), LIMITS)).toMatchObject({ kind: "fail", error: { code: "MAX_STEPS" } });
  });

  it("accepts an answer given on the last allowed turn", () => {
    const turns = history(
      [...Array(4).keys()].map((n) => step(n, [call("a", { n })])),
      [...Array(4).keys()].map((n) => result(n, 0, n)),
    );
    const last = { ...turns, steps: [...turns.steps, step(4, [], { text: "done" })] };
    expect(nextAction(last, LIMITS)).toMatchObject({ kind: "finish", answer: { text: "done" } });
  });

  it("sees three equal calls with equal results as a circle", () => {
    const same = [0, 1, 2];
    const circle = history(
      same.map((n) => step(n, [call("a", { x: 1 })])),
      same.map((n) => result(n, 0, "same")),
    );
    expect(nextAction(circle, LIMITS)).toMatchObject({ kind: "fail", error: { code: "LOOP_DETECTED" } });
  });

  it("does not see a circle while the results differ", () => {
    const same = [0, 1, 2];
    const poll = history(
      same.map((n) => step(n, [call("a", { x: 1 })])),
      same.map((n) => result(n, 0, n)),
    );
    expect(nextAction(poll, LIMITS)).toEqual({ kind: "call_model", step: 3 });
  });

  it("allows two repairs of malformed arguments, not three", () => {
    const broken = (count: number) => {
      const turns = [...Array(count).keys()];
      return history(
        turns.map((n) => step(n, [malformed(`tool_${n}`)])),
        turns.map((n) => result(n, 0, n)),
      );
    };
    expect(nextAction(broken(2), LIMITS)).toEqual({ kind: "call_model", step: 2 });
    expect(nextAction(broken(3), LIMITS)).toMatchObject({ kind: "fail", error: { code: "LOOP_DETECTED" } });
  });

  it("refuses an answer longer than the pack allows", () => {
    const long = history([step(0, [], { text: "x".repeat(101) })]);
    expect(nextAction(long, LIMITS)).toMatchObject({ kind: "fail", error: { code: "OUTPUT_TOO_LONG" } });
    const exact = history([step(0, [], { text: "x".repeat(100) })]);
    expect(nextAction(exact, LIMITS)).toMatchObject({ kind: "finish" });
  });
});
