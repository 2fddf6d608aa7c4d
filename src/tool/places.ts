/**
 * A counter of places with a line before it: whoever finds none free waits until one is given back, first come first
 * served. Places may be leased, so that one whose holder is gone comes back by itself. Kept in memory alone.
 */
import type { Clock } from "../platform/index.ts";

export type PlacesOptions = { readonly count: number; readonly clock: Clock };

export type Wish = {
  /** The same key asks for the same place: asked again it changes nothing. */
  readonly key: string;
  /** How long to stand in line at most. */
  readonly waitMs: number;
  /** How long the place is held at most, unless it is given back before. */
  readonly holdMs: number;
};

type Waiting = { readonly key: string; readonly holdMs: number; readonly wake: () => void };

export class Places {
  readonly #count: number;
  readonly #clock: Clock;
  /** Key -> epoch milliseconds at which the place comes back. */
  readonly #held = new Map<string, number>();
  readonly #line: Waiting[] = [];

  constructor({ count, clock }: PlacesOptions) {
    this.#count = count;
    this.#clock = clock;
  }

  /** True once the key has a place; false when none came free in time, or the key left the line. */
  async enter({ key, waitMs, holdMs }: Wish): Promise<boolean> {
    if (this.#held.has(key)) return true;
    const turn = Promise.withResolvers<void>();
    const waiting = { key, holdMs, wake: turn.resolve };
    this.#line.push(waiting);
    const until = this.#clock.now() + waitMs;
    for (;;) {
      this.#moveUp();
      const left = until - this.#clock.now();
      const isOver = this.#held.has(key) || left <= 0 || !this.#line.includes(waiting);
      if (!isOver) await this.#until(turn.promise, Math.min(left, this.#nextLapse()));
      else {
        this.#remove(waiting);
        return this.#held.has(key);
      }
    }
  }

  /** Gives the place back, or leaves the line. Unknown keys are nobody's. */
  leave(key: string): void {
    this.#held.delete(key);
    for (const waiting of this.#line.filter((one) => one.key === key)) this.#remove(waiting);
    this.#moveUp();
  }

  #remove(waiting: Waiting): void {
    const at = this.#line.indexOf(waiting);
    if (at >= 0) this.#line.splice(at, 1);
    waiting.wake();
  }

  /** Places whose lease is over are free; as many as are free go to the head of the line. */
  #moveUp(): void {
    const now = this.#clock.now();
    for (const [key, until] of this.#held) if (until <= now) this.#held.delete(key);
    while (this.#held.size < this.#count) {
      const next = this.#line.shift();
      if (next === undefined) return;
      this.#held.set(next.key, now + next.holdMs);
      next.wake();
      // Who stands in line for the same place has it, too.
      for (const same of this.#line.filter(({ key }) => key === next.key)) this.#remove(same);
    }
  }

  #nextLapse(): number {
    return Math.max(1, Math.min(...this.#held.values()) - this.#clock.now());
  }

  async #until(turn: Promise<void>, ms: number): Promise<void> {
    const done = new AbortController();
    // The sleep's rejection is our own abort, when the turn came first.
    const sleep = this.#clock.sleep(ms, done.signal).catch(() => undefined);
    await Promise.race([turn, sleep]);
    done.abort();
  }
}
