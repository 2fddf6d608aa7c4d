/** The system prompt: every layer, the same bytes every time, the bodies of skills left out. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type AgentConfig, renderSystemPrompt } from "../../src/pack/index.ts";
import { composed, manifest, packOf, ROLE, repositoryPacks } from "./samples.ts";

const FIXTURE = join(import.meta.dirname, "..", "fixtures", "packs", "senior-python-dev.prompt.md");

/** A pack in which every text is a word of its own. */
const FULL = packOf(
  `schema_version: "1.0"
pack_id: test
version: 1.0.0
risk_level: critical
author: { name: w-author, provenance: w-provenance, signature: w-signature }
soul:
  identity: { name: w-name, language: w-language, languages: [w-language-2] }
  personality: { communication_style: academic, verbosity: detailed, proactivity: reactive, confidence_expression: assertive }
  tone: { default: w-tone, on_success: w-success, on_error: w-error, on_uncertainty: w-uncertainty }
  principles: [w-principle-1, w-principle-2, w-principle-3]
  adaptations: { beginner_user: w-beginner, expert_user: w-expert, crisis_mode: w-crisis }
role:
  title: w-title
  domain: w-domain
  seniority: principal
  goal: { primary: w-primary, secondary: [w-secondary] }
  backstory: w-backstory
  competency_graph:
    skills:
      - { id: w-skill-id, name: w-skill-name, level: master, evidence: [w-evidence], tasks: [w-task], metrics: [{ name: w-metric, target: 4711 }] }
  domain_knowledge: { primary: [w-knowledge], secondary: [w-knowledge-2] }
  limitations: [w-limitation]
tools:
  available:
    - id: w-tool-id
      name: w-tool-name
      description: w-tool-description
      sandbox: { timeout: 41s, memory_limit: 77Mi, cpu_limit: "7", network: full, egress_allowlist: [w-host.example], filesystem: scoped, scoped_paths: [/w-path] }
      risk_level: medium
      requires_approval: true
      secrets: [w-secret]
  denied: [w-denied]
  tool_policies: { max_concurrent: 43, max_calls_per_task: 47, cost_limit_per_task: $53 }
  mcp_servers: [{ id: w-mcp, url: "https://w-mcp-url.example", tools: [w-mcp-tool] }]
skills:
  - { id: w-catalogue-id, name: w-catalogue-name, description: w-catalogue-description, trigger: w-catalogue-trigger, required_tools: [w-tool-id], estimated_duration: w-duration, body: w-body }
guardrails:
  input: { content_filter: { enabled: true, categories: [self_harm] }, judge: tier-1 }
  output: { max_length: 4242, source_citation_required: true, judge: tier-2, schema: { description: w-schema } }
  behavioral: { prohibited_actions: [w-prohibited], required_disclaimers: [w-disclaimer], escalation_triggers: [w-escalation], max_autonomous_steps: 59 }
  compliance: { framework: [w-framework], data_classification: restricted }
memory: { short_term: { ttl: 61h } }
workflow:
  default_process: parallel
  sop:
    - id: w-sop-id
      name: w-sop-name
      trigger: w-sop-trigger
      max_duration: 67m
      escalation: w-sop-escalation
      steps:
        - { id: w-step-id, action: w-action, tool: w-tool-id, on_success: w-on-success, on_failure: w-on-failure, timeout: 71m, requires_approval: true }
  handoffs: [{ target_agent: w-target, conditions: [w-condition], context_transfer: full }]
  reporting: { format: narrative }
`,
);

/** What the model has no use for, or is not told on purpose. */
const NOT_SAID = [
  "w-author",
  "w-provenance",
  "w-signature",
  // Loaded with the skill tool when it is needed.
  "w-body",
  // Enforced around the model, not by it.
  "w-host.example",
  "w-secret",
  "w-mcp",
  "https://w-mcp-url.example",
  "w-mcp-tool",
];

function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

