/** A response's events as JSON: as many at a time as came, so that what waits between two of them waits once a packet. */
import { createParser } from "eventsource-parser";
import { type Clock, within } from "../../platform/index.ts";
import { LINGER_MS, REPLY_CHARS_MAX } from "../limits.ts";
import type { WireError } from "./failure.ts";

/** An error that a provider told of: its answer, or an event in its stream. */
export class ProviderFault extends Error {
  override name = "ProviderFault";
  readonly error: WireError;
  constructor(error: WireError) {
    super("the provider told of an error");
    this.error = error;
  }
}

/** What OpenAI's wire ends its events with. Anthropic's has none: there the stream ends. */
const END = "[DONE]";

/**
 * Ends with the events; what was there before a broken one is handed on first. Where the standard drops an event that the end
 * of the body leaves without its blank line, it counts here: some servers and gateways end so, and it is their `finish_reason`.
 * @param toFault the error that an event tells of; null for any other event.
 * @throws ProviderFault, SyntaxError for an event that is no JSON, RangeError for one without an end.
 */
export async function* readEvents(
  { body }: Response,
  clock: Clock,
  toFault: (name: string | undefined, data: unknown) => WireError | null,
): AsyncGenerator<readonly unknown[]> {
  if (body === null) return;
  const reader = body.getReader();
  const collected = new Collected(toFault);
  const decoder = new TextDecoder();
  let hasClosed = false;
  try {
    for (;;) {
      const { value, done } = await reader.read();
      hasClosed = done;
      collected.feed(done ? `${decoder.decode()}\n\n` : decoder.decode(value, { stream: true }));
      const events = collected.take();
      if (events.length > 0) yield events;
      if (collected.broken !== null) throw collected.broken;
      if (done || collected.hasEnded) return;
    }
  } finally {
    if (!hasClosed) leave(reader, collected.hasEnded, clock);
  }
}

/** What a text of events holds, up to its end or to the first that is broken. */
class Collected {
  broken: Error | null = null;
  hasEnded = false;
  readonly #toFault: Parameters<typeof readEvents>[2];
  readonly #parser = createParser({
    maxBufferSize: REPLY_CHARS_MAX,
    onEvent: ({ event, data }) => this.#collect(event, data),
    onError: ({ type }) => {
      // Of the others, unknown fields, the standard says to pass them over.
      if (type === "max-buffer-size-exceeded") this.broken ??= new RangeError("an event has no end");
    },
  });
  #events: unknown[] = [];

  constructor(toFault: Parameters<typeof readEvents>[2]) {
    this.#toFault = toFault;
  }

  feed(text: string): void {
    this.#parser.feed(text);
  }

  take(): readonly unknown[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #collect(name: string | undefined, text: string): void {
    if (this.hasEnded || this.broken !== null) return;
    // What keeps a connection alive says nothing, whatever stands in it.
    if (name === "ping" || (text === "" && name !== "error")) return;
    if (text === END) {
      this.hasEnded = true;
      return;
    }
    try {
      const data: unknown = JSON.parse(text);
      const fault = this.#toFault(name, data);
      if (fault === null) this.#events.push(data);
      else this.broken = new ProviderFault(fault);
    } catch (thrown) {
      this.broken = thrown instanceof Error ? thrown : new SyntaxError("an event is no JSON");
    }
  }
}

/**
 * After the last event comes the end of the body, at once or a moment later: read to it, the connection serves the next
 * call, where a broken off one costs that a handshake. Not awaited; a server that does not end loses the connection.
 */
function leave(reader: ReadableStreamDefaultReader<Uint8Array>, hasEnded: boolean, clock: Clock): void {
  // A failing cancel means that the stream is over.
  const cancel = () => reader.cancel().catch(() => undefined);
  const toEnd = async (): Promise<void> => {
    for (let isOver = false; !isOver; ) isOver = (await reader.read()).done;
  };
  if (hasEnded) within(clock, LINGER_MS, () => new Error("the stream does not end"), toEnd).catch(cancel);
  else cancel();
}
