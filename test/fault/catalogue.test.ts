/** The catalogue is whole, and a proof that proved nothing of a fault is none. */
import { describe, expect, it } from "vitest";
import { entryOf, type FaultId, faultIds, PENDING_PARTS } from "./catalogue.ts";
import { RANDOM_FAULTS } from "./plans.ts";
import { toLines, toPage } from "./report.ts";
import { countProofs, emptyVerdict, missed } from "./verdict.ts";

const here = faultIds.filter((id) => entryOf(id).proof.ring === "simulator");

describe("the catalogue of faults", () => {
  it("has all 56, each with one kind of proof", () => {
    expect(faultIds).toEqual(Array.from({ length: 56 }, (_, at) => at + 1));
    expect(Object.values(countProofs()).reduce((sum, count) => sum + count, 0)).toBe(56);
  });

  it("lists as pending only what names the feature it waits for", () => {
    const pending = faultIds.flatMap((id) => {
      const { proof } = entryOf(id);
      return proof.ring === "pending" ? [proof.feature] : [];
    });
    expect([...pending, ...PENDING_PARTS.map(({ feature }) => feature)].every((feature) => feature.length > 3)).toBe(
      true,
    );
  });

  it("draws at random only what the simulator can do", () => {
    expect(RANDOM_FAULTS.filter((id) => !here.includes(id))).toEqual([]);
  });
});

describe("a proof", () => {
  it("misses every fault that never struck", () => {
    expect(missed(emptyVerdict())).toEqual(here);
  });

  it("misses nothing once each has struck", () => {
    expect(missed({ hits: new Map(here.map((id): [FaultId, number] => [id, 1])) })).toEqual([]);
  });

  it("is told as a page and as lines that name what was wrong", () => {
    const total = { ...emptyVerdict(), wrong: [{ source: { kind: "seed", seed: 7 }, wrong: ["I1"] } as const] };
    const about = { seeds: 1, commit: "abc", date: "2026-01-02", machine: "2 cores", seconds: 1 };
    const proof = { ...about, total, stages: [{ name: "a stage", seconds: 1, verdict: total }] };
    expect(toPage(proof)).toContain("**1 worlds were wrong**");
    expect(
      toLines(proof)
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).kind),
    ).toEqual(["proof", "stage", ...faultIds.map(() => "fault")]);
  });
});
