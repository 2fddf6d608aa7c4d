/** The packs of this repository compose, with exactly the warnings they are known to have. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readPackFolder } from "../../src/cli/index.ts";
import { BUILTIN_TOOLS, composePack, FRAMEWORK_VERSION, scaffoldPack } from "../../src/pack/index.ts";
import { canonicalJson, sha256Hex } from "../../src/platform/index.ts";
import { collectTools, compileCatalog } from "../../src/tool/index.ts";
import { composed, manifest, packOf, place, problemsOf, ROLE, repositoryPacks } from "./samples.ts";

const ROOT = join(import.meta.dirname, "..", "..");
/** With their own tools bundled, as they are published. */
const packs = repositoryPacks();
for (const name of ["qa-engineer"]) {
  for (const [path, text] of (await readPackFolder(join(ROOT, "packs", name))).files) packs.set(path, text);
}

const QUIET = ["hello", "qa-engineer", "support-agent"];

describe("the packs of the repository", () => {
  for (const name of QUIET) {
    it(`${name} composes in strict mode without a warning`, async () => {
      expect(await problemsOf(packs, name, true)).toEqual([]);
    });
  }

  it("senior-python-dev composes with a warning for each thing this release does not do", async () => {
    const { warnings } = await composed(packs, "senior-python-dev");
    expect(warnings.map((warning) => place(warning).replace("senior-python-dev/", ""))).toEqual([
      "MEMORY.yaml:6 /episodic",
      "MEMORY.yaml:12 /factual",
      "MEMORY.yaml:18 /cross_session",
      "TOOLS.yaml:8 /available/0/sandbox/memory_limit",
      "TOOLS.yaml:10 /available/0/sandbox/network",
    ]);
  });

  it("hello is a manifest of five lines and nothing else", () => {
    const files = [...packs.keys()].filter((path) => path.startsWith("hello/"));
    expect(files).toEqual(["hello/profession-pack.yaml"]);
    expect((packs.get("hello/profession-pack.yaml") ?? "").trim().split("\n")).toHaveLength(5);
  });

  it("support-agent takes what it does not override from the shared layers", async () => {
    const { config } = await composed(packs, "support-agent");
    expect(config.soul.identity).toEqual({ name: "Robin", language: "en", languages: ["en", "de"] });
    expect(config.soul.tone.on_success).toBe("State the result in one sentence");
    expect(config.guardrails.input.max_length).toBe(8000);
    expect(config.guardrails.output.max_length).toBe(20000);
    expect(config.skills.map(({ id }) => id)).toEqual(["clarify", "incident-report", "first-answer"]);
    expect(config.skills[1]?.trigger).toBe("When the customer's problem cannot be solved in this conversation");
    expect(config.skills[1]?.body).toContain("# Incident Report");
  });

  it("compose to the digest of their canonical JSON, whatever the order of the files", async () => {
    const { config, digest } = await composed(packs, "senior-python-dev");
    expect(digest).toBe(await sha256Hex(canonicalJson(config)));
    const reversed = new Map([...packs].reverse());
    expect((await composed(reversed, "senior-python-dev")).digest).toBe(digest);
  });
});

describe("a new pack", () => {
  it("composes in strict mode without a warning", async () => {
    expect(await problemsOf(scaffoldPack("my-agent"), "my-agent", true)).toEqual([]);
  });

  it("is named after its id", async () => {
    const { config } = await composed(scaffoldPack("release-note-writer"), "release-note-writer");
    expect([config.pack_id, config.role.title]).toEqual(["release-note-writer", "Release Note Writer"]);
  });

  for (const packId of ["a", "a-", "a--b", "constructor", "x".repeat(128)]) {
    it(`composes for the odd id ${packId.slice(0, 20)}`, async () => {
      expect((await composePack(scaffoldPack(packId), packId)).ok).toBe(true);
    });
  }
});

