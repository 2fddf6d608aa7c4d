/** What a pack's tools mean for a run: offered, refused, repeatable. */
import { describe, expect, it } from "vitest";
import { collectTools, compileCatalog } from "../../src/tool/index.ts";
import { ARGUMENTS_BYTES_MAX } from "../../src/tool/limits.ts";
import { composeConfig, SCOPED, tool, tools, WITH_SKILL } from "./samples.ts";

const BOTH = tools([tool("code_executor", SCOPED), tool("file_manager", SCOPED)]);
const catalogOf = async (...blocks: readonly string[]) => compileCatalog(collectTools(await composeConfig(...blocks)));

const call = (toolId: string, value: { readonly [name: string]: unknown } = {}, callsBefore = 0) => ({
  toolId,
  callsBefore,
  arguments: { kind: "object", value } as const,
});
const JS = { language: "javascript", code: "1" };

describe("what is offered", () => {
  it("is what the pack lists, with the schemas of the built-in tools", async () => {
    const { offered } = await catalogOf(BOTH);
    expect(offered.map((one) => one.id)).toEqual(["code_executor", "file_manager"]);
    expect(offered[0]?.parameters).toMatchObject({ type: "object", required: ["language", "code"] });
    expect(offered.every((one) => one.description.length > 20)).toBe(true);
  });

  it("uses the pack's own description and parameters when it has them", async () => {
    const more = 'description: "Runs it", parameters: { type: object, properties: { code: { type: string } } }';
    const { offered } = await catalogOf(tools([tool("code_executor", "", more)]));
    expect(offered).toEqual([
      {
        id: "code_executor",
        description: "Runs it",
        parameters: { type: "object", properties: { code: { type: "string" } } },
      },
    ]);
  });

  it("has skill when the pack has skills, listed or not", async () => {
    expect((await catalogOf(WITH_SKILL)).offered.map((one) => one.id)).toEqual(["skill"]);
    expect((await catalogOf(BOTH)).offered.map((one) => one.id)).not.toContain("skill");
  });

  it("has handoff when the pack has handoffs, listed or not, with exactly their agents", async () => {
    const to = (...agents: readonly string[]) =>
      `workflow: { handoffs: [${agents.map((id) => `{ target_agent: ${id}, conditions: [c] }`).join(", ")}] }`;
    const implied = await catalogOf(to("one", "two", "one"));
    expect(implied.offered).toMatchObject([
      { id: "handoff", parameters: { properties: { agent: { enum: ["one", "two"] } }, required: ["agent", "input"] } },
    ]);
    // The agents are the workflow's to name, whatever the entry says.
    const listed = await catalogOf(to("one"), tools([tool("handoff", "", "parameters: { type: object }")]));
    expect(listed.offered).toMatchObject([{ parameters: { properties: { agent: { enum: ["one"] } } } }]);
    expect(listed.admit(call("handoff", { agent: "two", input: "x" }))).toMatchObject({ code: "TOOL_ARGUMENTS" });
    expect((await catalogOf(tools([tool("handoff")]))).offered).toEqual([]);
    expect((await catalogOf(to("one"), tools([], 'denied: ["handoff"]'))).offered).toEqual([]);
  });

  it("has sop when the pack has procedures, listed or not, and not when it is denied", async () => {
    const sop = "workflow: { sop: [{ id: a, name: A, trigger: t, steps: [{ id: x, action: X }] }] }";
    const offers = async (...blocks: readonly string[]) => (await catalogOf(...blocks)).offered.map(({ id }) => id);
    expect(await offers(sop)).toEqual(["sop"]);
    expect(await offers(sop, tools([tool("sop")]))).toEqual(["sop"]);
    expect(await offers(tools([tool("sop")]))).toEqual([]);
    expect(await offers(sop, tools([], 'denied: ["sop"]'))).toEqual([]);
  });

  it("leaves out a tool that is denied, even when it is available", async () => {
    const { offered } = await catalogOf(
      tools([tool("code_executor"), tool("file_manager")], 'denied: ["file_manager"]'),
    );
    expect(offered.map((one) => one.id)).toEqual(["code_executor"]);
  });

  it("leaves out what this release cannot run, and has what needs a person", async () => {
    const { offered } = await catalogOf(tools([tool("nowhere"), tool("file_manager", "", "requires_approval: true")]));
    expect(offered.map(({ id }) => id)).toEqual(["file_manager"]);
  });
});

describe("a tool with network: full", () => {
  const FULL = tools([tool("code_executor", 'network: "full"')]);

  it("is neither offered nor run until the operator allows it, and the refusal names the switch", async () => {
    const catalog = await catalogOf(FULL);
    expect(catalog.offered).toEqual([]);
    expect(catalog.admit(call("code_executor", JS))).toMatchObject({
      code: "TOOL_DENIED",
      message: expect.stringMatching(/ALLOW_FULL_NETWORK/),
    });
  });

  it("is offered and runs when the operator allows it", async () => {
    const catalog = compileCatalog(collectTools(await composeConfig(FULL), { allowFullNetwork: true }));
    expect(catalog.offered.map((one) => one.id)).toEqual(["code_executor"]);
    expect(catalog.admit(call("code_executor", JS))).toBeNull();
  });
});

