/** The file manager's actions: what each does, what each refuses, and that nothing hostile makes it slow. */
import { describe, expect, it } from "vitest";
import type { WorkerRequest, WorkerResponse } from "../../../src/tool/contract.ts";
import { manageFiles } from "../../../src/tool/workers/file-manager/actions.ts";
import { findAll } from "../../../src/tool/workers/file-manager/find.ts";
import { ENTRIES_MAX, MATCHES_MAX, QUERY_LENGTH_MAX } from "../../../src/tool/workers/limits.ts";
import { request } from "./request.ts";

const FILES = { "/workspace/a.txt": "one\ntwo\nthree", "/workspace/src/b.ts": "const two = 2;\n// two" };

const run = (args: WorkerRequest["arguments"], more: Partial<WorkerRequest> = {}, files: object = FILES) =>
  manageFiles(request(args, { ...files }, more));
const failure = (response: WorkerResponse) => (response.ok ? null : response.error);

describe("read", () => {
  it("gives the content", () => {
    expect(run({ action: "read", path: "/workspace/a.txt" })).toEqual({
      ok: true,
      result: { content: FILES["/workspace/a.txt"] },
      changes: [],
    });
  });

  it("gives the beginning of a file that is too long to return, and says so", () => {
    const response = run({ action: "read", path: "/workspace/a" }, {}, { "/workspace/a": "é".repeat(200_000) });
    expect(response).toMatchObject({ ok: true, result: { truncated: true, total_bytes: 400_000 } });
  });

  for (const [path, code, message] of [
    ["/workspace/none", "TOOL_FAILED", /no such file: \/workspace\/none/],
    ["/workspace/src", "TOOL_FAILED", /is a folder/],
    ["/etc/passwd", "PATH_DENIED", /outside of what this tool may use: \/workspace/],
    ["/workspace/../etc/passwd", "PATH_DENIED", /must be absolute and without/],
    ["a.txt", "PATH_DENIED", /must be absolute/],
  ] as const) {
    it(`of ${path} fails with ${code}`, () => {
      expect(failure(run({ action: "read", path }))).toEqual({ code, message: expect.stringMatching(message) });
    });
  }
});

describe("write and delete", () => {
  it("stages a new file and its size in bytes", () => {
    expect(run({ action: "write", path: "/workspace//new/c.txt", content: "é" })).toMatchObject({
      result: { bytes: 2 },
      changes: [{ kind: "put", path: "/workspace/new/c.txt", text: "é" }],
    });
  });

  it("stages nothing when the content is what was there", () => {
    expect(run({ action: "write", path: "/workspace/a.txt", content: "one\ntwo\nthree" })).toMatchObject({
      ok: true,
      changes: [],
    });
  });

  it("deletes a folder with all in it and counts the files", () => {
    expect(run({ action: "delete", path: "/workspace/src" })).toMatchObject({
      result: { files: 1 },
      changes: [{ kind: "delete", path: "/workspace/src/b.ts" }],
    });
  });

  const QUOTA = { fileBytes: 20, totalBytes: 45, files: 3 };
  for (const [name, args, more, code] of [
    ["a path that is a folder", { path: "/workspace/src", content: "" }, {}, "TOOL_FAILED"],
    ["a path below a file", { path: "/workspace/a.txt/b", content: "" }, {}, "TOOL_FAILED"],
    ["a path out of scope", { path: "/workspace2/a", content: "" }, {}, "PATH_DENIED"],
    ["a NUL", { path: "/workspace/z", content: "a\0b" }, {}, "TOOL_ARGUMENTS"],
    ["a tool that may only read", { path: "/workspace/z", content: "" }, { access: "read" }, "PATH_DENIED"],
    ["a tool without files", { path: "/workspace/z", content: "" }, { access: "none" }, "PATH_DENIED"],
    ["a file over its limit", { path: "/workspace/z", content: "x".repeat(21) }, { quota: QUOTA }, "TOOL_LIMIT"],
    ["a workspace over its bytes", { path: "/workspace/z", content: "x".repeat(20) }, { quota: QUOTA }, "TOOL_LIMIT"],
    [
      "a workspace over its files",
      { path: "/workspace/z", content: "" },
      { quota: { ...QUOTA, files: 2 } },
      "TOOL_LIMIT",
    ],
  ] as const) {
    it(`refuses ${name} with ${code}`, () => {
      expect(failure(run({ action: "write", ...args }, more))?.code).toBe(code);
    });
  }

  it("keeps broken UTF-16 from reaching a file", () => {
    expect(run({ action: "write", path: "/workspace/z", content: "a\ud800b" })).toMatchObject({
      changes: [{ text: "a\ufffdb" }],
    });
  });
});

