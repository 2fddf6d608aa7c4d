/** A stream of events through waits for a person: who is asked how often, what the client sees, and when it ends. */
import { describe, expect, it, vi } from "vitest";
import { READMIT_EVERY_MS, WAIT_HEARTBEAT_POLLS, WAIT_POLL_MS, WAIT_POLLS_MAX } from "../../src/api/limits.ts";
import { type StreamSource, throughWaits } from "../../src/api/waiting-stream.ts";
import { AppError, utf8 } from "../../src/platform/index.ts";
import type { Followed } from "../../src/task/index.ts";
import { manualClock, memoryLog } from "./ports.ts";

const frame = (seq: number): string => `id: ${seq}\nevent: text.delta\ndata: ${JSON.stringify({ seq })}\n\n`;
const end = (seq: number, type = "task.done"): string =>
  `id: ${seq}\nevent: ${type}\ndata: ${JSON.stringify({ seq })}\n\n`;

const streamOf = (pieces: readonly string[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start: (controller) => {
      for (const piece of pieces) controller.enqueue(utf8(piece));
      controller.close();
    },
  });

const FROM_START = { after: 0, readmission: null };
const unasked = () => Promise.reject(new Error("not to be asked"));

/** Sleeps no longer than `onSleep` takes. */
function sleepyClock() {
  const clock = {
    slept: [] as number[],
    onSleep: (): Promise<void> | void => undefined,
    now: () => 0,
    sleep: async (ms: number) => {
      clock.slept.push(ms);
      await clock.onSleep();
    },
  };
  return clock;
}

type Look = Awaited<ReturnType<StreamSource["look"]>>;

/** Each subscription and each look is the next of its script; the last look goes on for ever. */
function scripted(parts: readonly (readonly string[] | null)[], looks: readonly Look[]) {
  const subscribed: number[] = [];
  const disposed: number[] = [];
  const clock = sleepyClock();
  let asked = 0;
  /** As the object gives it: the pieces, each an event with the next sequence, and where they end. */
  const followed = (pieces: readonly string[], after: number): Followed => ({
    stream: streamOf(pieces),
    ending: async () => ({ seq: after + pieces.length, isOver: /event: task\./.test(pieces.at(-1) ?? "") }),
    [Symbol.dispose]: () => void disposed.push(after),
  });
  const source: StreamSource = {
    follow: async (after) => {
      const pieces = parts[subscribed.push(after) - 1];
      return pieces ? followed(pieces, after) : null;
    },
    look: async () => looks[Math.min(asked++, looks.length - 1)] ?? "over",
    clock,
  };
  /** The stream of a client that has everything up to `after`, until the object ends the first part. */
  const open = (pieces: readonly string[], after = 0, prefix?: Uint8Array): ReadableStream<Uint8Array> =>
    throughWaits(source, followed(pieces, after), { after, readmission: null, ...(prefix ? { prefix } : {}) });
  return { source, open, subscribed, disposed, clock, asked: () => asked };
}

const read = async (stream: ReadableStream<Uint8Array>): Promise<string> => new Response(stream).text();
const pingsIn = (text: string): number => text.split(": ping\n\n").length - 1;

