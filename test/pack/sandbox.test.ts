/** What a sandbox asks for and does not get as written: warned of where it stands. */
import { describe, expect, it } from "vitest";
import { manifest, packOf, place, problemsOf, ROLE } from "./samples.ts";

const packWith = (sandbox: string, id = "code_executor") =>
  packOf(manifest(`${ROLE}tools: { file: ../T.yaml }\n`), {
    "T.yaml": `schema_version: "1.0"\navailable:\n  - id: ${id}\n    name: C\n    sandbox:\n      ${sandbox}\n`,
  });

const CASES = [
  ['timeout: "5m"', "timeout", /120s at most/],
  ['memory_limit: "512Mi"', "memory_limit", /32Mi at most/],
  ['cpu_limit: "2"', "cpu_limit", /runs on 1 core/],
] as const;

describe("a sandbox that asks for more than there is", () => {
  for (const [line, field, message] of CASES) {
    it(`is a warning with file, line and column: ${line}`, async () => {
      const [warning, ...more] = await problemsOf(packWith(line), "test", true);
      expect(more).toEqual([]);
      expect(warning).toMatchObject({ severity: "warning", message: expect.stringMatching(message) });
      expect(warning && place(warning)).toBe(`T.yaml:6 /available/0/sandbox/${field}`);
      expect(warning?.column).toBeGreaterThan(7);
    });
  }

  it("is a warning when it is the whole network, which names the operator's switch", async () => {
    const warnings = await problemsOf(packWith('network: "full"'), "test", true);
    expect(warnings.map(({ message }) => message).filter((text) => text.includes("ALLOW_FULL_NETWORK"))).toHaveLength(
      1,
    );
  });

  it("is a warning when it is a network for a tool that reaches none, and only then", async () => {
    const listed = 'network: "egress_allowlist"\n      egress_allowlist: ["api.example.com"]';
    const [warning, ...more] = await problemsOf(packWith(listed), "test", true);
    expect(more).toEqual([]);
    expect(warning?.message).toMatch(/code_executor reaches no network/);
    expect(warning && place(warning)).toBe("T.yaml:6 /available/0/sandbox/network");
    expect(await problemsOf(packWith(listed, "git"), "test", true)).toEqual([]);
    expect(await problemsOf(packWith('network: "none"'), "test", true)).toEqual([]);
  });

  for (const line of ['timeout: "120s"', 'memory_limit: "32Mi"', 'cpu_limit: "1"', 'cpu_limit: "0.5"']) {
    it(`is silent about what is honoured: ${line}`, async () => {
      expect(await problemsOf(packWith(line), "test", true)).toEqual([]);
    });
  }
});
