/**
 * docs/coverage.md claims which test proves what. Held here: every file it names exists, every title it quotes stands in
 * that file, and every test of the original plan has its row.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const DOCS = join(import.meta.dirname, "..", "..", "docs");
const page = readFileSync(join(DOCS, "coverage.md"), "utf8");

/** Section -> number of tests the original plan has there. */
const PLAN = {
  "Task 2: pack schemas": 5,
  "Task 3: composer": 9,
  "Task 4: model router": 5,
  "Task 5: state machine and loop": 10,
  "Task 6: database schema": 16,
  "Task 7: Redis": 13,
  "Task 8: REST gateway": 12,
  "Task 9: RPC": 9,
  "Task 10: sandbox policy and executor": 18,
  "Task 11: policy engine": 3,
  "Task 12: prompt firewall": 4,
} as const;

type Claim = { readonly row: string; readonly file: string; readonly titles: readonly string[] };

/** A row names files as links, each followed by the titles it means in curly quotes. */
function claimsOf(row: string): Claim[] {
  const claims: { row: string; file: string; titles: string[] }[] = [];
  for (const match of row.matchAll(/\]\((\.\.\/(?:test|src)\/[^)]+)\)|“([^”]+)”/g)) {
    if (match[1] !== undefined) claims.push({ row, file: match[1], titles: [] });
    else if (match[2] !== undefined) claims.at(-1)?.titles.push(match[2]);
  }
  return claims;
}

const rowsOf = (text: string): string[] =>
  text
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| plan's test") && !/^\| promise/.test(line));
const section = (name: string): string => page.split(/^## /m).find((part) => part.startsWith(`${name}\n`)) ?? "";

/** A title as it may stand in source: quotes escaped, `%s` and `${}` parts as written. */
const stands = (title: string, file: string): boolean => {
  const source = readFileSync(join(DOCS, file), "utf8").replaceAll('\\"', '"').replaceAll("\\'", "'");
  return source.includes(title);
};

describe("docs/coverage.md", () => {
  const claims = rowsOf(page).flatMap(claimsOf);

  it("names only files that exist", () => {
    expect(claims.filter((claim) => !existsSync(join(DOCS, claim.file))).map((claim) => claim.file)).toEqual([]);
  });

  it("quotes only titles that stand in the named file", () => {
    const missing = claims
      .filter((claim) => existsSync(join(DOCS, claim.file)))
      .flatMap((claim) =>
        claim.titles.filter((title) => !stands(title, claim.file)).map((title) => `${claim.file}: ${title}`),
      );
    expect(missing).toEqual([]);
  });

  it("proves every promise with a test that it names", () => {
    const bare = rowsOf(section("Promises")).filter((row) => !claimsOf(row).some((claim) => claim.titles.length > 0));
    expect(bare).toEqual([]);
    expect(rowsOf(section("Promises")).length).toBeGreaterThan(10);
  });

  it("names at least one test in every row", () => {
    expect(rowsOf(page).filter((row) => claimsOf(row).length === 0)).toEqual([]);
  });

  for (const [name, count] of Object.entries(PLAN)) {
    it(`has a row for each of the ${count} tests of ${name}`, () => {
      const rows = rowsOf(section(name));
      expect(new Set(rows.map((row) => /^\| `([^`]+)`/.exec(row)?.[1])).size).toBe(count);
    });
  }
});
