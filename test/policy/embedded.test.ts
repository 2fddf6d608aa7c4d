/** The compiled default policy, as the code asks it. The rules themselves are tested in policies/, in Rego. */
import { createHash } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import { ACCESS_SCOPES, ROLE_NAMES, scopesOf } from "../../src/api/access.ts";
import { DEFAULT_POLICY, type PolicyQuestion, type ToolQuestion } from "../../src/policy/index.ts";
import { loadPolicy } from "../../src/policy/opa.ts";
import { embedded, WASM } from "./default.ts";
import { toolQuestion } from "./questions.ts";

/** For questions that the types would refuse. */
const asQuestion = (value: unknown): PolicyQuestion => value as PolicyQuestion; // a policy must stand what code gets wrong

/** Of any policy, by whatever engine. */
const evaluations = async () => vi.spyOn(Object.getPrototypeOf(await loadPolicy(WASM)), "evaluate");

describe("the default policy", () => {
  it("is named by the digest of what is evaluated", () => {
    expect(createHash("sha256").update(WASM).digest("hex")).toBe(DEFAULT_POLICY.digest);
  });

  it("allows a plain call, and says which policy did", async () => {
    expect(await embedded().decide(toolQuestion())).toEqual({
      effect: "allow",
      reasons: [],
      obligations: [],
      policy: DEFAULT_POLICY.digest,
      isEnforced: true,
    });
  });

  it("asks in the pack's words where the pack asks", async () => {
    const decision = await embedded().decide(toolQuestion({ needs: ["The pack wants it."] }));
    expect(decision).toMatchObject({ effect: "ask", reasons: [{ rule: "pack", message: "The pack wants it." }] });
  });

  it("asks for a person where untrusted content, private data and a change come together", async () => {
    const tool = { id: "mail", risk_level: "low", labels: ["external"] } as const;
    const decision = await embedded().decide(toolQuestion({ tool, taint: ["reads_private", "reads_untrusted"] }));
    expect(decision).toMatchObject({ effect: "ask", reasons: [{ rule: "rule_of_two" }], obligations: ["audit"] });
  });

  const unknown: readonly (readonly [name: string, value: unknown])[] = [
    ["nothing", undefined],
    ["null", null],
    ["an empty object", {}],
    ["text", "tool.call"],
    ["another version", { ...toolQuestion(), version: 2 }],
    ["another action", { ...toolQuestion(), action: "tool.calls" }],
    ["a label nobody knows", { ...toolQuestion(), taint: ["harmless"] }],
    ["no tool", { ...toolQuestion(), tool: undefined }],
  ];
  for (const [name, value] of unknown) {
    it(`denies ${name}`, async () => {
      expect((await embedded().decide(asQuestion(value))).effect).toBe("deny");
    });
  }

  it("answers questions side by side and one after the other as if each were alone", async () => {
    const engine = embedded();
    const needs = (n: number) => (n % 3 === 0 ? [`need ${n} ${"x".repeat(n)}`] : []);
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) => engine.decide(toolQuestion({ needs: needs(n) }))),
    );
    expect(answers.map(({ reasons }) => reasons.map(({ message }) => message))).toEqual(
      answers.map((_, n) => needs(n)),
    );
  });

  it("says the same again of what it remembers, and asks the policy of what it does not", async () => {
    const [engine, evaluate] = [embedded(), await evaluations()];
    const asked = async (facts: Partial<ToolQuestion>) => {
      evaluate.mockClear();
      const decision = await engine.decide(toolQuestion(facts));
      expect(decision).toEqual(await embedded().decide(toolQuestion(facts)));
      return evaluate.mock.calls.length - 1; // the other engine's own
    };
    expect([await asked({}), await asked({}), await asked({})]).toEqual([1, 0, 0]);
    // Whatever differs is another question, a tenant's most of all.
    for (const facts of [
      { tenant: "other" },
      { taint: ["reads_private"] },
      { at: { hour: 11, weekday: 3 } },
    ] as const) {
      expect([await asked(facts), await asked(facts)]).toEqual([1, 0]);
    }
    const long = { needs: ["x".repeat(2_000)] };
    expect([await asked(long), await asked(long)]).toEqual([1, 1]);
    evaluate.mockRestore();
  });

  it("forgets what was asked longest ago", async () => {
    const [engine, evaluate] = [embedded(), await evaluations()];
    const ask = (tenant: string) => engine.decide(toolQuestion({ tenant }));
    for (let n = 0; n < 1_000; n++) await ask(`t${n}`);
    await ask("t0");
    await ask("one more"); // in the place of t1
    evaluate.mockClear();
    for (const tenant of ["t0", "t2", "t999", "one more"]) await ask(tenant);
    expect(evaluate).toHaveBeenCalledTimes(0);
    await ask("t1");
    expect(evaluate).toHaveBeenCalledTimes(1);
    evaluate.mockRestore();
  });

  it("grants roles and scopes exactly what the doors grant them", async () => {
    const engine = embedded();
    const ask = async (principal: unknown, scope: string) =>
      (await engine.decide(asQuestion({ version: 1, action: "api.call", tenant: "acme", principal, scope }))).effect;
    for (const role of ROLE_NAMES) {
      const granted: string[] = [];
      for (const scope of ACCESS_SCOPES) {
        if ((await ask({ roles: [role], scopes: [] }, scope)) === "allow") granted.push(scope);
        expect(await ask({ roles: [], scopes: [scope] }, scope)).toBe("allow");
      }
      expect(granted.toSorted()).toEqual([...scopesOf([role])].toSorted());
    }
  });
});

describe("a policy that breaks", () => {
  /** A module that asks for a function `x.y`, which no policy is given. */
  const HEAD = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const STRANGE = new Uint8Array([...HEAD, 1, 4, 1, 0x60, 0, 0, 2, 7, 1, 1, 0x78, 1, 0x79, 0, 0]);

  it("denies, and says so to the log", async () => {
    const lines: string[] = [];
    const engine = embedded(STRANGE, { error: (name) => void lines.push(name) });
    const decision = await engine.decide(toolQuestion());
    expect([decision.effect, decision.reasons[0]?.rule, lines]).toEqual(["deny", "error", ["policy.failed"]]);
  });

  it("denies a question that cannot be written down, and answers the next one", async () => {
    const engine = embedded();
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    expect((await engine.decide(asQuestion(circle))).reasons[0]?.rule).toBe("error");
    expect((await engine.decide(toolQuestion())).effect).toBe("allow");
  });
});
