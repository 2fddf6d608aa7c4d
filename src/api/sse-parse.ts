/**
 * A task's byte stream -> its events. Bytes arrive in any pieces: a piece may end inside a frame, a line, or a
 * character.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
import type { TaskEvent } from "../task/index.ts";
import { SSE_FRAME_CHARS_MAX } from "./limits.ts";

/** Undefined for JSON that is no event; only the object writes these, so that means a broken stream. */
function parseEvent(data: string): TaskEvent | undefined {
  const event: unknown = JSON.parse(data);
  if (typeof event !== "object" || event === null) return undefined;
  const [seq, type, body] = [Reflect.get(event, "seq"), Reflect.get(event, "type"), Reflect.get(event, "data")];
  const isEvent = Number.isInteger(seq) && typeof type === "string" && typeof body === "object" && body !== null;
  return isEvent ? (event as TaskEvent) : undefined; // every member was looked at but `at`, which nobody here reads
}

export class SseParser {
  readonly #decoder = new TextDecoder();
  /** Text after the last complete line. */
  #rest = "";
  /** Data lines of the frame being read. */
  #data: string[] = [];
  #size = 0;

  /** Events that end in `bytes`. Comments, ids and names are passed over: the data has them too. @throws on broken frames */
  push(bytes: Uint8Array): TaskEvent[] {
    const events: TaskEvent[] = [];
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const event = this.#line(line.endsWith("\r") ? line.slice(0, -1) : line);
      if (event !== null) events.push(event);
    }
    if (this.#size + this.#rest.length > SSE_FRAME_CHARS_MAX) throw new RangeError("an event frame has no end");
    return events;
  }

  #line(line: string): TaskEvent | null {
    if (line !== "") {
      const data = /^data:? ?(.*)$/s.exec(line)?.[1];
      if (data !== undefined) {
        this.#data.push(data);
        this.#size += data.length;
      }
      return null;
    }
    if (this.#data.length === 0) return null;
    const event = parseEvent(this.#data.join("\n"));
    this.#data = [];
    this.#size = 0;
    if (event === undefined) throw new TypeError("an event frame holds no event");
    return event;
  }
}

/**
 * Events until the stream ends; ending early, or an abort of `signal`, gives the stream up.
 * @throws the signal's reason when it aborts, else what broke the stream.
 */
export async function* readEvents(stream: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncGenerator<TaskEvent> {
  const reader = stream.getReader();
  const parser = new SseParser();
  // A failing cancel means that the stream has ended already.
  const stop = () => void reader.cancel(signal.reason).catch(() => undefined);
  signal.addEventListener("abort", stop, { once: true });
  try {
    signal.throwIfAborted();
    for (;;) {
      const read = await reader.read();
      signal.throwIfAborted();
      if (read.done) return;
      yield* parser.push(read.value);
    }
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}
