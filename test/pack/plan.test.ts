/** The tests that came with the original plan for schemas and composer, one by one, in their order. */
import { describe, expect, it } from "vitest";
import { composePack } from "../../src/pack/index.ts";
import { composed, errorsOf, packOf, repositoryPacks } from "./samples.ts";

const packs = repositoryPacks();
const messages = async (files: ReadonlyMap<string, string>): Promise<string> =>
  (await errorsOf(files)).map(({ message, pointer }) => `${pointer} ${message}`).join("\n");

describe("pack schema validation", () => {
  it("passes a valid pack", async () => {
    expect((await composePack(packs, "senior-python-dev")).ok).toBe(true);
  });

  it("fails without schema_version", async () => {
    expect(await messages(packOf("pack_id: test\n"))).toContain("/schema_version schema_version is missing");
  });

  it("fails without pack_id", async () => {
    expect(await messages(packOf("schema_version: '1.0'\n"))).toContain("/pack_id pack_id is missing");
  });

  it("fails on an invalid risk_level", async () => {
    const text = "schema_version: '1.0'\npack_id: test\nversion: '1.0.0'\nrisk_level: extreme\n";
    const [risk] = (await errorsOf(packOf(text))).filter(({ pointer }) => pointer === "/risk_level");
    expect(risk).toMatchObject({ line: 4, found: '"extreme"', expected: "one of low, medium, high, critical" });
  });

  it("fails without profession-pack.yaml", async () => {
    expect(await errorsOf(new Map())).toEqual([
      {
        severity: "error",
        file: "test/profession-pack.yaml",
        line: 1,
        column: 1,
        pointer: "",
        message: "profession-pack.yaml not found",
        found: "nothing",
        expected: "the manifest at test/profession-pack.yaml",
      },
    ]);
  });
});

describe("composer", () => {
  it("loads a pack from its folder", async () => {
    const { config } = await composed(packs, "senior-python-dev");
    expect(config.pack_id).toBe("senior-python-dev");
  });

  it("loads the soul", async () => {
    const { config } = await composed(packs, "senior-python-dev");
    expect(config.soul.identity.name).toBe("Architect");
    expect(config.soul.personality.communication_style).toBe("professional");
  });

  it("loads the role", async () => {
    const { role } = (await composed(packs, "senior-python-dev")).config;
    expect(role.title).toBe("Senior Backend Developer");
    expect(role.seniority).toBe("senior");
    expect(role.competency_graph.skills.map(({ id }) => id)).toEqual(["python-backend", "system-design"]);
  });

  it("loads the tools", async () => {
    const { tools } = (await composed(packs, "senior-python-dev")).config;
    expect(tools.available.map(({ id }) => id)).toEqual(["code_executor", "git", "file_manager"]);
  });

  it("loads the skills", async () => {
    const { skills } = (await composed(packs, "senior-python-dev")).config;
    expect(skills.map(({ id }) => id)).toEqual(["code-review"]);
    expect(skills[0]?.body.startsWith("# Code Review\n")).toBe(true);
  });

  it("merges a layer that extends another", async () => {
    const { config } = await composed(
      packOf(
        "schema_version: '1.0'\npack_id: test-agent\nversion: '1.0.0'\nrisk_level: low\nauthor:\n  name: test\n" +
          "soul:\n  extends: ../_shared/souls/professional.yaml\n  override:\n    identity:\n      name: OverriddenName\n" +
          "role:\n  title: Tester\n  domain: Testing\n  seniority: junior\n  goal:\n    primary: Test things\n",
        {
          "_shared/souls/professional.yaml":
            "schema_version: '1.0'\nidentity:\n  name: Base\n  language: en\npersonality:\n" +
            "  communication_style: professional\n  verbosity: balanced\n" +
            "principles:\n  - Be professional\n  - Be clear\n  - Be concise\n",
        },
      ),
    );
    expect(config.soul.identity.name).toBe("OverriddenName");
    expect(config.soul.personality.communication_style).toBe("professional");
  });

  it("says that the pack file is missing", async () => {
    const result = await composePack(packs, "no-such-pack");
    expect(result.ok ? [] : result.error.map(({ message }) => message)).toEqual(["profession-pack.yaml not found"]);
  });

  it("loads the guardrails", async () => {
    const { config } = await composed(packs, "senior-python-dev");
    expect(config.guardrails.behavioral.max_autonomous_steps).toBe(15);
  });

  it("loads the workflow", async () => {
    const { workflow } = (await composed(packs, "senior-python-dev")).config;
    expect(workflow.sop.map(({ id }) => id)).toEqual(["feature-implementation"]);
  });
});
