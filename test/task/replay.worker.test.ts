/** Replaying a task from a step: recorded steps are taken over, not made again; a dry run calls no tool at all. */
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { accept, readUntil, typesOf } from "./harness.ts";

const write = (n: number): string =>
  `@tool file_manager ${JSON.stringify({ action: "write", path: `/workspace/${n}.txt`, content: `step ${n}` })}`;
const INPUT = [0, 1, 2, 3, 4].map(write).join("\n");

async function finishedTask() {
  const task = await accept(INPUT);
  await task.stub().kick();
  await readUntil(task.stub());
  return task;
}

async function replay(source: Awaited<ReturnType<typeof finishedTask>>, fromStep: number, dryRun: boolean) {
  const exported = await source.stub().exportJournal(fromStep);
  if (exported === null) throw new Error("the source is unknown");
  const task = await accept(INPUT, {
    replay: { source_task_id: source.taskId, from_step: fromStep, dry_run: dryRun, journal: exported.journal },
  });
  await task.stub().kick();
  return { task, events: await readUntil(task.stub()) };
}

const filesOf = (stub: Awaited<ReturnType<typeof finishedTask>>["stub"]) =>
  runInDurableObject(stub(), (_object, { storage }) =>
    // A task without files has no table for them.
    storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'file'").toArray().length === 0
      ? []
      : storage.sql
          .exec<{ path: string }>("SELECT DISTINCT path FROM file ORDER BY path")
          .toArray()
          .map(({ path }) => path),
  );

describe("a replay from step 3 of a five-step task", () => {
  it("calls neither the model nor a tool for steps 0 to 2, and has their files", async () => {
    const source = await finishedTask();
    const { task, events } = await replay(source, 3, false);
    const started = events.filter(({ type }) => type === "step.started").map(({ data }) => data.step);
    expect(started).toEqual([3, 4, 5]);
    const results = events.filter(({ type }) => type === "tool.result").map(({ data }) => data.call_id);
    expect(results).toEqual(["3.0", "4.0"]);
    expect(await filesOf(task.stub)).toEqual([0, 1, 2, 3, 4].map((n) => `/workspace/${n}.txt`));
    expect(events[0]?.data).toMatchObject({ replay_of: source.taskId, from_step: 3 });
    expect(await task.stub().view()).toMatchObject({ state: "done", steps_taken: 6, replay_of: source.taskId });
  });

  it("is charged for its own steps only", async () => {
    const source = await finishedTask();
    const { task } = await replay(source, 3, false);
    const [before, after] = [await source.stub().view(), await task.stub().view()];
    expect(after?.usage.input_tokens).toBeLessThan(before?.usage.input_tokens ?? 0);
    expect(after?.usage.input_tokens).toBeGreaterThan(0);
  });

  it("leaves its source as it was", async () => {
    const source = await finishedTask();
    const before = await source.stub().view();
    await replay(source, 3, false);
    expect(await source.stub().view()).toEqual(before);
  });
});

describe("a dry run", () => {
  it("calls no tool at all and answers from the record", async () => {
    const source = await finishedTask();
    const log = vi.spyOn(console, "info");
    const { task, events } = await replay(source, 0, true);
    const executed = log.mock.calls.filter(([line]) => String(line).includes('"event":"tool.'));
    log.mockRestore();
    expect(executed).toEqual([]);
    expect(typesOf(events).filter((type) => type === "tool.result")).toHaveLength(5);
    expect(events.filter(({ type }) => type === "tool.result").map(({ data }) => data.success)).toEqual(
      Array(5).fill(true),
    );
    expect(await filesOf(task.stub)).toEqual([]);
    expect(await task.stub().view()).toMatchObject({ state: "done" });
  });
});
