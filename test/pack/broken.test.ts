/** Broken packs, each with exactly the problems it has: where, and in which value. */
import { describe, expect, it } from "vitest";
import { composePack } from "../../src/pack/index.ts";
import { errorsOf, manifest, packOf, place, problemsOf, ROLE } from "./samples.ts";

const M = "test/profession-pack.yaml";
type Case = {
  readonly name: string;
  readonly manifest: string;
  readonly files?: Readonly<Record<string, string>>;
  /** `file:line pointer`, every error, in order. */
  readonly errors: readonly string[];
};

/** One layer in a file of its own, beside a manifest that is right. */
const layer = (name: string, text: string): Pick<Case, "manifest" | "files"> => ({
  manifest: manifest(`${ROLE}${name}: { file: ./L.yaml }\n`),
  files: { "test/L.yaml": text },
});
const tool = (lines: string): Pick<Case, "manifest" | "files"> =>
  layer("tools", `schema_version: "1.0"\navailable:\n  - id: code_executor\n    name: Code\n${lines}`);
const sandbox = (lines: string) => tool(`    sandbox:\n${lines}`);

const CASES: readonly Case[] = [
  {
    name: "an empty manifest lacks everything",
    manifest: "{}\n",
    errors: ["author", "pack_id", "risk_level", "role", "schema_version", "version"].map((name) => `${M}:1 /${name}`),
  },
  {
    name: "a pack without a role",
    manifest: manifest(""),
    errors: [`${M}:1 /role`],
  },
  {
    name: "a role that is null",
    manifest: manifest("role: null\n"),
    errors: [`${M}:6 /role`],
  },
  {
    name: "malformed values of the manifest",
    manifest: `schema_version: 1.0\npack_id: Test\nversion: "1"\nrisk_level: extreme\nauthor: {}\n${ROLE}model: { tier: tier-9 }\n`,
    errors: [
      `${M}:1 /schema_version`,
      `${M}:2 /pack_id`,
      `${M}:3 /version`,
      `${M}:4 /risk_level`,
      `${M}:5 /author/name`,
      `${M}:7 /model/tier`,
    ],
  },
  {
    name: "a date that is none, and a score above 1",
    manifest: manifest(`${ROLE}tested_with:\n  - date: 2026-13-01\n    eval_score: 2\n`),
    errors: [`${M}:8 /tested_with/0/date`, `${M}:9 /tested_with/0/eval_score`],
  },
  {
    name: "layer references that are no references",
    manifest: manifest(
      `${ROLE}soul: SOUL.yaml\ntools: { file: a.yaml, extends: b.yaml }\nmemory: { override: {} }\nworkflow: { file: 5 }\nguardrails: { extends: a.yaml, override: no }\nskills: [{ file: "" }, 3]\n`,
    ),
    errors: [
      `${M}:7 /soul`,
      `${M}:8 /tools/extends`,
      `${M}:9 /memory/override`,
      `${M}:10 /workflow/file`,
      `${M}:11 /guardrails/override`,
      `${M}:12 /skills/0/file`,
      `${M}:12 /skills/1`,
    ],
  },
  {
    name: "skills that are no list",
    manifest: manifest(`${ROLE}skills: { file: ./SKILL.md }\n`),
    errors: [`${M}:7 /skills`],
  },
  {
    name: "files that do not exist",
    manifest: manifest("role: { file: ./ROLE.yml }\nskills:\n  - file: ./none.md\n"),
    errors: [`${M}:6 /role/file`, `${M}:8 /skills/0/file`],
  },
  {
    name: "faults in every layer at once",
    manifest: manifest(
      "role: { file: ./ROLE.yaml }\nsoul: { file: ./SOUL.yaml }\ntools: { file: ./TOOLS.yaml }\nskills:\n  - file: ./S.md\n",
    ),
    files: {
      "test/ROLE.yaml": 'schema_version: "1.0"\ntitle: T\ndomain: 5\nseniority: guru\ngoal: {}\n',
      "test/SOUL.yaml":
        'schema_version: "1.0"\nidentity:\n  name: A\npersonality:\n  verbosity: loud\nprinciples:\n  - one\n',
      "test/TOOLS.yaml": 'schema_version: "1.0"\navailable:\n  - id: x\n    sandbox:\n      timeout: 30\n',
      "test/S.md": "---\nid: s\nrisk_level: none\n---\nBody\n",
    },
    errors: [
      "test/ROLE.yaml:3 /domain",
      "test/ROLE.yaml:4 /seniority",
      "test/ROLE.yaml:5 /goal/primary",
      "test/S.md:1 /name",
      "test/S.md:1 /trigger",
      "test/S.md:3 /risk_level",
      "test/SOUL.yaml:2 /identity/language",
      "test/SOUL.yaml:5 /personality/verbosity",
      "test/SOUL.yaml:6 /principles",
      "test/TOOLS.yaml:3 /available/0/name",
      "test/TOOLS.yaml:5 /available/0/sandbox/timeout",
    ],
  },
  {
    name: "a layer file without its schema_version",
    ...layer("memory", "short_term: { enabled: true }\n"),
    errors: ["test/L.yaml:1 /schema_version"],
  },
  {
    name: "a value that an override supplies is wrong where it is written",
    manifest: manifest(
      `${ROLE}soul:\n  extends: ../_shared/soul.yaml\n  override:\n    personality:\n      verbosity: loud\n    identity:\n      language: 5\n`,
    ),
    files: {
      "_shared/soul.yaml":
        'schema_version: "1.0"\nidentity: { name: A, language: en }\npersonality:\n  proactivity: never\n  verbosity: concise\n',
    },
    errors: [
      "_shared/soul.yaml:4 /personality/proactivity",
      `${M}:11 /soul/override/personality/verbosity`,
      `${M}:13 /soul/override/identity/language`,
    ],
  },
  {
    name: "a value that is missing after merging is missing where the layer was last written",
    manifest: manifest(`${ROLE}soul:\n  extends: ../_shared/soul.yaml\n  override:\n    identity:\n      name: B\n`),
    files: { "_shared/soul.yaml": 'schema_version: "1.0"\npersonality: {}\n' },
    errors: [`${M}:10 /soul/override/identity/language`],
  },
  {
    name: "quantities that are none",
    manifest: manifest(
      `${ROLE}tools: { file: ./T.yaml }\nmemory: { short_term: { ttl: forever } }\nguardrails: { behavioral: { approval_ttl: 1 day } }\nworkflow: { file: ./W.yaml }\n`,
    ),
    files: {
      "test/T.yaml":
        'schema_version: "1.0"\navailable:\n  - id: a\n    name: A\n    sandbox:\n      timeout: 30\n' +
        '  - id: b\n    name: B\n    sandbox:\n      timeout: 30 s\n      memory_limit: 512MB\n      cpu_limit: "0"\n' +
        "tool_policies:\n  cost_limit_per_task: 5 USD\n",
      "test/W.yaml":
        'schema_version: "1.0"\nsop:\n  - id: s\n    name: S\n    trigger: t\n    max_duration: 0m\n' +
        "    steps:\n      - id: x\n        action: X\n        timeout: 1h30m\n",
    },
    errors: [
      "test/T.yaml:6 /available/0/sandbox/timeout",
      "test/T.yaml:10 /available/1/sandbox/timeout",
      "test/T.yaml:11 /available/1/sandbox/memory_limit",
      "test/T.yaml:12 /available/1/sandbox/cpu_limit",
      "test/T.yaml:14 /tool_policies/cost_limit_per_task",
      "test/W.yaml:6 /sop/0/max_duration",
      "test/W.yaml:10 /sop/0/steps/0/timeout",
      `${M}:8 /memory/short_term/ttl`,
      `${M}:9 /guardrails/behavioral/approval_ttl`,
    ],
  },
  {
    name: "limits that would stop everything",
    manifest: manifest(
      `${ROLE}guardrails: { behavioral: { max_autonomous_steps: 0 }, input: { max_length: 0 } }\ntools: { available: [], tool_policies: { max_concurrent: 0, max_calls_per_task: -1 } }\n`,
    ),
    errors: [
      `${M}:7 /guardrails/behavioral/max_autonomous_steps`,
      `${M}:7 /guardrails/input/max_length`,
      `${M}:8 /tools/tool_policies/max_concurrent`,
      `${M}:8 /tools/tool_policies/max_calls_per_task`,
    ],
  },
  {
    name: "egress to anywhere",
    ...sandbox('      network: egress_allowlist\n      egress_allowlist: ["*"]\n'),
    errors: ["test/L.yaml:7 /available/0/sandbox/egress_allowlist/0"],
  },
  {
    name: "egress to what is no exact host name",
    ...sandbox(
      `      egress_allowlist:\n${[
        '"*.github.com"',
        "https://github.com",
        "github.com:443",
        "github.com/x",
        "GitHub.com",
        "localhost",
        "127.0.0.1",
        "0x7f.1",
        "1.2.3",
        "api.0x7f000001",
        '"[::1]"',
        '"::1"',
        "bücher.de",
        "a..b",
        "-a.example",
        "a_b.example",
        "user@example.com",
        '""',
        '" github.com"',
        "github.com.",
      ]
        .map((host) => `        - ${host}\n`)
        .join("")}        - api.github.com\n        - xn--bcher-kva.example\n        - 1password.com\n`,
    ),
    errors: Array.from({ length: 20 }, (_, i) => `test/L.yaml:${7 + i} /available/0/sandbox/egress_allowlist/${i}`),
  },
  {
    name: "scoped paths that are relative or climb",
    ...sandbox(
      '      scoped_paths:\n        - workspace\n        - /workspace/../etc\n        - /..\n        - "C:\\\\x"\n        - "/a\\\\b"\n        - ""\n        - /workspace\n        - /work..space/..a\n',
    ),
    errors: [7, 8, 9, 10, 11, 12].map((line, i) => `test/L.yaml:${line} /available/0/sandbox/scoped_paths/${i}`),
  },
  {
    name: "ids that stand twice",
    manifest: manifest(
      'role:\n  title: T\n  domain: D\n  seniority: lead\n  goal: { primary: P }\n  competency_graph:\n    skills:\n      - { id: c, name: C, level: expert }\n      - { id: c, name: D, level: master }\ntools: { file: ./T.yaml }\nskills:\n  - { id: s, name: S, trigger: t, body: "# S" }\n  - { id: s, name: S, trigger: t, body: "# S" }\nworkflow: { file: ./W.yaml }\n',
    ),
    files: {
      "test/T.yaml":
        'schema_version: "1.0"\navailable:\n  - { id: skill, name: A }\n  - { id: skill, name: B }\nmcp_servers:\n  - { id: m, url: "https://a.example" }\n  - { id: m, url: "https://b.example" }\n',
      "test/W.yaml":
        'schema_version: "1.0"\nsop:\n  - { id: a, name: A, trigger: t, steps: [{ id: x, action: X }, { id: x, action: Y }] }\n  - { id: a, name: B, trigger: t, steps: [{ id: x, action: X }] }\n',
    },
    errors: [
      "test/T.yaml:4 /available/1/id",
      "test/T.yaml:7 /mcp_servers/1/id",
      "test/W.yaml:3 /sop/0/steps/1/id",
      "test/W.yaml:4 /sop/1/id",
      `${M}:14 /role/competency_graph/skills/1/id`,
      `${M}:18 /skills/1/id`,
    ],
  },
  {
    name: "references to tools, agents and memory that are not there",
    manifest: manifest(
      `compatibility:\n  required_tools: [code_executor, git]\n  required_memory: [episodic, eternal, short_term]\n${ROLE}tools: { available: [{ id: code_executor, name: C }] }\nworkflow: { file: ./W.yaml }\n`,
    ),
    files: {
      "test/W.yaml":
        'schema_version: "1.0"\nsop:\n  - id: a\n    name: A\n    trigger: t\n    steps:\n      - { id: x, action: X, tool: code_executer }\nhandoffs:\n  - { target_agent: Not An Id, conditions: [a] }\n  - { target_agent: test, conditions: [a] }\n',
    },
    errors: [
      "test/W.yaml:7 /sop/0/steps/0/tool",
      "test/W.yaml:9 /handoffs/0/target_agent",
      "test/W.yaml:10 /handoffs/1/target_agent",
      `${M}:7 /compatibility/required_tools/1`,
      `${M}:8 /compatibility/required_memory/0`,
      `${M}:8 /compatibility/required_memory/1`,
    ],
  },
  {
    name: "required memory that is switched off",
    manifest: manifest(
      `compatibility: { required_memory: [short_term, factual] }\n${ROLE}memory: { short_term: { enabled: false }, factual: { ttl: 1h } }\n`,
    ),
    errors: [`${M}:6 /compatibility/required_memory/0`, `${M}:6 /compatibility/required_memory/1`],
  },
  {
    name: "a framework that is too old, too new, or no version",
    manifest: manifest(`compatibility:\n  framework_min: 0.2.0\n  framework_max: 0.0.x\n${ROLE}`),
    errors: [`${M}:7 /compatibility/framework_min`, `${M}:8 /compatibility/framework_max`],
  },
  {
    name: "framework bounds that are no versions",
    manifest: manifest(`compatibility:\n  framework_min: "^0.1"\n  framework_max: latest\n${ROLE}`),
    errors: [`${M}:7 /compatibility/framework_min`, `${M}:8 /compatibility/framework_max`],
  },
  {
    name: "parameters that are no JSON Schema",
    ...tool(
      '    parameters:\n      type: object\n      properties:\n        a: { type: strin }\n        b: { pattern: "(" }\n        c: { $ref: "https://example.com/x.json" }\n        d: { minLength: -1 }\n      required: a\n',
    ),
    errors: [
      "test/L.yaml:8 /available/0/parameters/properties/a/type",
      "test/L.yaml:9 /available/0/parameters/properties/b/pattern",
      "test/L.yaml:10 /available/0/parameters/properties/c/$ref",
      "test/L.yaml:11 /available/0/parameters/properties/d/minLength",
      "test/L.yaml:12 /available/0/parameters/required",
    ],
  },
  {
    name: "parameters that are no object",
    ...tool("    parameters: { type: string }\n"),
    errors: ["test/L.yaml:5 /available/0/parameters/type"],
  },
  {
    name: "parameters that are no mapping",
    ...tool("    parameters: true\n"),
    errors: ["test/L.yaml:5 /available/0/parameters"],
  },
  {
    name: "an output schema that is none",
    ...layer("guardrails", 'schema_version: "1.0"\noutput:\n  schema:\n    properties: [a]\n'),
    errors: ["test/L.yaml:4 /output/schema/properties"],
  },
];

