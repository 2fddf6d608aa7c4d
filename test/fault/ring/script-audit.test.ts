/** The audit of a task whose models misbehaved has to see what it is there for: each wrong is made here, and seen. */
import { describe, expect, it } from "vitest";
import { encodeFrames, type NewEvent } from "../../../src/task/journal/frames.ts";
import { call, stream, text } from "../../case/model-wire/answer.ts";
import type { Script } from "./deal.ts";
import { auditEffects, auditPlayed, type Played } from "./script-audit.ts";

const script: Script = {
  ...{ name: "model-1-0", tenant: "model-a", wire: "anthropic", tier: "tier-2", end: "done stop" },
  turns: [
    {
      ...{ first: ["cutInText"], misdeed: null, results: ["ok"] },
      answer: ({ n }) => stream([text(`Turn ${n}.`), call("svc__note", JSON.stringify({ n }))]),
    },
    { first: [], misdeed: null, results: [], answer: ({ n }) => stream([text(`Turn ${n} is the last.`)]) },
  ],
};

const EVENTS: readonly NewEvent[] = [
  { type: "text.delta", data: { step: 0, text: "Half of" } },
  { type: "text.reset", data: { step: 0 } },
  { type: "text.delta", data: { step: 0, text: "Turn model" } },
  { type: "text.delta", data: { step: 0, text: "-1-0.0." } },
  { type: "tool.result", data: { call_id: "0.0", success: true } },
  { type: "text.delta", data: { step: 1, text: "Turn model-1-0.1 is the last." } },
  { type: "task.done", data: {} },
];
const framesOf = (events: readonly NewEvent[]): string => encodeFrames(events, 1, 0);
const withEvents = (events: readonly NewEvent[]) => ({ kept: framesOf(events), live: framesOf(events) });

const played: Played = {
  script,
  view: {
    ...{ state: "done", finish_reason: "stop", error: null, steps_taken: 2, cost_usd: "0.01" },
    usage: { input_tokens: 3, cache_read_tokens: 0, cache_write_tokens: 0, output_tokens: 5 },
  },
  ...withEvents(EVENTS),
  bill: { tokens: { input: 3, cacheRead: 0, cacheWrite: 0, output: 5 }, uncounted: 0, voided: 1 },
};
const { view, bill } = played;

const WRONGS: Readonly<Record<string, { readonly change: Partial<Played>; readonly fault: string }>> = {
  "another end": { change: { view: { ...view, finish_reason: "refusal" } }, fault: "I1: it ended done refusal" },
  "two ends": { change: withEvents([...EVENTS, { type: "task.failed", data: {} }]), fault: "I1: it ended" },
  "a reader that was sent less": { change: { live: framesOf(EVENTS.slice(1)) }, fault: "I10: a reader" },
  "a gap": { change: { ...withEvents(EVENTS), kept: encodeFrames(EVENTS, 2, 0) }, fault: "I10: its events have a gap" },
  "void text that stands": {
    change: withEvents(EVENTS.filter(({ type }) => type !== "text.reset")),
    fault: 'I10: turn 0 reads "Half ofTurn model-1-0.0."',
  },
  "text of a turn that never was": {
    change: withEvents([...EVENTS, { type: "text.delta", data: { step: 2, text: "more" } }]),
    fault: "I10: text of a turn that does not stand",
  },
  "void text that nobody took back": {
    change: { bill: { ...bill, voided: 2 } },
    fault: "I10: 2 answers broke off, and text was taken back 1 times",
  },
  "a result too many": {
    change: withEvents([...EVENTS.slice(0, 5), ...EVENTS.slice(4)]),
    fault: "I3: the calls of turn 0 came to ok, ok",
  },
  "a turn too many": { change: { view: { ...view, steps_taken: 3 } }, fault: "I3: it took 3 steps, not 2" },
  "tokens that were not counted": {
    change: { view: { ...view, usage: { ...view.usage, input_tokens: 2 } } },
    fault: "I5: its models told 3 0 0 5 tokens, and 2 0 0 5 were counted",
  },
  "a cost that nobody can know": { change: { bill: { ...bill, uncounted: 1 } }, fault: "I5: it cost 0.01" },
  "a cost that was forgotten": { change: { view: { ...view, cost_usd: null } }, fault: "I5: it cost null" },
};

describe("the audit of a task whose models misbehaved", () => {
  it("sees nothing wrong with a task that did as its script says", () => {
    expect(auditPlayed(played)).toEqual([]);
  });

  for (const [name, { change, fault }] of Object.entries(WRONGS)) {
    it(`sees ${name}`, () => {
      const faults = auditPlayed({ ...played, ...change });
      expect(faults.filter((one) => one.includes(fault))).toHaveLength(1);
    });
  }

  it("sees an effect that is missing, made twice, or that nobody asked for", () => {
    const done = (...all: readonly string[]) => all.map((n) => ({ tool: "note" as const, n, key: n }));
    expect(auditEffects([script], done("model-1-0.0"))).toEqual([]);
    expect(auditEffects([script], [])).toHaveLength(1);
    expect(auditEffects([script], done("model-1-0.0", "model-1-0.0"))).toHaveLength(1);
    expect(auditEffects([script], done("model-1-0.0", "model-1-0.0.void0.void"))).toHaveLength(1);
  });
});
