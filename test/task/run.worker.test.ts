/** One task from acceptance to its end in the real runtime, undisturbed and disturbed in every way it may be. */
import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { accept, env, fiveSteps, isGapless, readUntil, TENANT, typesOf } from "./harness.ts";

const stepsOf = (events: Awaited<ReturnType<typeof readUntil>>): unknown[] =>
  events.filter(({ type }) => type === "step.finished").map(({ data }) => data.step);
const resultsOf = (events: Awaited<ReturnType<typeof readUntil>>): unknown[] =>
  events.filter(({ type }) => type === "tool.result").map(({ data }) => data.call_id);

describe("a task", () => {
  it("runs to done with a gapless event stream", async () => {
    const { stub } = await accept(fiveSteps());
    await stub().kick();
    const events = await readUntil(stub());
    expect(isGapless(events)).toBe(true);
    expect(typesOf(events).slice(0, 3)).toEqual(["task.queued", "task.started", "step.started"]);
    expect(typesOf(events).at(-1)).toBe("task.done");
    expect(stepsOf(events)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(resultsOf(events)).toEqual(["0.0", "1.0", "2.0", "3.0", "4.0"]);
    const view = await stub().view();
    expect(view).toMatchObject({ state: "done", steps_taken: 6, attempt: 0, error: null, finish_reason: "stop" });
    expect(view?.output).toContain("offline");
  });

  it("really executed its tool calls", async () => {
    const { stub } = await accept(`@tool code_executor ${JSON.stringify({ language: "javascript", code: "6 * 7" })}`);
    await stub().kick();
    const events = await readUntil(stub());
    const result = events.find(({ type }) => type === "tool.result");
    expect(result?.data).toMatchObject({ success: true, result: { value: 42, exit_code: 0 } });
  });

  it("is driven by its alarm alone when message and kick are both lost", async () => {
    const { stub } = await accept("hello");
    expect(await runDurableObjectAlarm(stub())).toBe(true);
    expect(await stub().view()).toMatchObject({ state: "done" });
  });

  it("is not started twice by many kicks", async () => {
    const { stub } = await accept(fiveSteps());
    await Promise.all(Array.from({ length: 20 }, () => stub().kick()));
    const events = await readUntil(stub());
    expect(typesOf(events).filter((type) => type === "task.started")).toHaveLength(1);
    expect(stepsOf(events)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("keeps what a tool wrote for the next call", async () => {
    const write = { action: "write", path: "/workspace/a.txt", content: "kept" };
    const read = { action: "read", path: "/workspace/a.txt" };
    const { stub } = await accept(
      `@tool file_manager ${JSON.stringify(write)}\n@tool file_manager ${JSON.stringify(read)}`,
    );
    await stub().kick();
    const events = await readUntil(stub());
    const results = events.filter(({ type }) => type === "tool.result").map(({ data }) => data.result);
    expect(results[1]).toMatchObject({ content: "kept" });
  });
});

describe("crash at every step boundary", () => {
  for (const boundary of [0, 1, 2, 3, 4, 5]) {
    it(`resumes after ${boundary} results, with steps exactly 0 to 5`, async () => {
      const { stub } = await accept(fiveSteps());
      await stub().kick();
      let seen = 0;
      const before = await readUntil(stub(), ({ type }) => {
        if (type === "tool.result") seen += 1;
        return boundary === 0 ? type === "step.started" : seen === boundary;
      });
      await abortAllDurableObjects();
      await runDurableObjectAlarm(stub());
      const after = await readUntil(stub(), undefined, before.length);
      const whole = await readUntil(stub());
      expect([...before, ...after]).toEqual(whole);
      expect(isGapless(whole)).toBe(true);
      expect(stepsOf(whole)).toEqual([0, 1, 2, 3, 4, 5]);
      expect(resultsOf(whole)).toEqual(["0.0", "1.0", "2.0", "3.0", "4.0"]);
      expect(await stub().view()).toMatchObject({ state: "done", steps_taken: 6, attempt: 0 });
    });
  }

  it("gives the resuming reader the bytes of an undisturbed one", async () => {
    const { stub } = await accept(fiveSteps());
    await stub().kick();
    const before = await readUntil(stub(), ({ data }) => data.call_id === "1.0" && "success" in data);
    await abortAllDurableObjects();
    await runDurableObjectAlarm(stub());
    const resumed = await new Response(await streamOf(stub(), before.length)).text();
    const undisturbed = await new Response(await streamOf(stub(), 0)).text();
    expect(undisturbed.endsWith(resumed)).toBe(true);
  });
});

async function streamOf(
  stub: { subscribe(after: number): Promise<ReadableStream<Uint8Array> | null | string> },
  after: number,
): Promise<ReadableStream<Uint8Array>> {
  // A finished task's stream ends by itself and carries no heartbeat.
  await readUntil(stub);
  const stream = await stub.subscribe(after);
  if (!(stream instanceof ReadableStream)) throw new Error("no stream");
  return stream;
}

describe("a caller who waits", () => {
  /** Longer than a test may take: who is not let go before fails it. */
  const LONG_MS = 3_600_000;

  it("is told of the task when it has ended, as is everybody who comes later", async () => {
    const { stub } = await accept("hello");
    const waiting = [stub().ended(LONG_MS), stub().ended(LONG_MS)];
    await stub().kick();
    const ended = await Promise.all(waiting);
    expect(ended).toMatchObject([{ state: "done" }, { state: "done" }]);
    expect(await stub().ended(LONG_MS)).toEqual(ended[0]);
    expect(await stub().view()).toEqual(ended[0]);
  });

  it("is told of a task that was cancelled", async () => {
    const { stub } = await accept("hello");
    const waiting = stub().ended(LONG_MS);
    await stub().cancel();
    expect(await waiting).toMatchObject({ state: "cancelled" });
  });

  it("is told how it stands when its time is over", async () => {
    const { stub } = await accept("hello");
    expect(await stub().ended(1)).toMatchObject({ state: "queued" });
  });
});

describe("cancel", () => {
  it("ends a task that has not started", async () => {
    const { stub } = await accept("hello");
    expect(await stub().cancel()).toEqual({ kind: "cancelled", state: "cancelled" });
    await stub().kick();
    expect(typesOf(await readUntil(stub()))).toEqual(["task.queued", "task.cancelled"]);
  });

  it("interrupts a running model call", async () => {
    const { stub } = await accept("@sleep 10m\n@say never");
    await stub().kick();
    await readUntil(stub(), ({ type }) => type === "step.started");
    await stub().cancel();
    const events = await readUntil(stub());
    expect(typesOf(events)).toEqual(["task.queued", "task.started", "step.started", "task.cancelled"]);
    expect(await stub().view()).toMatchObject({ state: "cancelled", output: null });
  });

  it("interrupts a running tool and records nothing of it", async () => {
    const code = "while (true) {}";
    const { stub } = await accept(`@tool code_executor ${JSON.stringify({ language: "javascript", code })}`);
    await stub().kick();
    await readUntil(stub(), ({ type }) => type === "tool.call");
    await stub().cancel();
    const events = await readUntil(stub());
    expect(typesOf(events).at(-1)).toBe("task.cancelled");
    expect(typesOf(events)).not.toContain("tool.result");
  });

  it("says the same twice, and refuses a task that has ended", async () => {
    const { stub } = await accept("hello");
    await stub().cancel();
    expect(await stub().cancel()).toEqual({ kind: "cancelled", state: "cancelled" });
    const other = await accept("hello");
    await other.stub().kick();
    await readUntil(other.stub());
    expect(await other.stub().cancel()).toEqual({ kind: "already_terminal", state: "done" });
  });

  it("races completion with one winner and no lie", async () => {
    const { stub } = await accept("hello");
    await stub().kick();
    const outcome = await stub().cancel();
    const events = await readUntil(stub());
    const ends = typesOf(events).filter((type) => type === "task.done" || type === "task.cancelled");
    expect(ends).toEqual([outcome.kind === "cancelled" ? "task.cancelled" : "task.done"]);
  });
});

describe("an unknown task", () => {
  it("answers null to everything and is not created by asking", async () => {
    const stub = env.TASK.getByName(`${TENANT}/00000000-0000-8000-8000-000000000000`);
    expect(await stub.view()).toBeNull();
    expect(await stub.ended(60_000)).toBeNull();
    expect(await stub.events(0, 10)).toBeNull();
    expect(await stub.subscribe(0)).toBeNull();
    expect(await stub.kick()).toBeNull();
    expect(await stub.exportJournal(0)).toBeNull();
    expect(await stub.cancel()).toEqual({ kind: "unknown" });
    const tables = await runInDurableObject(stub, (_object, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT GLOB '_cf_*'").toArray(),
    );
    expect(tables).toEqual([]);
  });
});

describe("creating again", () => {
  it("finds the same task, and refuses another request under its key", async () => {
    const { stub, args, outcome } = await accept("hello");
    expect(outcome).toEqual({ kind: "created", state: "queued", pack_id: "tester" });
    expect(await stub().create(args)).toEqual({ kind: "existing", state: "queued", pack_id: "tester" });
    expect(await stub().create({ ...args, fingerprint: "other" })).toEqual({ kind: "key_reused" });
  });
});
