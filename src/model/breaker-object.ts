/**
 * The state of one model's breaker, shared by all isolates: one object per `provider/model`. It is asked at most once
 * a second by each isolate and told of failures and probes only, so it never sees every call.
 */
import { DurableObject } from "cloudflare:workers";
import { systemClock } from "../platform/index.ts";
import {
  askBreaker,
  type BreakerAnswer,
  type BreakerReport,
  type BreakerState,
  CLOSED,
  reportToBreaker,
} from "./breaker.ts";

const KEY = "breaker";

export class BreakerObject<Bindings = unknown> extends DurableObject<Bindings> {
  /** Whether a call may start now. At most one caller at a time is told to probe. */
  ask(): BreakerAnswer {
    const before = this.#read();
    const { state, answer } = askBreaker(before, systemClock.now(), crypto.randomUUID());
    if (state !== before) this.#write(state);
    return answer;
  }

  /** @returns what the next caller would be told, without granting a probe. */
  report(report: BreakerReport): BreakerAnswer {
    const now = systemClock.now();
    const before = this.#read();
    const state = reportToBreaker(before, now, report);
    if (state !== before) this.#write(state);
    const { answer } = askBreaker(state, now, "");
    return answer.kind === "probe" ? { kind: "open", retryAfterMs: 0 } : answer;
  }

  #read(): BreakerState {
    return this.ctx.storage.kv.get<BreakerState>(KEY) ?? CLOSED;
  }

  #write(state: BreakerState): void {
    // A breaker that closed leaves nothing behind; a model that never fails has no row at all.
    if (state.kind === "closed" && state.failures.length === 0) this.ctx.storage.kv.delete(KEY);
    else this.ctx.storage.kv.put(KEY, state);
  }
}
