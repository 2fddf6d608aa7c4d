/** A pack's own tools on the command line: bundled, checked and published, and what must not get into a bundle. */
import { rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readPackFolder } from "../../src/cli/index.ts";
import { bundleTool } from "../../src/cli/tool-bundle.ts";
import { makeFolder } from "./fresh-folder.ts";
import { documentOf, json, runBin, startServer } from "./run-bin.ts";

const { root, write, remove } = await makeFolder("vasini-tools-");

const MANIFEST = `schema_version: "1.0"
pack_id: p
version: 1.0.0
risk_level: low
author: { name: T }
role: { title: T, domain: D, seniority: lead, goal: { primary: P } }
tools: { available: [{ id: count, name: Count }] }
`;

const TOOL = `import { defineTool } from "vasini/tool";
import { one } from "./lib/one.ts";
import shared from "../../_shared/words.json";
export default defineTool({
  description: "Counts",
  parameters: { type: "object", properties: { n: { type: "integer" } }, required: ["n"] },
  run: ({ n }) => n + one + shared.length,
});
`;

/** The tool and what it imports. */
async function writeTool(to: typeof write): Promise<void> {
  await to("p/tools/count.ts", TOOL);
  await to("p/tools/lib/one.ts", "export const one: number = 1;\n");
  await to("_shared/words.json", "[1, 2]");
}

beforeAll(async () => {
  await write("p/profession-pack.yaml", MANIFEST);
  await writeTool(write);
});
afterAll(remove);

const bundle = async (text: string) => {
  await write("p/tools/tried.ts", text);
  try {
    return await bundleTool({ id: "tried", root, path: "p/tools/tried.ts" });
  } finally {
    await rm(join(root, "p/tools/tried.ts"));
  }
};

describe("a tool that is bundled", () => {
  it("is one script with what it imports, and says what it is", async () => {
    const { files, problems } = await readPackFolder(join(root, "p"));
    expect(problems).toEqual([]);
    const made = JSON.parse(files.get("p/tools/count.bundle.json") ?? "{}");
    expect(made).toMatchObject({ description: "Counts", parameters: { type: "object", required: ["n"] } });
    expect(made.source).not.toMatch(/\bimport\b|\brequire\(/);
    expect([...files.keys()].sort()).toEqual(["p/profession-pack.yaml", "p/tools/count.bundle.json"]);
  });

  it("is the same script wherever the pack stands", async () => {
    const here = await bundleTool({ id: "count", root, path: "p/tools/count.ts" });
    const elsewhere = await makeFolder("vasini-elsewhere-");
    await writeTool(elsewhere.write);
    // A configuration that stands around the pack changes nothing in it.
    await elsewhere.write("tsconfig.json", '{ "compilerOptions": { "target": "es5" } }');
    const there = await bundleTool({ id: "count", root: elsewhere.root, path: "p/tools/count.ts" });
    await elsewhere.remove();
    expect(there.bundle?.source).toBe(here.bundle?.source);
  });

  it("is not run to be known: a getter of its own runs in an engine without a world", async () => {
    const { bundle: made } = await bundle(
      "export default { run() {}, get description() { return [typeof globalThis.process, typeof globalThis.fetch, typeof globalThis.require].join() } };",
    );
    expect(made?.description).toBe("undefined,undefined,undefined");
  });
});

const REFUSED = [
  ["imports a package", 'import x from "left-pad";\nexport default { run: x };', 1, /"left-pad" is neither/],
  ["imports a module of Node", '\nimport fs from "node:fs";\nexport default { run: fs };', 2, /"node:fs" is neither/],
  ["imports by an absolute path", 'import x from "/etc/hostname";\nexport default { run: x };', 1, /is neither/],
  [
    "imports what is above the packs",
    'import x from "../../../outside.ts";\nexport default { run: x };',
    1,
    /leads out|resolve/,
  ],
  ["imports a file that is not there", 'import x from "./nope.ts";\nexport default { run: x };', 1, /nope/],
  [
    "imports something that is no code",
    'import x from "../profession-pack.yaml";\nexport default { run: x };',
    1,
    /is no TypeScript/,
  ],
  ["does not parse", "export default {\n  run( {\n};", 3, /Expected|Unexpected/],
  ["has no default export", "export const run = () => 1;", 1, /no tool/],
  ["exports something else", "export default 7;", 1, /no tool/],
  ["throws while it is loaded", "throw new Error('mine');", 1, /fails while it is loaded/],
  ["never ends being loaded", "for (;;) {}", 1, /fails while it is loaded/],
  ["fills its memory while it is loaded", "const a = []; for (;;) a.push(new Array(1000).fill(7));", 1, /fails while/],
  ["takes no object", "export default { parameters: { type: 'string' }, run() {} };", 1, /no schema of an object/],
  ["is too large", `export default { run: () => "${"x".repeat(300_000)}" };`, 1, /too large/],
] as const;

describe("a tool that", () => {
  for (const [name, text, line, message] of REFUSED) {
    it(`${name} is refused, with its place`, async () => {
      const { bundle: made, problems } = await bundle(text);
      expect(made).toBeNull();
      expect(problems[0]).toMatchObject({
        severity: "error",
        file: "p/tools/tried.ts",
        line,
        message: expect.stringMatching(message),
      });
    });
  }

  it("imports through a link that leads out is refused", async () => {
    await symlink(import.meta.filename, join(root, "p/tools/lib/out.ts"));
    const { bundle: made, problems } = await bundle('import "./lib/out.ts";\nexport default { run() {} };');
    await rm(join(root, "p/tools/lib/out.ts"));
    expect([made, problems[0]?.message]).toEqual([null, expect.stringMatching(/leads out/)]);
  });
});

describe("pack validate", () => {
  it("prints the mistakes of tools with those of layers, and exits 1", async () => {
    await write("q/profession-pack.yaml", MANIFEST.replace("pack_id: p", "pack_id: q"));
    await write("q/tools/count.ts", 'import x from "left-pad";\nexport default { run: x };\n');
    const ran = await runBin(["pack", "validate", join(root, "q")]);
    expect(ran.code).toBe(1);
    expect(ran.stdout).toMatch(/q\/tools\/count\.ts:1:15 error .*"left-pad" is neither/);
  });

  it("takes a pack with a tool of its own without a warning", async () => {
    const ran = await runBin(["pack", "validate", join(root, "p"), "--strict", "--json"]);
    expect(documentOf(ran)).toMatchObject({ ok: true, packs: [{ problems: [] }] });
  });
});

describe("pack publish", () => {
  it("sends the bundle among the files", async () => {
    const server = await startServer({ "POST /api/v1/packs": json(201, { pack_id: "p", version: "1.0.0" }) });
    const ran = await runBin(["pack", "publish", join(root, "p")], { url: server.url });
    await server.close();
    expect(ran.code).toBe(0);
    expect(server.asked[0]?.body).toMatchObject({
      files: { "p/tools/count.bundle.json": expect.stringMatching(/source/) },
    });
  });

  it("sends nothing when a tool cannot be bundled, and says where", async () => {
    await write("r/profession-pack.yaml", MANIFEST.replace("pack_id: p", "pack_id: r"));
    await write("r/tools/count.ts", "export default 7;\n");
    const server = await startServer({});
    const ran = await runBin(["pack", "publish", join(root, "r"), "--json"], { url: server.url });
    await server.close();
    expect([ran.code, server.asked.length]).toEqual([1, 0]);
    expect(documentOf(ran)).toMatchObject({ error: { code: "PACK_INVALID" }, errors: [{ file: "r/tools/count.ts" }] });
  });
});
