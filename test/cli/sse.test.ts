/** The wire format of server-sent events, in whatever pieces it arrives. */
import { describe, expect, it } from "vitest";
import { readServerSentEvents, type ServerSentEvent } from "../../src/cli/sse.ts";

async function read(chunks: readonly Uint8Array[]): Promise<(ServerSentEvent | null)[]> {
  const events: (ServerSentEvent | null)[] = [];
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  for await (const event of readServerSentEvents(body)) events.push(event);
  return events;
}
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const event = (id: string, name: string, data: string) => ({ id, event: name, data });

describe("readServerSentEvents", () => {
  const rows: readonly (readonly [string, string, readonly (object | null)[]])[] = [
    ["an event with id, name and data", "id: 1\nevent: a\ndata: x\n\n", [event("1", "a", "x")]],
    [
      "lines that end in CRLF or CR",
      "id: 1\r\ndata: x\r\n\r\nid: 2\rdata: y\r\r.",
      [event("1", "message", "x"), event("2", "message", "y")],
    ],
    ["data of several lines", "data: x\ndata:y\ndata:  z\n\n", [event("", "message", "x\ny\n z")]],
    ["a comment as a sign of life", ": ping\n\ndata: x\n\n", [null, event("", "message", "x")]],
    [
      "the id of the event before, when an event has none",
      "id: 7\ndata: x\n\ndata: y\n\n",
      [event("7", "message", "x"), event("7", "message", "y")],
    ],
    ["nothing of an event that was cut", "data: x\n\ndata: y\n", [event("", "message", "x")]],
    ["no event without data", "id: 1\nevent: a\n\n", []],
    ["fields it does not know as nothing", "retry: 5\nfoo\ndata: x\n\n", [event("", "message", "x")]],
  ];
  for (const [name, text, expected] of rows) {
    it(`reads ${name}`, async () => {
      expect(await read([bytes(text)])).toEqual(expected);
    });
  }

  it("reads the same events wherever the bytes are cut", async () => {
    const whole = bytes("id: 1\r\nevent: ä\r\ndata: größe €\r\n\r\n: ping\n\ndata: 🙂\ndata: b\n\n");
    const expected = await read([whole]);
    expect(expected).toHaveLength(3);
    for (let cut = 1; cut < whole.length; cut += 1) {
      expect(await read([whole.slice(0, cut), whole.slice(cut)])).toEqual(expected);
    }
    expect(await read([...whole].map((byte) => Uint8Array.of(byte)))).toEqual(expected);
  });
});
