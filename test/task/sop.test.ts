/** Procedures as a machine: where outcomes lead, what a step allows, and where a recorded task stands. */
import { describe, expect, it } from "vitest";
import type { ToolCall } from "../../src/model/index.ts";
import { assert } from "../../src/platform/index.ts";
import type { History, StepRecord } from "../../src/task/journal/history.ts";
import {
  advanceSop,
  positionBefore,
  type Sop,
  type SopLanding,
  type SopPosition,
  type SopStep,
  standingAt,
  startSop,
} from "../../src/task/sop/sop.ts";
import { answerMove, needAtStep, refuseAtStep } from "../../src/task/sop/sop-rules.ts";
import { call, history, malformed, result, step } from "./history.ts";

const MINUTE = 60_000;

const stage = (id: string, more: Partial<SopStep> = {}): SopStep => ({
  id,
  action: `Do ${id}`,
  tool: null,
  on_success: "",
  on_failure: "",
  timeout: "5m",
  requires_approval: false,
  ...more,
});

const sopOf = (steps: readonly SopStep[], more: Partial<Sop> = {}): Sop => ({
  id: "release",
  name: "Release",
  trigger: "A release is asked for",
  steps,
  max_duration: "30m",
  escalation: "",
  ...more,
});

const LOOK = stage("look", { tool: "file_manager", on_failure: "ask around" });
const BUILD = stage("build", { tool: "code_executor", on_success: "ship", on_failure: "look", timeout: "10m" });
const SKIPPED = stage("skipped");
const SHIP = stage("ship", { on_success: "all good", on_failure: "build", requires_approval: true });
const RELEASE = sopOf([LOOK, BUILD, SKIPPED, SHIP], { escalation: "Call the lead" });
const OTHER = sopOf([stage("only")], { id: "other" });
const SOPS = [RELEASE, OTHER];

const start = (sop = "release"): ToolCall => call("sop", { action: "start", sop });
const advance = (outcome = "success"): ToolCall => call("sop", { action: "advance", outcome });
const read = call("file_manager", { action: "read", path: "/workspace/a" });
const run = call("code_executor", { language: "javascript", code: "1" });

/** `where` is a landing in short: the step, or how it ended and with which words. */
const where = (landing: SopLanding): string =>
  landing.kind === "at" ? landing.position.step.id : `${landing.kind}: ${landing.words}`;

function at(sop: Sop, stepId: string): SopPosition {
  const found = sop.steps.find(({ id }) => id === stepId);
  assert(found !== undefined, "the step is there");
  return { sop, step: found, path: [stepId], startedMs: 0, sinceMs: 0 };
}

/** Turns with one call each, a minute apart, each answered with success. */
const played = (calls: readonly ToolCall[], more: (n: number) => Partial<StepRecord> = () => ({})): History =>
  history(
    calls.map((one, n) => step(n, [one], { workedMs: n * MINUTE, ...more(n) })),
    calls.map((_, n) => result(n, 0)),
  );

const END = Number.POSITIVE_INFINITY;

describe("an outcome", () => {
  const CASES: readonly (readonly [string, string, "success" | "failure", string])[] = [
    ["success without a word leads to the next step", "look", "success", "build"],
    ["success leads to the step it names", "build", "success", "ship"],
    ["success without a word at a step in between leads on in order", "skipped", "success", "ship"],
    ["success with other words ends the procedure", "ship", "success", "finished: all good"],
    ["failure leads to the step it names", "build", "failure", "look"],
    ["failure with other words gives the procedure up", "look", "failure", "escalated: ask around"],
    ["failure without a word gives the procedure up, not on to the next step", "skipped", "failure", "escalated: "],
  ];
  for (const [name, from, outcome, expected] of CASES) {
    it(`${name}`, () => expect(where(advanceSop(at(RELEASE, from), outcome, 1))).toBe(expected));
  }

  it("success at the last step without a word finishes the procedure", () => {
    expect(where(advanceSop(at(OTHER, "only"), "success", 1))).toBe("finished: ");
  });

  it("may lead back to the same step, whose time begins anew", () => {
    const again = sopOf([stage("try", { on_failure: "try" })]);
    const landing = advanceSop(at(again, "try"), "failure", 7);
    expect(landing).toMatchObject({ kind: "at", position: { path: ["try", "try"], sinceMs: 7, startedMs: 0 } });
  });

  it("of a procedure without steps is there at once: it is finished when it starts", () => {
    expect(where(startSop(sopOf([]), 0))).toBe("finished: ");
  });
});

