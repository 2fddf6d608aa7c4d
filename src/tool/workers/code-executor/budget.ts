/** What one call may spend: time by the clock, work by the count of ticks, and a turn before it gives way. */
import { TICKS_PER_MS_MAX, TURN_MS_MAX, TURN_TICKS_MAX } from "../limits.ts";

/** Thrown through an engine to end it. */
export class OutOfTime extends Error {
  override name = "OutOfTime";
}

export type Pace = {
  /** Epoch milliseconds. In production it stands still until something is waited for. */
  now(): number;
  /** Lets the rest of the process run, at least `ms`. */
  pause(ms: number): Promise<void>;
};

export class Budget {
  readonly #pace: Pace;
  readonly #deadline: number;
  #ticksLeft: number;
  #turnStarted: number;
  #turnTicks = 0;

  constructor(pace: Pace, timeoutMs: number) {
    this.#pace = pace;
    this.#turnStarted = pace.now();
    this.#deadline = this.#turnStarted + timeoutMs;
    this.#ticksLeft = Math.max(1, Math.floor(timeoutMs * TICKS_PER_MS_MAX));
  }

  /** For `EngineOptions.tick`. */
  readonly tick = (): number | Promise<number> => {
    this.#ticksLeft--;
    this.#turnTicks++;
    const now = this.#check();
    if (now - this.#turnStarted < TURN_MS_MAX && this.#turnTicks < TURN_TICKS_MAX) return 0;
    return this.#giveWay(0);
  };

  /** Waits as a program's timer does, but never past the end of the budget. */
  async wait(ms: number): Promise<void> {
    const left = this.#deadline - this.#check();
    await this.#giveWay(Math.min(ms, left));
  }

  #check(): number {
    const now = this.#pace.now();
    if (this.#ticksLeft <= 0 || now >= this.#deadline) throw new OutOfTime();
    return now;
  }

  async #giveWay(ms: number): Promise<number> {
    await this.#pace.pause(ms);
    this.#turnStarted = this.#check();
    this.#turnTicks = 0;
    return 0;
  }
}
