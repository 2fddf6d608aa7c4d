/** An answer in an event stream is found wherever the network cuts it, and nothing else is taken for it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAnswerWatch } from "../../src/tool/event-stream.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const ANSWER = '{"jsonrpc":"2.0","id":7,"result":{"text":"größe"}}';

describe("an answer in an event stream", () => {
  it("is found at the same place however the stream is cut", () => {
    for (const end of ["\n\n", "\r\n\r\n", "\r\r"]) {
      const line = end.slice(end.length / 2);
      const head = `: hello${end}id: 1${line}data:${end}event: message${line}data: {"jsonrpc":"2.0","method":"x","id":7}${end}`;
      const stream = bytes(`${head}data: ${ANSWER}${end}`);
      const after = bytes(": still here\n\n");
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 1, max: stream.length - 1 })), (cuts) => {
          const ends = [...new Set([...cuts, stream.length])].sort((a, b) => a - b);
          const watch = createAnswerWatch(7);
          const told = ends.map((to, index) => watch(stream.subarray(ends[index - 1] ?? 0, to)));
          expect(told.at(-1)).toBe(true);
          expect(told.slice(0, -1)).not.toContain(true);
          expect(watch(after)).toBe(false);
        }),
      );
    }
  });

  it("may stand on several lines", () => {
    expect(createAnswerWatch(7)(bytes('data: {"id":\ndata: 7, "error": {}}\n\n'))).toBe(true);
  });

  for (const [name, stream] of [
    ["the answer to another request", 'data: {"id":8,"result":{}}\n\n'],
    ["an id of another kind", 'data: {"id":"7","result":{}}\n\n'],
    ["a request of the server's with the same id", 'data: {"id":7,"method":"ping"}\n\n'],
    ["an answer that has not ended", `data: ${ANSWER}\n`],
    ["what is no JSON", "data: 7\n\ndata: {\n\n"],
    ["a comment", `: ${ANSWER}\n\n`],
  ] as const) {
    it(`is not ${name}`, () => expect(createAnswerWatch(7)(bytes(stream))).toBe(false));
  }
});