describe("where a task stands", () => {
  const CASES: readonly (readonly [string, readonly ToolCall[], string | null])[] = [
    ["without a move is nowhere", [read], null],
    ["after a start is at the first step", [start()], "look"],
    ["after other calls is where it was", [start(), read, run], "look"],
    ["follows each move", [start(), advance(), advance()], "ship"],
    ["goes back on a failure", [start(), advance(), advance("failure")], "look"],
    ["is nowhere after the end", [start(), advance(), advance(), advance()], null],
    ["is nowhere after giving up", [start(), advance("failure")], null],
    ["is in the second procedure after the first", [start(), advance("failure"), start("other")], "only"],
    ["is not moved by a move that cannot be made", [start(), start("other")], "look"],
    ["is not moved by malformed arguments", [start(), malformed("sop")], "look"],
  ];
  for (const [name, calls, expected] of CASES) {
    it(`${name}`, () => expect(positionBefore(played(calls), SOPS, END)?.step.id ?? null).toBe(expected));
  }

  it("is not moved by a move that failed, or has no result yet", () => {
    const calls = [start(), advance()];
    const error = { code: "APPROVAL_REJECTED" as const, message: "no" };
    const failed = { ...result(1, 0), success: false, error };
    const turns = calls.map((one, n) => step(n, [one]));
    for (const results of [[result(0, 0)], [result(0, 0), failed]]) {
      expect(positionBefore(history(turns, results), SOPS, END)?.step.id).toBe("look");
    }
  });

  it("is for the calls of a turn what it was before that turn", () => {
    const turns = [step(0, [start()]), step(1, [advance(), run])];
    const done = history(turns, [result(0, 0), result(1, 0), result(1, 1)]);
    expect(standingAt(done, SOPS, 0).position).toBeNull();
    expect(standingAt(done, SOPS, 1).position?.step.id).toBe("look");
    expect(positionBefore(done, SOPS, END)?.step.id).toBe("build");
  });

  it("is nowhere when the pack does not have the procedure", () => {
    expect(positionBefore(played([start()]), [OTHER], END)).toBeNull();
  });
});

describe("a step's time", () => {
  const late = (...minutes: readonly number[]) =>
    played([start(), read, read].slice(0, minutes.length), (n) => ({ workedMs: (minutes[n] ?? 0) * MINUTE }));

  it("may be used to the last millisecond", () => {
    expect(standingAt(late(1, 6), SOPS, 1)).toMatchObject({ position: { step: { id: "look" } }, expired: null });
  });

  it("that is over counts as a failure, in the turn whose reply came after it and in no other", () => {
    const back = [sopOf([stage("look", { on_failure: "look" })])];
    const turns = late(1, 7, 8);
    expect(standingAt(turns, back, 1)).toMatchObject({
      expired: { from: { step: { id: "look" } }, to: { kind: "at" } },
      position: { step: { id: "look" }, sinceMs: 7 * MINUTE, path: ["look", "look"] },
    });
    expect(standingAt(turns, back, 2).expired).toBeNull();
  });

  it("that is over gives the procedure up where a failure would", () => {
    const turns = late(0, 6, 7);
    expect(standingAt(turns, SOPS, 1)).toMatchObject({ position: null, expired: { to: { kind: "escalated" } } });
    expect(standingAt(turns, SOPS, 2)).toMatchObject({ position: null, expired: null });
  });

  it("does not pass in records from before times were kept", () => {
    const old = history([step(0, [start()]), step(1, [read])], [result(0, 0)]);
    expect(standingAt(old, SOPS, 1)).toMatchObject({ position: { step: { id: "look" } }, expired: null });
  });

  it("begins anew with a replay, and what was over in its source stays over", () => {
    const replayed = (n: number): Partial<StepRecord> => ({ replayed: true, workedMs: (60 + n) * MINUTE });
    const source = played([start(), advance()], replayed);
    const own = step(2, [run], { workedMs: 9 * MINUTE });
    const standing = standingAt({ ...source, steps: [...source.steps, own] }, SOPS, 2);
    expect(standing).toMatchObject({ expired: null, position: { step: { id: "build" }, sinceMs: 0, startedMs: 0 } });
    const tooLate = step(2, [run], { workedMs: 11 * MINUTE });
    expect(standingAt({ ...source, steps: [...source.steps, tooLate] }, SOPS, 2).expired).not.toBeNull();
    const over = played([start(), read], (n) => ({ replayed: true, workedMs: n * 6 * MINUTE }));
    expect(positionBefore(over, SOPS, END)).toBeNull();
  });
});

