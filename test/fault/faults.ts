/** Which faults a world may meet, how often, and how often it did. Nothing here knows what a fault does. */
import type { Random } from "../../src/platform/index.ts";
import type { FaultId, PartId } from "./catalogue.ts";

export type Hits = ReadonlyMap<FaultId, number>;
export type PartHits = ReadonlyMap<PartId, number>;

export class Faults {
  readonly hits = new Map<FaultId, number>();
  readonly partHits = new Map<PartId, number>();
  /** When the last one struck. */
  lastAt = 0;
  readonly #enabled: ReadonlySet<FaultId>;
  readonly #random: Random;
  readonly #now: () => number;
  readonly #isCertain: boolean;
  #left: number;
  #isOver = false;

  /** @param most strikes in one world: more would only hide what one of them does. */
  constructor(options: {
    readonly enabled: Iterable<FaultId>;
    readonly random: Random;
    readonly now: () => number;
    readonly most: number;
    /** Each strikes at its first occasion and at every other: nothing is left to chance. */
    readonly isCertain?: boolean;
  }) {
    this.#enabled = new Set(options.enabled);
    this.#random = options.random;
    this.#now = options.now;
    this.#left = options.most;
    this.#isCertain = options.isCertain ?? false;
  }

  /** From here on nothing fails any more. */
  end(): void {
    this.#isOver = true;
  }

  isEnabled(id: FaultId): boolean {
    return this.#enabled.has(id) && !this.#isOver;
  }

  /** Whether it strikes now. */
  strikes(id: FaultId, probability: number): boolean {
    if (!this.isEnabled(id) || this.#left <= 0) return false;
    if (!this.#isCertain && this.#random() >= probability) return false;
    this.#left -= 1;
    this.hit(id);
    return true;
  }

  /** It happened: by a strike, or because the program itself is the fault. */
  hit(id: FaultId): void {
    this.hits.set(id, (this.hits.get(id) ?? 0) + 1);
    this.lastAt = this.#now();
  }

  /** Which part of a fault that struck it was. */
  hitPart(id: PartId): void {
    this.partHits.set(id, (this.partHits.get(id) ?? 0) + 1);
  }
}
