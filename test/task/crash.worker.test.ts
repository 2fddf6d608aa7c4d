/**
 * A counting tool, and a crash at every write and every wait between the acceptance of a task and its end. A tool that
 * can do something twice never does so without a person's word; without the ledger it does.
 */
import { describe, expect, it } from "vitest";
import { createLog } from "../../src/platform/index.ts";
import { LIST, live, type Person, type Story, type Tool } from "./crash-rig.ts";
import { call } from "./history.ts";

/** Says yes to what may run, and looks outside before saying what became of a call. */
const honest: Person = ({ kind }, { executions }) => {
  if (kind === "approval") return { decision: "approve", result: null };
  if (executions.length === 0) return { decision: "did_not_happen", result: null };
  return { decision: "happened", result: JSON.stringify({ counted: true }) };
};

/** As honest, and has what did not happen made up for. */
const insisting: Person = (question, world) => {
  const answer = honest(question, world);
  return answer.decision === "did_not_happen" ? { decision: "retry", result: null } : answer;
};

/** Every crash of one kind of tool, the life without one first. */
async function everyCrash(name: string, tool: Tool & { readonly person: Person }): Promise<Story[]> {
  const unharmed = await live(`${name}-0`, { ...tool, crashAt: 0 });
  expect(unharmed.moments).toBeGreaterThan(20);
  const stories = [unharmed];
  for (let crashAt = 1; crashAt <= unharmed.moments; crashAt++) {
    stories.push(await live(`${name}-${crashAt}`, { ...tool, crashAt }));
  }
  return stories;
}

const effectsOf = ({ world }: Story): number => world.executions.length;
/** What a tool does that knows its keys. */
const keyedEffectsOf = ({ world }: Story): number => new Set(world.executions).size;
const resultsOf = ({ events }: Story): number => events.filter(({ type }) => type === "tool.result").length;
const isGapless = ({ events }: Story): boolean => events.every(({ seq }, position) => seq === position + 1);

const report = (name: string, stories: readonly Story[]): void => {
  const effects = stories.map(effectsOf);
  const asked = stories.filter(({ questions }) => questions.some(({ kind }) => kind === "unknown_outcome")).length;
  const facts = { tool: name, crashes: stories.length - 1, effects_max: Math.max(...effects), in_doubt: asked };
  createLog().info("ledger.crashes", facts);
};

const expectWhole = (stories: readonly Story[]): void => {
  for (const story of stories) {
    expect(story.view.state).toBe("done");
    expect(resultsOf(story)).toBe(1);
    expect(isGapless(story)).toBe(true);
  }
};

