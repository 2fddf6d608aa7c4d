/** The examples of docs/packs.md are packs that compose, not pictures of some. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { errorsOf, manifest, packOf, ROLE, repositoryPacks } from "./samples.ts";

const page = readFileSync(join(import.meta.dirname, "..", "..", "docs", "packs.md"), "utf8");
/** What stands in the first block of code after a text. */
const blockAfter = (text: string): string =>
  /```(?:yaml|markdown)\n([\s\S]*?)```/.exec(page.slice(page.indexOf(text)))?.[1] ?? "";

describe("docs/packs.md", () => {
  for (const layer of ["soul", "tools", "guardrails", "memory", "workflow"]) {
    it(`has a ${layer} that composes`, async () => {
      const text = blockAfter(`**${layer[0]?.toUpperCase()}${layer.slice(1)}**`);
      expect(text).toContain("schema_version");
      expect(
        await errorsOf(packOf(manifest(`${ROLE}${layer}: { file: ./L.yaml }\n`), { "test/L.yaml": text })),
      ).toEqual([]);
    });
  }

  it("has a role that composes", async () => {
    const files = { "test/R.yaml": blockAfter("**Role**") };
    expect(await errorsOf(packOf(manifest("role: { file: ./R.yaml }\n"), files))).toEqual([]);
  });

  it("has a skill that composes", async () => {
    const files = { "test/S.md": blockAfter("**Skills**") };
    expect(await errorsOf(packOf(manifest(`${ROLE}skills: [{ file: ./S.md }]\n`), files))).toEqual([]);
  });

  it("has a manifest that composes, given the files it names", async () => {
    const files = {
      ...Object.fromEntries([...repositoryPacks()].filter(([path]) => path.startsWith("_shared/"))),
      "test/ROLE.yaml": blockAfter("**Role**"),
      "test/SKILLS/first-answer.md": repositoryPacks().get("support-agent/SKILLS/first-answer.md") ?? "",
    };
    const text = blockAfter("## The manifest");
    expect(await errorsOf(packOf(text, files))).toEqual([]);
  });
});
