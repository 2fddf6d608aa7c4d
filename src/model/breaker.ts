/**
 * The circuit breaker of one model as a pure decision: state in, state and answer out. Time comes with each event.
 *
 *               failure              ask, open time not over   ask, open time over   probe succeeded   probe failed
 *   closed      open at the fifth    closed                    -                     -                 -
 *   open        -                    refused                   half_open, a probe    -                 -
 *   half_open   -                    refused (one probes)      half_open, a probe    closed            open
 *
 * "-" changes nothing: such a report comes from a call that began in an earlier state.
 */
import { BREAKER_FAILURES, BREAKER_OPEN_MS, BREAKER_WINDOW_MS, PROBE_LEASE_MS, PROBE_WAIT_MS } from "./limits.ts";

export type BreakerState =
  /** Times of the failures in the window, oldest first. */
  | { readonly kind: "closed"; readonly failures: readonly number[] }
  | { readonly kind: "open"; readonly since: number }
  /** `lease` is null when the probe gave it back without a verdict. */
  | { readonly kind: "half_open"; readonly lease: { readonly id: string; readonly expiresAt: number } | null };

/** What a caller may do. */
export type BreakerAnswer =
  | { readonly kind: "closed" }
  | { readonly kind: "open"; readonly retryAfterMs: number }
  /** This caller, and no other, may try; it reports the outcome under the lease. */
  | { readonly kind: "probe"; readonly lease: string };

export type BreakerReport =
  | { readonly kind: "failure" }
  /** released: the probe ended without saying anything about the provider, such as a cancelled or refused call. */
  | { readonly kind: "probe"; readonly lease: string; readonly result: "success" | "failure" | "released" };

export const CLOSED: BreakerState = { kind: "closed", failures: [] };

/** @param lease a new id, used when a probe is granted. */
export function askBreaker(
  state: BreakerState,
  now: number,
  lease: string,
): { readonly state: BreakerState; readonly answer: BreakerAnswer } {
  switch (state.kind) {
    case "closed":
      return { state, answer: { kind: "closed" } };
    case "open": {
      const retryAfterMs = state.since + BREAKER_OPEN_MS - now;
      if (retryAfterMs > 0) return { state, answer: { kind: "open", retryAfterMs } };
      return grantProbe(now, lease);
    }
    case "half_open": {
      const leftMs = (state.lease?.expiresAt ?? now) - now;
      // A caller that probes may be done any moment: no use in waiting until its lease ends.
      if (leftMs > 0) return { state, answer: { kind: "open", retryAfterMs: Math.min(leftMs, PROBE_WAIT_MS) } };
      return grantProbe(now, lease);
    }
  }
}

const grantProbe = (now: number, lease: string) => ({
  state: { kind: "half_open", lease: { id: lease, expiresAt: now + PROBE_LEASE_MS } } as const,
  answer: { kind: "probe", lease } as const,
});

export function reportToBreaker(state: BreakerState, now: number, report: BreakerReport): BreakerState {
  if (report.kind === "failure") {
    if (state.kind !== "closed") return state;
    const failures = [...state.failures.filter((at) => at > now - BREAKER_WINDOW_MS), now];
    return failures.length >= BREAKER_FAILURES ? { kind: "open", since: now } : { kind: "closed", failures };
  }
  // Only the holder of the lease decides; a probe that was overtaken by another one says nothing any more.
  if (state.kind !== "half_open" || state.lease?.id !== report.lease) return state;
  switch (report.result) {
    case "success":
      return CLOSED;
    case "failure":
      return { kind: "open", since: now };
    case "released":
      return { kind: "half_open", lease: null };
  }
}
