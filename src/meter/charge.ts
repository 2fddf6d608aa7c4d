/** Money in whole micros of a dollar, as far as it is known. Prices live in prices.ts. */

export type Charge = {
  /** What is known to have been spent. */
  readonly spentMicros: number;
  /** Model calls whose cost nobody told. Each may have cost as much as a call can. */
  readonly uncounted: number;
};

export const NO_CHARGE: Charge = { spentMicros: 0, uncounted: 0 };

export const addCharge = (a: Charge, b: Charge): Charge => ({
  spentMicros: a.spentMicros + b.spentMicros,
  uncounted: a.uncounted + b.uncounted,
});

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
