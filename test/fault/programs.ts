/** The fixed programs: small ones, whose every moment of death is gone through, and those that are a fault themselves. */
import type { Call, CallKind, Program, Turn } from "./program.ts";

export const call = (kind: CallKind, n: number, more: Partial<Call> = {}): Call => ({
  kind,
  n,
  word: "approve",
  child: null,
  ...more,
});
export const turn = (...calls: readonly Call[]): Turn => ({ calls, text: "" });

export const program = (id: string, turns: readonly Turn[], more: Partial<Program> = {}): Program => ({
  ...{ id, turns, ending: "answer", pack: "worker", spice: "", cancelAfterMs: null, isCancelTwice: false },
  ...more,
});

/** Short enough to die at each of their moments. */
export const ENUMERATED: readonly Program[] = [
  program("answer", []),
  program("read", [turn(call("read", 1))]),
  program("keyed", [turn(call("keyed", 1))]),
  program("write", [turn(call("write", 1))]),
  program("parallel", [turn(call("write", 1), call("keyed", 2), call("read", 3))]),
  program("approved", [turn(call("pay", 1))]),
  program("rejected", [turn(call("pay", 1, { word: "reject" }))]),
  program("handed", [
    turn(call("hand", 1, { child: program("handed.1", [turn(call("write", 2))], { pack: "helper" }) })),
  ]),
  program("cancelled", [turn(call("write", 1)), turn(call("write", 2))], { cancelAfterMs: 60 }),
];

const many = Array.from({ length: 50 }, (_, at) => call(at % 2 === 0 ? "read" : "keyed", at + 1));

/** Faults that a program is by itself. */
export const DIRECTED: readonly Program[] = [
  program("malformed", [turn(call("malformed", 1)), turn(call("read", 2))]),
  program("cutshort", [turn(call("cut", 1)), turn(call("read", 2))]),
  program("unknown", [turn(call("unknown", 1)), turn(call("read", 2))]),
  program("fifty", [turn(...many)]),
  program("empty", [turn(call("write", 1))], { ending: "empty" }),
  program("refusal", [turn(call("write", 1))], { ending: "refusal" }),
  program("circle", [], { ending: "circle" }),
  program("silent", [turn(call("pay", 1, { word: "silence" }), call("pay", 2))], { pack: "short" }),
  program("patient", [turn(call("pay", 1))], { pack: "patient" }),
  program("poor", [turn(call("write", 1)), turn(call("write", 2)), turn(call("write", 3)), turn(call("write", 4))], {
    pack: "poor",
  }),
  program("slow", [turn(call("write", 1)), turn(call("write", 2)), turn(call("write", 3))], { pack: "slow" }),
  program("twice", [turn(call("write", 1))], { cancelAfterMs: 40, isCancelTwice: true }),
  program("spiced", [turn(call("write", 1))], { spice: "👩🏽‍🚀 \u202eabc\u202c e\u0301 \u200b" }),
];
