/**
 * One instance of something that can die: an object or an isolate. What it asks of the outside leaves when the writes of
 * its turn are in, as the platform's output gate has it; when it dies, what it wrote in this turn and what it was about
 * to send are gone, and no answer reaches it any more. Every turn has three moments at which it can die.
 */
import type { CancelSignal, Clock } from "../../src/platform/index.ts";
import type { Settling, Simulation } from "./simulation.ts";

export class Death extends Error {
  override name = "Death";
}

/** Where in a turn: before it goes on, before its writes are in, and after that but before anything is sent. */
export type Moment = "resumed" | "unwritten" | "unsent";

/** Told of every moment, and of what comes back or would leave; true: it dies here. */
export type Fate = (life: Life, moment: Moment, what: readonly string[]) => boolean;

/** What a turn wrote, until it is in. */
export interface Draft {
  readonly isOpen: boolean;
  keep(): void;
  drop(): void;
}

export type LifeOptions = {
  /** `object/tenant/task` or `isolate/consumer`. */
  readonly name: string;
  readonly simulation: Simulation;
  readonly draft: Draft | null;
  readonly fate: Fate;
  /** How far its clock is ahead of the world's, in milliseconds; 0 when absent. */
  readonly skewMs?: number;
};

type AskOptions = {
  readonly signal?: CancelSignal | undefined;
  /** How long the answer is in the making. */
  readonly workMs?: number;
  /** The world stands still until it is done: for what really computes, and asks nobody in this world. */
  readonly isHeld?: boolean;
};

/** Latency of one way, in milliseconds. */
const HOP_MS_MAX = 12;

export class Life implements Settling {
  readonly name: string;
  readonly clock: Clock;
  isDead = false;
  #stalledUntil = 0;
  #isStale = false;
  readonly #simulation: Simulation;
  readonly #draft: Draft | null;
  readonly #fate: Fate;
  #gate: { readonly what: string; readonly leave: () => void }[] = [];
  readonly #mourners = new Set<() => void>();

  constructor({ name, simulation, draft, fate, skewMs = 0 }: LifeOptions) {
    this.name = name;
    this.#simulation = simulation;
    this.#draft = draft;
    this.#fate = fate;
    this.clock = { now: () => simulation.now + skewMs, sleep: (ms, signal) => this.#sleep(ms, signal) };
  }

  /** Asked before its storage is touched: throws what unwinds the dead, and what the platform tells the stale. */
  assertAlive(): void {
    if (this.isDead || this.#isStale) throw new Death(`${this.name} is dead, or another instance lives`);
  }

  /** It wrote, or is about to send: looked after when the turn is over. */
  touch(): void {
    this.#simulation.touch(this);
  }

  /** Another instance stands in: it does nothing until then, goes on as if nothing had been, and its storage refuses it. */
  supersede(untilMs: number): void {
    this.#stalledUntil = untilMs;
    this.#isStale = true;
  }

  /** Goes on with it, unless it is dead or dies of that. */
  resume(what: string, work: () => void): void {
    if (this.isDead) return;
    const stalledMs = Math.ceil(this.#stalledUntil - this.#simulation.now);
    if (stalledMs > 0) {
      this.#simulation.schedule(stalledMs, () => this.resume(what, work));
      return;
    }
    this.touch();
    if (this.#fate(this, "resumed", [what])) {
      this.die();
      return;
    }
    work();
  }

  /** Does `work` outside of this life, whoever lives by then, and brings back what came of it. */
  ask<T>(what: string, work: () => T | Promise<T>, options: AskOptions = {}): Promise<T> {
    const { signal, isHeld = false, workMs = 0 } = options;
    const hop = () => this.#simulation.random() * HOP_MS_MAX;
    return new Promise((resolve, reject) => {
      if (this.isDead) return;
      if (signal?.aborted) return reject(signal.reason);
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
      const answer = (tell: () => void) => this.#simulation.schedule(workMs + hop(), () => this.resume(what, tell));
      const deliver = (): void | Promise<void> => {
        const done = new Promise<T>((begin) => begin(work())).then(
          (value) => void answer(() => resolve(value)),
          (thrown) => void answer(() => reject(thrown)),
        );
        if (isHeld) return done;
      };
      this.send(what, () => void this.#simulation.schedule(hop(), deliver));
    });
  }

  /** Leaves when the writes of this turn are in. */
  send(what: string, leave: () => void): void {
    if (this.isDead) return;
    this.#gate.push({ what, leave });
    this.touch();
  }

  /** @returns no longer wants to know. */
  onDeath(mourn: () => void): () => void {
    this.#mourners.add(mourn);
    return () => this.#mourners.delete(mourn);
  }

  die(): void {
    if (this.isDead) return;
    this.isDead = true;
    this.#gate = [];
    this.#draft?.drop();
    for (const mourn of this.#mourners) mourn();
    this.#mourners.clear();
  }

  settle(): void {
    if (this.isDead) return;
    const what = this.#gate.map((one) => one.what);
    if (this.#draft?.isOpen === true) {
      if (this.#fate(this, "unwritten", what)) {
        this.die();
        return;
      }
      this.#draft.keep();
    }
    if (this.#gate.length === 0) return;
    if (this.#fate(this, "unsent", what)) {
      this.die();
      return;
    }
    const leaving = this.#gate;
    this.#gate = [];
    for (const { leave } of leaving) leave();
  }

  #sleep(ms: number, signal?: CancelSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.isDead) return;
      if (signal?.aborted) return reject(signal.reason);
      const forget = this.#simulation.schedule(ms, () => {
        signal?.removeEventListener("abort", onAbort);
        this.resume("sleep", resolve);
      });
      const onAbort = () => {
        forget();
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }
}
