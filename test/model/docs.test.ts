/** docs/models.md and the code say the same. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as limits from "../../src/model/limits.ts";
import { OFFLINE_LINE } from "../../src/model/providers/offline.ts";
import { parseScript } from "../../src/model/providers/script.ts";

const text = readFileSync(join(import.meta.dirname, "../../docs/models.md"), "utf8");

describe("docs/models.md", () => {
  const rows = [...text.matchAll(/^\| `([A-Z_]+)` \| ([\d.]+)( s)? \|/gm)];

  it("lists limits", () => {
    expect(rows.length).toBeGreaterThan(15);
  });

  for (const [, name = "", value, seconds] of rows) {
    it(`gives ${name} as it is`, () => {
      expect(Object.entries(limits)).toContainEqual([name, Number(value) * (seconds === undefined ? 1 : 1_000)]);
    });
  }

  it("shows a script that can be played", () => {
    const script = /```\n(@say[^`]*)```/.exec(text)?.[1] ?? "";
    expect(parseScript(script)).toMatchObject({ faults: [], turns: [{ calls: [{}, {}] }], last: [{}, {}] });
  });

  it("explains every directive", () => {
    for (const name of ["tool", "badjson", "say", "sleep", "fail", "cut"]) expect(text).toContain(`\`@${name}`);
    expect(OFFLINE_LINE).toContain("offline");
  });
});
