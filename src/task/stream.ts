/**
 * The readers of one task. A reader is first fed from storage, page by page as it drains, then moved to the live set,
 * where one encoded buffer goes to all of them. A reader that lags is fed from storage again. Sequence numbers decide
 * what is sent, so nothing is sent twice or left out on the way between the two.
 */
import { utf8 } from "../platform/index.ts";
import type { Batch } from "./journal/event-store.ts";
import { HEARTBEAT_MS, STREAM_LAG_BYTES_MAX, STREAM_PAGE_CHARS, SUBSCRIBERS_MAX } from "./limits.ts";
import type { Followed } from "./types.ts";

/** Whoever may read along. While nobody does, text is held back; it is written before anybody looks. */
export type Audience = Pick<StreamHub, "isThere" | "onArrival">;

export type StreamSource = {
  /** Stored frames in (after, upTo], or null when there are none. */
  framesAfter(after: number, upTo: number, chars: number): Batch | null;
  /** Of the events that are written. */
  lastSeq(): number;
  /** Whether none can follow the last one, or none until somebody decides. */
  isStill(): boolean;
  /** Whether the task has ended. */
  hasEnded(): boolean;
};

/** Frames of consecutive events that are durable; null: nobody read while they went by, and they stand in storage. */
export type Delivered = { readonly lastSeq: number; readonly frames: string | null };

type Reader = {
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  /** Sequence of the last event handed to the controller. */
  cursor: number;
  isLive: boolean;
};

const PING = utf8(": ping\n\n");

export class StreamHub {
  readonly #source: StreamSource;
  readonly #readers = new Set<Reader>();
  /** Sequence up to which events are durable and may be sent. */
  #delivered: number;
  #heartbeat: ReturnType<typeof setInterval> | null = null;
  #writeHeld: (() => void) | null = null;

  constructor(source: StreamSource, delivered: number) {
    this.#source = source;
    this.#delivered = delivered;
  }

  get delivered(): number {
    return this.#delivered;
  }

  /** Whether anybody reads along. */
  get isThere(): boolean {
    return this.#readers.size > 0;
  }

  /** @param write stores what is held back; null when there is nothing to hold back any more. */
  onArrival(write: (() => void) | null): void {
    this.#writeHeld = write;
  }

  /** Somebody looks at what is stored by now. */
  arrive(): void {
    this.#writeHeld?.();
  }

  /** Null when the task has as many readers as it may have. */
  follow(after: number): Followed | null {
    if (this.#readers.size >= SUBSCRIBERS_MAX) return null;
    let reader: Reader;
    const stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          reader = { controller, cursor: after, isLive: false };
          this.#readers.add(reader);
          this.#heartbeat ??= setInterval(() => this.#ping(), HEARTBEAT_MS);
        },
        pull: () => this.#feed(reader),
        cancel: () => this.#drop(reader),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: 64 * 1024 }),
    );
    // The reader is there by now, so that it is sent what is written for it.
    this.arrive();
    const isOver = () => reader.cursor >= this.#delivered && this.#isOver && this.#source.hasEnded();
    return { stream, ending: () => ({ seq: reader.cursor, isOver: isOver() }) };
  }

  /** Sends what is durable by now, in order. */
  deliver({ lastSeq, frames }: Delivered): void {
    const before = this.#delivered;
    this.#delivered = lastSeq;
    const bytes = frames === null ? null : utf8(frames);
    const isOver = this.#isOver;
    for (const reader of this.#readers) {
      if (!reader.isLive) continue;
      // A lagging reader leaves the live set; its next pull reads on from storage.
      if (-(reader.controller.desiredSize ?? 0) > STREAM_LAG_BYTES_MAX) {
        reader.isLive = false;
        continue;
      }
      // Nothing pulls for one that has all it was sent: what it lacks is read from storage here.
      if (bytes === null || reader.cursor !== before) {
        reader.isLive = false;
        this.#feed(reader);
        continue;
      }
      if (!this.#enqueue(reader, bytes)) continue;
      reader.cursor = lastSeq;
      if (isOver) this.#close(reader);
    }
  }

  get #hasMore(): boolean {
    return this.#delivered < this.#source.lastSeq();
  }

  get #isOver(): boolean {
    return !this.#hasMore && this.#source.isStill();
  }

  #feed(reader: Reader): void {
    if (reader.isLive) return;
    const page = this.#source.framesAfter(reader.cursor, this.#delivered, STREAM_PAGE_CHARS);
    if (page !== null) {
      reader.cursor = page.lastSeq;
      this.#enqueue(reader, utf8(page.frames));
    }
    if (reader.cursor < this.#delivered) return;
    if (this.#isOver) {
      this.#close(reader);
      return;
    }
    reader.isLive = true;
    // A stream with nothing to send yet still answers, so that its reader knows it is connected. What is on its way to the disk comes at once.
    if (page === null && !this.#hasMore) this.#enqueue(reader, PING);
  }

  #enqueue(reader: Reader, bytes: Uint8Array): boolean {
    try {
      reader.controller.enqueue(bytes);
      return true;
    } catch {
      // The reader went away between two events; its cancel may not have arrived.
      this.#drop(reader);
      return false;
    }
  }

  #close(reader: Reader): void {
    this.#drop(reader);
    try {
      reader.controller.close();
    } catch {
      // Already closed by its reader.
    }
  }

  #drop(reader: Reader): void {
    this.#readers.delete(reader);
    if (this.#readers.size === 0 && this.#heartbeat !== null) {
      clearInterval(this.#heartbeat);
      this.#heartbeat = null;
    }
  }

  #ping(): void {
    for (const reader of this.#readers) if (reader.isLive) this.#enqueue(reader, PING);
  }
}
