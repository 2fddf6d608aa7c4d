/**
 * From the journal to the readers: a batch is sent once it is durable, in order; the run does not wait for that. While nobody
 * reads, nothing waits for the disk either: how far the log goes is kept, and is made durable when somebody comes.
 */
import type { Batch } from "./journal/event-store.ts";
import type { Delivered, StreamHub } from "./stream.ts";
import type { Followed } from "./types.ts";

export type DeliveryOptions = {
  readonly hub: Pick<StreamHub, "deliver" | "follow" | "isThere">;
  /** Resolves when everything written so far is durable. */
  readonly sync: () => Promise<void>;
  readonly background: (work: Promise<void>) => void;
};

export class Delivery {
  readonly #options: DeliveryOptions;
  /** Written and not sent: one piece for each reader, however many commits become durable together. */
  #due: Delivered | null = null;
  #isDelivering = false;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  add({ lastSeq, frames }: Batch): void {
    if (frames === "") return;
    const { isThere } = this.#options.hub;
    const before = this.#due === null ? "" : this.#due.frames;
    this.#due = { lastSeq, frames: isThere && before !== null ? before + frames : null };
    if (isThere) this.#begin();
  }

  /** In one turn, so that nothing is written between: what went by unread is made durable, and sent from storage. */
  follow(after: number): Followed | null {
    const followed = this.#options.hub.follow(after);
    if (this.#due !== null) this.#begin();
    return followed;
  }

  #begin(): void {
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    this.#options.background(this.#deliverAll());
  }

  async #deliverAll(): Promise<void> {
    const { hub, sync } = this.#options;
    try {
      while (this.#due !== null) {
        const due = this.#due;
        this.#due = null;
        await sync();
        hub.deliver(due);
      }
    } finally {
      this.#isDelivering = false;
    }
  }
}
