/** From the journal to the readers: nothing before it is durable, everything in order, and together what became durable together. */
import { expect, it } from "vitest";
import { Delivery } from "../../src/task/delivery.ts";
import type { Batch } from "../../src/task/journal/event-store.ts";

/** A disk that writes when the test says so. */
function rig() {
  const writes: (() => void)[] = [];
  let asked = Promise.withResolvers<void>();
  const delivered: Batch[] = [];
  let work = Promise.resolve();
  const delivery = new Delivery({
    hub: { deliver: (batch) => void delivered.push(batch) },
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
  return { event, delivered, write: () => writes.shift()?.(), nextWrite: () => asked.promise, over: () => work };
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
