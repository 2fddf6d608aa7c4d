/** A stream of events, from the bytes to the JSON of each, and what becomes of its connection. */
import { describe, expect, it } from "vitest";
import { LINGER_MS } from "../../src/model/limits.ts";
import { ProviderFault, readEvents } from "../../src/model/providers/event-stream.ts";
import type { WireError } from "../../src/model/providers/failure.ts";
import { ManualClock } from "../case/model-wire/clock.ts";

const ERROR: WireError = {
  ...{ provider: "test", status: null, type: "overloaded_error", code: null, message: "", headers: null },
  requestId: null,
};

/** A body of these pieces; `ends`: then it is over. */
function bodyOf(pieces: readonly string[], ends = true) {
  const left = [...pieces];
  const cancelled = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        const next = left.shift();
        if (next !== undefined) return controller.enqueue(new TextEncoder().encode(next));
        if (!ends) return new Promise(() => undefined);
        controller.close();
        closed.resolve();
      },
      cancel: () => cancelled.resolve(),
    },
    { highWaterMark: 0 },
  );
  return { body, cancelled: cancelled.promise, closed: closed.promise };
}

function open(pieces: readonly string[], ends = true) {
  const { body, ...states } = bodyOf(pieces, ends);
  const clock = new ManualClock();
  const toFault = (name: string | undefined) => (name === "error" ? ERROR : null);
  return { ...states, clock, events: readEvents(new Response(body), clock, toFault) };
}

async function all(events: AsyncIterable<readonly unknown[]>) {
  const batches: (readonly unknown[])[] = [];
  for await (const batch of events) batches.push(batch);
  return batches;
}

/** What is read before the end, or before what is thrown. */
async function read(pieces: readonly string[]) {
  const batches: (readonly unknown[])[] = [];
  const { events, ...states } = open(pieces);
  try {
    for await (const batch of events) batches.push(batch);
    return { batches, thrown: null, ...states };
  } catch (thrown) {
    return { batches, thrown, ...states };
  }
}

describe("events", () => {
  it("come as many at a time as a piece has, whatever ends its lines", async () => {
    const { batches } = await read([
      "data: 1\n\ndata: 2\r\n\r\n",
      ": nothing\n\n",
      "data: 3\r\rda",
      'ta: {"a":\ndata: 4}\n\n',
    ]);
    expect(batches).toEqual([[1, 2], [3], [{ a: 4 }]]);
  });

  it("may be broken anywhere, also in a character", async () => {
    const bytes = [...new TextEncoder().encode('data: "é😀"\n\n')].map((byte) => Uint8Array.of(byte));
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (const byte of bytes) controller.enqueue(byte);
        controller.close();
      },
    });
    const events = readEvents(new Response(body), new ManualClock(), () => null);
    expect(await events.next()).toEqual({ done: false, value: ["é😀"] });
  });

  it.each(["", "\n", "\r", "\r\n", "\n\r"])(
    "end with the body, which may leave the last one without its blank line (%j)",
    async (end) => {
      expect((await read(["data: 1\n\n", `data: 2${end}`])).batches).toEqual([[1], [2]]);
      expect((await read(["data: 1\n\n", `data: [DONE]${end}`])).batches).toEqual([[1]]);
    },
  );

  it("are broken when the body ends within one", async () => {
    const { batches, thrown } = await read(['data: 1\n\ndata: {"a":']);
    expect([batches, thrown]).toEqual([[[1]], expect.any(SyntaxError)]);
  });

  it("are none that only keep the connection alive, and one without words is an error all the same", async () => {
    const pings = [
      "event: ping\n\n",
      'event: ping\ndata: {"type": "ping"}\n\n',
      "event: ping\ndata: pong\n\n",
      "data:\n\n",
    ];
    expect((await read([...pings, "data: 1\n\n"])).batches).toEqual([[1]]);
    expect((await read(["event: error\ndata:\n\n"])).thrown).toBeInstanceOf(Error);
  });

  it("end at the word that ends them, whatever is said behind it", async () => {
    expect((await read(["data: 1\n\ndata: [DONE]\n\ndata: 2\n\ndata: {oops\n\n"])).batches).toEqual([[1]]);
  });

  it("are handed on before the one that tells of an error", async () => {
    const { batches, thrown } = await read(["data: 1\n\nevent: error\ndata: 2\n\ndata: 3\n\n"]);
    expect(batches).toEqual([[1]]);
    expect(thrown).toBeInstanceOf(ProviderFault);
    expect(thrown).toMatchObject({ error: ERROR });
  });

  it("are handed on before one that is no JSON", async () => {
    const { batches, thrown } = await read(["data: 1\n\ndata: {oops\n\n"]);
    expect([batches, thrown]).toEqual([[[1]], expect.any(SyntaxError)]);
  });

  it("are none in a body that is none", async () => {
    const events = readEvents(new Response(null), new ManualClock(), () => null);
    expect(await events.next()).toMatchObject({ done: true });
  });

  it("of which one has no end are given up", async () => {
    const mebibyte = "x".repeat(1024 * 1024);
    const { thrown, cancelled } = await read([`data: "${mebibyte}`, ...Array<string>(5).fill(mebibyte)]);
    expect(thrown).toMatchObject({ message: "an event has no end" });
    await cancelled;
  });
});

describe("the connection", () => {
  it("is left for the next call: what is sent behind the last event is read to its end", async () => {
    const { events, closed } = open(["data: 1\n\n", "data: [DONE]\n\n", "data: more\n\n"]);
    expect(await all(events)).toEqual([[1]]);
    await closed;
  });

  it("is broken off when the body does not end, and nobody waits for that", async () => {
    const { events, clock, cancelled } = open(["data: [DONE]\n\n"], false);
    expect(await all(events)).toEqual([]);
    await clock.advance(LINGER_MS);
    await cancelled;
  });

  it("is broken off when whoever reads has had enough", async () => {
    const { events, cancelled } = open(["data: 1\n\n"], false);
    for await (const batch of events) {
      expect(batch).toEqual([1]);
      break;
    }
    await cancelled;
  });
});
