/** What another policy would have said of what was decided before. */
import { describe, expect, it } from "vitest";
import { type Answered, type Effect, parseQuestion, questionGrid, rehearse } from "../../src/policy/index.ts";
import { embedded } from "./default.ts";
import { toolQuestion } from "./questions.ts";

const answered = (effect: Effect, question = toolQuestion(), rules: readonly string[] = []): Answered => ({
  ...{ effect, question, rules },
});
const mail = { id: "mail", risk_level: "low", labels: ["external"] } as const;
const tainted = toolQuestion({ tool: mail, taint: ["reads_private", "reads_untrusted"] });

describe("a rehearsal", () => {
  it("of the policy that decided changes nothing", async () => {
    const before = [answered("allow"), answered("ask", tainted, ["rule_of_two"])];
    expect(await rehearse(before, embedded())).toEqual({ asked: 2, changes: [] });
  });

  it("shows what would newly be let through, first, with how often and an example", async () => {
    const before = [answered("allow", tainted), answered("deny", toolQuestion(), ["mine"]), answered("deny")];
    const { changes } = await rehearse([...before, answered("deny", toolQuestion(), ["mine"])], embedded());
    expect(changes.map(({ isWider, before, after, count, toolId }) => [isWider, before, after, count, toolId])).toEqual(
      [
        [true, "deny", "allow", 2, "file_manager"],
        [true, "deny", "allow", 1, "file_manager"],
        [false, "allow", "ask", 1, "mail"],
      ],
    );
    expect(changes[0]).toMatchObject({ rulesBefore: ["mine"], rulesAfter: [], example: toolQuestion() });
    expect(changes[2]?.rulesAfter).toEqual(["rule_of_two"]);
  });

  it("counts asking where it was denied as wider", async () => {
    const { changes } = await rehearse([answered("deny", tainted)], embedded());
    expect(changes).toMatchObject([{ before: "deny", after: "ask", isWider: true }]);
  });

  it("knows that what a pack asks for holds whatever a policy says", async () => {
    const wanted = toolQuestion({ needs: ["The pack wants it."] });
    expect((await rehearse([answered("allow", wanted)], embedded())).changes).toEqual([]);
  });
});

describe("a question of the log", () => {
  it("is read as it was written", () => {
    expect(parseQuestion(JSON.parse(JSON.stringify(tainted)))).toEqual(tainted);
  });

  for (const value of [null, "x", [], {}, { ...tainted, version: 2 }, { ...tainted, action: "tool.calls" }]) {
    it(`is not ${JSON.stringify(value).slice(0, 40)}`, () => expect(parseQuestion(value)).toBeNull());
  }

  const { tenant, at, region, pack } = tainted;
  const place = { version: 1, tenant, at, region } as const;
  const others = [
    { ...place, action: "pack.use", pack: { id: "hello", version: "1.0.0" } },
    {
      ...place,
      action: "handoff",
      pack: { ...pack, handoffs: ["writer"] },
      target: { tenant, pack_id: "other" },
      taint: [],
      depth: 1,
    },
    { ...place, action: "api.call", principal: { roles: ["viewer"], scopes: [] }, scope: "tasks:write" },
  ] as const;

  it("of another kind is asked again too, and said to be about what it is about", async () => {
    const answers = others.map((question): Answered => ({ question, effect: "ask", rules: [] }));
    for (const question of others) {
      expect(parseQuestion(question)).toEqual(question);
      expect(parseQuestion({ ...question, pack: undefined, target: undefined, scope: undefined })).toBeNull();
    }
    const { changes } = await rehearse(answers, embedded());
    expect(changes.map(({ packId, toolId, after }) => [packId, toolId, after])).toEqual([
      ["hello", "pack.use", "allow"],
      ["hello", "handoff other", "deny"],
      ["", "tasks:write", "deny"],
    ]);
  });

  for (const member of ["pack", "tool", "needs"] as const) {
    it(`has its ${member}`, () => expect(parseQuestion({ ...tainted, [member]: undefined })).toBeNull());
  }
});

describe("the grid", () => {
  const grid = questionGrid({ tenant: "acme", packId: "p", toolId: "t", region: null });

  it("has each fact with each other one, once", () => {
    expect(grid).toHaveLength(6_144);
    expect(new Set(grid.map((question) => JSON.stringify(question))).size).toBe(6_144);
  });

  it("holds nothing that the default policy does not understand", async () => {
    const engine = embedded();
    const rules = await Promise.all(grid.map(async (question) => (await engine.decide(question)).reasons));
    expect(rules.flat().filter(({ rule }) => rule === "default")).toEqual([]);
  });
});
