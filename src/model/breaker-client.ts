/**
 * An isolate's side of the breakers. It trusts an answer for a second, reports failures and probes only, and lets
 * calls through when a breaker cannot be reached: what protects a provider must not become one more outage.
 */
import { type Clock, describeError, type Log } from "../platform/index.ts";
import type { BreakerAnswer, BreakerReport } from "./breaker.ts";
import { BREAKER_CACHE_MS, BREAKER_WAIT_MS_MAX } from "./limits.ts";

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

export function createBreakerClient({ objectFor, clock, log }: Options): BreakerClient {
  /** Keyed by the models of the configuration, so it stays small. */
  const cache = new Map<string, { readonly answer: BreakerAnswer; readonly until: number; readonly saidAt: number }>();

  const remember = (model: string, answer: BreakerAnswer) => {
    const saidAt = clock.now();
    // A probe belongs to the one who asked: everybody else has to ask for themselves.
    if (answer.kind === "probe") cache.delete(model);
    else cache.set(model, { answer, saidAt, until: saidAt + BREAKER_CACHE_MS });
  };

  const call = async (model: string, request: (stub: BreakerStub) => Promise<BreakerAnswer>) => {
    try {
      const answer = await withTimeout(clock, () => request(objectFor(model)));
      remember(model, answer);
      return answer;
    } catch (thrown) {
      log.warn("breaker.unreachable", { model, error: describeError(thrown) });
      const answer: BreakerAnswer = { kind: "closed" };
      remember(model, answer);
      return answer;
    }
  };

  return {
    async ask(model) {
      const known = cache.get(model);
      const now = clock.now();
      if (known === undefined || now >= known.until) return call(model, (stub) => stub.ask());
      if (known.answer.kind !== "open") return known.answer;
      const retryAfterMs = known.answer.retryAfterMs - (now - known.saidAt);
      // The open time is over: this caller may be the one that probes.
      return retryAfterMs > 0 ? { kind: "open", retryAfterMs } : call(model, (stub) => stub.ask());
    },
    async report(model, report) {
      await call(model, (stub) => stub.report(report));
    },
  };
}

async function withTimeout<T>(clock: Clock, request: () => Promise<T>): Promise<T> {
  const done = new AbortController();
  try {
    const late = clock.sleep(BREAKER_WAIT_MS_MAX, done.signal).then(() => {
      throw new Error(`no answer within ${BREAKER_WAIT_MS_MAX} ms`);
    });
    const answer = request();
    answer.catch(() => undefined); // It may still fail after nobody waits for it.
    return await Promise.race([answer, late]);
  } finally {
    done.abort();
  }
}
