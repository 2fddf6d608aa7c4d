/** A part of the proof that one thread can do by itself: a name of what to live through, and how that is done. */
import { type openUniverse, planOf, planOfDeath, planOfProgram } from "./plans.ts";
import type { Program } from "./program.ts";
import { DIRECTED, ENUMERATED } from "./programs.ts";
import { live, type Plan } from "./universe.ts";
import { addOutcome, emptyVerdict, type Source, type Verdict } from "./verdict.ts";

export type Errand =
  /** Seeds from `from` up to, not including, `to`. */
  | { readonly kind: "seeds"; readonly from: number; readonly to: number }
  /** Every `of`-th moment of one program, from the `part`-th on. */
  | { readonly kind: "deaths"; readonly program: string; readonly part: number; readonly of: number }
  | { readonly kind: "program"; readonly program: string };

function programNamed(all: readonly Program[], id: string): Program {
  const found = all.find((program) => program.id === id);
  if (found === undefined) throw new Error(`there is no program ${id}`);
  return found;
}

/** @param universe of this thread. */
export async function run(errand: Errand, universe: Awaited<ReturnType<typeof openUniverse>>): Promise<Verdict> {
  const verdict = emptyVerdict();
  const add = async (source: Source, plan: Plan): Promise<void> =>
    addOutcome(verdict, source, await live(plan, universe));
  switch (errand.kind) {
    case "seeds":
      for (let seed = errand.from; seed < errand.to; seed++) await add({ kind: "seed", seed }, planOf(seed));
      return verdict;
    case "program":
      await add({ kind: "program", program: errand.program }, planOfProgram(programNamed(DIRECTED, errand.program)));
      return verdict;
    case "deaths": {
      const program = programNamed(ENUMERATED, errand.program);
      const { moments } = await live(planOfDeath(program, 0), universe);
      for (let at = errand.part; at <= moments; at += errand.of) {
        await add({ kind: "death", program: program.id, at }, planOfDeath(program, at));
      }
      return verdict;
    }
  }
}
