/** Whatever happens to the text of a pack, composing it ends in a pack or in problems that point into its files. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { composePack } from "../../src/pack/index.ts";
import { repositoryPacks } from "./samples.ts";

const packs = repositoryPacks();
const paths = [...packs.keys()].filter((path) => /^(?:senior-python-dev|support-agent|_shared)\//.test(path)).sort();

/** Pieces that mean something to YAML, to the reader or to the schemas. */
const piece = fc.constantFrom(
  ...[
    "",
    " ",
    "\n",
    "  ",
    ":",
    "- ",
    "#",
    '"',
    "'",
    "{",
    "}",
    "[",
    "]",
    "&a ",
    "*a",
    "!x ",
    "|\n",
    ">\n",
    "? ",
    "---\n",
    "%Y",
  ],
  ...[
    "null",
    "true",
    "-1",
    "1e999",
    "0x",
    "\u0000",
    "\ud800",
    "\uFEFF",
    "\t",
    "\r",
    "__proto__: 1\n",
    "extends: ./x\n",
  ],
  ...[
    "file: ../../x\n",
    "override: 1\n",
    "available: 1\n",
    "skills: {}\n",
    "steps: [1]\n",
    "id: x\n",
    "extends: ./SOUL.yaml\n",
  ],
);
const edit = fc.record({
  path: fc.constantFrom(...paths),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.nat(30),
  piece,
});

function mutate(edits: readonly { path: string; at: number; cut: number; piece: string }[]): Map<string, string> {
  const files = new Map(packs);
  for (const { path, at, cut, piece } of edits) {
    const text = files.get(path) ?? "";
    const start = Math.floor(text.length * at);
    files.set(path, text.slice(0, start) + piece + text.slice(start + cut));
  }
  return files;
}

describe("a pack with its text changed at random", () => {
  for (const folder of ["senior-python-dev", "support-agent"]) {
    it(`${folder} composes, or has problems that stand in its files`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
          const files = mutate(edits);
          const result = await composePack(files, folder);
          const problems = result.ok ? result.value.warnings : result.error;
          expect(result.ok || problems.some(({ severity }) => severity === "error")).toBe(true);
          for (const { file, line, column, pointer } of problems) {
            const lines = (files.get(file) ?? "").split(/\r\n|\r|\n/).length;
            expect(files.has(file), file).toBe(true);
            expect(line >= 1 && line <= lines && column >= 1, `${file}:${line}:${column} of ${lines} lines`).toBe(true);
            expect(pointer === "" || pointer.startsWith("/")).toBe(true);
          }
        }),
        { numRuns: 150, seed: 20300101 },
      );
    });
  }
});