describe("a crash at every moment", () => {
  for (const needsApproval of [false, true]) {
    const name = needsApproval ? "an approved call" : "a call";

    it(`makes ${name} of a tool that can do something twice at most once, and records one result`, async () => {
      const tool = { needsApproval, mayRepeat: false, person: honest };
      const stories = await everyCrash(`once-${needsApproval}`, tool);
      report(`once${needsApproval ? ", approved" : ""}`, stories);
      expectWhole(stories);
      expect(Math.max(...stories.map(effectsOf))).toBe(1);
      // The doubt is precise: a crash before the call was handed over asks nobody.
      const doubtful = stories.filter(({ questions }) => questions.some(({ kind }) => kind === "unknown_outcome"));
      expect(doubtful.length).toBeGreaterThan(0);
      expect(doubtful.length).toBeLessThan(8);
      // Each doubt is of one attempt, which is on record.
      for (const { questions, broken } of stories) {
        const doubts = questions.filter(({ kind }) => kind === "unknown_outcome");
        expect(broken.map(({ outcome, attempt }) => [outcome, attempt])).toEqual(
          doubts.map((_, n) => ["unknown", n + 1]),
        );
      }
    });

    it(`makes ${name} exactly once when a person has it made up for`, async () => {
      const tool = { needsApproval, mayRepeat: false, person: insisting };
      const stories = await everyCrash(`insisting-${needsApproval}`, tool);
      expectWhole(stories);
      expect(new Set(stories.map(effectsOf))).toEqual(new Set([1]));
    });

    it(`gives ${name} of an idempotent tool one effect and one result, and asks nobody what became of it`, async () => {
      const tool = { needsApproval, mayRepeat: true, person: honest };
      const stories = await everyCrash(`again-${needsApproval}`, tool);
      report(`idempotent${needsApproval ? ", approved" : ""}`, stories);
      expectWhole(stories);
      expect(new Set(stories.map(keyedEffectsOf))).toEqual(new Set([1]));
      expect(stories.flatMap(({ questions }) => questions).every(({ kind }) => kind === "approval")).toBe(true);
      // An execution without a result is on record beside the one that has it; so may be one that was due.
      for (const story of stories) {
        expect(story.broken.length).toBeLessThanOrEqual(1);
        expect(story.broken.length + 1).toBeGreaterThanOrEqual(effectsOf(story));
        expect(new Set(story.broken.map(({ outcome }) => outcome)).has("cancelled")).toBe(false);
      }
      expect(stories.filter(({ broken }) => broken.length > 0).length).toBeLessThan(12);
    });
  }

  it("makes a call of a remote tool at most once, and asks what became of it when nobody knows", async () => {
    const stories = await everyCrash("remote", {
      needsApproval: false,
      mayRepeat: false,
      isRemote: true,
      person: honest,
    });
    report("remote", stories);
    expectWhole(stories);
    expect(Math.max(...stories.map(effectsOf))).toBe(1);
    const doubtful = stories.filter(({ questions }) => questions.some(({ kind }) => kind === "unknown_outcome"));
    expect(doubtful.length).toBeGreaterThan(0);
    expect(doubtful.length).toBeLessThan(8);
  });

  it("makes a call of a remote tool again whose server says that it may, and whose pack believes it", async () => {
    const stories = await everyCrash("trusted", {
      needsApproval: false,
      mayRepeat: true,
      isRemote: true,
      person: honest,
    });
    expectWhole(stories);
    expect(new Set(stories.map(keyedEffectsOf))).toEqual(new Set([1]));
    expect(stories.flatMap(({ questions }) => questions)).toEqual([]);
  });

  it("changes nothing of what a model is offered of a remote server, nor of what it is told is missing", async () => {
    const stories = await everyCrash("offers", {
      needsApproval: true,
      mayRepeat: false,
      isRemote: true,
      person: honest,
    });
    const offer = { tools: ["docs__count"], note: "Not available in this task: docs__gone." };
    for (const { world } of stories)
      expect(new Set(world.offers.map((one) => JSON.stringify(one)))).toEqual(new Set([JSON.stringify(offer)]));
  });

  it("leads a procedure through the same steps, with the same questions", async () => {
    const pack = `
workflow:
  sop:
    - id: release
      name: Release
      trigger: A release is asked for
      steps:
        - { id: look, action: Look, tool: file_manager, requires_approval: true, on_failure: look }
        - { id: gate, action: Sign off, requires_approval: true }
`;
    const advance = (outcome: string) => call("sop", { action: "advance", outcome });
    const start = call("sop", { action: "start", sop: "release" });
    const script = [start, LIST, advance("failure"), call("git"), advance("success"), advance("success")];
    const tool = { needsApproval: false, mayRepeat: true, person: honest, script, pack };
    const stories = await everyCrash("procedure", tool);
    report("a procedure", stories);
    const toldOf = ({ events }: Story) =>
      events.flatMap(({ type, data: { duration_ms: _, ...told } }) => (type === "tool.result" ? [told] : []));
    // A decision that a crash took with it is given again, to the same question.
    const askedIn = ({ questions }: Story) => [
      ...new Map(questions.map(({ approval_id, tool_id }) => [approval_id, tool_id])).values(),
    ];
    const [unharmed] = stories;
    expect(unharmed && toldOf(unharmed)).toMatchObject([
      { result: { step: { id: "look", visit: 1 } } },
      { success: true },
      { result: { step: { id: "look", visit: 2 } } },
      { success: false },
      { result: { step: { id: "gate" } } },
      { result: { status: "finished" } },
    ]);
    for (const story of stories) {
      expect(story.view.state).toBe("done");
      expect(isGapless(story)).toBe(true);
      expect(keyedEffectsOf(story)).toBe(1);
      expect(toldOf(story)).toEqual(unharmed && toldOf(unharmed));
      expect(askedIn(story)).toEqual(["file_manager", "sop", "sop"]);
    }
  });

  it("without the ledger makes a call twice: the baseline", async () => {
    const stories = await everyCrash("naive", { needsApproval: false, mayRepeat: true, person: honest });
    report("ledger off", stories);
    expect(Math.max(...stories.map(effectsOf))).toBe(2);
  });
});
