/** The quick form of the proof (`npm run prove`): the same worlds, fewer of them. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Errand, run } from "./errand.ts";
import { openUniverse, planOf, planOfFault, RANDOM_FAULTS } from "./plans.ts";
import type { Postgres } from "./postgres.ts";
import { DIRECTED, ENUMERATED } from "./programs.ts";
import { live } from "./universe.ts";

let universe: Postgres;
beforeAll(async () => {
  universe = await openUniverse();
});
afterAll(() => universe.close());

const wrongOf = async (errand: Errand) => (await run(errand, universe)).wrong;

/** Seeds in which something was wrong once. They stay. */
const ONCE_WRONG: readonly number[] = [
  124, 631, 5, 17, 20, 44, 48, 61, 71, 74, 110, 120, 158, 243, 259, 362, 496, 577, 689, 705, 734, 989, 1041, 1053, 1071,
  1078, 2104, 2144, 2178,
];

describe("a random world", () => {
  it("keeps every invariant, for 15 seeds", async () => {
    expect(await wrongOf({ kind: "seeds", from: 1, to: 16 })).toEqual([]);
  });

  for (const seed of ONCE_WRONG) {
    it(`keeps them for seed ${seed}, which once did not`, async () => {
      expect(await wrongOf({ kind: "seeds", from: seed, to: seed + 1 })).toEqual([]);
    });
  }

  it("is the same world again for the same seed", async () => {
    const [first, second] = [await live(planOf(3), universe), await live(planOf(3), universe)];
    expect(second).toEqual(first);
    expect(first.moments).toBeGreaterThan(100);
  });
});

describe("a death at every moment", () => {
  it("of a program with a tool that can do something twice leaves every invariant whole", async () => {
    const verdict = await run({ kind: "deaths", program: "write", part: 1, of: 1 }, universe);
    expect(verdict.wrong).toEqual([]);
    // One for each world: the moments are counted in a life without a death, and all of them come.
    expect(verdict.deaths).toBe(verdict.worlds);
    expect(verdict.worlds).toBeGreaterThan(60);
  });

  for (const { id } of ENUMERATED) {
    it(`of the program "${id}", every eighth one, does so too`, async () => {
      const verdict = await run({ kind: "deaths", program: id, part: 1, of: 8 }, universe);
      expect(verdict.wrong).toEqual([]);
      expect(verdict.worlds).toBeGreaterThan(5);
    });
  }
});

describe("a fault that strikes at random", () => {
  // A death is a fault of its own, see above.
  for (const id of RANDOM_FAULTS.filter((one) => one !== 3)) {
    it(`finds what to strike, alone in a world: ${id}`, async () => {
      const { hits, wrong } = await live(planOfFault(id), universe);
      expect(wrong).toEqual([]);
      expect(hits.get(id) ?? 0).toBeGreaterThan(0);
    });
  }
});

describe("a program that is a fault itself", () => {
  for (const { id } of DIRECTED) {
    it(`leaves every invariant whole: ${id}`, async () => {
      const verdict = await run({ kind: "program", program: id }, universe);
      expect(verdict.wrong).toEqual([]);
      expect(verdict.hits.size).toBeGreaterThan(0);
    });
  }
});
