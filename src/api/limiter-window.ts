/**
 * A sliding window as plain data: how many requests were let through in which slice of time. Pure; the object keeps it.
 * A slice counts until all of it is older than the window, so there are never more than the limit in any stretch of
 * that length; in return a place comes back up to one slice late.
 */
import { WINDOW_SLICES } from "./limits.ts";

/** Slice number (epoch milliseconds / sliceMs) and the requests let through in it, oldest first. */
type Slice = readonly [number: number, count: number];
export type Window = { readonly sliceMs: number; readonly slices: readonly Slice[] };

export type WindowLimit = { readonly limit: number; readonly windowMs: number };

export type WindowAnswer = {
  readonly isAllowed: boolean;
  /** Requests that would be let through now, after this one. */
  readonly remaining: number;
  /** Milliseconds until the oldest counted request counts no more; 0 when none is counted. */
  readonly resetMs: number;
};

/** Whole milliseconds, so that slice numbers are exact. */
const sliceMsOf = (windowMs: number): number => Math.max(1, Math.ceil(windowMs / WINDOW_SLICES));

/** When a slice stops counting: its last millisecond is then a whole window old. */
const endOf = ([number]: Slice, sliceMs: number, windowMs: number): number => (number + 1) * sliceMs + windowMs;

/** What still counts. Null for a window of another length: it was set otherwise, and its slices say nothing here. */
export function pruneWindow(window: Window | null, now: number, windowMs: number): Window {
  const sliceMs = sliceMsOf(windowMs);
  if (window === null || window.sliceMs !== sliceMs) return { sliceMs, slices: [] };
  return { sliceMs, slices: window.slices.filter((slice) => endOf(slice, sliceMs, windowMs) > now) };
}

/** Epoch milliseconds at which nothing in the window counts any more; null when nothing does now. */
export function windowEnd(window: Window, windowMs: number): number | null {
  const newest = window.slices.at(-1);
  return newest === undefined ? null : endOf(newest, window.sliceMs, windowMs);
}

/** Takes a place when there is one. A refused request is not counted: who keeps knocking is not locked out for it. */
export function takePlace(
  window: Window | null,
  now: number,
  { limit, windowMs }: WindowLimit,
): { readonly window: Window; readonly answer: WindowAnswer } {
  const pruned = pruneWindow(window, now, windowMs);
  const used = pruned.slices.reduce((sum, [, count]) => sum + count, 0);
  const isAllowed = used < limit;
  const next = isAllowed ? { ...pruned, slices: addOne(pruned.slices, Math.floor(now / pruned.sliceMs)) } : pruned;
  const oldest = next.slices[0];
  return {
    window: next,
    answer: {
      isAllowed,
      remaining: Math.max(0, limit - used - (isAllowed ? 1 : 0)),
      resetMs: oldest === undefined ? 0 : endOf(oldest, next.sliceMs, windowMs) - now,
    },
  };
}

/** In the newest slice also when the clock went back: slices stay in order, and nothing is counted twice. */
function addOne(slices: readonly Slice[], number: number): readonly Slice[] {
  const newest = slices.at(-1);
  if (newest === undefined || newest[0] < number) return [...slices, [number, 1]];
  return [...slices.slice(0, -1), [newest[0], newest[1] + 1]];
}