/** Where a task stands that made these calls, and then asks for `asked` in one turn. */
const standing = (before: readonly ToolCall[], asked: readonly ToolCall[], workedMs = before.length * MINUTE) => {
  const past = played(before);
  const turns = [...past.steps, step(before.length, asked, { workedMs })];
  return standingAt({ ...past, steps: turns }, SOPS, before.length);
};

describe("a call", () => {
  const ALLOWED: readonly (readonly [string, readonly ToolCall[], ToolCall])[] = [
    ["of any tool while no procedure is in progress", [], run],
    ["of the step's tool", [start()], read],
    ["of any tool at a step that names none", [start(), advance(), advance()], run],
    ["of any tool after the procedure", [start(), advance("failure")], run],
    ["of skill at any step", [start()], call("skill", { id: "review" })],
    ["that starts a procedure", [], start()],
    ["that advances one", [start()], advance("failure")],
    ["that starts the next after the first", [start(), advance("failure")], start("other")],
  ];
  for (const [name, before, asked] of ALLOWED) {
    it(`${name} is made`, () => {
      expect(refuseAtStep(standing(before, [asked]), SOPS, { index: 0, calls: [asked] })).toBeNull();
    });
  }

  const REFUSED: readonly (readonly [string, readonly ToolCall[], ToolCall, string, readonly string[]])[] = [
    ["of another tool than the step's", [start()], run, "TOOL_DENIED", ['"look"', "only file_manager", 'step "build"']],
    [
      "that starts while one is in progress",
      [start()],
      start("other"),
      "TOOL_ARGUMENTS",
      ['at step "look"', "advance"],
    ],
    ["that starts what there is not", [], start("relaese"), "TOOL_ARGUMENTS", ['"release", "other"']],
    ["that starts without a name", [], call("sop", { action: "start" }), "TOOL_ARGUMENTS", ['"release", "other"']],
    ["that advances nothing", [], advance(), "TOOL_ARGUMENTS", ["No procedure is in progress", '"release"']],
    ["that advances with no outcome", [start()], call("sop", { action: "advance" }), "TOOL_ARGUMENTS", ['"failure"']],
    ["with malformed arguments", [start()], malformed("sop"), "TOOL_ARGUMENTS", ['at step "look"']],
  ];
  for (const [name, before, asked, code, words] of REFUSED) {
    it(`${name} is ${code}, which says what is allowed`, () => {
      const refusal = refuseAtStep(standing(before, [asked]), SOPS, { index: 0, calls: [asked] });
      expect(refusal?.code).toBe(code);
      expect(words.filter((word) => !refusal?.message.includes(word))).toEqual([]);
    });
  }

  it("that moves again in the same turn is TOOL_LIMIT", () => {
    const calls = [start(), read, advance()];
    const now = standing([], calls);
    const codes = calls.map((_, index) => refuseAtStep(now, SOPS, { index, calls })?.code ?? null);
    expect(codes).toEqual([null, null, "TOOL_LIMIT"]);
  });

  it("in the turn that found the step's time over is TOOL_TIMEOUT, a move too, and a skill is read", () => {
    const calls = [read, advance(), call("skill", { id: "review" })];
    const now = standing([start()], calls, 6 * MINUTE);
    const refusals = calls.map((_, index) => refuseAtStep(now, SOPS, { index, calls }));
    expect(refusals.map((refusal) => refusal?.code ?? null)).toEqual(["TOOL_TIMEOUT", "TOOL_TIMEOUT", null]);
    expect(refusals[0]?.message).toMatch(/"look" of "release".*5m.*given up: ask around; Call the lead\./);
  });
});