describe("edit", () => {
  const edit = (old: string, replacement = "2") =>
    run({ action: "edit", path: "/workspace/a.txt", old, new: replacement });

  it("replaces the one place where the text stands, literally", () => {
    expect(edit("two", "$& $1")).toMatchObject({
      result: { replacements: 1 },
      changes: [{ text: "one\n$& $1\nthree" }],
    });
  });

  for (const [name, old, message] of [
    ["does not occur", "four", /does not occur in \/workspace\/a.txt.*exactly once/],
    ["occurs twice", "t", /occurs 2 times/],
    ["occurs three times", "e", /occurs 3 times/],
  ] as const) {
    it(`changes nothing when the text ${name}, and says how often it occurs`, () => {
      expect(failure(edit(old))).toEqual({ code: "TOOL_FAILED", message: expect.stringMatching(message) });
    });
  }

  it("counts overlapping places, which no replacement could choose between", () => {
    const response = run({ action: "edit", path: "/workspace/x", old: "aa", new: "b" }, {}, { "/workspace/x": "aaa" });
    expect(failure(response)?.message).toMatch(/occurs 2 times/);
  });

  it("refuses to replace nothing", () => {
    expect(failure(edit(""))?.code).toBe("TOOL_ARGUMENTS");
  });
});

describe("list and search", () => {
  it("lists files with their sizes and folders without", () => {
    expect(run({ action: "list", path: "/workspace" })).toMatchObject({
      result: {
        entries: [
          { path: "/workspace/a.txt", type: "file", bytes: 13 },
          { path: "/workspace/src", type: "directory" },
        ],
      },
    });
  });

  it("lists a workspace that is still empty", () => {
    expect(run({ action: "list", path: "/workspace" }, {}, {})).toMatchObject({ result: { entries: [] } });
  });

  it("returns a limited number of entries and says how many more there are", () => {
    const files = Object.fromEntries(Array.from({ length: ENTRIES_MAX + 3 }, (_, n) => [`/workspace/f${n}`, ""]));
    const response = run({ action: "list", path: "/workspace" }, {}, files);
    expect(response).toMatchObject({ result: { more: 3 } });
  });

  it("finds the lines that hold a text, once each, with 1-based numbers", () => {
    expect(run({ action: "search", path: "/workspace", query: "two" })).toMatchObject({
      result: {
        matches: [
          { path: "/workspace/a.txt", line: 2, text: "two" },
          { path: "/workspace/src/b.ts", line: 1, text: "const two = 2;" },
          { path: "/workspace/src/b.ts", line: 2, text: "// two" },
        ],
      },
    });
  });

  it("searches one file, and takes the text literally", () => {
    const files = { "/workspace/a": "a.c\nabc" };
    expect(run({ action: "search", path: "/workspace/a", query: "a.c" }, {}, files)).toMatchObject({
      result: { matches: [{ line: 1 }] },
    });
  });

  it("returns a limited number of matches, with long lines cut", () => {
    const files = { "/workspace/a": `${"x".repeat(5_000)}\n`.repeat(MATCHES_MAX + 5) };
    const response = run({ action: "search", path: "/workspace", query: "x" }, {}, files);
    expect(response).toMatchObject({ result: { more: 5 } });
    expect(JSON.stringify(response).length).toBeLessThan(100_000);
  });

  for (const query of ["", "x".repeat(QUERY_LENGTH_MAX + 1)]) {
    it(`refuses a query of ${query.length} characters`, () => {
      expect(failure(run({ action: "search", path: "/workspace", query }))?.code).toBe("TOOL_ARGUMENTS");
    });
  }

  it("fails on a folder that is not there", () => {
    expect(failure(run({ action: "search", path: "/workspace/nope", query: "x" }))?.code).toBe("TOOL_FAILED");
  });
});

describe("a malformed call", () => {
  for (const [name, args, message] of [
    ["without an action", { path: "/workspace/a" }, /action must be given/],
    [
      "with an inherited name for an action",
      { action: "toString", path: "/workspace/a" },
      /must be one of read, write/,
    ],
    ["that writes no content", { action: "write", path: "/workspace/a" }, /content must be given as text for write/],
    ["with a path that is no text", { action: "read", path: 7 }, /path must be given as text/],
  ] as const) {
    it(`${name} is TOOL_ARGUMENTS`, () => {
      expect(failure(run(args))).toEqual({ code: "TOOL_ARGUMENTS", message: expect.stringMatching(message) });
    });
  }
});

describe("findAll", () => {
  it("agrees with a search by hand on texts full of repetition", () => {
    const texts = ["abababab", "aaaa", "abcabcabd", "", "b", "aabaabaaab"];
    const needles = ["a", "ab", "aa", "aba", "abcabd", "aabaaab", "ba"];
    const byHand = (text: string, needle: string) =>
      [...text].flatMap((_, at) => (text.startsWith(needle, at) ? [at] : []));
    for (const text of texts) for (const needle of needles) expect(findAll(text, needle)).toEqual(byHand(text, needle));
  });

  it("takes linear work on the texts that make naive search quadratic", () => {
    // 250,000 x 500,000 comparisons would outlast any test run.
    expect(findAll("a".repeat(500_000), `b${"a".repeat(250_000)}`)).toEqual([]);
    expect(findAll("a".repeat(500_000), `${"a".repeat(250_000)}b`)).toEqual([]);
  });
});
