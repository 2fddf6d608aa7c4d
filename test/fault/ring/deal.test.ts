/** Scripts that a proof can stand on: nothing is left out, and what must come of a task is what its models bring about. */
import { describe, expect, it } from "vitest";
import { seeded } from "../../../scripts/draw.ts";
import { deal, type Turn } from "./deal.ts";
import { type MisdeedId, misdeedIds, misdeedOf } from "./misdeeds.ts";

const SEEDS = Array.from({ length: 200 }, (_, at) => at + 1);
const dealt = (seed: number, isLong = true) => deal({ round: seed, tasks: 12, isLong, random: seeded(seed) });
const idsIn = (turns: readonly Turn[]): MisdeedId[] =>
  turns.flatMap(({ first, misdeed }) => [...first, ...(misdeed === null ? [] : [misdeed])]);
const isMalformed = ({ results }: Turn | { results: null }): boolean => results?.join() === "TOOL_ARGUMENTS";

describe("a round of misdeeds", () => {
  it("deals every misdeed, whatever the seed", () => {
    for (const seed of SEEDS) {
      const ids = new Set(dealt(seed).flatMap(({ turns }) => idsIn(turns)));
      expect([...ids].sort(), `seed ${seed}`).toEqual([...misdeedIds].sort());
    }
  });

  it("deals nothing that takes a minute when it must be short", () => {
    const ids = new Set(dealt(1, false).flatMap(({ turns }) => idsIn(turns)));
    expect(misdeedIds.filter((id) => !ids.has(id))).toEqual(misdeedIds.filter((id) => misdeedOf(id).isSlow));
    for (const { wire, turns } of dealt(1, false))
      for (const { only } of turns.flatMap(({ first }) => first.map(misdeedOf))) expect(only ?? wire).toBe(wire);
  });

  it("ends each task once, and after an effect", () => {
    for (const { turns, end } of SEEDS.flatMap((seed) => dealt(seed))) {
      const at = turns.findIndex(({ misdeed }) => misdeed !== null && misdeedOf(misdeed).leads === "end");
      const tail = turns.slice(at < 0 ? turns.length : at);
      expect(new Set(tail.map(({ misdeed }) => misdeed)).size).toBe(at < 0 ? 0 : 1);
      expect(end === "done stop").toBe(at < 0);
      expect(turns.some(({ misdeed, results }) => misdeed === null && results?.join() === "ok")).toBe(true);
    }
  });

  it("has no three malformed turns in a row but those that are an end", () => {
    for (const { turns, end } of SEEDS.flatMap((seed) => dealt(seed))) {
      const runs = turns.filter((turn, at) => [turn, ...turns.slice(at + 1, at + 3)].filter(isMalformed).length === 3);
      expect(runs.length).toBe(turns.at(-1)?.misdeed === "muddled" ? 1 : 0);
      if (runs.length > 0) expect(end).toBe("failed LOOP_DETECTED");
    }
  });

  it("is the same again for the same seed, and asks each wire for every misdeed that both can do, within two rounds", () => {
    expect(JSON.stringify(dealt(3))).toBe(JSON.stringify(dealt(3)));
    const wiresOf = (id: MisdeedId) =>
      new Set(
        [1, 2].flatMap((seed) =>
          dealt(seed).flatMap(({ wire, turns }) => (turns.some(({ first }) => first.includes(id)) ? [wire] : [])),
        ),
      ).size;
    for (const id of misdeedIds.filter((one) => misdeedOf(one).leads === "again"))
      expect(wiresOf(id), id).toBe(misdeedOf(id).only === undefined ? 2 : 1);
  });
});