describe("a call that is refused", () => {
  it("names an unknown tool and the ones there are", async () => {
    const refusal = (await catalogOf(BOTH)).admit(call("no_such_tool"));
    expect(refusal).toMatchObject({ code: "TOOL_UNKNOWN" });
    expect(refusal?.message).toMatch(/no_such_tool.*code_executor, file_manager/);
  });

  it("says that a listed tool is not available yet", async () => {
    const refusal = (await catalogOf(tools([tool("handoff")]))).admit(call("handoff"));
    expect(refusal).toMatchObject({ code: "TOOL_UNKNOWN" });
    expect(refusal?.message).toMatch(/listed by this pack but not available/);
  });

  for (const id of ["shell_unrestricted", "code_executor"]) {
    it(`says that ${id} is denied by the pack`, async () => {
      const denied = 'denied: ["shell_unrestricted", "code_executor"]';
      const catalog = await catalogOf(tools([tool("code_executor")], denied));
      expect(catalog.admit(call(id, JS))).toEqual({ code: "TOOL_DENIED", message: `${id} is denied by this pack.` });
    });
  }

  it("is TOOL_LIMIT after max_calls_per_task calls", async () => {
    const catalog = await catalogOf(tools([tool("code_executor")], "tool_policies: { max_calls_per_task: 2 }"));
    expect(catalog.maxCallsPerTask).toBe(2);
    expect(catalog.admit(call("code_executor", JS, 1))).toBeNull();
    expect(catalog.admit(call("code_executor", JS, 2))).toMatchObject({ code: "TOOL_LIMIT" });
  });

  it("names the JSON problem of malformed arguments", async () => {
    const malformed = { kind: "malformed", raw: '{"a', problem: "Unterminated string" } as const;
    const refusal = (await catalogOf(BOTH)).admit({ toolId: "code_executor", callsBefore: 0, arguments: malformed });
    expect(refusal).toMatchObject({ code: "TOOL_ARGUMENTS", message: expect.stringMatching(/Unterminated string/) });
  });
});

describe("a person is asked", () => {
  it("before each call of a tool that requires approval, whatever its risk", async () => {
    const more = 'requires_approval: true, risk_level: "low"';
    const catalog = await catalogOf(tools([tool("code_executor", "", more)]));
    expect(catalog.admit(call("code_executor", JS))).toBeNull();
    expect(catalog.approvalFor("code_executor")).toEqual({
      riskLevel: "low",
      reason: "The pack asks for a person before each call of code_executor.",
    });
  });

  it("for nothing of a tool that the pack does not have", async () => {
    expect((await catalogOf(BOTH)).approvalFor("nowhere")).toBeNull();
    expect((await catalogOf(WITH_SKILL)).approvalFor("skill")).toBeNull();
  });

  const THRESHOLDS = [
    // risk_level, approval_threshold, runs unasked
    ["low", "low", false],
    ["low", "medium", true],
    ["medium", "high", true],
    ["high", "high", false],
    ["critical", "high", false],
    ["high", "critical", true],
  ] as const;
  for (const [risk, threshold, runs] of THRESHOLDS) {
    it(`${runs ? "for no" : "for a"} tool of risk ${risk} at an approval threshold of ${threshold}`, async () => {
      const catalog = await catalogOf(
        tools([tool("code_executor", "", `risk_level: "${risk}"`)]),
        `guardrails: { behavioral: { approval_threshold: "${threshold}" } }`,
      );
      expect(catalog.approvalFor("code_executor")?.riskLevel ?? null).toBe(runs ? null : risk);
      expect(catalog.riskOf("code_executor")).toBe(risk);
    });
  }
});

describe("labels", () => {
  const LABELS = 'labels: ["reads_private", "writes"]';

  it("are what the pack says", async () => {
    const catalog = await catalogOf(tools([tool("file_manager", SCOPED, LABELS)]));
    expect(catalog.labelsOf("file_manager")).toEqual(["reads_private", "writes"]);
  });

  it("follow from a network, whether the pack says so or not", async () => {
    const listed = 'network: "egress_allowlist", egress_allowlist: ["api.example.com"]';
    const catalog = await catalogOf(tools([tool("http_request", listed, 'labels: ["external"]'), tool("git", listed)]));
    expect(catalog.labelsOf("http_request").toSorted()).toEqual(["external", "reads_untrusted"]);
    expect(catalog.labelsOf("git")).toEqual(["reads_untrusted", "external"]);
  });

  it("are none for a tool that the pack does not list", async () => {
    const catalog = await catalogOf(WITH_SKILL);
    expect([catalog.labelsOf("skill"), catalog.labelsOf("nowhere")]).toEqual([[], []]);
  });
});

