/**
 * The escape corpus: attempts to get out of the sandbox, each by name, in the real runtime, in every language and from an
 * isolate whose own code is hostile. None succeeds.
 */
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { Bindings } from "../../src/bindings.ts";
import { type Engine, keepEngine, loadEngine } from "../../src/tool/engine.ts";
import { callTool, FILES, gatedRunner, LANGUAGES, runCode, runnerFor } from "./call-tool.ts";
import { AREAS, type Attempt } from "./escape-attempt.ts";
import { doInTheOpen, WITHOUT_CONTROL } from "./escape-control.ts";
import { ANSWERS, DEEDS, HOSTILE_CODE, RESPONSES } from "./escape-isolates.ts";
import { BASH, LIBRARY_DEEDS, PYTHON } from "./escape-python-bash.ts";
import { PACK_TOOLS, PROGRAMS } from "./escape-scripts.ts";
import { runPackTool } from "./pack-tool-host.ts";

const BY_LANGUAGE = { javascript: PROGRAMS, typescript: PROGRAMS, python: PYTHON, bash: BASH } as const;

/** Paths that would leave the scope, for a tool that takes them as they are written. */
const PATHS = [
  ...["/data/secret.txt", "/workspace/../data/secret.txt", "../data/secret.txt", "/workspace/./../../data/secret.txt"],
  ...[
    "//data/secret.txt",
    "/workspace2/secret.txt",
    "\\data\\secret.txt",
    "/data/secret.txt\0",
    "file:///data/secret.txt",
  ],
  ...["/proc/self/environ", "~/.ssh/id_rsa", "/workspace/%2e%2e/%2e%2e/data/secret.txt"],
] as const;

const NEVER = /ESCAPED|the-secret|uid=|root:/;

type Outcome = { readonly changes: readonly { readonly path: string }[] };

function expectInside(outcome: Outcome): void {
  expect(JSON.stringify(outcome)).not.toMatch(NEVER);
  expect(outcome.changes.filter(({ path }) => !path.startsWith("/workspace/"))).toEqual([]);
  expect(Reflect.get({}, "polluted")).toBeUndefined();
}

describe("the corpus", () => {
  it("has more than 150 attempts of different names, some for every area, and none twice", () => {
    const rows: readonly Attempt[] = [...PROGRAMS, ...PYTHON, ...BASH, ...PACK_TOOLS, ...DEEDS];
    expect(new Set(rows.map(([area]) => area))).toEqual(new Set(AREAS));
    for (const table of [PROGRAMS, PYTHON, BASH, PACK_TOOLS, DEEDS]) {
      expect(new Set(table.map(([, what]) => what)).size).toBe(table.length);
    }
    expect(new Set(rows.map(([, , code]) => code)).size + ANSWERS.length + PATHS.length).toBeGreaterThan(150);
  });
});

describe("an isolate that is open", () => {
  it.each(DEEDS)("reaches what the others do not, or ends at it: %s: %s", async (_area, deed) => {
    expect(await doInTheOpen(deed)).toEqual(expect.stringMatching(WITHOUT_CONTROL[deed] ?? /^ESCAPED$/));
  });

  it("has a control for every deed but those that are named", () => {
    const deeds: readonly string[] = DEEDS.map(([, deed]) => deed);
    expect(Object.keys(WITHOUT_CONTROL).filter((deed) => !deeds.includes(deed))).toEqual([]);
  });
});

for (const language of LANGUAGES) {
  describe(`a program in ${language} stays in the sandbox`, () => {
    it.each(BY_LANGUAGE[language])("%s: %s", async (_area, _what, code) => {
      const outcome = await runCode(language, code, { files: FILES });
      expectInside(outcome);
      expect(outcome.error).toBeNull();
      // An interpreter that called what is not there is stopped, and a script that is none is not begun; anything else
      // has gone on to say so.
      const { exit_code, stdout, stderr } = outcome.result;
      expect(exit_code === 134 || /tried/.test(stdout) || /^SyntaxError/.test(stderr)).toBe(true);
    });
  });
}

