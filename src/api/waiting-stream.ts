/**
 * A task's events as bytes, through its waits. The object ends a stream when its task waits for a person, because an
 * open one would keep it in memory for days; from there on this side looks now and then, and shows the client that it
 * lives. After a while the stream ends, and reconnecting resumes it.
 */
import { type Clock, utf8 } from "../platform/index.ts";
import { END_EVENTS } from "../task/index.ts";
import { UNREAD_BYTES_MAX, WAIT_HEARTBEAT_POLLS, WAIT_POLL_MS, WAIT_POLLS_MAX } from "./limits.ts";

export type StreamSource = {
  /** Bytes of every event after that one; null when the task is gone or can have no more readers. */
  readonly subscribe: (after: number) => Promise<ReadableStream<Uint8Array> | null>;
  /** over: the task has ended. waiting: no event follows until somebody decides. */
  readonly look: () => Promise<"over" | "waiting" | "going">;
  readonly clock: Clock;
};

const PING = utf8(": ping\n\n");

/** Sequence and kind of the last whole frame of a byte stream. Bytes come in any pieces, and are read when there are many or it is asked. */
class Position {
  readonly #decoder = new TextDecoder();
  #seq: number;
  #isEnd = false;
  #unread: Uint8Array[] = [];
  #unreadBytes = 0;
  /** Text since the end of the last whole frame. */
  #rest = "";

  constructor(after: number) {
    this.#seq = after;
  }

  push(bytes: Uint8Array): void {
    this.#unread.push(bytes);
    this.#unreadBytes += bytes.byteLength;
    if (this.#unreadBytes >= UNREAD_BYTES_MAX) this.#read();
  }

  get seq(): number {
    this.#read();
    return this.#seq;
  }

  /** Whether that frame ended the task. */
  get isEnd(): boolean {
    this.#read();
    return this.#isEnd;
  }

  #read(): void {
    let text = this.#rest;
    for (const bytes of this.#unread) text += this.#decoder.decode(bytes, { stream: true });
    this.#unread = [];
    this.#unreadBytes = 0;
    const end = text.lastIndexOf("\n\n");
    this.#rest = end < 0 ? text : text.slice(end + 2);
    if (end < 0) return;
    // JSON escapes line breaks, so a line that begins so is a frame's own; the first frame may begin the text.
    const whole = `\n${text.slice(0, end)}`;
    const [, id, type = ""] = /^\nid: (\d+)\nevent: (\S+)\n/.exec(whole.slice(whole.lastIndexOf("\nid: "))) ?? [];
    if (id === undefined) return;
    this.#seq = Number(id);
    this.#isEnd = END_EVENTS.includes(type);
  }
}

type Controller = ReadableStreamDefaultController<Uint8Array>;

type Next = {
  readonly stream: ReadableStream<Uint8Array>;
  /** The task had ended before it began: it holds everything there is. */
  readonly isLast: boolean;
};

/** What follows when a stream has ended at `before` or behind it; null when nothing does. */
async function takeUp(
  source: StreamSource,
  position: Position,
  before: number,
  signal: AbortSignal,
  out: Controller,
): Promise<Next | null> {
  if (position.isEnd) return null;
  let now = await source.look();
  // Ended without a reason and without news: whoever reads takes it up again, at their own pace.
  if (now === "going" && position.seq === before) return null;
  for (let polls = 1; now === "waiting"; polls++) {
    if (polls > WAIT_POLLS_MAX) return null;
    await source.clock.sleep(WAIT_POLL_MS, signal);
    if (polls % WAIT_HEARTBEAT_POLLS === 0) out.enqueue(PING);
    now = await source.look();
  }
  const stream = await source.subscribe(position.seq);
  return stream && { stream, isLast: now === "over" };
}

/** @param first what a subscription after `after` gave. */
export function throughWaits(
  source: StreamSource,
  first: ReadableStream<Uint8Array>,
  after: number,
): ReadableStream<Uint8Array> {
  const abort = new AbortController();
  const position = new Position(after);
  let reader: ReadableStreamDefaultReader<Uint8Array> = first.getReader();
  /** Where the stream that is read began. */
  let before = after;
  let isLast = false;
  return new ReadableStream<Uint8Array>({
    // Once for each piece and reader: the hot path of a stream with many readers.
    pull: async (controller) => {
      for (;;) {
        const read = await reader.read();
        if (!read.done) {
          position.push(read.value);
          controller.enqueue(read.value);
          return;
        }
        const next = isLast ? null : await takeUp(source, position, before, abort.signal, controller);
        if (next === null) return controller.close();
        before = position.seq;
        ({ isLast } = next);
        reader = next.stream.getReader();
      }
    },
    cancel: (reason) => {
      abort.abort(reason);
      // A failing cancel means that the stream has ended already.
      reader.cancel(reason).catch(() => undefined);
    },
  });
}
