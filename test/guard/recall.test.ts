/** How much of the committed set of invented personal data is found, and that nothing is found where there is none. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkInput, EVERY_INPUT_RULE } from "../../src/guard/index.ts";

type Line = { readonly text: string; readonly label: string | null; readonly start: number; readonly end: number };

const FILE = join(import.meta.dirname, "pii-set.jsonl");
const SCRIPT = join(import.meta.dirname, "../../scripts/pii-set.ts");
const written = readFileSync(FILE, "utf8");
const lines: readonly Line[] = written
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line));

const dataIn = (text: string) =>
  checkInput(text, EVERY_INPUT_RULE).verdict.findings.filter(({ kind }) => kind === "pii" || kind === "secret");

describe("the set", () => {
  it("is what the script writes with its seed", () => {
    expect(execFileSync(process.execPath, [SCRIPT], { encoding: "utf8" })).toBe(written);
  });

  it("has positives of every kind and as many sentences without any", () => {
    const positives = lines.filter(({ label }) => label !== null);
    expect(new Set(positives.map(({ label }) => label)).size).toBeGreaterThanOrEqual(20);
    expect(lines.length - positives.length).toBeGreaterThanOrEqual(300);
  });
});

describe("recall", () => {
  const isFound = ({ text, label, start, end }: Line): boolean =>
    dataIn(text).some((finding) => finding.label === label && finding.start === start && finding.end === end);

  it("is at least 0.95 over all, each with its label and exact place", () => {
    const positives = lines.filter(({ label }) => label !== null);
    const missed = positives.filter((line) => !isFound(line));
    expect(
      missed.map(({ label, text }) => [label, text]).slice(0, missed.length / positives.length > 0.05 ? 50 : 0),
    ).toEqual([]);
  });

  for (const label of new Set(lines.flatMap((line) => line.label ?? []))) {
    it(`is at least 0.95 for ${label}`, () => {
      const own = lines.filter((line) => line.label === label);
      const found = own.filter(isFound);
      expect(found.length / own.length).toBeGreaterThanOrEqual(0.95);
    });
  }
});

describe("sentences without personal data", () => {
  it("have none found in them", () => {
    const negatives = lines.filter(({ label }) => label === null);
    expect(
      negatives.flatMap(({ text }) =>
        dataIn(text).map(({ label, start, end }) => [label, text.slice(start, end), text]),
      ),
    ).toEqual([]);
  });
});
