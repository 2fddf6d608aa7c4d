/** Procedures in the real runtime: followed, refused, timed out, approved, killed in between. Time is moved, never waited for. */
import { abortAllDurableObjects, runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { assert, systemClock } from "../../src/platform/index.ts";
import type { Decide, TaskEvent, TaskStub } from "../../src/task/index.ts";
import { LEASE_MS } from "../../src/task/limits.ts";
import { replaceSleeps, sleepForEver } from "../case/sleeps.ts";
import { accept, isGapless, readUntil, TOOLS, typesOf } from "./harness.ts";

afterEach(() => void vi.restoreAllMocks());

const MINUTE = 60_000;

const withSop = (steps: string, more = ""): string => `${TOOLS}
skills: [{ id: review, name: Review, trigger: review, body: "Read everything twice." }]
workflow:
  sop:
    - { id: release, name: Release, trigger: "A release is asked for", escalation: "Call the lead", ${more} steps: [${steps}] }
`;

const LOOK = '{ id: look, action: "Look around", tool: file_manager, on_failure: "ask around", timeout: 1m }';
const BUILD =
  '{ id: build, action: "Build it", tool: code_executor, on_success: shipped, on_failure: look, timeout: 10m }';

const sop = (args: object): string => `@tool sop ${JSON.stringify(args)}`;
const start = sop({ action: "start", sop: "release" });
const advance = (outcome = "success"): string => sop({ action: "advance", outcome });
const write = (path = "/workspace/a.txt"): string =>
  `@tool file_manager ${JSON.stringify({ action: "write", path, content: "kept" })}`;
const js = `@tool code_executor ${JSON.stringify({ language: "javascript", code: "6 * 7" })}`;

/** Short sleeps of the script end at once and take their time on the clock; whatever would fire by itself stands still. */
function scriptedTime() {
  let now = Date.now();
  const move = (ms: number): void => {
    now += ms;
  };
  vi.spyOn(systemClock, "now").mockImplementation(() => now);
  replaceSleeps(() => async (ms, signal) => {
    signal?.throwIfAborted();
    if (ms >= 20_000 && ms <= MINUTE) return move(ms);
    await sleepForEver(ms, signal);
  });
  return { move };
}

type Result = {
  readonly success: boolean;
  readonly result?: unknown;
  readonly error?: { code: string; message: string };
};

const resultsOf = (events: readonly TaskEvent[]): Result[] =>
  events.flatMap(({ type, data }) => (type === "tool.result" ? [data as unknown as Result] : [])); // as docs/rest.md has it

/** In short: the step that a move led to, how the procedure ended, what a tool said, or why it was not called. */
function inShort({ success, result, error }: Result): string {
  if (!success) return error?.code ?? "no code";
  const { step, status } = (result ?? {}) as { step?: { id: string }; status?: string }; // an answer of `sop`, or another
  return step?.id ?? status ?? "made";
}

const shortOf = (events: readonly TaskEvent[]): string[] => resultsOf(events).map(inShort);

/** A task with these turns, run to its end or to where it waits. */
async function play(turns: readonly string[], extra = withSop(`${LOOK}, ${BUILD}`), pack = "procedural") {
  const task = await accept(turns.join("\n"), { pack, extra });
  await task.stub().kick();
  const events = await readUntil(task.stub());
  return { ...task, events };
}

async function decide(stub: TaskStub, n: number, decision: Decide["decision"]): Promise<void> {
  const approval = await stub.approval(n);
  assert(approval !== null, `approval ${n} is there`);
  const request = { by: "key:approver", reason: null, args_hash: approval.args_hash, result: null };
  const outcome = await stub.decide(n, { decision, ...request, request_key: `request-${n}` });
  assert(outcome.kind === "decided", JSON.stringify(outcome));
}

describe("a procedure", () => {
  it("is followed step by step to its end, and the model is told each", async () => {
    const { events, stub } = await play([start, write(), advance(), js, advance()]);
    expect(shortOf(events)).toEqual(["look", "made", "build", "made", "finished"]);
    expect(resultsOf(events)[0]?.result).toMatchObject({
      sop: "release",
      step: { action: "Look around", tool: "file_manager" },
    });
    expect(events.find(({ type }) => type === "tool.call")?.data).toMatchObject({
      tool_id: "sop",
      tool_name: "Procedure",
    });
    expect(isGapless(events)).toBe(true);
    expect(await stub().view()).toMatchObject({ state: "done" });
  });

  it("lets no tool but the step's be called, reads skills, and binds nothing before it starts or after it ends", async () => {
    const skill = '@tool skill {"id":"review"}';
    const { events, stub } = await play([js, start, js, skill, advance("failure"), js]);
    expect(shortOf(events)).toEqual(["made", "look", "TOOL_DENIED", "made", "escalated", "made"]);
    expect(resultsOf(events)[2]?.error?.message).toContain("only file_manager");
    expect(await stub().view()).toMatchObject({ state: "done" });
  });

  it("goes where a failure leads, and gives up with the pack's escalation", async () => {
    const { events } = await play([start, advance(), advance("failure"), advance("failure")]);
    expect(shortOf(events)).toEqual(["look", "build", "look", "escalated"]);
    expect(resultsOf(events)[2]?.result).toMatchObject({ step: { visit: 2 } });
    expect(resultsOf(events)[3]?.result).toMatchObject({ next: "ask around", escalation: "Call the lead" });
  });

  it("takes one move a turn, and the turn's other calls stand where it stood before", async () => {
    const { events } = await play([`${start} &\n${js} &\n${advance()}`, `${write()} &\n${advance()} &\n${js}`]);
    const byCall = new Map(events.map(({ data, type }) => [type === "tool.result" ? data.call_id : "", data]));
    const codes = ["0.0", "0.1", "0.2", "1.0", "1.1", "1.2"].map((id) => inShort(byCall.get(id) as unknown as Result)); // results, by their call
    expect(codes).toEqual(["look", "made", "TOOL_LIMIT", "made", "build", "TOOL_DENIED"]);
  });

  it("cannot be started twice, nor advanced before it starts, and the answer says what can be done", async () => {
    const { events } = await play([advance(), start, start, sop({ action: "fly" })]);
    expect(shortOf(events)).toEqual(["TOOL_ARGUMENTS", "look", "TOOL_ARGUMENTS", "TOOL_ARGUMENTS"]);
    expect(resultsOf(events)[0]?.error?.message).toContain('start one with {action: "start", sop}: "release"');
    expect(resultsOf(events)[2]?.error?.message).toContain('leads to: step "build"');
  });

  it("binds nothing in a pack that denies the tool", async () => {
    const extra = withSop(LOOK).replace("available:", 'denied: ["sop"]\n  available:');
    const { events } = await play([start, js], extra, "unbound");
    expect(shortOf(events)).toEqual(["TOOL_DENIED", "made"]);
  });

  it("goes on in a replay at the step that it was at", async () => {
    const source = await play([start, write(), advance(), js, advance()]);
    const exported = await source.stub().exportJournal(3);
    assert(exported !== null, "the source is there");
    const replay = { source_task_id: source.taskId, from_step: 3, dry_run: false, journal: exported.journal };
    const input = [start, write(), advance(), write(), advance()].join("\n");
    const task = await accept(input, { pack: "procedural", extra: withSop(`${LOOK}, ${BUILD}`), replay });
    await task.stub().kick();
    expect(shortOf(await readUntil(task.stub()))).toEqual(["TOOL_DENIED", "finished"]);
  });

  it("moves in a dry run too, which calls nothing else", async () => {
    const source = await play([js]);
    const exported = await source.stub().exportJournal(0);
    assert(exported !== null, "the source is there");
    const replay = { source_task_id: source.taskId, from_step: 0, dry_run: true, journal: exported.journal };
    const guarded = LOOK.replace("timeout", "requires_approval: true, timeout");
    const extra = withSop(`${guarded}, ${BUILD}`);
    const task = await accept([start, js, write(), advance()].join("\n"), { pack: "dry", extra, replay });
    await task.stub().kick();
    const events = await readUntil(task.stub());
    expect(shortOf(events)).toEqual(["look", "TOOL_DENIED", "made", "build"]);
    expect(await task.stub().listFiles()).toEqual([]);
  });
});

describe("a step's timeout", () => {
  it("that passed makes no call of the turn, fails the step, and says so once", async () => {
    scriptedTime();
    const retried = LOOK.replace('"ask around"', "build");
    const late = `@sleep 40s\n${write("/workspace/early.txt")}\n@sleep 40s\n${write("/workspace/late.txt")} &\n${advance()}`;
    const { events, stub } = await play([start, late, js, write()], withSop(`${retried}, ${BUILD}`), "hasty");
    expect(shortOf(events)).toEqual(["look", "made", "TOOL_TIMEOUT", "TOOL_TIMEOUT", "made", "TOOL_DENIED"]);
    expect(resultsOf(events)[2]?.error?.message).toMatch(/"look".*1m.*at step "build" now: Build it/);
    expect((await stub().listFiles())?.map(({ path }) => path)).toEqual(["/workspace/early.txt"]);
  });

  it("gives the procedure up where a failure does", async () => {
    scriptedTime();
    const { events } = await play([start, `@sleep 50s\n@sleep 50s\n${write()}`, js]);
    expect(shortOf(events)).toEqual(["look", "TOOL_TIMEOUT", "made"]);
    expect(resultsOf(events)[1]?.error?.message).toContain("given up: ask around; Call the lead");
  });

  it("was judged once: a run after a crash in the same turn finds the same", async () => {
    const time = scriptedTime();
    const slow = LOOK.replace("file_manager", "code_executor").replace('"ask around"', "build");
    const held = BUILD.replace("timeout", "requires_approval: true, timeout");
    const { stub, events } = await play(
      [start, `@sleep 50s\n${js}`, advance(), js],
      withSop(`${slow}, ${held}`),
      "judged",
    );
    expect(typesOf(events).at(-1)).toBe("task.waiting");
    // Whatever the clock says now, the turns that were recorded in time stay so.
    time.move(300 * MINUTE);
    await abortAllDurableObjects();
    await decide(stub(), 1, "approve");
    await runDurableObjectAlarm(stub());
    const after = await readUntil(stub(), undefined, events.length);
    expect([...shortOf(events), ...shortOf(after)]).toEqual(["look", "made", "build", "made"]);
  });
});

describe("a step that requires approval", () => {
  const HELD = LOOK.replace("timeout", "requires_approval: true, timeout");
  const GATE = '{ id: gate, action: "A lead signs off", on_failure: "no release", requires_approval: true }';

  it("has a person asked before each call of its tool, and the wait is none of its time", async () => {
    const time = scriptedTime();
    const { stub, events } = await play([start, write(), write("/workspace/b.txt")], withSop(HELD), "held");
    expect(typesOf(events).slice(-2)).toEqual(["approval.requested", "task.waiting"]);
    expect(events.at(-2)?.data).toMatchObject({
      tool_id: "file_manager",
      reason: expect.stringContaining('Step "look"'),
    });
    time.move(20 * 60 * MINUTE);
    await decide(stub(), 1, "approve");
    await runDurableObjectAlarm(stub());
    const next = await readUntil(stub(), undefined, events.length);
    expect(shortOf(next)).toEqual(["made"]);
    expect(typesOf(next).at(-1)).toBe("task.waiting");
    await decide(stub(), 2, "reject");
    await runDurableObjectAlarm(stub());
    const rest = await readUntil(stub(), undefined, events.length + next.length);
    expect(shortOf(rest)).toEqual(["APPROVAL_REJECTED"]);
    expect(await stub().view()).toMatchObject({ state: "done" });
  });

  it("and names no tool is passed by a person alone: rejected, the procedure stays where it is", async () => {
    const turns = [start, advance(), advance(), advance("failure")];
    const { stub, events } = await play(turns, withSop(`${LOOK}, ${GATE}`), "gated");
    expect(shortOf(events)).toEqual(["look", "gate"]);
    expect(events.at(-2)?.data).toMatchObject({ tool_id: "sop", arguments: { action: "advance", outcome: "success" } });
    await decide(stub(), 1, "reject");
    const after = await readUntil(stub(), undefined, events.length);
    expect(shortOf(after)).toEqual(["APPROVAL_REJECTED", "escalated"]);
  });

  it("and names no tool is passed once a person agreed", async () => {
    const { stub, events } = await play([start, advance(), advance()], withSop(`${LOOK}, ${GATE}`), "gated");
    await decide(stub(), 1, "approve");
    expect(shortOf(await readUntil(stub(), undefined, events.length))).toEqual(["finished"]);
  });

  it("and names a tool is not passed without that tool and without a person", async () => {
    const { stub, events } = await play(
      [start, advance(), write(), advance()],
      withSop(`${HELD}, ${BUILD}`),
      "skipping",
    );
    expect(shortOf(events)).toEqual(["look"]);
    expect(events.at(-2)?.data).toMatchObject({ tool_id: "sop", arguments: { action: "advance", outcome: "success" } });
    await decide(stub(), 1, "reject");
    const refused = await readUntil(stub(), undefined, events.length);
    expect(shortOf(refused)).toEqual(["APPROVAL_REJECTED"]);
    // The call that a person agrees to is what the step asks for: its success is nobody's question any more.
    await decide(stub(), 2, "approve");
    const after = await readUntil(stub(), undefined, events.length + refused.length);
    expect(shortOf(after)).toEqual(["made", "build"]);
    expect(typesOf(after)).not.toContain("approval.requested");
  });

  it("asks nobody about a call that the step does not allow", async () => {
    const { events } = await play([start, js], withSop(HELD), "held");
    expect(shortOf(events)).toEqual(["look", "TOOL_DENIED"]);
    expect(typesOf(events)).not.toContain("approval.requested");
  });
});

describe("max_duration", () => {
  /** A task that was killed in its last turn, more than a minute later. */
  async function minuteLater(turns: readonly string[]) {
    const time = scriptedTime();
    const extra = withSop(BUILD, "max_duration: 1m,");
    const task = await accept([...turns, "@sleep 2m", "@say never"].join("\n"), { pack: "hurried", extra });
    await task.stub().kick();
    await readUntil(task.stub(), ({ type, data }) => type === "step.started" && data.step === turns.length);
    await abortAllDurableObjects();
    time.move(MINUTE + LEASE_MS);
    return task;
  }

  it("ends the task with DEADLINE_EXCEEDED while the procedure is in progress", async () => {
    const { stub } = await minuteLater([start, js]);
    await runDurableObjectAlarm(stub());
    expect(typesOf(await readUntil(stub())).at(-1)).toBe("task.failed");
    expect(await stub().view()).toMatchObject({ state: "failed", error: { code: "DEADLINE_EXCEEDED" } });
  });

  for (const [name, turns] of [
    ["was never started", [js]],
    ["is over", [start, advance()]],
  ] as const) {
    it(`leaves the task its hour when the procedure ${name}`, async () => {
      const { stub } = await minuteLater(turns);
      const alarm = runDurableObjectAlarm(stub());
      const events = await readUntil(stub(), ({ type }) => type === "task.resumed");
      expect(typesOf(events).at(-1)).toBe("task.resumed");
      await stub().cancel();
      await alarm;
    });
  }
});
