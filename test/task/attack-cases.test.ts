/** The attack suite as it is committed. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const SCRIPT = join(import.meta.dirname, "../../scripts/attack-cases.ts");
const written = readFileSync(join(import.meta.dirname, "attack/cases.jsonl"), "utf8");

describe("the attack suite", () => {
  it("is what the script writes with its seed", () => {
    expect(execFileSync(process.execPath, [SCRIPT], { encoding: "utf8", maxBuffer: 16 * 1024 * 1024 })).toBe(written);
  });
});