describe("arguments", () => {
  const WRONG = [
    ["a missing field", "code_executor", { language: "javascript" }, /code/],
    ["a wrong type", "code_executor", { language: "javascript", code: 1 }, /\/code: .*string/],
    ["an unknown field", "code_executor", { ...JS, timeout: 5 }, /timeout/],
    ["an unknown language", "code_executor", { language: "ruby", code: "1" }, /\/language: .*javascript/],
    ["an unknown action", "file_manager", { action: "chmod", path: "/workspace/a" }, /\/action/],
    ["several faults at once", "code_executor", {}, /language.*code/],
  ] as const;
  for (const [name, id, value, message] of WRONG) {
    it(`with ${name} are refused, and the message says where`, async () => {
      const refusal = (await catalogOf(BOTH)).admit(call(id, value));
      expect(refusal?.code).toBe("TOOL_ARGUMENTS");
      expect(refusal?.message).toMatch(message);
    });
  }

  for (const language of ["javascript", "typescript", "python", "bash"]) {
    it(`naming ${language} are taken`, async () => {
      expect((await catalogOf(BOTH)).admit(call("code_executor", { language, code: "1" }))).toBeNull();
    });
  }

  it("are checked against the pack's parameters where it has them", async () => {
    const more = "parameters: { type: object, required: [task], properties: { task: { maxLength: 3 } } }";
    const catalog = await catalogOf(tools([tool("code_executor", "", more)]));
    expect(catalog.admit(call("code_executor", { task: "abc" }))).toBeNull();
    expect(catalog.admit(call("code_executor", { task: "abcd" }))).toMatchObject({ code: "TOOL_ARGUMENTS" });
  });

  it("over the size limit are refused", async () => {
    const code = "x".repeat(ARGUMENTS_BYTES_MAX);
    expect((await catalogOf(BOTH)).admit(call("code_executor", { ...JS, code }))).toMatchObject({
      code: "TOOL_ARGUMENTS",
    });
  });

  it("that fit are admitted", async () => {
    const catalog = await catalogOf(BOTH, WITH_SKILL);
    expect(catalog.admit(call("code_executor", JS))).toBeNull();
    expect(catalog.admit(call("file_manager", { action: "list", path: "/workspace" }))).toBeNull();
    expect(catalog.admit(call("skill", { id: "review" }))).toBeNull();
  });
});

describe("names and repetition", () => {
  it("gives the pack's name of a tool, its own name, or the id itself", async () => {
    const catalog = await catalogOf(BOTH, WITH_SKILL);
    expect(["code_executor", "skill", "nope"].map((id) => catalog.nameOf(id))).toEqual([
      "Name of code_executor",
      "Skill",
      "nope",
    ]);
  });

  it("lets built-in tools be repeated, and others only when they say so", async () => {
    const listed = [
      tool("code_executor"),
      tool("a"),
      tool("b", "", "idempotent: true"),
      tool("c", "", "read_only: true"),
    ];
    const catalog = await catalogOf(tools(listed));
    const repeatable = ["code_executor", "skill", "a", "b", "c", "unknown"].filter((id) => catalog.mayRepeat(id));
    expect(repeatable).toEqual(["code_executor", "skill", "b", "c"]);
  });

  it("repeats of a tool with a network only what changes nothing outside, unless the pack declares it safe", async () => {
    const made = (value: Readonly<Record<string, unknown>>) => ({ kind: "object", value }) as const;
    const plain = await catalogOf(tools([tool("git"), tool("http_request")]));
    const repeated = (toolId: string, name: string, values: readonly string[]) =>
      values.filter((value) => plain.mayRepeat(toolId, made({ [name]: value })));
    const actions = ["clone", "pull", "commit", "push"];
    expect(repeated("git", "action", actions)).toEqual(["clone", "pull", "commit"]);
    const methods = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "get"];
    expect(repeated("http_request", "method", methods)).toEqual(["GET", "HEAD", "OPTIONS"]);
    // Without its arguments nobody can tell.
    expect(plain.mayRepeat("git")).toBe(false);
    expect(plain.mayRepeat("git", { kind: "malformed", raw: "{", problem: "cut" })).toBe(false);
    const declared = await catalogOf(tools([tool("http_request", "", "idempotent: true")]));
    expect(declared.mayRepeat("http_request", made({ method: "POST" }))).toBe(true);
  });

  it("audits the successes of the tools that the pack audits, or of all", async () => {
    const listed = [tool("code_executor", "", "audit: true"), tool("file_manager")];
    const audited = (catalog: Awaited<ReturnType<typeof catalogOf>>) =>
      ["code_executor", "file_manager", "skill", "unknown"].filter((id) => catalog.isAudited(id));
    expect(audited(await catalogOf(tools(listed)))).toEqual(["code_executor"]);
    const all = await catalogOf(tools(listed), "guardrails: { compliance: { audit_all_decisions: true } }");
    expect(audited(all)).toEqual(["code_executor", "file_manager", "skill", "unknown"]);
  });

  it("takes max_concurrent from the pack", async () => {
    expect((await catalogOf(tools([], "tool_policies: { max_concurrent: 7 }"))).maxConcurrent).toBe(7);
  });
});
