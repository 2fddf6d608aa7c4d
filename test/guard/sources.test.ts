/** Which sources the tools of a task returned, and which answers name one. */
import { describe, expect, it } from "vitest";
import { namesSource, sourcesOf } from "../../src/guard/index.ts";
import { SOURCES_MAX } from "../../src/guard/limits.ts";

const lookup = (given: { readonly [name: string]: unknown }, result: unknown) => ({
  arguments: given,
  resultJson: JSON.stringify(result),
});

describe("the sources of a task", () => {
  const CASES: readonly (readonly [string, ReturnType<typeof lookup>, readonly string[]])[] = [
    ["the address that was fetched", lookup({ url: "https://example.com/a/" }, { status: 200 }), ["example.com/a"]],
    [
      "a file that was read",
      lookup({ action: "read", path: "/workspace/notes.md" }, { content: "x" }),
      ["/workspace/notes.md"],
    ],
    [
      "addresses in a text",
      lookup({}, "see https://example.com/b, and <https://example.org/c>"),
      ["example.com/b", "example.org/c"],
    ],
    [
      "ids of documents",
      lookup({ q: "x" }, { hits: [{ doc_id: 12345, score: 1 }, { document: "KB-77" }] }),
      ["12345", "kb-77"],
    ],
    [
      "none of a file that was written",
      lookup({ action: "write", path: "/workspace/a.md", content: "x" }, { written: 1 }),
      [],
    ],
    ["none of what was sent", lookup({ url: "https://example.com/post", body: "x" }, { status: 200 }), []],
    ["none of a number or a word", lookup({ q: "x" }, { count: 12345, id: "abcdef", path: "/" }), []],
  ];
  for (const [name, one, expected] of CASES) {
    it(`are ${name}`, () => {
      expect(sourcesOf([one])).toEqual(expected);
    });
  }

  it("are each once, and no more than the limit", () => {
    const many = Array.from({ length: SOURCES_MAX + 5 }, (_, n) => `https://example.com/${n}`);
    expect(sourcesOf([lookup({}, ["https://example.com/0"]), lookup({}, many)])).toHaveLength(SOURCES_MAX);
  });

  it("are what was fetched and what the newest call found, however many links came before and beside it", () => {
    const links = Array.from({ length: SOURCES_MAX }, (_, n) => `https://example.com/${n}`);
    const sources = sourcesOf([
      lookup({ url: "https://example.org/index" }, links),
      lookup({ url: "https://example.org/page" }, { see: "https://example.net/found" }),
    ]);
    expect(sources).toHaveLength(SOURCES_MAX);
    expect(sources.slice(0, 3)).toEqual(["example.org/page", "example.org/index", "example.net/found"]);
  });
});

describe("an answer", () => {
  const sources = ["example.com/a", "/workspace/notes.md", "kb-77"];
  for (const answer of ["As https://Example.com/a says", "See notes.md.", "in /workspace/notes.md", "(KB-77)"]) {
    it(`names one: ${answer}`, () => {
      expect(namesSource(answer, sources)).toBe(true);
    });
  }
  for (const answer of ["", "It is so.", "See example.com", "my notes"]) {
    it(`names none: ${answer}`, () => {
      expect(namesSource(answer, sources)).toBe(false);
    });
  }
});
