/** What changed between two packs, and which changes let the agent do more. */
import { describe, expect, it } from "vitest";
import { diffPacks } from "../../src/pack/index.ts";
import { composed, manifest, packOf, ROLE, repositoryPacks } from "./samples.ts";

const BASE = `${ROLE}model: { tier: tier-3 }
tools:
  available:
    - id: code_executor
      name: Code
      description: Runs
      sandbox: { timeout: 30s, memory_limit: 256Mi, network: egress_allowlist, egress_allowlist: [a.example], filesystem: scoped, scoped_paths: [/workspace] }
      risk_level: medium
      requires_approval: true
      audit: true
      parameters: { properties: { a: { type: string } } }
    - { id: file_manager, name: Files }
  denied: [shell]
  tool_policies: { max_concurrent: 2, max_calls_per_task: 20, cost_limit_per_task: $5 }
guardrails:
  input: { max_length: 1000, pii_detection: { enabled: true, action: redact } }
  behavioral: { prohibited_actions: [delete, publish], max_autonomous_steps: 10, approval_threshold: medium, four_eyes: true }
workflow:
  sop: [{ id: a, name: A, trigger: t, max_duration: 30m, steps: [{ id: x, tool: code_executor, timeout: 7m, action: X, requires_approval: true }] }]
`;

/** Each change of one text of BASE, and the flag its diff has to carry. */
const TABLE: readonly (readonly [name: string, from: string, to: string, changes: readonly string[]])[] = [
  ["a new egress host", "[a.example]", "[a.example, b.example]", ["! /tools/available/0/sandbox/egress_allowlist/1"]],
  ["an egress host less", "[a.example]", "[]", ["  /tools/available/0/sandbox/egress_allowlist/0"]],
  [
    "an egress host for another",
    "[a.example]",
    "[b.example]",
    ["  /tools/available/0/sandbox/egress_allowlist/0", "! /tools/available/0/sandbox/egress_allowlist/0"],
  ],
  ["the whole network", "network: egress_allowlist", "network: full", ["! /tools/available/0/sandbox/network"]],
  ["no network", "network: egress_allowlist", "network: none", ["  /tools/available/0/sandbox/network"]],
  ["every file", "filesystem: scoped", "filesystem: read_write", ["! /tools/available/0/sandbox/filesystem"]],
  ["files to read only", "filesystem: scoped", "filesystem: read_only", ["  /tools/available/0/sandbox/filesystem"]],
  ["another folder", "[/workspace]", "[/workspace, /data]", ["! /tools/available/0/sandbox/scoped_paths/1"]],
  ["a longer call", "timeout: 30s", "timeout: 1m", ["! /tools/available/0/sandbox/timeout"]],
  ["the same time in another unit", "timeout: 30s", "timeout: 30000ms", ["  /tools/available/0/sandbox/timeout"]],
  ["a shorter call", "timeout: 30s", "timeout: 20s", ["  /tools/available/0/sandbox/timeout"]],
  ["more memory", "256Mi", "1Gi", ["! /tools/available/0/sandbox/memory_limit"]],
  [
    "approval no longer needed",
    "      requires_approval: true",
    "      requires_approval: false",
    ["! /tools/available/0/requires_approval"],
  ],
  ["a tool no longer audited", "audit: true", "audit: false", ["! /tools/available/0/audit"]],
  ["a tool said to be less risky", "risk_level: medium", "risk_level: low", ["! /tools/available/0/risk_level"]],
  ["other arguments", "{ type: string }", "{ type: number }", ["! /tools/available/0/parameters"]],
  [
    "a new tool",
    "    - { id: file_manager, name: Files }",
    "    - { id: file_manager, name: Files }\n    - { id: skill, name: S }",
    ["! /tools/available/2"],
  ],
  ["a tool less", "    - { id: file_manager, name: Files }\n", "", ["  /tools/available/1"]],
  ["a tool that was denied", "denied: [shell]", "denied: []", ["! /tools/denied/0"]],
  ["more calls at once", "max_concurrent: 2", "max_concurrent: 3", ["! /tools/tool_policies/max_concurrent"]],
  ["more calls", "max_calls_per_task: 20", "max_calls_per_task: 21", ["! /tools/tool_policies/max_calls_per_task"]],
  ["a higher budget", "$5", "$10.50", ["! /tools/tool_policies/cost_limit_per_task"]],
  ["a lower budget", "$5", "$0.5", ["  /tools/tool_policies/cost_limit_per_task"]],
  ["another model", "tier-3", "tier-1", ["! /model/tier"]],
  ["longer inputs", "max_length: 1000", "max_length: 2000", ["! /guardrails/input/max_length"]],
  ["a weaker answer to personal data", "action: redact", "action: warn", ["! /guardrails/input/pii_detection/action"]],
  [
    "a stronger answer to personal data",
    "action: redact",
    "action: block",
    ["  /guardrails/input/pii_detection/action"],
  ],
  ["no look for personal data", "enabled: true", "enabled: false", ["! /guardrails/input/pii_detection/enabled"]],
  [
    "an action no longer prohibited",
    "[delete, publish]",
    "[publish]",
    ["! /guardrails/behavioral/prohibited_actions/0"],
  ],
  [
    "an action more prohibited",
    "[delete, publish]",
    "[delete, publish, pay]",
    ["  /guardrails/behavioral/prohibited_actions/2"],
  ],
  [
    "the same actions in another order",
    "[delete, publish]",
    "[publish, delete]",
    ["  /guardrails/behavioral/prohibited_actions"],
  ],
  [
    "more steps",
    "max_autonomous_steps: 10",
    "max_autonomous_steps: 11",
    ["! /guardrails/behavioral/max_autonomous_steps"],
  ],
  [
    "fewer steps",
    "max_autonomous_steps: 10",
    "max_autonomous_steps: 9",
    ["  /guardrails/behavioral/max_autonomous_steps"],
  ],
  [
    "a higher threshold for approval",
    "approval_threshold: medium",
    "approval_threshold: critical",
    ["! /guardrails/behavioral/approval_threshold"],
  ],
  ["two eyes instead of four", "four_eyes: true", "four_eyes: false", ["! /guardrails/behavioral/four_eyes"]],
  ["a longer procedure", "max_duration: 30m", "max_duration: 1h", ["! /workflow/sop/0/max_duration"]],
  ["another tool at a step", "tool: code_executor", "tool: file_manager", ["! /workflow/sop/0/steps/0/tool"]],
  ["a longer step", "timeout: 7m", "timeout: 8m", ["! /workflow/sop/0/steps/0/timeout"]],
  ["a shorter step", "timeout: 7m", "timeout: 6m", ["  /workflow/sop/0/steps/0/timeout"]],
  [
    "a step that asks no more",
    "action: X, requires_approval: true",
    "action: X",
    ["! /workflow/sop/0/steps/0/requires_approval"],
  ],
  [
    "another agent to hand over to",
    "workflow:\n",
    "workflow:\n  handoffs: [{ target_agent: other, conditions: [c] }]\n",
    ["! /workflow/handoffs/0"],
  ],
  ["other words", "description: Runs", "description: Runs code", ["  /tools/available/0/description"]],
];

