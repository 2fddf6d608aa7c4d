/** From the journal to the readers: nothing before it is durable, everything in order, and together what became durable together. */
import { expect, it } from "vitest";
import { Delivery } from "../../src/task/delivery.ts";
import type { Delivered } from "../../src/task/stream.ts";

/** A disk that writes when the test says so, and readers who are there or not. */
function rig() {
  const writes: (() => void)[] = [];
  let asked = Promise.withResolvers<void>();
  const delivered: Delivered[] = [];
  let work = Promise.resolve();
  const readers = { isThere: true };
  const delivery = new Delivery({
    hub: {
      deliver: (due) => void delivered.push(due),
      follow: () => {
        readers.isThere = true;
        return null;
      },
      get isThere() {
        return readers.isThere;
      },
    },
    sync: () => {
      asked.resolve();
      asked = Promise.withResolvers();
      return new Promise((resolve) => writes.push(resolve));
    },
    background: (begun) => {
      work = begun;
    },
  });
  const event = (seq: number): void => delivery.add({ lastSeq: seq, frames: `${seq};` });
  const write = (): boolean => {
    const [next] = writes.splice(0, 1);
    next?.();
    return next !== undefined;
  };
  return { delivery, readers, event, delivered, write, nextWrite: () => asked.promise, over: () => work };
}

it("sends nothing before it is durable, and then everything", async () => {
  const { event, delivered, write, over } = rig();
  event(1);
  await Promise.resolve();
  expect(delivered).toEqual([]);
  write();
  await over();
  expect(delivered).toEqual([{ lastSeq: 1, frames: "1;" }]);
  event(2);
  write();
  await over();
  expect(delivered[1]).toEqual({ lastSeq: 2, frames: "2;" });
});

it("sends what came while the disk wrote as one piece, after another write", async () => {
  const { event, delivered, write, nextWrite, over } = rig();
  event(1);
  event(2);
  event(3);
  const next = nextWrite();
  write();
  await next;
  expect(delivered).toEqual([{ lastSeq: 1, frames: "1;" }]);
  write();
  await over();
  expect(delivered[1]).toEqual({ lastSeq: 3, frames: "2;3;" });
});

it("waits for no disk while nobody reads, and for one write when somebody has come", async () => {
  const { delivery, readers, event, delivered, write, over } = rig();
  delivery.follow(0);
  expect(write()).toBe(false);
  readers.isThere = false;
  for (const seq of [1, 2, 3]) event(seq);
  expect(write()).toBe(false);
  delivery.follow(0);
  delivery.follow(0);
  expect(delivered).toEqual([]);
  expect(write()).toBe(true);
  await over();
  expect(delivered).toEqual([{ lastSeq: 3, frames: null }]);
  event(4);
  write();
  await over();
  expect(delivered[1]).toEqual({ lastSeq: 4, frames: "4;" });
});

it("sends from storage what begins with events that went by", async () => {
  const { readers, event, delivered, write, over } = rig();
  readers.isThere = false;
  event(1);
  readers.isThere = true;
  event(2);
  write();
  await over();
  expect(delivered).toEqual([{ lastSeq: 2, frames: null }]);
});
