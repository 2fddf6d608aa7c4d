/** `vasini pack test`: cases of a pack's own tools through the real runner, in a runtime that the command starts. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { judgeCase, parseCases } from "../../src/cli/tool-cases.ts";
import { makeFolder } from "./fresh-folder.ts";
import { documentOf, runBin } from "./run-bin.ts";

const { root, write, remove } = await makeFolder("vasini-pack-test-");

const MANIFEST = `schema_version: "1.0"
pack_id: p
version: 1.0.0
risk_level: low
author: { name: T }
role: { title: T, domain: D, seniority: lead, goal: { primary: P } }
tools: { available: [
  { id: work, name: Work, requires_approval: true,
    sandbox: { timeout: "60s", network: egress_allowlist, egress_allowlist: [api.example.com], filesystem: scoped, scoped_paths: [/workspace] } },
  { id: spin, name: Spin, sandbox: { timeout: "1s" } }] }
`;
const TOOL = `import { defineTool } from "vasini/tool";
export default defineTool({
  parameters: { type: "object", properties: { how: { enum: ["write", "fetch"] } }, required: ["how"] },
  async run({ how }, { files, fetch }) {
    if (how === "fetch") return (await fetch("https://api.example.com/")).status;
    files.write("b.txt", files.read("a.txt"));
    return { done: true };
  },
});
`;
const SPIN = `import { defineTool } from "vasini/tool";
export default defineTool({ parameters: { type: "object" }, async run() { for (;;); } });
`;
const lines = (...cases: readonly object[]): string => cases.map((one) => `${JSON.stringify(one)}\n`).join("");
const FILES = { "/workspace/a.txt": "one" };

beforeAll(async () => {
  await write("p/profession-pack.yaml", MANIFEST);
  await write("p/tools/work.ts", TOOL);
  await write("p/tools/spin.ts", SPIN);
});
afterAll(remove);

const test = (...flags: readonly string[]) => runBin(["pack", "test", join(root, "p"), ...flags]);

describe("pack test", () => {
  it("runs each case in a sandbox, without a network and without asking anybody", async () => {
    const cases = lines(
      {
        name: "writes",
        arguments: { how: "write" },
        files: FILES,
        result: { done: true },
        changes: { "/workspace/b.txt": "one" },
      },
      { name: "has no network", arguments: { how: "fetch" }, error: { code: "EGRESS_DENIED" } },
      { name: "checks arguments", arguments: { how: "nap" }, error: { code: "TOOL_ARGUMENTS" } },
    );
    await write("p/tools/work.test.jsonl", cases);
    await write(
      "p/tools/spin.test.jsonl",
      lines({ name: "is stopped", arguments: {}, error: { code: "TOOL_TIMEOUT" } }),
    );
    const ran = await test("--json");
    expect(documentOf(ran)).toMatchObject({ ok: true, pack: "p" });
    expect(documentOf(ran).cases).toHaveLength(4);
    expect(ran.code).toBe(0);
  });

  it("says what came of a case that is wrong, and exits 1", async () => {
    await write(
      "p/tools/work.test.jsonl",
      lines({ name: "hopes", arguments: { how: "write" }, files: FILES, result: 7 }),
    );
    const ran = await test();
    expect(ran.code).toBe(1);
    expect(ran.stdout).toContain('wrong work: hopes: gave {"done":true}');
    expect(ran.stderr).toContain("TESTS_FAILED");
  });

  it("names the line of a case that is none", async () => {
    await write("p/tools/work.test.jsonl", `${lines({ name: "a", result: 1 })}\n{"name": "b"}\n`);
    expect((await test()).stderr).toContain("p/tools/work.test.jsonl:3 needs either result or error");
  });

  it("has nothing to do for a pack without tools of its own", async () => {
    await write("q/profession-pack.yaml", MANIFEST.replace(/tools: [\s\S]*/, "").replace("pack_id: p", "pack_id: q"));
    const { stderr } = await runBin(["pack", "test", join(root, "q")]);
    expect(stderr).toContain("no tools of its own");
    expect(stderr).toContain("docs/pack-tools.md");
  });
});

describe("a line that is no case", () => {
  for (const [name, line] of [
    ["no JSON", "{"],
    ["no name", '{"result": 1}'],
    ["an unknown member", '{"name": "a", "result": 1, "expect": 2}'],
    ["arguments that are no object", '{"name": "a", "arguments": [], "result": 1}'],
    ["files that are no texts", '{"name": "a", "files": {"/a": 1}, "result": 1}'],
    ["both a result and an error", '{"name": "a", "result": 1, "error": {"code": "X"}}'],
    ["neither", '{"name": "a"}'],
    ["an error without a code", '{"name": "a", "error": {}}'],
    ["changes that are neither text nor null", '{"name": "a", "result": 1, "changes": {"/a": 1}}'],
  ] as const) {
    it(`is told with its number: ${name}`, () => {
      const parsed = parseCases(`\n${line}\n`);
      expect(parsed.ok ? null : parsed.error.map((problem) => problem.line)).toEqual([2]);
    });
  }
});

describe("a case", () => {
  const done = { success: true, resultJson: '{"b":1,"a":2}', error: null, changes: [{ kind: "delete", path: "/x" }] };
  const failed = { success: false, resultJson: "null", error: { code: "C", message: "m" }, changes: [] };
  const CASES = [
    ["the same result in another order", { result: { a: 2, b: 1 } }, done, null],
    ["another result", { result: { a: 2 } }, done, /^gave/],
    ["a failure where a result was wanted", { result: 1 }, failed, /^failed with C: m/],
    ["a result where a failure was wanted", { error: { code: "C" } }, done, /instead of failing/],
    ["the wanted code, whatever it says", { error: { code: "C" } }, failed, null],
    ["another code", { error: { code: "D" } }, failed, /^failed with C/],
    ["another message", { error: { code: "C", message: "n" } }, failed, /^said: m/],
    ["the wanted changes", { result: { a: 2, b: 1 }, changes: { "/x": null } }, done, null],
    ["other changes", { result: { a: 2, b: 1 }, changes: {} }, done, /^changed/],
  ] as const;
  for (const [name, wanted, outcome, problem] of CASES) {
    it(`is ${problem === null ? "right" : "wrong"} about ${name}`, () => {
      const verdict = judgeCase({ name: "n", arguments: {}, files: {}, ...wanted }, outcome);
      if (problem === null) expect(verdict).toBeNull();
      else expect(verdict).toMatch(problem);
    });
  }
});
