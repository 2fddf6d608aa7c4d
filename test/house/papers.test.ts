/** What is not code keeps its promises too: pages, links, the license, the lock file. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { brokenLinks, machineTraces } from "./papers.ts";
import { readTree, type SourceFile } from "./source.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const README_LINES_MAX = 119;
const tree = readTree(ROOT);
const textOf = (path: string): string => readFileSync(join(ROOT, path), "utf8");

describe("the tree", () => {
  it("has a README of under 120 lines", () => {
    expect(textOf("README.md").trimEnd().split("\n").length).toBeLessThanOrEqual(README_LINES_MAX);
  });

  it("has no relative link in Markdown that leads nowhere", () => {
    expect(brokenLinks(tree)).toEqual([]);
  });

  it("holds no path of one machine and no address of a registry", () => {
    expect(machineTraces(tree, ROOT)).toEqual([]);
  });

  it("carries the whole Apache License 2.0", () => {
    expect(textOf("LICENSE")).toMatch(/Apache License\s+Version 2\.0, January 2004[\s\S]+END OF TERMS AND CONDITIONS/);
  });

  it("lists every decision in the index, by its own title", () => {
    const files = tree.filter((file) => /^docs\/decisions\/\d{4}-/.test(file.path));
    const rows = files.map((file) => {
      const name = file.path.replace("docs/decisions/", "");
      return `| [${name.slice(0, 4)}](${name}) | ${/^# \d+\. (.+)$/m.exec(file.text)?.[1]} |`;
    });
    const index = textOf("docs/decisions/README.md");
    expect(rows.filter((row) => !index.includes(row))).toEqual([]);
    expect(files.length).toBeGreaterThanOrEqual(30);
  });

  it("tells problem, choice, alternatives and price in every decision", () => {
    const wanted = ["Problem", "Choice", "Alternatives", "Price"];
    const odd = tree
      .filter((file) => /^docs\/decisions\/\d{4}-/.test(file.path))
      .filter((file) => [...file.text.matchAll(/^## (.+)$/gm)].map((match) => match[1]).join() !== wanted.join());
    expect(odd.map((file) => file.path)).toEqual([]);
  });
});

describe("the rules see", () => {
  const page = (text: string): SourceFile => ({ path: "docs/a.md", text });

  it("a link to a file, a folder and a parent that do not exist", () => {
    const files = [
      page("[a](b.md) [c](../src/README.md#x) [d](gone/) [e](https://example.com) [f](#x)\n```\n[g](h.md)\n```\n"),
      { path: "src/README.md", text: "[up](../docs) [self](README.md)" },
    ];
    expect(brokenLinks(files)).toEqual(["docs/a.md: no b.md", "docs/a.md: no gone/"]);
  });

  // Spelled in parts: whole, each would be a breach of this file.
  const slash = "/";
  for (const [name, text] of [
    ["this checkout", ["in ", "srv", "app", "x.ts"].join(slash)],
    ["a home folder", ["see ", "home", "ada", "x.ts"].join(slash)],
    ["a build machine", ['"', "work", "main", 'x"'].join(slash)],
  ] as const) {
    it(`the path of ${name}`, () => {
      expect(machineTraces([page(`one\n${text}`)], "/srv/app")).toEqual(["docs/a.md: line 2: a path of one machine"]);
    });
  }

  it("the address of a registry, and of a download in the lock file", () => {
    const address = ["https:", "", "registry.example.com", "x.tgz"].join(slash);
    expect(machineTraces([page(address)], "/srv/app")).toEqual(["docs/a.md: line 1: the address of a registry"]);
    const lock = { path: "package-lock.json", text: '"resolved": "https://example.com/x.tgz"' };
    expect(machineTraces([lock], "/srv/app")).toEqual(["package-lock.json: holds download addresses"]);
  });

  it("nothing wrong with a tool's workspace and a URL's path", () => {
    expect(machineTraces([page("/workspace/a.txt https://example.com/work/x ./work/a")], "/srv/app")).toEqual([]);
  });
});
