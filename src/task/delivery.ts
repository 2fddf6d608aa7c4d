/** From the journal to the readers: a batch is sent once it is durable, in order; the run does not wait for that. */
import type { Batch } from "./journal/event-store.ts";
import type { StreamHub } from "./stream.ts";

export type DeliveryOptions = {
  readonly hub: Pick<StreamHub, "deliver">;
  /** Resolves when everything written so far is durable. */
  readonly sync: () => Promise<void>;
  readonly background: (work: Promise<void>) => void;
};

export class Delivery {
  readonly #options: DeliveryOptions;
  #undelivered: Batch[] = [];
  #isDelivering = false;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  add(batch: Batch): void {
    if (batch.frames === "") return;
    this.#undelivered.push(batch);
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    this.#options.background(this.#deliverAll());
  }

  async #deliverAll(): Promise<void> {
    const { hub, sync } = this.#options;
    try {
      while (this.#undelivered.length > 0) {
        const batches = this.#undelivered;
        this.#undelivered = [];
        await sync();
        hub.deliver(joined(batches));
      }
    } finally {
      this.#isDelivering = false;
    }
  }
}

/** One piece for each reader, however many commits became durable together. */
const joined = (batches: readonly Batch[]): Batch => ({
  lastSeq: batches.at(-1)?.lastSeq ?? 0,
  frames: batches.map(({ frames }) => frames).join(""),
});
