/**
 * When an answer in an event stream is complete. A server may keep a stream open after it has answered, and waiting for
 * its end would cost a call all its time. Pure.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */

/** What ends an event, and the most of it that may stand in the piece before. */
const BLANK_LINE = /\r\n\r\n|\n\n|\r\r/;
const SEAM_LENGTH = 3;

/** Asked with every piece of a stream: true once the answer to the JSON-RPC request of this id is in it. */
export function createAnswerWatch(id: string | number): (piece: Uint8Array) => boolean {
  const decoder = new TextDecoder();
  let open: string[] = [];
  let seam = "";
  return (piece) => {
    const text = decoder.decode(piece, { stream: true });
    open.push(text);
    const recent = seam + text;
    seam = recent.slice(-SEAM_LENGTH);
    // Only new text is searched: one event may be megabytes, in thousands of pieces.
    if (!BLANK_LINE.test(recent)) return false;
    const events = open.join("").split(BLANK_LINE);
    open = [events.pop() ?? ""];
    return events.some((event) => isAnswer(event, id));
  };
}

function isAnswer(event: string, id: string | number): boolean {
  const data = event
    .split(/\r\n|\n|\r/)
    .flatMap((line) => (line.startsWith("data:") ? [line.slice("data:".length)] : []))
    .join("\n");
  try {
    const message: unknown = JSON.parse(data);
    if (typeof message !== "object" || message === null) return false;
    return Reflect.get(message, "id") === id && !Reflect.has(message, "method");
  } catch {
    return false; // no message, so no answer either
  }
}