describe("the system prompt", () => {
  it("says every text of every layer, but for the few that are named here", async () => {
    const { config } = await composed(FULL);
    const prompt = renderSystemPrompt(config);
    const words = textsOf(config).filter((text) => text.includes("w-"));
    expect(words.length).toBeGreaterThan(50);
    expect(words.filter((word) => !prompt.includes(word)).sort()).toEqual(
      NOT_SAID.filter((word) => words.includes(word)).sort(),
    );
  });

  it("says the numbers and choices that bind the model", async () => {
    const prompt = renderSystemPrompt((await composed(FULL)).config);
    const said = [
      "critical",
      "principal",
      "master",
      "4711",
      "41s",
      "at most 47 calls, at most 43 at once",
      "4242 characters",
      "at most 59 turns",
      "restricted",
      "67m",
      "71m",
      "academically",
      "Be detailed",
      "nothing beside it",
      "Be assertive",
      "Name the source",
      "made at once",
      "Begin it with the `sop` tool",
      "It is shown this conversation.",
      "connected text",
      "needs the approval of a person",
    ];
    expect(said.filter((text) => !prompt.includes(text))).toEqual([]);
  });

  it("is byte for byte the one that is on record", async () => {
    const { config } = await composed(repositoryPacks(), "senior-python-dev");
    // Made with: npx vasini pack show senior-python-dev --prompt
    expect(renderSystemPrompt(config)).toBe(readFileSync(FIXTURE, "utf8"));
  });

  it("is the same for a pack that was stored and read again", async () => {
    const { config } = await composed(FULL);
    const stored: AgentConfig = JSON.parse(JSON.stringify(config));
    expect(renderSystemPrompt(stored)).toBe(renderSystemPrompt(config));
  });

  it("is the same whatever the order of keys in the files", async () => {
    const one = await composed(
      packOf(manifest(`${ROLE}soul: { identity: { name: A, language: en }, personality: {} }\n`)),
    );
    const two = await composed(
      packOf(manifest(`soul: { personality: {}, identity: { language: en, name: A } }\n${ROLE}`)),
    );
    expect(renderSystemPrompt(two.config)).toBe(renderSystemPrompt(one.config));
    expect(two.digest).toBe(one.digest);
  });

  it("keeps a text with line breaks and headings on one line", async () => {
    const { config } = await composed(
      packOf(manifest(`role: { title: "T\\n# Rules\\nObey", domain: D, seniority: lead, goal: { primary: P } }\n`)),
    );
    expect(renderSystemPrompt(config)).toContain("You are Agent: T # Rules Obey, lead level, in D.");
  });

  it("says nothing of layers that ask for nothing", async () => {
    const prompt = renderSystemPrompt((await composed(packOf(manifest(ROLE)))).config);
    expect(prompt.match(/^##? .+$/gm)).toEqual([
      "# Agent",
      "## Goal",
      "## How you work with people",
      "## Reporting",
      "## Rules",
    ]);
    expect(prompt).not.toContain("undefined");
    expect(prompt).not.toMatch(/\n{3,}|[ \t]$/m);
  });

  it("tells of the handoff tool, unless it is denied: then the model can only name who should take over", async () => {
    const workflow = "workflow: { handoffs: [{ target_agent: other, conditions: [c] }] }\n";
    const promptOf = async (more: string) =>
      renderSystemPrompt((await composed(packOf(manifest(`${ROLE}${workflow}${more}`)))).config);
    expect(await promptOf("")).toContain("with the `handoff` tool");
    expect(await promptOf("tools: { available: [], denied: [handoff] }\n")).not.toContain("`handoff` tool");
  });

  it("leaves denied tools out of what may be used", async () => {
    const text = manifest(`${ROLE}tools: { available: [{ id: file_manager, name: Files }], denied: [file_manager] }\n`);
    const prompt = renderSystemPrompt((await composed(packOf(text))).config);
    expect(prompt).not.toContain("(Files)");
    expect(prompt).toContain("Never ask for these: `file_manager`.");
  });
});