describe("a program whose scope is the whole tree", () => {
  const sandbox = `timeout: "120s", filesystem: "scoped", scoped_paths: ["/"]`;

  it.each(LIBRARY_DEEDS)("leaves the next call its library: %s", async (_deed, code) => {
    const files = [{ path: "/workspace/a.txt", text: "mine" }];
    const outcome = await runCode("python", code, { files, sandbox });
    expectInside(outcome);
    expect(outcome).toMatchObject({ error: null, result: { stdout: "tried PermissionError\n" }, changes: [] });
    // Of the same isolate, and of a module that the image does not hold.
    const next = await runCode("python", "import xml.dom.minidom\n'whole'", { files, sandbox });
    expect(next).toMatchObject({ error: null, result: { value: "whole", exit_code: 0 } });
  });
});

describe("a tool of a pack's own stays in the sandbox", () => {
  it.each(PACK_TOOLS)("%s: %s", async (_area, _what, body) => {
    const outcome = await runPackTool(body, {}, { files: FILES });
    expectInside(outcome);
    expect(outcome.console).toContain("tried");
  });
});

describe("a path stays in the workspace", () => {
  it.each(PATHS)("files: %j", async (path) => {
    for (const args of [
      { action: "read", path },
      { action: "search", path, query: "the" },
      { action: "write", path, content: "left" },
    ]) {
      const outcome = await callTool("file_manager", args, { files: FILES });
      expectInside(outcome);
      expect(outcome.success && args.action === "read").toBe(false);
    }
  });
});

describe.each([
  ["as a request of the task", runnerFor],
  ["through ToolRunner", gatedRunner],
])("an isolate with hostile code, called %s", (way, runnerFor) => {
  const ways = { files: FILES, runnerFor };
  let real: Engine;
  beforeAll(async () => {
    real = await loadEngine((env as unknown as Bindings).ASSETS, "file-manager"); // the bindings of wrangler.toml
    const modules = { "index.js": { js: HOSTILE_CODE } };
    keepEngine("file-manager", { digest: "hostile", mainModule: "index.js", modules });
  });
  afterAll(() => keepEngine("file-manager", real));

  it.each(DEEDS)("reaches nothing of %s: %s", async (_area, deed) => {
    // Twice, for what the first call may leave to the second.
    for (const _call of ["first", "second"]) {
      const outcome = await callTool("file_manager", { deed, origin: inject("outside").origin }, ways);
      expectInside(outcome);
      expect(outcome.result).toMatch(/^tried /);
    }
  });

  it.each(ANSWERS)("is not believed when it answers with %s", async (answer, _code, expected) => {
    const outcome = await callTool("file_manager", { answer }, ways);
    expectInside(outcome);
    expect(outcome).toMatchObject({ success: false, resultJson: "null", changes: [], error: { code: expected } });
    expect(JSON.stringify(outcome).length).toBeLessThan(3_000);
  });

  it("knows of no other tenant of the same pack, in whatever order they call", async () => {
    const tenants = ["tenant-a", "tenant-b", "tenant-A", "tenant-a.b", "tenant-a_b"];
    const keptFor = async (tenant: string): Promise<readonly string[]> => {
      const files = [{ path: "/workspace/a.txt", text: tenant }];
      return (await callTool("file_manager", { keep: true }, { tenant, files, runnerFor })).result;
    };
    let most = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...tenants), { minLength: 2, maxLength: 8 }), async (order) => {
        const kept = await Promise.all(order.map(keptFor));
        expect(kept.map((one) => [...new Set(one)])).toEqual(order.map((tenant) => [tenant]));
        most = Math.max(most, ...kept.map(({ length }) => length));
      }),
      { numRuns: 20 },
    );
    // It does keep, from call to call of one tenant: otherwise the above would mean nothing.
    expect(most).toBeGreaterThan(5);
  });

  it.each(way === "as a request of the task" ? RESPONSES : [])(
    "is not believed when it answers its request with %s",
    async (response, _code, expected) => {
      const outcome = await callTool("file_manager", { response, origin: inject("outside").origin }, ways);
      expectInside(outcome);
      expect(outcome).toMatchObject({ success: false, resultJson: "null", changes: [], error: { code: expected } });
    },
  );
});
