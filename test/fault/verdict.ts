/** Many worlds -> one verdict: what was wrong, and how often each fault struck. Adding up alone. */
import { type CATALOGUE, entryOf, type FaultId, faultIds, type PartId, partIds } from "./catalogue.ts";
import type { Outcome } from "./universe.ts";

/** What one world was made from, so that it can be made again. */
export type Source =
  | { readonly kind: "seed"; readonly seed: number }
  | { readonly kind: "death"; readonly program: string; readonly at: number }
  | { readonly kind: "program"; readonly program: string }
  /** On the real runtime: it cannot be made again to the byte. */
  | { readonly kind: "run"; readonly name: string };

export type Wrong = { readonly source: Source; readonly wrong: readonly string[] };

export type Verdict = {
  worlds: number;
  tasks: number;
  deaths: number;
  moments: number;
  happenings: number;
  recoveryMs: number;
  readonly hits: Map<FaultId, number>;
  /** On the real runtime, of what is proved elsewhere too: neither stands for the other. */
  readonly alsoHits: Map<FaultId, number>;
  readonly partHits: Map<PartId, number>;
  readonly wrong: Wrong[];
};

export const emptyVerdict = (): Verdict => ({
  ...{ worlds: 0, tasks: 0, deaths: 0, moments: 0, happenings: 0, recoveryMs: 0 },
  hits: new Map(),
  alsoHits: new Map(),
  partHits: new Map(),
  wrong: [],
});

export function addOutcome(verdict: Verdict, source: Source, outcome: Outcome): void {
  addVerdict(verdict, {
    ...outcome,
    worlds: 1,
    hits: new Map(outcome.hits),
    alsoHits: new Map(),
    partHits: new Map(outcome.partHits),
    wrong: outcome.wrong.length === 0 ? [] : [{ source, wrong: outcome.wrong }],
  });
}

export function addVerdict(verdict: Verdict, other: Verdict): void {
  verdict.worlds += other.worlds;
  verdict.tasks += other.tasks;
  verdict.deaths += other.deaths;
  verdict.moments += other.moments;
  verdict.happenings += other.happenings;
  verdict.recoveryMs = Math.max(verdict.recoveryMs, other.recoveryMs);
  for (const [id, hits] of other.hits) verdict.hits.set(id, (verdict.hits.get(id) ?? 0) + hits);
  for (const [id, hits] of other.alsoHits) verdict.alsoHits.set(id, (verdict.alsoHits.get(id) ?? 0) + hits);
  for (const [id, hits] of other.partHits) verdict.partHits.set(id, (verdict.partHits.get(id) ?? 0) + hits);
  verdict.wrong.push(...other.wrong);
}

/**
 * Faults that never struck although the stage that proves them was run: then nothing was proved of them.
 * @param stages that were run.
 * @param isWhole whether the worlds were so many that each fault of the simulator must have struck.
 */
export function missed(
  { hits, alsoHits }: Pick<Verdict, "hits" | "alsoHits">,
  stages: readonly string[],
  isWhole = true,
): FaultId[] {
  const isRun = (id: FaultId): boolean => {
    const { proof } = entryOf(id);
    if (proof.ring === "simulator") return isWhole && SIMULATED.every((stage) => stages.includes(stage));
    return proof.ring === "runtime" && stages.includes(proof.by);
  };
  const isMissed = (id: FaultId): boolean => {
    const { also } = entryOf(id);
    const isMissedThere = also !== undefined && stages.includes(also) && !alsoHits.get(id);
    return isMissedThere || (isRun(id) && !hits.get(id));
  };
  return faultIds.filter(isMissed);
}

/** Stages that prove the faults of the simulator together. */
const SIMULATED = ["programs", "deaths", "seeds"] as const;

/** The same for the parts that are counted for themselves. */
export const missedParts = ({ partHits }: Pick<Verdict, "partHits">): PartId[] =>
  partIds.filter((id) => (partHits.get(id) ?? 0) === 0);

/** How many faults have which kind of proof. */
export function countProofs(): Readonly<Record<(typeof CATALOGUE)[FaultId]["proof"]["ring"], number>> {
  const count = { simulator: 0, runtime: 0, pending: 0 };
  for (const id of faultIds) count[entryOf(id).proof.ring] += 1;
  return count;
}
