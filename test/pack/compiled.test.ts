/** The compiled validators run where nothing may be compiled, and say what the schemas say. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { professionPack } from "../../src/gen/schema/validators.js";
import { composePack } from "../../src/pack/index.ts";
import { packOf } from "./samples.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const code = readFileSync(join(ROOT, "src", "gen", "schema", "validators.js"), "utf8");
const schemas = readdirSync(join(ROOT, "schemas")).filter((file) => file.endsWith(".schema.json"));

describe("the compiled validators", () => {
  it("compile nothing and load nothing when they run", () => {
    // ajv leaves the text of a call to require in a property; a call itself would not stand in quotes.
    expect(code.match(/(?<!["'`])\brequire\(|\bnew Function\b|\beval\(|\bimport\b/g)).toBeNull();
  });

  it("name no place on the machine that made them", () => {
    expect(code).not.toContain(ROOT);
    expect(code.match(/file:\/\/|\.\.\/node_modules/g)).toBeNull();
  });
});

describe("the schemas", () => {
  it("are the plan's eight", () => {
    expect(schemas.map((file) => file.replace(".schema.json", "")).sort()).toEqual([
      "guardrails",
      "memory",
      "profession-pack",
      "role",
      "skill-frontmatter",
      "soul",
      "tools",
      "workflow",
    ]);
  });

  for (const file of schemas) {
    it(`${file} is JSON Schema 2020-12 in strict mode`, () => {
      const ajv = addFormats.default(new Ajv2020({ strict: true, allowUnionTypes: true }));
      expect(() => ajv.compile(JSON.parse(readFileSync(join(ROOT, "schemas", file), "utf8")))).not.toThrow();
    });
  }
});

describe("a reference to a layer", () => {
  const header = { schema_version: "1.0", pack_id: "t", version: "1.0.0", risk_level: "low", author: { name: "T" } };
  const accepts = (soul: unknown): boolean => professionPack({ ...header, role: {}, soul });

  const TABLE: readonly (readonly [reference: unknown, accepted: boolean])[] = [
    [{ file: "a.yaml" }, true],
    [{ extends: "a.yaml" }, true],
    [{ extends: "a.yaml", override: {} }, true],
    [{}, true],
    [{ identity: {} }, true],
    [{ file: "a.yaml", extends: "b.yaml" }, false],
    [{ file: "a.yaml", override: {} }, false],
    [{ override: {} }, false],
    [{ extends: "a.yaml", override: 1 }, false],
    [{ file: 1 }, false],
    [{ file: "" }, false],
    [{ extends: null }, false],
    ["a.yaml", false],
    [null, false],
    [[], false],
  ];
  for (const [reference, accepted] of TABLE) {
    it(`${JSON.stringify(reference)} is ${accepted ? "one" : "none"}`, () => {
      expect(accepts(reference)).toBe(accepted);
    });
  }

  it("is judged alike by the schema and by the composer", async () => {
    const value = fc.constantFrom<unknown>("./L.yaml", "", 1, null, {}, []);
    const reference = fc.record({ file: value, extends: value, override: value }, { requiredKeys: [] });
    const files = { "test/L.yaml": 'schema_version: "1.0"\nidentity: { name: A, language: en }\npersonality: {}\n' };
    const role = { title: "T", domain: "D", seniority: "lead", goal: { primary: "P" } };
    await fc.assert(
      fc.asyncProperty(reference, async (soul) => {
        const text = JSON.stringify({ ...header, role, soul });
        const result = await composePack(packOf(text, files), "test");
        // What stands in place is a layer of its own and may lack what a soul needs: only the reference counts here.
        const isReference = Object.keys(soul).length > 0;
        expect(!isReference || result.ok).toBe(!isReference || accepts(soul));
      }),
    );
  });
});