describe("defaults", () => {
  it("are those of the plan's models, for every layer that is left out", async () => {
    const { config } = await composed(packs, "hello");
    expect(config.soul.identity).toEqual({ name: "Agent", language: "en", languages: [] });
    expect(config.soul.personality).toEqual({
      communication_style: "professional",
      verbosity: "balanced",
      proactivity: "balanced",
      confidence_expression: "balanced",
    });
    expect(config.soul.principles).toEqual([]);
    expect(config.tools).toEqual({
      schema_version: "1.0",
      available: [],
      denied: [],
      tool_policies: { max_concurrent: 5, max_calls_per_task: 100, cost_limit_per_task: "$10" },
      mcp_servers: [],
    });
    expect(config.skills).toEqual([]);
    expect(config.guardrails).toEqual({
      schema_version: "1.0",
      input: {
        max_length: 50000,
        sanitization: true,
        jailbreak_detection: false,
        pii_detection: { enabled: false, action: "warn" },
        content_filter: { enabled: false, categories: [] },
      },
      output: {
        max_length: 100000,
        pii_check: false,
        hallucination_check: { enabled: false, confidence_threshold: 0.8 },
        format_validation: false,
        source_citation_required: false,
      },
      behavioral: {
        prohibited_actions: [],
        required_disclaimers: [],
        escalation_triggers: [],
        max_autonomous_steps: 10,
        approval_threshold: "high",
        approval_ttl: "24h",
        four_eyes: false,
      },
      compliance: { framework: [], audit_all_decisions: false, data_classification: "internal" },
    });
    expect(config.memory).toEqual({
      schema_version: "1.0",
      short_term: { enabled: true, ttl: "24h", max_entries: 100 },
      episodic: {
        enabled: false,
        confidence_threshold: 0.75,
        retrieval_top_k: 10,
        similarity_threshold: 0.7,
        source_required: true,
      },
      factual: {
        enabled: false,
        confidence_threshold: 0.95,
        requires_evidence: true,
        requires_approval: false,
        versioned: true,
      },
      cross_session: { enabled: false, merge_strategy: "latest" },
    });
    expect(config.workflow).toEqual({
      schema_version: "1.0",
      default_process: "sequential",
      sop: [],
      handoffs: [],
      reporting: { progress_updates: true, completion_report: true, format: "structured" },
    });
    expect(config.compatibility).toEqual({ required_tools: [], required_memory: [] });
    expect(config.model).toEqual({});
  });

  it("complete each tool, competence, procedure, step and handoff that is listed", async () => {
    const { config } = await composed(packs, "qa-engineer");
    expect(config.tools.available[1]).toEqual({
      id: "file_manager",
      name: "File Manager",
      description: "Read, write and search files of the task",
      sandbox: {
        timeout: "10s",
        memory_limit: "256Mi",
        cpu_limit: "1",
        network: "none",
        egress_allowlist: [],
        filesystem: "scoped",
        scoped_paths: ["/workspace"],
      },
      risk_level: "low",
      requires_approval: false,
      audit: false,
      idempotent: false,
      read_only: false,
      labels: [],
      secrets: [],
      engine: "pyodide",
    });
    expect(config.role.competency_graph.skills[1]).toMatchObject({ evidence: [], metrics: [] });
    expect(config.workflow.sop[0]?.steps[4]).toEqual({
      id: "report",
      action: "Report what was run, what failed and what was not tested",
      tool: null,
      on_success: "",
      on_failure: "",
      timeout: "2m",
      requires_approval: false,
    });
  });
});

describe("the framework's version", () => {
  it("is that of package.json", () => {
    expect(JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).version).toBe(FRAMEWORK_VERSION);
  });
});

describe("the tools that a pack is told to run", () => {
  it("are those that are offered to the model", async () => {
    const ids = [...BUILTIN_TOOLS, "not_a_tool"];
    const available = ids.map((id) => `{ id: ${id}, name: N }`).join(", ");
    const skills = "skills: [{ id: s, name: S, trigger: t }]\n";
    const workflow =
      "workflow: { sop: [{ id: a, name: A, trigger: t, steps: [] }], handoffs: [{ target_agent: other, conditions: [c] }] }\n";
    const text = manifest(`${ROLE}${skills}${workflow}tools: { available: [${available}] }\n`);
    const { config } = await composed(packOf(text));
    const offered = compileCatalog(collectTools(config)).offered.map(({ id }) => id);
    expect(offered.sort()).toEqual([...BUILTIN_TOOLS].sort());
  });
});
