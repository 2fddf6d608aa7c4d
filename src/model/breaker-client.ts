/**
 * An isolate's side of the breakers. It trusts an answer for a second, reports probes, and failures that are more than a few
 * among many calls, and lets calls through when a breaker cannot be reached: what protects a provider must not become one more outage.
 */
import { type Clock, describeError, type Log, within } from "../platform/index.ts";
import type { BreakerAnswer, BreakerReport } from "./breaker.ts";
import { BREAKER_CACHE_MS, BREAKER_FAILURE_SHARE, BREAKER_SHARE_WINDOW_MS, BREAKER_WAIT_MS_MAX } from "./limits.ts";

/** What the router asks of breakers. Never rejects, never takes longer than BREAKER_WAIT_MS_MAX. */
export interface BreakerClient {
  ask(model: string): Promise<BreakerAnswer>;
  report(model: string, report: BreakerReport): Promise<void>;
}

/** The RPC face of a breaker's object. */
export interface BreakerStub {
  ask(): Promise<BreakerAnswer>;
  report(report: BreakerReport): Promise<BreakerAnswer>;
}

type Options = {
  /** @param name `provider/model`. */
  readonly objectFor: (name: string) => BreakerStub;
  readonly clock: Clock;
  readonly log: Log;
};

/** Of one model, of late. */
type Traffic = { calls: number; failures: number; readonly since: number };

export function createBreakerClient({ objectFor, clock, log }: Options): BreakerClient {
  /** Keyed by the models of the configuration, so it stays small. */
  const cache = new Map<string, { readonly answer: BreakerAnswer; readonly until: number; readonly saidAt: number }>();

  const traffic = new Map<string, Traffic>();

  const count = (model: string, what: "calls" | "failures"): Traffic => {
    const before = traffic.get(model) ?? { calls: 0, failures: 0, since: clock.now() };
    const windows = Math.floor((clock.now() - before.since) / BREAKER_SHARE_WINDOW_MS);
    const weight = 0.5 ** windows;
    const now = {
      calls: before.calls * weight,
      failures: before.failures * weight,
      since: before.since + windows * BREAKER_SHARE_WINDOW_MS,
    };
    now[what] += 1;
    traffic.set(model, now);
    return now;
  };

  const remember = (model: string, answer: BreakerAnswer) => {
    const saidAt = clock.now();
    // A probe belongs to the one who asked: everybody else has to ask for themselves.
    if (answer.kind === "probe") cache.delete(model);
    else cache.set(model, { answer, saidAt, until: saidAt + BREAKER_CACHE_MS });
  };

  const call = async (model: string, request: (stub: BreakerStub) => Promise<BreakerAnswer>) => {
    try {
      const answer = await within(clock, BREAKER_WAIT_MS_MAX, late, () => request(objectFor(model)));
      remember(model, answer);
      return answer;
    } catch (thrown) {
      log.warn("breaker.unreachable", { model, error: describeError(thrown) });
      const answer: BreakerAnswer = { kind: "closed" };
      remember(model, answer);
      return answer;
    }
  };

  const ask = async (model: string): Promise<BreakerAnswer> => {
    const known = cache.get(model);
    const now = clock.now();
    if (known === undefined || now >= known.until) return call(model, (stub) => stub.ask());
    if (known.answer.kind !== "open") return known.answer;
    const retryAfterMs = known.answer.retryAfterMs - (now - known.saidAt);
    // The open time is over: this caller may be the one that probes.
    return retryAfterMs > 0 ? { kind: "open", retryAfterMs } : call(model, (stub) => stub.ask());
  };

  return {
    async ask(model) {
      const answer = await ask(model);
      if (answer.kind !== "open") count(model, "calls");
      return answer;
    },
    async report(model, report) {
      if (report.kind === "failure") {
        const { calls, failures } = count(model, "failures");
        if (failures < calls * BREAKER_FAILURE_SHARE) return;
      }
      await call(model, (stub) => stub.report(report));
    },
  };
}

const late = (): Error => new Error(`no answer within ${BREAKER_WAIT_MS_MAX} ms`);
