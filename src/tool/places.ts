/**
 * A counter of places with a line before it: whoever finds none free waits until one is given back, first come first
 * served. Places may be leased, so that one whose holder is gone comes back by itself. Some may be kept between two calls
 * of the same holder, which then need not ask. In memory alone.
 */
import { Canceller, type Clock } from "../platform/index.ts";

export type PlacesOptions = {
  readonly count: number;
  /** How many of them may be kept; none when absent. */
  readonly keepable?: number;
  readonly clock: Clock;
};

export type Wish = {
  /** The same key asks for the same place: asked again it changes nothing. */
  readonly key: string;
  /** How long to stand in line at most. */
  readonly waitMs: number;
  /** How long the place is held at most, unless it is given back before. */
  readonly holdMs: number;
  /** How long the holder would like to begin further calls on it, each to be held for as long; absent: not at all. */
  readonly keepMs?: number;
};

/** A place for one call (true), or for all that one holder begins one after the other within so many milliseconds. */
export type Place = true | { readonly keptMs: number };

type Held = {
  /** Epoch milliseconds at which the place comes back. */
  readonly until: number;
  /** Until when its holder may begin further calls; null: it is for one call. */
  readonly keptUntil: number | null;
};

type Waiting = Wish & { readonly wake: () => void };

export class Places {
  readonly #count: number;
  readonly #keepable: number;
  readonly #clock: Clock;
  /** By key. */
  readonly #held = new Map<string, Held>();
  readonly #line: Waiting[] = [];

  constructor({ count, keepable = 0, clock }: PlacesOptions) {
    this.#count = count;
    this.#keepable = keepable;
    this.#clock = clock;
  }

  /** The key's place once it has one; false when none came free in time, or the key left the line. */
  async enter(wish: Wish): Promise<Place | false> {
    const { key, waitMs } = wish;
    if (this.#held.has(key)) return this.#placeOf(key);
    const turn = Promise.withResolvers<void>();
    const waiting = { ...wish, wake: turn.resolve };
    this.#line.push(waiting);
    const until = this.#clock.now() + waitMs;
    for (;;) {
      this.#moveUp();
      const left = until - this.#clock.now();
      const isOver = this.#held.has(key) || left <= 0 || !this.#line.includes(waiting);
      if (!isOver) await this.#until(turn.promise, Math.min(left, this.#nextLapse()));
      else {
        this.#remove(waiting);
        return this.#placeOf(key);
      }
    }
  }

  /** Gives the place back, or leaves the line. Unknown keys are nobody's. */
  leave(key: string): void {
    this.#held.delete(key);
    for (const waiting of this.#line.filter((one) => one.key === key)) this.#remove(waiting);
    this.#moveUp();
  }

  /** With what is left of its time: asked again it is not longer than its lease. */
  #placeOf(key: string): Place | false {
    const held = this.#held.get(key);
    if (held === undefined) return false;
    const keptMs = (held.keptUntil ?? 0) - this.#clock.now();
    return keptMs > 0 ? { keptMs } : true;
  }

  #remove(waiting: Waiting): void {
    const at = this.#line.indexOf(waiting);
    if (at >= 0) this.#line.splice(at, 1);
    waiting.wake();
  }

  /** Places whose lease is over are free; as many as are free go to the head of the line. */
  #moveUp(): void {
    const now = this.#clock.now();
    for (const [key, { until }] of this.#held) if (until <= now) this.#held.delete(key);
    while (this.#held.size < this.#count) {
      const next = this.#line.shift();
      if (next === undefined) return;
      this.#held.set(next.key, this.#grant(next, now));
      next.wake();
      // Who stands in line for the same place has it, too.
      for (const same of this.#line.filter(({ key }) => key === next.key)) this.#remove(same);
    }
  }

  /** Kept while nobody waits and others still find places that are not: idle ones must never be all there are. */
  #grant({ holdMs, keepMs = 0 }: Wish, now: number): Held {
    const kept = [...this.#held.values()].filter(({ keptUntil }) => keptUntil !== null).length;
    const isKept = keepMs > 0 && kept < this.#keepable && this.#line.length === 0;
    const keptUntil = isKept ? now + keepMs : null;
    return { until: (keptUntil ?? now) + holdMs, keptUntil };
  }

  #nextLapse(): number {
    return Math.max(1, Math.min(...[...this.#held.values()].map(({ until }) => until)) - this.#clock.now());
  }

  async #until(turn: Promise<void>, ms: number): Promise<void> {
    const done = new Canceller();
    // The sleep's rejection is our own abort, when the turn came first.
    const sleep = this.#clock.sleep(ms, done.signal).catch(() => undefined);
    await Promise.race([turn, sleep]);
    done.abort();
  }
}
