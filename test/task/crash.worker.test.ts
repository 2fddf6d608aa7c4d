/**
 * A counting tool, and a crash at every write and every wait between the acceptance of a task and its end. A tool that
 * can do something twice never does so without a person's word; without the ledger it does.
 */
import { describe, expect, it } from "vitest";
import { bundlePath, type ToolBundle, toBundleFile } from "../../src/pack/index.ts";
import { createLog } from "../../src/platform/index.ts";
import { type PackFile, SCOPED, tool } from "../tool/samples.ts";
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

const isInDoubt = ({ questions }: Story): boolean => questions.some(({ kind }) => kind === "unknown_outcome");

/** Of the second crashes that can follow most first ones, every so manieth is tried; which ones moves on with the first. */
const PAIRS_EVERY = 16;

/** A second crash in the recovery from every first one; at every moment where that one had struck between intent and result. */
async function everyPair(name: string, tool: Tool & { readonly person: Person }): Promise<Story[]> {
  const stories: Story[] = [];
  for (const [crashAt, one] of (await everyCrash(name, tool)).entries()) {
    const [moments = 0] = one.recoveries;
    const every = isInDoubt(one) || effectsOf(one) > 1 ? 1 : PAIRS_EVERY;
    for (let crashAgainAt = 1 + (crashAt % every); crashAgainAt <= moments; crashAgainAt += every) {
      const story = await live(`${name}-${crashAt}-${crashAgainAt}`, { ...tool, crashAt, crashAgainAt });
      expect(story.recoveries).toHaveLength(2);
      stories.push(story);
    }
  }
  expect(stories.length).toBeGreaterThan(50);
  return stories;
}

const effectsOf = ({ world }: Story): number => world.executions.length;
/** What a tool does that knows its keys. */
const keyedEffectsOf = ({ world }: Story): number => new Set(world.executions).size;
const resultsOf = ({ events }: Story): number => events.filter(({ type }) => type === "tool.result").length;
const isGapless = ({ events }: Story): boolean => events.every(({ seq }, position) => seq === position + 1);

const report = (name: string, stories: readonly Story[]): void => {
  const effects = stories.map(effectsOf);
  const asked = stories.filter(isInDoubt).length;
  const twice = effects.filter((count) => count > 1).length;
  const facts = { tool: name, lives: stories.length, effects_max: Math.max(...effects), twice, in_doubt: asked };
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
      const doubtful = stories.filter(isInDoubt);
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
    const doubtful = stories.filter(isInDoubt);
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

  it("without the ledger makes a call twice, and nobody knows: the baseline", async () => {
    // The same tool as in the first case above, with the same crashes: all that is missing are the intents.
    const tool = { needsApproval: false, mayRepeat: false, isLedgerOff: true, person: honest };
    const stories = await everyCrash("naive", tool);
    report("ledger off", stories);
    expectWhole(stories);
    expect(Math.max(...stories.map(effectsOf))).toBe(2);
    expect(stories.flatMap(({ questions }) => questions)).toEqual([]);
  });
});

describe("a second crash in the recovery from the first", () => {
  it.each([
    ["at most once, and asks", honest],
    ["exactly once when a person has it made up for", insisting],
  ])("makes a call of a tool that can do something twice %s", async (_what, person) => {
    const stories = await everyPair(`pair-${person.name}`, { needsApproval: true, mayRepeat: false, person });
    report(`once, two crashes, ${person.name}`, stories);
    expectWhole(stories);
    expect(Math.max(...stories.map(effectsOf))).toBe(1);
    if (person === insisting) expect(Math.min(...stories.map(effectsOf))).toBe(1);
  });

  it("gives a call of an idempotent tool one effect and one result", async () => {
    const stories = await everyPair("pair-again", { needsApproval: true, mayRepeat: true, person: honest });
    report("idempotent, two crashes", stories);
    expectWhole(stories);
    expect(new Set(stories.map(keyedEffectsOf))).toEqual(new Set([1]));
  });
});

const NETWORK = `${SCOPED}, network: "egress_allowlist", egress_allowlist: ["api.example.com"]`;
const BUNDLE: ToolBundle = {
  ...{ id: "mine", description: "Mine", parameters: undefined },
  source: "var __tool = { default: { async run() { return {}; } } };",
};
const MINE: PackFile = [bundlePath("tester", "mine"), toBundleFile(BUNDLE)];
const request = (method: string) => call("http_request", { method, url: "https://api.example.com/orders" });
const git = (action: string) => call("git", { action });
const mine = (sandbox: string, more = "") => tool("mine", sandbox, more);

/** What the real catalogue makes of a call: whether it is made again when nobody knows what became of it. */
const CALLS = {
  "a POST of http_request": { isOnce: true, asks: request("POST"), available: tool("http_request", NETWORK) },
  "a GET of http_request": { isOnce: false, asks: request("GET"), available: tool("http_request", NETWORK) },
  "a POST that the pack calls idempotent": {
    ...{ isOnce: false, asks: request("POST"), available: tool("http_request", NETWORK, "idempotent: true") },
  },
  "a push of git": { isOnce: true, asks: git("push"), available: tool("git", NETWORK) },
  "a pull of git": { isOnce: false, asks: git("pull"), available: tool("git", NETWORK) },
  "a tool of the pack's own that may reach something": { isOnce: true, asks: call("mine"), available: mine(NETWORK) },
  "a tool of the pack's own that says idempotent": {
    ...{ isOnce: false, asks: call("mine"), available: mine(NETWORK, "idempotent: true") },
  },
  "a tool of the pack's own that only reads": {
    ...{ isOnce: false, asks: call("mine"), available: mine(NETWORK, "read_only: true") },
  },
  "a tool of the pack's own that reaches nothing": { isOnce: false, asks: call("mine"), available: mine(SCOPED) },
} as const;

describe("a crash at every moment, and what the catalogue says of a call", () => {
  it.each(Object.entries(CALLS))("%s", async (name, { isOnce, asks, available }) => {
    const files = asks.toolId === "mine" ? [MINE] : [];
    const tool = { needsApproval: false, available: [available], script: [asks], files, person: honest };
    const stories = await everyCrash(name, tool);
    report(name, stories);
    expectWhole(stories);
    expect(Math.max(...stories.map(effectsOf))).toBe(isOnce ? 1 : 2);
    expect(Math.max(...stories.map(keyedEffectsOf))).toBe(1);
    const asked = stories.flatMap(({ questions }) => questions.map(({ kind }) => kind));
    expect(new Set(asked)).toEqual(new Set(isOnce ? ["unknown_outcome"] : []));
  });
});
