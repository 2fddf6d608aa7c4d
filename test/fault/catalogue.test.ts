/** The catalogue is whole, and a proof that proved nothing of a fault is none. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { entryOf, type FaultId, faultIds, PENDING_PARTS } from "./catalogue.ts";
import { RANDOM_FAULTS } from "./plans.ts";
import { toLines, toPage } from "./report.ts";
import { TESTS, testsOf, toVerdict } from "./ring/tests.ts";
import { STAGE_IDS } from "./stages.ts";
import { countProofs, emptyVerdict, missed } from "./verdict.ts";

const real = faultIds.filter((id) => entryOf(id).proof.ring === "runtime");
const here = faultIds.filter((id) => entryOf(id).proof.ring === "simulator");

const also = faultIds.filter((id) => entryOf(id).also !== undefined);

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

  it("names tests that there are for every fault that tests inject, and for no other", () => {
    const byTests = real.filter((id) => testsOf(id).length > 0);
    expect(byTests).toEqual(Object.keys(TESTS).map(Number));
    expect(real.filter((id) => !byTests.includes(id))).toEqual([8, 10]);
    const cases = globSync("test/case/**/*.ts").map((file) => readFileSync(file, "utf8"));
    for (const id of byTests) {
      for (const [file, ...titles] of testsOf(id)) {
        const texts = [readFileSync(join("test", file), "utf8"), ...cases];
        for (const title of titles)
          expect(
            texts.some((text) => text.includes(title)),
            title,
          ).toBe(true);
      }
    }
  });

  it("draws at random only what the simulator can do", () => {
    expect(RANDOM_FAULTS.filter((id) => !here.includes(id))).toEqual([]);
  });
});

describe("a proof", () => {
  it("misses every fault that never struck", () => {
    expect(missed(emptyVerdict(), STAGE_IDS)).toEqual([...here, ...real].sort((a, b) => a - b));
  });

  it("misses nothing once each has struck, and nothing of a stage that was not run", () => {
    const hits = new Map([...here, ...real].map((id): [FaultId, number] => [id, 1]));
    const alsoHits = new Map(also.map((id): [FaultId, number] => [id, 1]));
    expect(missed({ hits, alsoHits }, STAGE_IDS)).toEqual([]);
    expect(missed(emptyVerdict(), ["kills", "seeds"])).toEqual([]);
    expect(missed(emptyVerdict(), ["deploys"])).toEqual([8, 10]);
  });

  it("takes no strike elsewhere for one on the real runtime, and the reverse", () => {
    const all = new Map([...here, ...real].map((id): [FaultId, number] => [id, 1]));
    expect(missed({ hits: all, alsoHits: new Map() }, STAGE_IDS)).toEqual(also);
    expect(missed({ hits: new Map(), alsoHits: all }, STAGE_IDS)).toEqual([...here, ...real].sort((a, b) => a - b));
    expect(missed(emptyVerdict(), ["streams"])).toEqual([44]);
    expect(missed(emptyVerdict(), ["providers"])).toEqual([31, 32, 33, 34, 35, 36, 37]);
  });

  it("takes a test for a fault only when it passed, and says which did not", () => {
    const file = (status: string) => ({
      ...{ name: join(import.meta.dirname, "../tool/gate.test.ts"), status },
      assertionResults: [{ title: "shares 8 places", fullName: "a shares 8 places", ancestorTitles: ["a"], status }],
    });
    expect(toVerdict([file("passed")]).verdict.hits.get(42)).toBe(1);
    const { hits, wrong } = toVerdict([file("failed")]).verdict;
    expect(hits.get(42)).toBeUndefined();
    expect(wrong[0]?.wrong).toContain("tool/gate.test.ts: a shares 8 places");
  });

  it("is told as a page and as lines that name what was wrong", () => {
    const total = { ...emptyVerdict(), wrong: [{ source: { kind: "seed", seed: 7 }, wrong: ["I1"] } as const] };
    const about = { seeds: 1, commit: "abc", date: "2026-01-02", machine: "2 cores", seconds: 1 };
    const stage = { id: "seeds", name: "a stage", isSimulated: true, facts: ["it was hard"] };
    const proof = { ...about, total, stages: [{ ...stage, seconds: 1, verdict: total }] };
    expect(toPage(proof)).toContain("**1 were wrong**");
    expect(toPage(proof)).toContain("- a stage: it was hard.");
    expect(
      toLines(proof)
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).kind),
    ).toEqual(["proof", "stage", ...faultIds.map(() => "fault")]);
  });
});