describe("a person is asked before", () => {
  const NOWHERE = { position: null, expired: null, atMs: 0, isToolDone: false };
  const guarded = (tool: string | null): SopPosition => ({
    ...at(RELEASE, "ship"),
    step: stage("ship", { tool, requires_approval: true }),
  });
  const skill = call("skill", { id: "review" });
  const CASES: readonly (readonly [string, string | null, ToolCall, boolean])[] = [
    ["a call of the step's tool", "git", call("git", { action: "push" }), true],
    ["any call at a step without a tool", null, run, true],
    ["the success of a step without a tool", null, advance(), true],
    ["the success of a step whose tool did nothing yet", "git", advance(), true],
    ["a failure", null, advance("failure"), false],
    ["a skill is read", null, skill, false],
  ];
  for (const [name, tool, asked, isAsked] of CASES) {
    it(`${name}: ${isAsked ? "yes" : "no"}`, () => {
      const need = needAtStep({ ...NOWHERE, position: guarded(tool) }, asked);
      expect(need !== null).toBe(isAsked);
      if (isAsked) expect(need).toContain('Step "ship" of the procedure "release"');
    });
  }

  const PUSH = stage("push", { tool: "git", on_failure: "push", requires_approval: true });
  const push = call("git", { action: "push" });
  /** Whether somebody is asked before the success that follows these calls. @param failing those that fail. */
  const isAskedAfter = (calls: readonly ToolCall[], failing: readonly number[] = []): boolean => {
    const past = played([start(), ...calls]);
    const error = { code: "TOOL_FAILED" as const, message: "no" };
    const results = past.results.map((one) => (failing.includes(one.step) ? { ...one, success: false, error } : one));
    const turn = step(past.steps.length, [push, advance()], { workedMs: past.steps.length * MINUTE });
    const steps = [...past.steps, turn];
    const standing = standingAt({ ...past, steps, results }, [sopOf([stage("first"), PUSH])], turn.n);
    expect(standing.position?.step.id).toBe("push");
    return needAtStep(standing, advance()) !== null;
  };

  it("the success of a step with a tool, unless a call of it succeeded since the step was begun", () => {
    const skill = call("skill", { id: "review" });
    expect(isAskedAfter([advance()])).toBe(true);
    expect(isAskedAfter([advance(), push])).toBe(false);
    expect(isAskedAfter([advance(), push, skill])).toBe(false);
    expect(isAskedAfter([advance(), push], [2])).toBe(true);
    expect(isAskedAfter([push, advance()])).toBe(true);
    expect(isAskedAfter([advance(), push, advance("failure")])).toBe(true);
    expect(isAskedAfter([advance(), push, advance("failure"), push])).toBe(false);
  });

  it("nothing at a step that does not ask for it, and nothing where no procedure is in progress", () => {
    expect(needAtStep({ ...NOWHERE, position: at(RELEASE, "look") }, read)).toBeNull();
    expect(needAtStep(NOWHERE, read)).toBeNull();
  });
});

describe("the answer to a move", () => {
  const answer = (before: readonly ToolCall[], args: Readonly<Record<string, unknown>>): unknown =>
    JSON.parse(answerMove(standing(before, [call("sop", args)]), SOPS, args));

  it("is the step it leads to, with everything that holds there", () => {
    expect(answer([], { action: "start", sop: "release" })).toEqual({
      sop: "release",
      status: "in_progress",
      step: { id: "look", action: "Do look", tool: "file_manager", timeout: "5m", requires_approval: false, visit: 1 },
      on_success: 'step "build"',
      on_failure: "giving up the procedure (ask around)",
    });
  });

  it("counts how often a step was begun", () => {
    const answered = answer([start(), advance()], { action: "advance", outcome: "failure" });
    expect(answered).toMatchObject({ step: { id: "look", visit: 2 } });
  });

  it("is the pack's words at the end", () => {
    const end = answer([start(), advance(), advance()], { action: "advance", outcome: "success" });
    expect(end).toEqual({ sop: "release", status: "finished", next: "all good" });
  });

  it("is the pack's words and its escalation when the procedure is given up", () => {
    expect(answer([start()], { action: "advance", outcome: "failure" })).toEqual({
      sop: "release",
      status: "escalated",
      next: "ask around",
      escalation: "Call the lead",
    });
  });
});
