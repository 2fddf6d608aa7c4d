/** A pack's own tools among its files: what of them becomes part of the composed pack, and what is refused. */
import { describe, expect, it } from "vitest";
import { bundlePath, composePack, type ToolBundle, toBundleFile } from "../../src/pack/index.ts";
import { TOOL_BUNDLE_BYTES_MAX, TOOL_BUNDLES_MAX } from "../../src/pack/limits.ts";
import { sha256Hex } from "../../src/platform/index.ts";
import { composed, errorsOf, manifest, packOf, place, problemsOf, ROLE } from "./samples.ts";

const SCHEMA = { type: "object", properties: { n: { type: "integer" } } };

const bundle = (more: Partial<ToolBundle> = {}): ToolBundle => ({
  id: "count",
  source: "var __tool = {};",
  description: "Counts",
  parameters: SCHEMA,
  ...more,
});

function packWith(entry: string, ...bundles: readonly ToolBundle[]) {
  const tools = entry === "" ? "" : `tools: { available: [${entry}] }\n`;
  const files = bundles.map((one) => [bundlePath("test", one.id), toBundleFile(one)] as const);
  return packOf(manifest(`${ROLE}${tools}`), Object.fromEntries(files));
}

const toolOf = async (entry: string, one = bundle()) =>
  (await composed(packWith(entry, one))).config.tools.available[0];

describe("a tool that the pack brings", () => {
  it("is known by the digest of its code, and the pack's digest with it", async () => {
    const [one, other] = [bundle(), bundle({ source: "var __tool = 1;" })];
    const [first, second] = await Promise.all(
      [one, other].map((code) => composed(packWith("{ id: count, name: C }", code))),
    );
    expect(first?.config.tools.available[0]?.bundle).toBe(await sha256Hex(one.source));
    expect(second?.digest).not.toBe(first?.digest);
  });

  it("comes with its code beside the composed pack, not in it", async () => {
    const pack = await composed(packWith("{ id: count, name: C }", bundle()));
    expect([...pack.bundles]).toEqual([[await sha256Hex(bundle().source), bundle().source]]);
    expect(JSON.stringify(pack.config)).not.toContain("__tool");
  });

  it("says itself what TOOLS.yaml leaves out", async () => {
    expect(await toolOf("{ id: count, name: C }")).toMatchObject({ description: "Counts", parameters: SCHEMA });
  });

  it("is described by TOOLS.yaml where that says something", async () => {
    const parameters = "parameters: { type: object, properties: { m: { type: string } } }";
    const tool = await toolOf(
      `{ id: count, name: C, description: D, ${parameters} }`,
      bundle({ parameters: undefined }),
    );
    expect(tool).toMatchObject({ description: "D", parameters: { properties: { m: { type: "string" } } } });
  });

  it("may say the same as TOOLS.yaml, in any order", async () => {
    const entry = "{ id: count, name: C, parameters: { properties: { n: { type: integer } }, type: object } }";
    expect(await errorsOf(packWith(entry, bundle()))).toEqual([]);
  });

  it("is no warning that it does not run, and takes no part in packs that do not list it", async () => {
    expect(await problemsOf(packWith("{ id: count, name: C }", bundle()), "test", true)).toEqual([]);
    expect((await composed(packWith("", bundle()))).bundles.size).toBe(0);
  });

  it("cannot be written into TOOLS.yaml by its digest alone", async () => {
    const { config } = await composed(packWith(`{ id: count, name: C, bundle: "${"0".repeat(64)}" }`));
    expect(config.tools.available[0]).not.toHaveProperty("bundle");
  });
});

const oversized = bundle({ source: "x".repeat(TOOL_BUNDLE_BYTES_MAX + 1) });

const PROBLEMS: readonly (readonly [name: string, ReadonlyMap<string, string>, place: string, message: RegExp])[] = [
  [
    "parameters that differ from its own",
    packWith("{ id: count, name: C, parameters: { type: object } }", bundle()),
    "test/profession-pack.yaml:7 /tools/available/0/parameters",
    /not those of tools\/count\.ts/,
  ],
  [
    "parameters that are no schema",
    packWith("{ id: count, name: C }", bundle({ parameters: { type: "objekt" } })),
    "test/tools/count.ts:1",
    /not JSON Schema/,
  ],
  [
    "the name of a built-in tool",
    packWith("{ id: file_manager, name: C }", bundle({ id: "file_manager" })),
    "test/tools/file_manager.ts:1",
    /built-in tool/,
  ],
  ["too much code", packWith("{ id: count, name: C }", oversized), "test/tools/count.ts:1", /too large/],
];

describe("a tool with", () => {
  for (const [name, files, where, message] of PROBLEMS) {
    it(`${name} is an error at its place`, async () => {
      const errors = await errorsOf(files);
      expect(errors.map(place)).toContain(where);
      expect(errors.map((error) => error.message).join("\n")).toMatch(message);
    });
  }

  it("no entry in TOOLS.yaml is a warning", async () => {
    const [warning, ...more] = await problemsOf(packWith("", bundle()));
    expect(more).toEqual([]);
    expect(warning).toMatchObject({ severity: "warning", file: "test/tools/count.ts" });
  });
});

describe("a bundle that was not made by the bundler", () => {
  const deep = `{"source":"","parameters":${'{"a":'.repeat(1_000)}1${"}".repeat(1_000)}}`;
  for (const [name, text] of [
    ["no JSON", "{"],
    ["no object", "7"],
    ["no code", "{}"],
    ["code that is no text", '{"source": 7}'],
    ["code with a NUL", '{"source": "\\u0000"}'],
    ["a description that is no text", '{"source": "", "description": 7}'],
    ["parameters that are no object", '{"source": "", "parameters": 7}'],
    ["parameters without an end", deep],
  ] as const) {
    it(`is refused: ${name}`, async () => {
      const files = packOf(manifest(ROLE), { "test/tools/count.bundle.json": text });
      expect((await errorsOf(files)).map(({ message }) => message)).toEqual(["This is no bundle of a tool"]);
    });
  }

  it("is refused under a name that is no tool's", async () => {
    const files = packOf(manifest(ROLE), { "test/tools/../../x.bundle.json": toBundleFile(bundle()) });
    expect(await errorsOf(files)).toHaveLength(1);
  });

  it("is one of so many at most", async () => {
    const many = Array.from({ length: TOOL_BUNDLES_MAX + 1 }, (_, index) => bundle({ id: `t${index}` }));
    expect((await errorsOf(packWith("", ...many))).map(({ message }) => message)).toEqual([
      "The pack has too many tools",
    ]);
  });

  it("of another pack is not this pack's", async () => {
    const files = packOf(manifest(`${ROLE}tools: { available: [{ id: count, name: C }] }\n`), {
      "other/tools/count.bundle.json": toBundleFile(bundle()),
    });
    const result = await composePack(files, "test");
    expect(result.ok && result.value.bundles.size).toBe(0);
  });
});
