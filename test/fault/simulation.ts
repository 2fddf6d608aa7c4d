/**
 * Simulated time: one list of what is going to happen, in an order that one seed decides. Each happening runs until
 * nothing more can run without another happening, so two runs of one seed are the same to the last await. What happens
 * is decided by whoever schedules it.
 */
import type { Random } from "../../src/platform/index.ts";

type Happening = { readonly at: number; readonly order: number; readonly run: () => void | Promise<void> };

/** Something that gathers what a happening did and lets go of it when that is over. */
export interface Settling {
  settle(): void;
}

/** Happenings in one run; over it something goes round for ever. */
const HAPPENINGS_MAX = 400_000;

/** Where every simulated world begins: later than any real clock, so that no row looks old to the database. */
export const BEGINNING = Date.parse("2027-03-01T12:00:00.000Z");

export class Simulation {
  now = BEGINNING;
  happened = 0;
  readonly random: Random;
  readonly #heap: Happening[] = [];
  readonly #touched = new Set<Settling>();

  constructor(random: Random) {
    this.random = random;
  }

  /** @returns takes it off the list again. */
  schedule(delayMs: number, run: () => void | Promise<void>): () => void {
    const happening = { at: this.now + Math.max(0, Math.round(delayMs)), order: this.random(), run };
    this.#push(happening);
    return () => {
      const at = this.#heap.indexOf(happening);
      if (at < 0) return;
      const last = this.#heap.pop();
      if (last === undefined || last === happening) return;
      this.#heap[at] = last;
      this.#sift(at);
    };
  }

  /** Settled when the happening under way is over. */
  touch(one: Settling): void {
    this.#touched.add(one);
  }

  /** Runs until nothing is left before `until`, or until `isOver` says so. */
  async run(until: number, isOver: () => boolean = () => false): Promise<void> {
    while (!isOver()) {
      const next = this.#heap[0];
      if (next === undefined || next.at > until) return;
      this.#pop();
      this.happened += 1;
      if (this.happened > HAPPENINGS_MAX) throw new Error(`more than ${HAPPENINGS_MAX} happenings: something is stuck`);
      this.now = Math.max(this.now, next.at);
      await next.run();
      await this.#rest();
    }
  }

  /** Until nothing can go on without another happening. */
  async #rest(): Promise<void> {
    for (;;) {
      // Promises that can go on do so before this one.
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#touched.size === 0) return;
      for (const one of this.#touched) {
        this.#touched.delete(one);
        one.settle();
      }
    }
  }

  #push(happening: Happening): void {
    this.#heap.push(happening);
    this.#sift(this.#heap.length - 1);
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sift(0);
  }

  /** Moves one that stands wrong up or down. */
  #sift(from: number): void {
    const heap = this.#heap;
    let at = from;
    const swap = (a: number, b: number): void => {
      const [one, other] = [heap[a], heap[b]];
      if (one === undefined || other === undefined) return;
      heap[a] = other;
      heap[b] = one;
    };
    for (let up = (at - 1) >> 1; at > 0 && isBefore(heap[at], heap[up]); up = (at - 1) >> 1) {
      swap(at, up);
      at = up;
    }
    for (;;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const least = isBefore(heap[right], heap[left]) ? right : left;
      if (!isBefore(heap[least], heap[at])) return;
      swap(at, least);
      at = least;
    }
  }
}

const isBefore = (a: Happening | undefined, b: Happening | undefined): boolean =>
  a !== undefined && b !== undefined && (a.at < b.at || (a.at === b.at && a.order < b.order));
