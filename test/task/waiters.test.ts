/** Callers who wait for a task: let go together, each after its own time at the latest, and no more than may wait. */
import { expect, it } from "vitest";
import { WAITERS_MAX } from "../../src/task/limits.ts";
import { Waiters } from "../../src/task/waiters.ts";
import { manualClock } from "../api/ports.ts";

it("lets all go when the task stands still, and nobody who comes later", async () => {
  const waiters = new Waiters(manualClock());
  const gone: string[] = [];
  const wait = (name: string) => waiters.wait(1_000).then((waited) => gone.push(`${name} ${waited}`));
  const first = [wait("a"), wait("b")];
  await Promise.resolve();
  expect(gone).toEqual([]);
  waiters.release();
  await Promise.all(first);
  void wait("c");
  await Promise.resolve();
  expect(gone).toEqual(["a true", "b true"]);
});

it("lets each go after its own time", async () => {
  const clock = manualClock();
  const waiters = new Waiters(clock);
  const [short, long] = [waiters.wait(10), waiters.wait(20)];
  clock.advance(10);
  expect(await short).toBe(true);
  waiters.release();
  expect(await long).toBe(true);
});

it("refuses who comes when as many wait as may, until one has gone", async () => {
  const clock = manualClock();
  const waiters = new Waiters(clock);
  const waiting = Array.from({ length: WAITERS_MAX }, (_, n) => waiters.wait(n === 0 ? 1 : 1_000));
  expect(await waiters.wait(1)).toBe(false);
  clock.advance(1);
  await waiting[0];
  const next = waiters.wait(1);
  clock.advance(1);
  expect(await next).toBe(true);
});
