/**
 * Callers who wait for a task to stand still: each is let go when it does, or when its own time is over. In memory alone; who
 * is cut off asks again.
 */
import { Canceller, type Clock } from "../platform/index.ts";
import { WAITERS_MAX } from "./limits.ts";

export class Waiters {
  readonly #clock: Clock;
  readonly #waiting = new Set<Canceller>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** For at most `ms`. False at once when as many wait as may. */
  async wait(ms: number): Promise<boolean> {
    if (this.#waiting.size >= WAITERS_MAX) return false;
    const turn = new Canceller();
    this.#waiting.add(turn);
    // What ends the sleep early is a release.
    await this.#clock.sleep(ms, turn.signal).catch(() => undefined);
    this.#waiting.delete(turn);
    return true;
  }

  release(): void {
    for (const turn of this.#waiting) turn.abort();
  }
}
