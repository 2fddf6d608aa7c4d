/**
 * A task's events as bytes, through its waits. The object ends a stream when its task waits for a person, because an
 * open one would keep it in memory for days; from there on this side looks now and then, and shows the client that it
 * lives. After a while the stream ends, and reconnecting resumes it.
 */
import { type Clock, utf8 } from "../platform/index.ts";
import { WAIT_HEARTBEAT_POLLS, WAIT_POLL_MS, WAIT_POLLS_MAX } from "./limits.ts";

export type StreamSource = {
  /** Bytes of every event after that one; null when the task is gone or can have no more readers. */
  readonly subscribe: (after: number) => Promise<ReadableStream<Uint8Array> | null>;
  /** over: no event will follow. waiting: none until somebody decides. */
  readonly look: () => Promise<"over" | "waiting" | "going">;
  readonly clock: Clock;
};

const PING = utf8(": ping\n\n");

/** Sequence of the last whole frame of a byte stream. Bytes come in any pieces. */
class Position {
  seq: number;
  readonly #decoder = new TextDecoder();
  /** Text since the end of the last whole frame. */
  #rest = "";

  constructor(after: number) {
    this.seq = after;
  }

  push(bytes: Uint8Array): void {
    const text = this.#rest + this.#decoder.decode(bytes, { stream: true });
    const end = text.lastIndexOf("\n\n");
    this.#rest = end < 0 ? text : text.slice(end + 2);
    if (end < 0) return;
    // JSON escapes line breaks, so a line that begins so is a frame's own; the first frame may begin the text.
    const whole = `\n${text.slice(0, end)}`;
    const id = /^\nid: (\d+)\n/.exec(whole.slice(whole.lastIndexOf("\nid: ")))?.[1];
    if (id !== undefined) this.seq = Number(id);
  }
}

async function* bytesOf(source: StreamSource, first: ReadableStream<Uint8Array>, after: number, signal: AbortSignal) {
  const position = new Position(after);
  let stream: ReadableStream<Uint8Array> | null = first;
  while (stream !== null) {
    const before = position.seq;
    const reader: ReadableStreamDefaultReader<Uint8Array> = stream.getReader();
    // A failing cancel means that the stream has ended already.
    const stop = () => void reader.cancel(signal.reason).catch(() => undefined);
    signal.addEventListener("abort", stop, { once: true });
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      position.push(read.value);
      yield read.value;
    }
    signal.removeEventListener("abort", stop);
    let now = await source.look();
    // Ended without a reason and without news: whoever reads takes it up again, at their own pace.
    if (now === "over" || (now === "going" && position.seq === before)) return;
    for (let polls = 1; now === "waiting"; polls++) {
      if (polls > WAIT_POLLS_MAX) return;
      await source.clock.sleep(WAIT_POLL_MS, signal);
      if (polls % WAIT_HEARTBEAT_POLLS === 0) yield PING;
      now = await source.look();
    }
    stream = await source.subscribe(position.seq);
  }
}

/** @param first what a subscription after `after` gave. */
export function throughWaits(
  source: StreamSource,
  first: ReadableStream<Uint8Array>,
  after: number,
): ReadableStream<Uint8Array> {
  const abort = new AbortController();
  const bytes = bytesOf(source, first, after, abort.signal);
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const next = await bytes.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    cancel: (reason) => abort.abort(reason),
  });
}
