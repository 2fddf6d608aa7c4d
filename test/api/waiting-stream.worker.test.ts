/** A stream of events through waits for a person: who is asked how often, what the client sees, and when it ends. */
import { describe, expect, it } from "vitest";
import { WAIT_POLL_MS, WAIT_POLLS_MAX } from "../../src/api/limits.ts";
import { type StreamSource, throughWaits } from "../../src/api/waiting-stream.ts";
import { utf8 } from "../../src/platform/index.ts";
import { hastyClock } from "./ports.ts";

const frame = (seq: number, text = "x"): string =>
  `id: ${seq}\nevent: text.delta\ndata: ${JSON.stringify({ seq, data: { text } })}\n\n`;
const end = (seq: number, type = "task.done"): string =>
  `id: ${seq}\nevent: ${type}\ndata: ${JSON.stringify({ seq, data: { output: "id: 7" } })}\n\n`;
const streamOf = (pieces: readonly (string | Uint8Array)[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start: (controller) => {
      for (const piece of pieces) controller.enqueue(typeof piece === "string" ? utf8(piece) : piece);
      controller.close();
    },
  });

type Look = Awaited<ReturnType<StreamSource["look"]>>;

/** Each subscription and each look is the next of its script; the last look goes on for ever. */
function scripted(streams: readonly (readonly string[] | null)[], looks: readonly Look[]) {
  const subscribed: number[] = [];
  const clock = hastyClock();
  let asked = 0;
  const source: StreamSource = {
    subscribe: async (after) => {
      const pieces = streams[subscribed.push(after) - 1];
      return pieces ? streamOf(pieces) : null;
    },
    look: async () => looks[Math.min(asked++, looks.length - 1)] ?? "over",
    clock,
  };
  return { source, subscribed, clock, asked: () => asked };
}

const read = async (stream: ReadableStream<Uint8Array>): Promise<string> => new Response(stream).text();
const pingsIn = (text: string): number => text.split(": ping\n\n").length - 1;

