/** Server-sent events from bytes: the wire format only. What an event means is the reader's business. */
import { EVENT_CHARS_MAX } from "./limits.ts";

export type ServerSentEvent = { readonly id: string; readonly event: string; readonly data: string };

/**
 * Complete events of `body`, in order; comments (heartbeats) come as null, so that a caller can see life.
 * An event cut by the end of the stream is dropped, as the specification says: it was never dispatched.
 * @throws RangeError past EVENT_CHARS_MAX; whatever reading `body` throws.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export async function* readServerSentEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent | null> {
  const decoder = new TextDecoder();
  let pending = "";
  let event = { id: "", event: "message", data: [] as string[] };
  let chars = 0;
  for await (const chunk of body) {
    pending += decoder.decode(chunk, { stream: true });
    // A lone CR at the end may be the first half of CRLF: it waits for the next chunk.
    const lines = pending.split(/\r\n|\n|\r(?!$)/);
    pending = lines.pop() ?? "";
    chars = lines.reduce((sum, line) => sum + line.length, chars);
    if (chars + pending.length > EVENT_CHARS_MAX) throw new RangeError("an event of the stream is too large");
    for (const line of lines) {
      if (line === "") {
        if (event.data.length > 0) yield { id: event.id, event: event.event, data: event.data.join("\n") };
        event = { id: event.id, event: "message", data: [] };
        chars = 0;
      } else if (line.startsWith(":")) {
        yield null;
      } else {
        readField(line, event);
      }
    }
  }
}

function readField(line: string, event: { id: string; event: string; data: string[] }): void {
  const colon = line.indexOf(":");
  const name = colon < 0 ? line : line.slice(0, colon);
  const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
  if (name === "data") event.data.push(value);
  else if (name === "event") event.event = value;
  else if (name === "id" && !value.includes("\0")) event.id = value;
}
