/** The journal of a task in the SQLite of a real object, and what its fence keeps out: two instances that hold the same storage. */
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { type Change, Journal } from "../../src/task/journal/journal.ts";
import { acceptedAs } from "./accepted.ts";
import { env } from "./harness.ts";
import { step } from "./history.ts";

const NOW = 1_800_000_000_000;
const event = (n: number) => ({ type: "text.delta" as const, data: { n } });
const stepChange = (n: number): Change => ({ step: step(n, []), events: [event(n)] });

/** A task that an instance runs in its first epoch, and its storage. */
const inTask = (name: string, work: (task: { first: Journal; storage: DurableObjectStorage }) => void): Promise<void> =>
  runInDurableObject(env.TASK.getByName(`journal/${name}`), (_object, { storage }) => {
    const first = new Journal(storage);
    first.create(acceptedAs(name), { now: NOW, deadlineAt: NOW + 1_000, due: {}, events: [event(0)] });
    start(first, 1);
    work({ first, storage });
  });

const start = (journal: Journal, epoch: number): void => {
  const transitions = journal.row?.state === "running" ? [] : (["started"] as const);
  expect(journal.apply({ transitions, patch: { epoch } }, { epoch: null, now: NOW })).not.toBeNull();
};

const stepsOf = (storage: DurableObjectStorage): number[] => new Journal(storage).history.steps.map(({ n }) => n);

describe("a row of the log", () => {
  it("is written while the task's own row is as it was read", () =>
    inTask("current", ({ first, storage }) => {
      expect(first.apply(stepChange(0), { epoch: 1, now: NOW })).toMatchObject({ lastSeq: 2 });
      expect(first.apply(stepChange(1), { epoch: 1, now: NOW })).toMatchObject({ lastSeq: 3 });
      expect(stepsOf(storage)).toEqual([0, 1]);
      expect([first.lastSeq, first.history.steps.length]).toEqual([3, 2]);
    }));

  it("is refused when another instance has started the task again since", () =>
    inTask("overtaken", ({ first, storage }) => {
      start(new Journal(storage), 2);
      expect(first.apply(stepChange(0), { epoch: 1, now: NOW })).toBeNull();
      expect(stepsOf(storage)).toEqual([]);
      expect([first.lastSeq, first.history.steps.length]).toEqual([1, 0]);
    }));

  it("is refused when another instance has ended the task in the same epoch", () =>
    inTask("ended", ({ first, storage }) => {
      new Journal(storage).apply({ transitions: ["cancelled"] }, { epoch: null, now: NOW });
      expect(first.apply(stepChange(0), { epoch: 1, now: NOW })).toBeNull();
      expect(stepsOf(storage)).toEqual([]);
    }));

  it("is written, for the run that is current, over a row that another instance changed", () =>
    inTask("renewed", ({ first, storage }) => {
      new Journal(storage).apply({ due: { lease: NOW + 15_000 } }, { epoch: null, now: NOW });
      expect(first.apply(stepChange(0), { epoch: 1, now: NOW })).toMatchObject({ lastSeq: 2 });
      expect(stepsOf(storage)).toEqual([0]);
      // What is known from here on is what the other one wrote.
      first.apply({ transitions: ["finished"] }, { epoch: 1, now: NOW });
      expect(new Journal(storage).row?.due).toMatchObject({ lease: NOW + 15_000 });
    }));

  it("does not stand twice where two instances of one epoch write it", () =>
    inTask("twins", ({ first, storage }) => {
      const twin = new Journal(storage);
      first.apply(stepChange(0), { epoch: 1, now: NOW });
      expect(() => twin.apply(stepChange(0), { epoch: 1, now: NOW })).toThrow();
      expect(stepsOf(storage)).toEqual([0]);
    }));

  it("is refused by code that is older than the journal", () =>
    inTask("newer", ({ first, storage }) => {
      storage.sql.exec("UPDATE task SET version = version + 1");
      expect(() => first.apply(stepChange(0), { epoch: 1, now: NOW })).toThrow(/newer than this code/);
      expect(storage.sql.exec("SELECT 1 FROM event").toArray()).toEqual([]);
    }));
});
