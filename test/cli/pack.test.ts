/** `vasini pack` without a server: what it writes, what it finds, and where it says the mistakes are. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { documentOf, json, problem, runBin, startServer } from "./run-bin.ts";

let folder = "";
const inFolder = (words: readonly string[], url?: string) =>
  runBin(words, { cwd: folder, ...(url === undefined ? {} : { url }) });
const edit = async (path: string, change: (text: string) => string): Promise<void> => {
  await writeFile(join(folder, path), change(await readFile(join(folder, path), "utf8")));
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vasini-pack-"));
  for (const name of ["first-agent", "second-agent", "wrong-agent"]) await inFolder(["pack", "init", name]);
  await edit("packs/second-agent/profession-pack.yaml", (text) =>
    text.replace('pack_id: "second-agent"', 'pack_id: "first-agent"'),
  );
  await edit("packs/second-agent/TOOLS.yaml", (text) => text.replace('timeout: "30s"', 'timeout: "60s"'));
  await edit("packs/wrong-agent/SOUL.yaml", (text) => text.replace('verbosity: "concise"', 'verbosity: "chatty"'));
  await edit("packs/wrong-agent/TOOLS.yaml", (text) => text.replace('timeout: "30s"', 'timeout: "30 seconds"'));
  await edit("packs/wrong-agent/ROLE.yaml", (text) => text.replace(/^title:.*\n/m, ""));
});
afterAll(() => rm(folder, { recursive: true }));

describe("pack init", () => {
  it("writes a pack that validates without a warning", async () => {
    const ran = await inFolder(["pack", "validate", "first-agent", "--strict", "--json"]);
    expect(ran.code).toBe(0);
    expect(documentOf(ran)).toMatchObject({ ok: true, packs: [{ pack: "first-agent", ok: true, problems: [] }] });
  });

  it("names the files it wrote", async () => {
    const ran = await inFolder(["pack", "init", "other", "--dir", "elsewhere", "--json"]);
    expect(documentOf(ran)).toMatchObject({ ok: true, pack: "other", directory: "elsewhere/other" });
    expect(documentOf(ran).files).toContain("elsewhere/other/profession-pack.yaml");
  });

  it("never writes over a pack that is there", async () => {
    const ran = await inFolder(["pack", "init", "first-agent", "--json"]);
    expect(ran.code).toBe(1);
    expect(documentOf(ran)).toMatchObject({ ok: false, error: { code: "FILE_EXISTS" } });
  });

  it("says that nothing can be written where no folder is", async () => {
    await writeFile(join(folder, "no-folder"), "");
    const ran = await inFolder(["pack", "init", "third-agent", "--dir", "no-folder", "--json"]);
    const error = { code: "USAGE", message: expect.stringContaining("no-folder/third-agent") };
    expect([ran.code, documentOf(ran)]).toMatchObject([2, { error }]);
  });

  it("refuses a name that is no pack id", async () => {
    expect((await inFolder(["pack", "init", "../escape"])).code).toBe(2);
  });
});

describe("pack validate", () => {
  it("prints every mistake with its file, line and column, and exits 1", async () => {
    const ran = await inFolder(["pack", "validate", "wrong-agent"]);
    expect(ran.code).toBe(1);
    const soul = (await readFile(join(folder, "packs/wrong-agent/SOUL.yaml"), "utf8")).split("\n");
    const line = soul.findIndex((text) => text.includes("chatty")) + 1;
    const column = (soul[line - 1] ?? "").indexOf('"chatty"') + 1;
    expect(ran.stdout).toContain(`wrong-agent/SOUL.yaml:${line}:${column} error /personality/verbosity: `);
    expect(ran.stdout).toMatch(/wrong-agent\/TOOLS\.yaml:\d+:\d+ error \/available\/0\/sandbox\/timeout: /);
    expect(ran.stdout).toMatch(/wrong-agent\/ROLE\.yaml:\d+:\d+ error .*title/);
  });

  it("gives the same in JSON: place, pointer, what was found and expected", async () => {
    const ran = await inFolder(["pack", "validate", "wrong-agent", "--json"]);
    expect(ran.code).toBe(1);
    const document = documentOf(ran);
    expect(document).toMatchObject({
      ok: false,
      error: { code: "PACK_INVALID" },
      packs: [{ pack: "wrong-agent", ok: false }],
    });
    const [verdict] = Object(document.packs);
    expect(verdict.problems).toContainEqual({
      severity: "error",
      file: "wrong-agent/SOUL.yaml",
      line: expect.any(Number),
      column: expect.any(Number),
      pointer: "/personality/verbosity",
      message: expect.any(String),
      found: expect.stringContaining("chatty"),
      expected: expect.stringContaining("concise"),
    });
  });

  it("shows what would steer the terminal in the name of a key", async () => {
    await inFolder(["pack", "init", "strange-agent", "--dir", "strange"]);
    await edit("strange/strange-agent/SOUL.yaml", (text) => `${text}"x\\e[2Jy": 1\n`);
    const ran = await inFolder(["pack", "validate", "strange/strange-agent"]);
    expect(ran.stdout).toMatch(/strange-agent\/SOUL\.yaml:\d+:\d+ warning \/x\ufffd\[2Jy: /);
    expect(ran.stdout).not.toContain("\u001b");
  });

  it("names the rules that nothing holds a run to, for the pack has no judge", async () => {
    const rules = ["behavioral.prohibited_actions", "behavioral.escalation_triggers"];
    const text = await inFolder(["pack", "validate", "first-agent"]);
    expect(text.stdout).toContain(rules.map((rule) => `not enforced: ${rule} (it takes a judge)`).join("\n"));
    const document = documentOf(await inFolder(["pack", "validate", "first-agent", "--json"]));
    expect(document).toMatchObject({ packs: [{ ok: true, not_enforced: rules, not_checked: [] }] });
  });

  it("checks every pack of packs/ when none is named, and one wrong one fails all", async () => {
    const ran = await inFolder(["pack", "validate", "--json"]);
    expect(ran.code).toBe(1);
    expect(Object(documentOf(ran).packs).map((verdict: { ok: boolean }) => verdict.ok)).toEqual([true, true, false]);
  });
});

describe("pack show", () => {
  it("prints the composed pack", async () => {
    const ran = await inFolder(["pack", "show", "first-agent", "--json"]);
    expect(documentOf(ran)).toMatchObject({
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      config: { pack_id: "first-agent" },
    });
  });

  it("prints the very same prompt as text and as JSON", async () => {
    const text = await inFolder(["pack", "show", "packs/first-agent", "--prompt"]);
    const document = documentOf(await inFolder(["pack", "show", "packs/first-agent", "--prompt", "--json"]));
    expect(text.stdout).toBe(document.prompt);
    expect(text.stdout.length).toBeGreaterThan(100);
  });

  it("lists the problems of a pack that does not compose", async () => {
    const ran = await inFolder(["pack", "show", "wrong-agent", "--json"]);
    expect(ran.code).toBe(1);
    expect(Object(documentOf(ran).problems).length).toBeGreaterThanOrEqual(3);
  });
});

describe("pack diff", () => {
  it("names each change, and which of them let the agent do more", async () => {
    const ran = await inFolder(["pack", "diff", "first-agent", "second-agent", "--json"]);
    expect(ran.code).toBe(0);
    const changes: { pointer: string; permission: boolean }[] = Object(documentOf(ran).changes);
    expect(changes).toContainEqual({
      pointer: "/tools/available/0/sandbox/timeout",
      before: "30s",
      after: "60s",
      permission: true,
    });
  });

  it("finds nothing between a pack and itself", async () => {
    expect(documentOf(await inFolder(["pack", "diff", "first-agent", "first-agent", "--json"])).changes).toEqual([]);
  });
});

describe("pack publish", () => {
  it("sends the pack's files and prints the server's record", async () => {
    const record = { pack_id: "first-agent", version: "0.1.0", digest: "d", warnings: [] };
    const server = await startServer({ "POST /api/v1/packs": json(201, record) });
    const ran = await inFolder(["pack", "publish", "first-agent", "--json"], server.url);
    expect(documentOf(ran)).toEqual(record);
    const body = Object(server.asked[0]?.body);
    expect(body.pack).toBe("first-agent");
    expect(body.files["first-agent/profession-pack.yaml"]).toContain("first-agent");
    await server.close();
  });

  it("tells the warnings beside the record: a key that is not read may be the one that asks a person", async () => {
    const place = { file: "first-agent/TOOLS.yaml", line: 3, column: 5, pointer: "/available/0/requires_aproval" };
    const warning = { severity: "warning", ...place, message: "is not read", found: "", expected: "" };
    const record = { pack_id: "first-agent", version: "0.1.0", digest: "d", warnings: [warning] };
    const server = await startServer({ "POST /api/v1/packs": json(201, record) });
    const ran = await inFolder(["pack", "publish", "first-agent"], server.url);
    expect([ran.code, ran.stdout]).toEqual([0, "first-agent 0.1.0\n"]);
    expect(ran.stderr).toBe("first-agent/TOOLS.yaml:3:5 warning /available/0/requires_aproval: is not read\n");
    await server.close();
  });

  it("prints what the server refused", async () => {
    const server = await startServer({ "POST /api/v1/packs": problem(409, "VERSION_EXISTS") });
    const ran = await inFolder(["pack", "publish", "first-agent", "--json"], server.url);
    expect(ran.code).toBe(1);
    expect(documentOf(ran)).toMatchObject({ ok: false, error: { code: "VERSION_EXISTS", trace_id: "trace-1" } });
    await server.close();
  });
});
