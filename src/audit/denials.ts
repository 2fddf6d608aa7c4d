/**
 * How many refused calls of one minute get a row of their own: whoever asks for nothing but refusals must not fill a
 * tenant's log. The rest is a number in the next row. Pure; who counts keeps the window.
 */
import { DENIALS_PER_MINUTE_MAX } from "./limits.ts";

const MINUTE_MS = 60_000;

export type DenialWindow = {
  /** Epoch milliseconds. */
  readonly until: number;
  readonly taken: number;
  /** Left out since the last row. */
  readonly left: number;
};

/**
 * @param window null: nothing was refused yet.
 * @param carried refusals that are told with this one and have no row.
 * @returns the window after it, and how many are to be named in its row; null: it gets none.
 */
export function takeDenial(
  window: DenialWindow | null,
  { now, carried = 0 }: { readonly now: number; readonly carried?: number },
): { readonly window: DenialWindow; readonly unrecorded: number | null } {
  const left = (window?.left ?? 0) + carried;
  const isOver = window === null || window.until <= now;
  const { until, taken } = isOver ? { until: now + MINUTE_MS, taken: 0 } : window;
  return taken >= DENIALS_PER_MINUTE_MAX
    ? { window: { until, taken, left: left + 1 }, unrecorded: null }
    : { window: { until, taken: taken + 1, left: 0 }, unrecorded: left };
}
