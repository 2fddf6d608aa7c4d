/** The model of what must come out, by hand: which ends and results it lets through, and which it does not. */
import { describe, expect, it } from "vitest";
import { answerOf, type Facts, possibleEnds, possibleOutcomes } from "./expectation.ts";
import { call, program, turn } from "./programs.ts";

const FACTS: Facts = {
  ...{ effects: [], decisions: [], failures: [], isCancelAsked: false, isCancelTold: false, isOrphan: false },
  ...{
    isDisturbed: false,
    isStorageFull: false,
    tookMs: 1_000,
    questionsMs: 60_000,
    isRaced: false,
    children: new Map(),
  },
};
const effect = (answer: "ok" | "failed") =>
  ({ at: 0, tenant: "alpha", taskId: "t", n: 1, kind: "write", key: "k", answer }) as const;
const decision = (word: string) =>
  ({ taskId: "t", n: 1, step: 0, index: 0, kind: "unknown_outcome", decision: word, at: 0 }) as const;

describe("the ends of a program", () => {
  const plain = program("plain", [turn(call("read", 1))]);

  it("are the one that it asks for, when nothing was in the way", () => {
    expect([...possibleEnds(plain, FACTS)]).toEqual(["done"]);
    expect([...possibleEnds({ ...plain, ending: "circle" }, FACTS)]).toEqual(["failed LOOP_DETECTED"]);
    expect([...possibleEnds({ ...plain, ending: "empty" }, FACTS)]).toEqual(["dead_letter ATTEMPTS_EXHAUSTED"]);
  });

  it("are cancelled and nothing else once somebody was told so", () => {
    expect([...possibleEnds(plain, { ...FACTS, isCancelAsked: true, isCancelTold: true })]).toEqual(["cancelled"]);
  });

  it("are a failure only where the provider gave a reason for it", () => {
    expect([...possibleEnds(plain, { ...FACTS, failures: ["auth"] })]).toEqual(["failed PROVIDER_AUTH", "done"]);
  });
});

describe("the results of a call", () => {
  it("are what its isolate answered", () => {
    expect([...possibleOutcomes(call("write", 1), FACTS)]).toEqual([]);
    expect([...possibleOutcomes(call("write", 1), { ...FACTS, effects: [effect("ok")] })]).toEqual(["ok"]);
    expect([...possibleOutcomes(call("keyed", 1), { ...FACTS, effects: [effect("failed")] })]).toEqual(["TOOL_FAILED"]);
  });

  it("are a person's word where the outcome was in doubt", () => {
    expect([...possibleOutcomes(call("write", 1), { ...FACTS, decisions: [decision("did_not_happen")] })]).toEqual([
      "TOOL_FAILED",
    ]);
  });

  it("are a refusal where nobody agreed", () => {
    expect([...possibleOutcomes(call("pay", 1, { word: "silence" }), FACTS)]).toEqual(["APPROVAL_EXPIRED"]);
    expect([...possibleOutcomes(call("pay", 1, { word: "reject" }), FACTS)]).toEqual(["APPROVAL_REJECTED"]);
    expect([...possibleOutcomes(call("pay", 1), FACTS)]).toEqual([]);
  });
});

describe("the answer of a program", () => {
  it("counts what the model was shown", () => {
    expect(answerOf(program("p", []), ["ok", "TOOL_FAILED"])).toBe("p saw 2 results, 1 errors");
  });
});