describe("a diff", () => {
  for (const [name, from, to, expected] of TABLE) {
    it(`shows ${name}${expected.some((line) => line.startsWith("!")) ? " as a permission" : ""}`, async () => {
      expect(BASE).toContain(from);
      const before = await composed(packOf(manifest(BASE)));
      const after = await composed(packOf(manifest(BASE.replace(from, to))));
      const changes = diffPacks(before.config, after.config);
      expect(changes.map(({ pointer, permission }) => `${permission ? "!" : " "} ${pointer}`)).toEqual(expected);
    });
  }

  it("of a pack with itself is empty", async () => {
    const { config } = await composed(repositoryPacks(), "senior-python-dev");
    expect(diffPacks(config, config)).toEqual([]);
  });

  it("holds both values", async () => {
    const before = await composed(packOf(manifest(BASE)));
    const after = await composed(packOf(manifest(BASE.replace("$5", "$6").replace("[a.example]", "[]"))));
    expect(diffPacks(before.config, after.config)).toEqual([
      {
        pointer: "/tools/available/0/sandbox/egress_allowlist/0",
        before: "a.example",
        after: undefined,
        permission: false,
      },
      { pointer: "/tools/tool_policies/cost_limit_per_task", before: "$5", after: "$6", permission: true },
    ]);
  });

  it("tells a moved tool from a changed one by its id", async () => {
    const tools = (list: string) => packOf(manifest(`${ROLE}tools: { available: [${list}] }\n`));
    const [one, two] = ["{ id: skill, name: S }", "{ id: file_manager, name: F }"];
    const before = await composed(tools(`${one}, ${two}`));
    const moved = await composed(tools(`${two}, ${one}`));
    expect(diffPacks(before.config, moved.config).map(({ pointer, permission }) => [pointer, permission])).toEqual([
      ["/tools/available", false],
    ]);
    const both = await composed(tools(`${two}, { id: skill, name: S, idempotent: true }`));
    expect(diffPacks(before.config, both.config).map(({ pointer, permission }) => [pointer, permission])).toEqual([
      ["/tools/available/1/idempotent", true],
    ]);
  });

  it("does not lose a new host among hosts that stand twice", async () => {
    const before = await composed(packOf(manifest(BASE.replace("[a.example]", "[a.example, a.example]"))));
    const after = await composed(packOf(manifest(BASE.replace("[a.example]", "[a.example, a.example, evil.example]"))));
    expect(diffPacks(before.config, after.config)).toMatchObject([{ after: "evil.example", permission: true }]);
  });

  it("does not lose a new handoff to an agent that stands twice", async () => {
    const handoffs = (list: string) => packOf(manifest(`${ROLE}workflow: { handoffs: [${list}] }\n`));
    const one = "{ target_agent: other, conditions: [a] }";
    const before = await composed(handoffs(one));
    const after = await composed(handoffs(`${one}, { target_agent: other, conditions: [b] }`));
    expect(diffPacks(before.config, after.config)).toMatchObject([
      { pointer: "/workflow/handoffs/1", permission: true },
    ]);
  });
});
