/**
 * The two queues of a simulated world. Every message is delivered at least once: later, earlier than the one before it, or
 * again when the fault says so. What is not acknowledged comes again, and after too many times it is dead.
 */
import type { QueueMessage } from "../../src/event/index.ts";
import type { Random } from "../../src/platform/index.ts";
import type { Faults } from "./faults.ts";
import type { Life } from "./life.ts";
import type { Simulation } from "./simulation.ts";

type Kept = { readonly id: number; readonly body: unknown; attempts: number };

export type QueueOptions = {
  readonly name: string;
  readonly simulation: Simulation;
  readonly faults: Faults;
  /** Makes the isolate of a batch. */
  readonly isolate: (name: string) => Life;
  readonly consume: (life: Life, messages: readonly QueueMessage[]) => Promise<void>;
  /** Messages of one batch at most. */
  readonly batch: number;
  /** Attempts of one message before it is dead. */
  readonly attempts: number;
};

/** The longest an isolate keeps a batch; then it counts as gone. */
const VISIBLE_MS = 120_000;

export class Queue {
  readonly dead: unknown[] = [];
  readonly #options: QueueOptions;
  readonly #random: Random;
  #waiting: Kept[] = [];
  #last = 0;
  #batches = 0;

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#random = options.simulation.random;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Taken: from here on nothing of it is lost. */
  put(bodies: readonly unknown[], delayMs = 0): void {
    const { faults } = this.#options;
    for (const body of bodies) {
      const copies = faults.strikes(13, 0.15) ? 2 + Math.floor(this.#random() * 4) : 1;
      for (let copy = 0; copy < copies; copy++) {
        const late = faults.strikes(14, 0.15) ? this.#random() * 40_000 : 0;
        this.#come({ id: ++this.#last, body, attempts: 0 }, delayMs + late + copy * this.#random() * 20_000);
      }
    }
  }

  #come(message: Kept, delayMs: number): void {
    this.#options.simulation.schedule(delayMs, () => {
      this.#waiting.push(message);
      if (this.#waiting.length === 1) this.#options.simulation.schedule(5, () => this.#deliver());
    });
  }

  #deliver(): void {
    const { isolate, consume, simulation, batch, attempts } = this.#options;
    const messages = this.#waiting.slice(0, batch);
    this.#waiting = this.#waiting.slice(batch);
    if (this.#waiting.length > 0) simulation.schedule(5, () => this.#deliver());
    if (messages.length === 0) return;
    const life = isolate(`isolate/${this.#options.name}/${++this.#batches}`);
    const open = new Set(messages);
    const again = (message: Kept, delayMs: number): void => {
      if (!open.delete(message)) return;
      if (message.attempts >= attempts) this.dead.push(message.body);
      else this.#come(message, delayMs);
    };
    const everything = (): void => {
      for (const message of open) again(message, 1_000);
    };
    const forget = simulation.schedule(VISIBLE_MS, everything);
    life.onDeath(everything);
    life.resume("batch", () => {
      const work = consume(
        life,
        messages.map((message) => {
          message.attempts += 1;
          return {
            ...{ id: String(message.id), body: message.body, attempts: message.attempts },
            ack: () => life.send("ack", () => void open.delete(message)),
            retry: ({ delaySeconds }) => life.send("retry", () => again(message, delaySeconds * 1_000)),
          };
        }),
      );
      // What nobody answered for is acknowledged when the consumer returns, and comes again when it throws.
      work.then(forget, everything);
    });
  }
}