describe("a stream of events", () => {
  for (const type of ["task.done", "task.failed", "task.cancelled", "task.dead_letter"]) {
    it(`passes every byte on, and ends with ${type} without asking anything`, async () => {
      const { open, subscribed, clock, asked } = scripted([], ["over"]);
      expect(await read(open([frame(1), end(2, type)]))).toBe(frame(1) + end(2, type));
      expect([subscribed, clock.slept, asked()]).toEqual([[], [], 0]);
    });
  }

  it("has the end of a task that ended while its object's stream was at an end and nobody had looked", async () => {
    const { open, subscribed, clock } = scripted([[end(3, "task.cancelled")]], ["over"]);
    const waiting = frame(1) + frame(2);
    expect(await read(open([frame(1), frame(2)]))).toBe(waiting + end(3, "task.cancelled"));
    expect([subscribed, clock.slept]).toEqual([[2], []]);
  });

  it("has that end also for a reader who had come back to the waiting task", async () => {
    const { open, subscribed } = scripted([[end(8)]], ["over"]);
    expect(await read(open([], 7))).toBe(end(8));
    expect(subscribed).toEqual([7]);
  });

  it("asks once more and no further when the task is over and nothing follows", async () => {
    const { open, subscribed, asked } = scripted([[]], ["over"]);
    expect(await read(open([], 8))).toBe("");
    expect([subscribed, asked()]).toEqual([[8], 1]);
  });

  it("looks every five seconds while the task waits, shows life every fifteen, and then goes on where it was", async () => {
    const looks: Look[] = [...Array<Look>(7).fill("waiting"), "going"];
    const { open, subscribed, clock } = scripted([[end(3)]], looks);
    const text = await read(open([frame(1), frame(2)]));
    expect(text.replaceAll(": ping\n\n", "")).toBe(frame(1) + frame(2) + end(3));
    expect(pingsIn(text)).toBe(2);
    expect(subscribed).toEqual([2]);
    expect(clock.slept).toEqual(Array(7).fill(WAIT_POLL_MS));
  });

  it("goes through as many waits as there are", async () => {
    const looks: Look[] = ["waiting", "going", "waiting", "going"];
    const { open, subscribed } = scripted([[frame(2)], [end(3)]], looks);
    expect(await read(open([frame(1)]))).toBe(frame(1) + frame(2) + end(3));
    expect(subscribed).toEqual([1, 2]);
  });

  it("is taken up at once when the task was decided before anybody looked", async () => {
    const { open, subscribed, clock } = scripted([[end(2)]], ["going"]);
    expect(await read(open([frame(1)]))).toBe(frame(1) + end(2));
    expect([subscribed, clock.slept]).toEqual([[1], []]);
  });

  it("ends five minutes after it began to wait", async () => {
    const { open, subscribed, clock, asked } = scripted([], ["waiting"]);
    const text = await read(open([frame(1)]));
    expect(clock.slept).toHaveLength(WAIT_POLLS_MAX);
    expect(clock.slept.reduce((sum, ms) => sum + ms, 0)).toBe(300_000);
    expect(asked()).toBe(WAIT_POLLS_MAX + 1);
    expect(pingsIn(text)).toBe(20);
    expect(subscribed).toEqual([]);
  });

  it("begins at once to wait for a reader that comes back to a waiting task", async () => {
    const { open, subscribed } = scripted([[end(8)]], ["waiting", "going"]);
    expect(await read(open([], 7))).toBe(end(8));
    expect(subscribed).toEqual([7]);
  });

  it("ends without news when the object ended it without a reason", async () => {
    const { open, subscribed } = scripted([], ["going"]);
    expect(await read(open([], 7))).toBe("");
    expect(subscribed).toEqual([]);
  });

  it("ends when the task is gone, or can have no more readers, once the wait is over", async () => {
    const { open } = scripted([null], ["waiting", "going"]);
    expect(await read(open([frame(1)]))).toBe(frame(1));
  });

  it("lets go of the object as soon as its stream is at an end", async () => {
    const { open, disposed, clock } = scripted([[end(2)]], ["waiting", "going"]);
    clock.onSleep = () => expect(disposed).toEqual([0]);
    await read(open([frame(1)]));
    expect(clock.slept).toHaveLength(1);
    expect(disposed).toEqual([0, 1]);
  });

  it("begins with what is said before all events", async () => {
    const { open } = scripted([], ["over"]);
    expect(await read(open([end(1)], 0, utf8("first\n\n")))).toBe(`first\n\n${end(1)}`);
  });

  it("breaks where the object's stream breaks", async () => {
    const { source, asked } = scripted([], ["over"]);
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new Error("the object was reset")),
    });
    await expect(read(throughWaits(source, { stream, ending: unasked }, FROM_START))).rejects.toThrow(
      "the object was reset",
    );
    expect(asked()).toBe(0);
  });

  it("breaks when nobody can say where the object's stream ended", async () => {
    const { source } = scripted([], ["over"]);
    const ending = () => Promise.reject(new Error("the object is gone"));
    await expect(read(throughWaits(source, { stream: streamOf([frame(1)]), ending }, FROM_START))).rejects.toThrow(
      "is gone",
    );
  });

  it("is given up, with the object's own stream, when a piece finds its reader gone", async () => {
    const cancelled = Promise.withResolvers<unknown>();
    let send: (text: string) => void = () => undefined;
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        send = (text) => controller.enqueue(utf8(text));
      },
      cancel: cancelled.resolve,
    });
    const { source, asked } = scripted([], ["over"]);
    const reader = throughWaits(source, { stream, ending: unasked }, FROM_START).getReader();
    send(frame(1));
    await reader.read();
    await reader.cancel("gone");
    send(frame(2));
    expect(String(await cancelled.promise)).toContain("gone");
    expect(asked()).toBe(0);
  });

  it("stops looking when its reader has gone while the task waits: the next sign of life tells", async () => {
    const { open, asked, clock } = scripted([], ["waiting"]);
    const [slept, gone] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    clock.onSleep = () => {
      slept.resolve();
      return gone.promise;
    };
    const reader = open([frame(1)]).getReader();
    await reader.read();
    await slept.promise;
    await reader.cancel("gone");
    gone.resolve();
    await vi.waitFor(() => expect(clock.slept).toHaveLength(WAIT_HEARTBEAT_POLLS), { timeout: 60_000 });
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked()).toBe(WAIT_HEARTBEAT_POLLS);
    expect(clock.slept).toHaveLength(WAIT_HEARTBEAT_POLLS);
  });
});

describe("a stream whose caller is refused", () => {
  // In the middle of the object's own stream: revoked-stream.worker.test.ts.
  it("ends while the task waits, without an error of its own", async () => {
    const clock = manualClock();
    const readmission = { admit: () => Promise.reject(new AppError("UNAUTHENTICATED")), clock, log: memoryLog() };
    const { source, asked } = scripted([], ["waiting"]);
    const first = { stream: streamOf([frame(1)]), ending: () => ({ seq: 1, isOver: false }) };
    const text = read(throughWaits({ ...source, clock }, first, { after: 0, readmission }));
    await vi.waitFor(() => expect(asked()).toBe(1), { timeout: 60_000 });
    clock.advance(READMIT_EVERY_MS);
    expect(await text).toBe(frame(1));
  });
});