describe("a broken pack", () => {
  for (const { name, manifest: text, files, errors } of CASES) {
    it(name, async () => {
      expect((await errorsOf(packOf(text, files))).map(place)).toEqual(errors);
    });
  }

  it("tells what was found and what was expected", async () => {
    const text = manifest(
      `${ROLE}soul: { identity: { name: A, language: en }, personality: { verbosity: concize } }\n`,
    );
    expect(await errorsOf(packOf(text))).toEqual([
      {
        severity: "error",
        file: M,
        line: 7,
        column: 72,
        pointer: "/soul/personality/verbosity",
        message: 'verbosity is none of its values. Did you mean "concise"?',
        found: '"concize"',
        expected: "one of concise, balanced, detailed",
      },
    ]);
  });

  it("is told to quote a version that YAML reads as a number", async () => {
    const [error] = await errorsOf(
      packOf(`schema_version: 1.0\npack_id: t\nversion: 1.0.0\nrisk_level: low\nauthor: { name: T }\n${ROLE}`),
    );
    expect(error).toMatchObject({ found: "1.0 (a number)", expected: 'a string, in quotes: "1.0"' });
  });

  it("is told the unit of a quantity, which quotes alone would not mend", async () => {
    const { manifest: text, files } = sandbox("      timeout: 30\n");
    const [error] = await errorsOf(packOf(text, files));
    expect(error).toMatchObject({ found: "30 (a number)", expected: 'a string with its unit, such as "30s"' });
  });

  it("is told what a missing field should be", async () => {
    const [error] = await errorsOf(packOf(manifest("role: { domain: D, seniority: lead, goal: { primary: P } }\n")));
    expect(error).toMatchObject({ message: "title is missing", found: "nothing", expected: "a string" });
  });

  it("shows its warnings along with its errors", async () => {
    const problems = await problemsOf(packOf(manifest("sole: {}\n")));
    expect(problems.map(({ severity, pointer }) => `${severity} ${pointer}`)).toEqual(["error /role", "warning /sole"]);
  });

  it("is told once about a fault in a file that two references share", async () => {
    const text = manifest(`${ROLE}skills:\n  - file: ./S.md\n  - file: ./S.md\n`);
    const errors = await errorsOf(packOf(text, { "test/S.md": "---\nid: s\nname: S\ntrigger: 5\n---\nBody\n" }));
    expect(errors.map(place)).toEqual(["test/S.md:2 /id", "test/S.md:4 /trigger"]);
  });

  it("says nothing about what an unreadable layer might have held", async () => {
    const text = manifest(
      `compatibility: { required_tools: [git], required_memory: [factual] }\n${ROLE}tools: { file: ./none.yaml }\nmemory: { file: ./none.yaml }\n`,
    );
    expect((await errorsOf(packOf(text))).map(place)).toEqual([`${M}:8 /tools/file`, `${M}:9 /memory/file`]);
  });
});

