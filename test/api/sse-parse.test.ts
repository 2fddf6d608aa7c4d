/** Bytes in any pieces -> the same events. */
import { describe, expect, it } from "vitest";
import { readEvents, SseParser } from "../../src/api/sse-parse.ts";
import { utf8 } from "../../src/platform/index.ts";
import type { TaskEvent } from "../../src/task/index.ts";

const AT = "2026-01-02T03:04:05.000Z";
const EVENTS: TaskEvent[] = [
  { seq: 1, type: "task.queued", at: AT, data: {} },
  { seq: 2, type: "text.delta", at: AT, data: { step: 0, text: "héllo 😀 \u202e\u2028" } },
  { seq: 3, type: "tool.result", at: AT, data: { result: 'data: x\n\nid: 9\r\n"' } },
  { seq: 4, type: "task.done", at: AT, data: {} },
];
const frame = (event: TaskEvent): string =>
  `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
const STREAM = `: ping\n\n${EVENTS.slice(0, 2).map(frame).join("")}: ping\n\n${EVENTS.slice(2).map(frame).join("")}`;
const BYTES = utf8(STREAM);

const parseInPieces = (cuts: readonly number[]): TaskEvent[] => {
  const parser = new SseParser();
  const edges = [0, ...cuts, BYTES.length];
  return edges.slice(1).flatMap((end, index) => parser.push(BYTES.slice(edges[index], end)));
};

describe("SseParser", () => {
  it("reads a whole stream at once", () => {
    expect(parseInPieces([])).toEqual(EVENTS);
  });

  it("reads the same events wherever the stream is cut in two", () => {
    for (let cut = 0; cut <= BYTES.length; cut++) expect(parseInPieces([cut]), `cut at ${cut}`).toEqual(EVENTS);
  });

  it("reads the same events byte by byte", () => {
    expect(parseInPieces([...BYTES.keys()])).toEqual(EVENTS);
  });

  it("gives an event as soon as its frame ends and not before", () => {
    const parser = new SseParser();
    const [first] = EVENTS;
    const text = first ? frame(first) : "";
    expect(parser.push(utf8(text.slice(0, -1)))).toEqual([]);
    expect(parser.push(utf8("\n"))).toEqual([first]);
  });

  it("reads lines that end in CR LF", () => {
    expect(new SseParser().push(utf8(STREAM.replaceAll("\n", "\r\n")))).toEqual(EVENTS);
  });

  it("throws on data that is no event", () => {
    expect(() => new SseParser().push(utf8("data: 7\n\n"))).toThrow(TypeError);
    expect(() => new SseParser().push(utf8("data: {\n\n"))).toThrow(SyntaxError);
  });
});

describe("readEvents", () => {
  it("cancels the stream when its reader leaves early", async () => {
    let isCancelled = false;
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(BYTES),
      cancel: () => {
        isCancelled = true;
      },
    });
    for await (const event of readEvents(stream, new AbortController().signal)) {
      if (event.seq === 2) break;
    }
    expect(isCancelled).toBe(true);
  });

  it("throws the reason of an abort, also while it waits", async () => {
    const abort = new AbortController();
    const reason = new Error("deadline");
    const stream = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(BYTES) });
    const seen: number[] = [];
    const reading = (async () => {
      for await (const { seq } of readEvents(stream, abort.signal)) {
        seen.push(seq);
        // From the next tick on, the reader waits for bytes that never come.
        if (seq === 4) queueMicrotask(() => abort.abort(reason));
      }
    })();
    await expect(reading).rejects.toBe(reason);
    expect(seen).toEqual([1, 2, 3, 4]);
  });
});
