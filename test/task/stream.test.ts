/** Readers of a task: what each is sent, whatever the moment at which it came. */
import { describe, expect, it, vi } from "vitest";
import { Delivery } from "../../src/task/delivery.ts";
import { encodeFrames, framesBetween } from "../../src/task/journal/frames.ts";
import { SUBSCRIBERS_MAX } from "../../src/task/limits.ts";
import { StreamHub } from "../../src/task/stream.ts";
import type { Followed } from "../../src/task/types.ts";

/**
 * A task of `total` events, `size` characters each, that ends or waits behind them; `publish` makes the next one durable and
 * sends it, and `end` lets a waiting task end with one more.
 */
function task(total: number, size = 1, hasEnded = true) {
  let [last, isEnded] = [total, hasEnded];
  const stored: string[] = [];
  const hub: StreamHub = new StreamHub(
    {
      framesAfter: (after, upTo, chars) => {
        let frames = "";
        let lastSeq = after;
        for (const frame of stored.slice(after, upTo)) {
          frames += framesBetween(frame, after, Number.POSITIVE_INFINITY);
          lastSeq += 1;
          if (frames.length >= chars) break;
        }
        return lastSeq === after ? null : { lastSeq, frames };
      },
      lastSeq: () => stored.length,
      isStill: () => stored.length === last,
      hasEnded: () => isEnded,
    },
    0,
  );
  const publish = (isRead = true) => {
    const seq = stored.length + 1;
    const frames = encodeFrames([{ type: "text.delta", data: { text: "x".repeat(size) } }], seq, 0);
    stored.push(frames);
    hub.deliver({ lastSeq: seq, frames: isRead ? frames : null });
  };
  const end = () => {
    isEnded = true;
    last += 1;
  };
  return { hub, publish, end, all: () => stored.join("") };
}

const read = async (followed: Followed | null): Promise<string> =>
  (await new Response(followed?.stream ?? null).text()).replaceAll(": ping\n\n", "");

describe("the stream of a task", () => {
  it("gives an early, a late and a resuming reader the same bytes", async () => {
    const { hub, publish, all } = task(6);
    const early = read(hub.follow(0));
    publish();
    publish();
    publish();
    const middle = read(hub.follow(0));
    const resumed = read(hub.follow(2));
    publish();
    publish();
    publish();
    const late = read(hub.follow(0));
    expect(await early).toBe(all());
    expect(await middle).toBe(all());
    expect(await late).toBe(all());
    expect(await resumed).toBe(framesBetween(all(), 2, Number.POSITIVE_INFINITY));
  });

  it("has what was held back written before anybody looks, and not after that", async () => {
    const { hub, publish, all } = task(1);
    expect(hub.isThere).toBe(false);
    hub.onArrival(() => publish());
    const reader = hub.follow(0);
    expect(hub.isThere).toBe(true);
    hub.onArrival(null);
    expect(await read(reader)).toBe(all());
    hub.arrive();
    expect(hub.isThere).toBe(false);
  });

  it("sends a reader what is written because it came, with nothing behind it", async () => {
    const stored: string[] = [];
    const hub: StreamHub = new StreamHub(
      {
        framesAfter: (after, upTo) =>
          after < upTo ? { lastSeq: upTo, frames: stored.slice(after, upTo).join("") } : null,
        lastSeq: () => stored.length,
        isStill: () => stored.length === 1,
        hasEnded: () => true,
      },
      0,
    );
    const delivery = new Delivery({ hub, sync: async () => undefined, background: () => undefined });
    hub.onArrival(() => {
      hub.onArrival(null);
      const frames = encodeFrames([{ type: "text.delta", data: {} }], 1, 0);
      stored.push(frames);
      delivery.add({ lastSeq: 1, frames });
    });
    expect(await read(delivery.follow(0))).toBe(stored.join(""));
  });

  it("does not forget a reader that begins behind an event which is on its way to the disk", async () => {
    const { hub, publish, all } = task(2);
    const first = read(hub.follow(0));
    const second = read(hub.follow(1));
    await new Promise((resolve) => setImmediate(resolve));
    publish();
    await new Promise((resolve) => setImmediate(resolve));
    publish();
    expect(await first).toBe(all());
    expect(await second).toBe(framesBetween(all(), 1, Number.POSITIVE_INFINITY));
  });

  it("ends after the last event, also for a reader that has it already", async () => {
    const { hub, publish } = task(1);
    publish();
    expect(await read(hub.follow(1))).toBe("");
  });

  it("says where it ended, and that nothing follows, when the task has ended", async () => {
    const { hub, publish } = task(2);
    publish();
    const early = hub.follow(0);
    const late = hub.follow(2);
    publish();
    for (const followed of [early, late]) {
      await read(followed);
      expect(await followed?.ending()).toEqual({ seq: 2, isOver: true });
    }
  });

  it("says where it ended when the task waits, whatever has happened since", async () => {
    const { hub, publish } = task(2, 1, false);
    publish();
    publish();
    const followed = hub.follow(0);
    await read(followed);
    publish();
    expect(await followed?.ending()).toEqual({ seq: 2, isOver: false });
  });

  it("does not say that nothing follows when the task ended behind a wait", async () => {
    const state = task(1, 1, false);
    state.publish();
    const followed = state.hub.follow(0);
    await read(followed);
    state.end();
    state.publish();
    expect(await followed?.ending()).toEqual({ seq: 1, isOver: false });
  });

  it("feeds a reader that lags behind from storage, without a gap", async () => {
    const count = 40;
    const { hub, publish, all } = task(count, 100_000);
    const stream = hub.follow(0);
    for (let n = 0; n < count; n++) publish();
    expect(await read(stream)).toBe(all());
  });

  it("feeds a reader from storage with what went by while nobody read, and goes on live", async () => {
    const { hub, publish, all } = task(4);
    const reader = read(hub.follow(0));
    // Until the reader is fed with what there is: nothing.
    await new Promise((resolve) => setImmediate(resolve));
    publish(false);
    publish();
    publish(false);
    publish(false);
    expect(await reader).toBe(all());
  });

  it("forgets a reader that went away", async () => {
    const { hub, publish, all } = task(2);
    const gone = hub.follow(0);
    await gone?.stream.cancel();
    const other = read(hub.follow(0));
    publish();
    publish();
    expect(await other).toBe(all());
  });

  it("sends a comment every 15 seconds while nothing happens, and stops when the last reader is gone", async () => {
    vi.useFakeTimers();
    try {
      const { hub } = task(1);
      const reader = hub.follow(0)?.stream.getReader();
      const next = async () => new TextDecoder().decode((await reader?.read())?.value);
      expect(await next()).toBe(": ping\n\n");
      vi.advanceTimersByTime(14_999);
      const second = next();
      vi.advanceTimersByTime(1);
      expect(await second).toBe(": ping\n\n");
      await reader?.cancel();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it("refuses a reader over the limit", () => {
    const { hub } = task(1);
    for (let n = 0; n < SUBSCRIBERS_MAX; n++) expect(hub.follow(0)).not.toBeNull();
    expect(hub.follow(0)).toBeNull();
  });
});