describe("unknown keys", () => {
  const text = manifest(
    `${ROLE}souls: {}\nsoul:\n  identity: { name: A, langauge: de, language: en }\n  personality: { verbosty: concise }\n  x-note: free\n`,
  );

  it("are warnings with the nearest known key", async () => {
    const problems = await problemsOf(packOf(text));
    expect(problems.map((problem) => `${problem.severity} ${place(problem)} ${problem.message}`)).toEqual([
      `warning ${M}:7 /souls "souls" is not a known key, and is not read. Did you mean "soul"?`,
      `warning ${M}:9 /soul/identity/langauge "langauge" is not a known key, and is not read. Did you mean "language"?`,
      `warning ${M}:10 /soul/personality/verbosty "verbosty" is not a known key, and is not read. Did you mean "verbosity"?`,
      `warning ${M}:11 /soul/x-note "x-note" is not a known key, and is not read.`,
    ]);
  });

  it("are errors in strict mode", async () => {
    const result = await composePack(packOf(text), "test", { strict: true });
    expect(result.ok ? [] : result.error.map(({ severity }) => severity)).toEqual(Array(4).fill("error"));
  });

  it("do not reach the composed pack", async () => {
    const [loose, exact] = await Promise.all([
      composePack(packOf(manifest(`${ROLE}extra: 1\n`)), "test"),
      composePack(packOf(manifest(ROLE)), "test"),
    ]);
    expect(loose.ok && exact.ok && loose.value.digest === exact.value.digest).toBe(true);
  });

  it("may be any inside a JSON Schema", async () => {
    const text = manifest(
      `${ROLE}tools:\n  available:\n    - id: code_executor\n      name: C\n      parameters: { x-hint: a, properties: { anything: {} } }\n`,
    );
    expect(await problemsOf(packOf(text), "test", true)).toEqual([]);
  });
});

