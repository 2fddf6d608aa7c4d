/** A stream that goes on for as long as its caller may have it, and not longer. */
import { describe, expect, it } from "vitest";
import { READMIT_EVERY_MS } from "../../src/api/limits.ts";
import { untilRefused, whileAdmitted } from "../../src/api/while-admitted.ts";
import { AppError, utf8 } from "../../src/platform/index.ts";
import { manualClock, memoryLog } from "./ports.ts";

/** A source that is written by hand, and a caller that is admitted until `refuse` is called. */
function rig() {
  const clock = manualClock();
  const log = memoryLog();
  let source: ReadableStreamDefaultController<Uint8Array> | undefined;
  let asked = 0;
  let refusal: unknown = null;
  const ended = Promise.withResolvers<unknown>();
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => {
      source = controller;
    },
    cancel: (reason) => ended.resolve(reason),
  });
  const readmission = {
    admit: async () => {
      asked += 1;
      if (refusal !== null) throw refusal;
    },
    clock,
    log,
  };
  return {
    clock,
    log,
    stream,
    readmission,
    /** The reason the source was left with. */
    left: ended.promise,
    write: (text: string) => source?.enqueue(utf8(text)),
    close: () => source?.close(),
    fail: (reason: unknown) => source?.error(reason),
    refuse: (reason: unknown) => {
      refusal = reason;
    },
    asked: () => asked,
  };
}

const textOf = async (stream: ReadableStream<Uint8Array>): Promise<string> => new Response(stream).text();
/** Lets everything run that is waiting for nothing but its turn. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("a stream whose caller stays admitted", () => {
  it("has the source's bytes, and ends with it", async () => {
    const { stream, readmission, write, close, clock, asked } = rig();
    const text = textOf(whileAdmitted(stream, readmission));
    for (const word of ["one ", "two ", "three"]) {
      write(word);
      clock.advance(READMIT_EVERY_MS);
      await settle();
    }
    close();
    expect(await text).toBe("one two three");
    expect(asked()).toBe(3);
  });

  it("breaks where the source breaks", async () => {
    const { stream, readmission, fail } = rig();
    const text = textOf(whileAdmitted(stream, readmission));
    fail(new Error("the object was reset"));
    await expect(text).rejects.toThrow("the object was reset");
  });
});

describe("a stream whose caller is refused", () => {
  for (const code of ["UNAUTHENTICATED", "FORBIDDEN", "TENANT_MISMATCH", "UNAVAILABLE"] as const) {
    it(`ends without an error of its own, and leaves the source: ${code}`, async () => {
      const { stream, readmission, write, refuse, clock, left, log } = rig();
      const text = textOf(whileAdmitted(stream, readmission));
      write("before");
      await settle();
      refuse(new AppError(code));
      clock.advance(READMIT_EVERY_MS);
      expect(await text).toBe("before");
      expect(await left).toMatchObject({ code });
      expect(log.lines.filter(({ event }) => event === "stream.refused")).toMatchObject([{ code }]);
    });
  }

  it("ends as well when asking fails in a way nobody foresaw", async () => {
    const { stream, readmission, refuse, clock, left } = rig();
    const text = textOf(whileAdmitted(stream, readmission));
    refuse(new TypeError("no such method"));
    clock.advance(READMIT_EVERY_MS);
    expect(await text).toBe("");
    expect(await left).toMatchObject({ code: "INTERNAL" });
  });
});

describe("nobody is asked any more", () => {
  it("once the stream was read to its end", async () => {
    const { stream, readmission, close, clock, asked } = rig();
    const text = textOf(whileAdmitted(stream, readmission));
    close();
    await text;
    clock.advance(READMIT_EVERY_MS);
    await settle();
    expect(asked()).toBe(0);
  });

  it("once its reader went away, and the source knows it", async () => {
    const { stream, readmission, clock, asked, left } = rig();
    await whileAdmitted(stream, readmission).cancel("gone");
    expect(await left).toBe("gone");
    clock.advance(READMIT_EVERY_MS);
    await settle();
    expect(asked()).toBe(0);
  });

  it("once whoever wanted to know says so", async () => {
    const { readmission, clock, asked } = rig();
    const over = new AbortController();
    const refused = untilRefused(readmission, over.signal);
    over.abort();
    clock.advance(READMIT_EVERY_MS);
    await settle();
    expect([asked(), refused.aborted]).toEqual([0, false]);
  });
});
