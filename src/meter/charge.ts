/** Money in whole micros of a dollar, as far as it is known. Prices live in prices.ts. */

export type Charge = {
  /** What is known to have been spent. */
  readonly spentMicros: number;
  /** Model calls whose cost nobody told. Each may have cost as much as a call can. */
  readonly uncounted: number;
  /** What was set aside for those together, where that is known: the most that they can have cost. Absent: nothing was. */
  readonly setAsideMicros?: number;
};

export const NO_CHARGE: Charge = { spentMicros: 0, uncounted: 0 };

export function addCharge(a: Charge, b: Charge): Charge {
  const setAsideMicros = (a.setAsideMicros ?? 0) + (b.setAsideMicros ?? 0);
  return {
    spentMicros: a.spentMicros + b.spentMicros,
    uncounted: a.uncounted + b.uncounted,
    ...(setAsideMicros === 0 ? {} : { setAsideMicros }),
  };
}

/**
 * The most that all of it can have cost. A call that nothing is known of counts as much as the next one.
 * @param reserve of the next call, in micros.
 */
export const mostOf = ({ spentMicros, uncounted, setAsideMicros = 0 }: Charge, reserve: number): number =>
  spentMicros + Math.max(setAsideMicros, uncounted * reserve);

/** A sum as people are told it: null as soon as a part of it is unknown, never too low. */
export type Cost = {
  readonly costMicros: number | null;
  /** What is known of one that is null; absent where it is one call. */
  readonly charge?: Charge;
};

export const toCost = (charge: Charge): Cost =>
  charge.uncounted === 0 ? { costMicros: charge.spentMicros } : { costMicros: null, charge };

export const toCharge = ({ costMicros, charge }: Cost): Charge =>
  charge ?? { spentMicros: costMicros ?? 0, uncounted: costMicros === null ? 1 : 0 };