describe("what only warns", () => {
  const warningsOf = async (text: string, files = {}) =>
    (await problemsOf(packOf(text, files))).map(
      ({ severity, pointer, message }) => `${severity} ${pointer} ${message}`,
    );

  it("a listed tool that does not run", async () => {
    expect(await warningsOf(manifest(`${ROLE}tools: { available: [{ id: code_excutor, name: C }] }\n`))).toEqual([
      'warning /tools/available/0/id The tool "code_excutor" does not run yet: it is not offered to the model, and answers TOOL_UNKNOWN. Did you mean "code_executor"?',
    ]);
  });

  it("a tool that is both available and denied", async () => {
    const text = manifest(`${ROLE}tools: { available: [{ id: skill, name: S }], denied: [skill] }\n`);
    expect(await warningsOf(text)).toEqual([
      'warning /tools/available/0/id "skill" is both available and denied: it is denied',
    ]);
  });

  it("a skill that needs a tool the pack does not have", async () => {
    const text = manifest(`${ROLE}skills: [{ id: s, name: S, trigger: t, required_tools: [git] }]\n`);
    expect(await warningsOf(text)).toEqual([
      'warning /skills/0/required_tools/0 There is no tool "git" in tools.available.',
    ]);
  });

  it("a step that leads to what is nearly another step", async () => {
    const text = manifest(
      `${ROLE}workflow: { sop: [{ id: a, name: A, trigger: t, steps: [{ id: implement, action: X, on_success: done, on_failure: ask the user }, { id: verify, action: Y, on_failure: implment }] }] }\n`,
    );
    expect(await warningsOf(text)).toEqual([
      'warning /workflow/sop/0/steps/1/on_failure on_failure names no step. Did you mean "implement"?',
    ]);
  });

  it("a handoff to a pack that is not among those beside it", async () => {
    const text = manifest(`${ROLE}workflow: { handoffs: [{ target_agent: othr, conditions: [c] }] }\n`);
    expect(await warningsOf(text)).toEqual([]);
    const [warning] = await warningsOf(text, { "other/profession-pack.yaml": "" });
    expect(warning).toContain(
      'There is no pack "othr" beside this one; it has to be published before it can take over. Did you mean "other"?',
    );
  });

  it("a schema_version that this release does not know", async () => {
    const text = manifest(ROLE).replace('"1.0"', '"2.0"');
    expect(await warningsOf(text)).toEqual(["warning /schema_version schema_version 2.0 is read as 1.0"]);
  });
});

