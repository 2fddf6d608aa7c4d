/** Money in whole micros of a dollar, as far as it is known. Prices live in prices.ts. */

export type Charge = {
  /** What is known to have been spent. */
  readonly spentMicros: number;
  /** Model calls whose cost nobody told. Each may have cost as much as a call can. */
  readonly uncounted: number;
  /** So many of those have something set aside for them: the most that they can have cost together. Absent: none has. */
  readonly setAside?: { readonly calls: number; readonly micros: number };
};

export const NO_CHARGE: Charge = { spentMicros: 0, uncounted: 0 };

export function addCharge(a: Charge, b: Charge): Charge {
  const [one, other] = [a.setAside ?? NOTHING, b.setAside ?? NOTHING];
  const setAside = { calls: one.calls + other.calls, micros: one.micros + other.micros };
  return {
    spentMicros: a.spentMicros + b.spentMicros,
    uncounted: a.uncounted + b.uncounted,
    ...(setAside.calls === 0 ? {} : { setAside }),
  };
}

const NOTHING = { calls: 0, micros: 0 };

/** One call whose cost nobody told. @param micros set aside for it; null where nothing is known. */
export const untoldCall = (micros: number | null): Charge => ({
  spentMicros: 0,
  uncounted: 1,
  ...(micros === null ? {} : { setAside: { calls: 1, micros } }),
});

/** Those for which nothing is set aside: each may have cost as much as any call. */
export const uncoveredOf = ({ uncounted, setAside = NOTHING }: Charge): number => uncounted - setAside.calls;

/**
 * The most that all of it can have cost. A call that nothing is known of counts as much as the next one.
 * @param reserve of the next call, in micros.
 */
export const mostOf = (charge: Charge, reserve: number): number =>
  charge.spentMicros + (charge.setAside?.micros ?? 0) + uncoveredOf(charge) * reserve;

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