describe("a stream of events", () => {
  for (const type of ["task.done", "task.failed", "task.cancelled", "task.dead_letter"]) {
    it(`passes every byte on, and ends with ${type} without asking anything`, async () => {
      const { source, subscribed, clock, asked } = scripted([], ["over"]);
      const text = frame(1) + end(2, type);
      expect(await read(throughWaits(source, streamOf([text.slice(0, 70), text.slice(70)]), 0))).toBe(text);
      expect([subscribed, clock.slept, asked()]).toEqual([[], [], 0]);
    });
  }

  it("has the end of a task that ended while its object's stream was at an end and nobody had looked", async () => {
    const { source, subscribed, clock } = scripted([[end(3, "task.cancelled")]], ["over"]);
    const waiting = frame(1) + frame(2);
    expect(await read(throughWaits(source, streamOf([waiting]), 0))).toBe(waiting + end(3, "task.cancelled"));
    expect([subscribed, clock.slept]).toEqual([[2], []]);
  });

  it("has that end also for a reader who had come back to the waiting task", async () => {
    const { source, subscribed } = scripted([[end(8)]], ["over"]);
    expect(await read(throughWaits(source, streamOf([]), 7))).toBe(end(8));
    expect(subscribed).toEqual([7]);
  });

  it("asks once more and no further when the task is over and nothing follows", async () => {
    const { source, subscribed, asked } = scripted([[]], ["over"]);
    expect(await read(throughWaits(source, streamOf([]), 8))).toBe("");
    expect([subscribed, asked()]).toEqual([[8], 1]);
  });

  it("looks every five seconds while the task waits, shows life every fifteen, and then goes on where it was", async () => {
    const looks: Look[] = [...Array<Look>(7).fill("waiting"), "going"];
    const { source, subscribed, clock } = scripted([[end(3)]], looks);
    const text = await read(throughWaits(source, streamOf([frame(1) + frame(2)]), 0));
    expect(text.replaceAll(": ping\n\n", "")).toBe(frame(1) + frame(2) + end(3));
    expect(pingsIn(text)).toBe(2);
    expect(subscribed).toEqual([2]);
    expect(clock.slept).toEqual(Array(7).fill(WAIT_POLL_MS));
  });

  it("goes through as many waits as there are", async () => {
    const looks: Look[] = ["waiting", "going", "waiting", "going"];
    const { source, subscribed } = scripted([[frame(2)], [end(3)]], looks);
    expect(await read(throughWaits(source, streamOf([frame(1)]), 0))).toBe(frame(1) + frame(2) + end(3));
    expect(subscribed).toEqual([1, 2]);
  });

  it("is taken up at once when the task was decided before anybody looked", async () => {
    const { source, subscribed, clock } = scripted([[end(2)]], ["going"]);
    expect(await read(throughWaits(source, streamOf([frame(1)]), 0))).toBe(frame(1) + end(2));
    expect([subscribed, clock.slept]).toEqual([[1], []]);
  });

  it("ends five minutes after it began to wait", async () => {
    const { source, subscribed, clock, asked } = scripted([], ["waiting"]);
    const text = await read(throughWaits(source, streamOf([frame(1)]), 0));
    expect(clock.slept).toHaveLength(WAIT_POLLS_MAX);
    expect(clock.slept.reduce((sum, ms) => sum + ms, 0)).toBe(300_000);
    expect(asked()).toBe(WAIT_POLLS_MAX + 1);
    expect(pingsIn(text)).toBe(20);
    expect(subscribed).toEqual([]);
  });

  it("begins at once to wait for a reader that comes back to a waiting task", async () => {
    const { source, subscribed } = scripted([[end(8)]], ["waiting", "going"]);
    expect(await read(throughWaits(source, streamOf([]), 7))).toBe(end(8));
    expect(subscribed).toEqual([7]);
  });

  it("ends without news when the object ended it without a reason", async () => {
    const { source, subscribed } = scripted([], ["going"]);
    expect(await read(throughWaits(source, streamOf([]), 7))).toBe("");
    expect(subscribed).toEqual([]);
  });

  it("ends when the task is gone, or can have no more readers, once the wait is over", async () => {
    const { source } = scripted([null], ["waiting", "going"]);
    expect(await read(throughWaits(source, streamOf([frame(1)]), 0))).toBe(frame(1));
  });

  it("knows its place whatever pieces the bytes come in, and whatever the text says", async () => {
    const bytes = utf8(frame(11, "ü\nid: 99\n\n") + frame(12, "id: 7"));
    for (let at = 1; at < bytes.length; at++) {
      const { source, subscribed } = scripted([[end(13)]], ["waiting", "going"]);
      await read(throughWaits(source, streamOf([bytes.slice(0, at), bytes.slice(at)]), 0));
      expect(subscribed, `cut at ${at}`).toEqual([12]);
    }
  });

  it("is given up, with the object's own stream, when its reader goes away", async () => {
    const cancelled: unknown[] = [];
    const held = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(utf8(frame(1))),
      cancel: (reason) => void cancelled.push(reason),
    });
    const { source } = scripted([], ["over"]);
    const reader = throughWaits(source, held, 0).getReader();
    await reader.read();
    await reader.cancel("gone");
    expect(cancelled).toEqual(["gone"]);
  });

  it("stops looking when its reader goes away while the task waits", async () => {
    const sleeping = Promise.withResolvers<AbortSignal | undefined>();
    const { source } = scripted([], ["waiting"]);
    const clock = {
      now: () => 0,
      sleep: (_ms: number, signal?: AbortSignal) => {
        sleeping.resolve(signal);
        return new Promise<void>((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
      },
    };
    const reader = throughWaits({ ...source, clock }, streamOf([frame(1)]), 0).getReader();
    await reader.read();
    const pending = reader.read();
    const signal = await sleeping.promise;
    await reader.cancel("gone");
    expect(signal?.aborted).toBe(true);
    expect(await pending).toMatchObject({ done: true });
  });
});