describe("compatibility", () => {
  const accepts = async (bounds: string, frameworkVersion: string): Promise<boolean> =>
    (await composePack(packOf(manifest(`compatibility: { ${bounds} }\n${ROLE}`)), "test", { frameworkVersion })).ok;

  const TABLE: readonly (readonly [bounds: string, version: string, accepted: boolean])[] = [
    ["framework_max: 1.x", "0.1.0", true],
    ["framework_max: 1.x", "1.0.0", true],
    ["framework_max: 1.x", "1.99.7", true],
    ["framework_max: 1.x", "2.0.0", false],
    ["framework_max: 1.2.x", "1.2.9", true],
    ["framework_max: 1.2.x", "1.3.0", false],
    ["framework_max: 1.2.3", "1.2.3", true],
    ["framework_max: 1.2.3", "1.2.4", false],
    ['framework_max: "1"', "1.5.0", true],
    ["framework_min: 0.1.0", "0.1.0", true],
    ["framework_min: 0.1.0", "0.0.9", false],
    ["framework_min: 0.9.0", "0.10.0", true],
    ["framework_min: 1.x", "1.0.0", true],
    ["framework_min: 1.x", "0.9.9", false],
    ['framework_min: "0.2"', "0.2.0", true],
  ];
  for (const [bounds, version, accepted] of TABLE) {
    it(`${bounds} ${accepted ? "admits" : "refuses"} ${version}`, async () => {
      expect(await accepts(bounds, version)).toBe(accepted);
    });
  }
});
