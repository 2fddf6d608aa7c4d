/** Every limit of a task, reached for real. Time is moved, never waited for. */
import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../../src/platform/index.ts";
import { Journal } from "../../src/task/journal/journal.ts";
import { DEADLINE_MS, INDEX_ASK_MS_MAX, LEASE_CHECK_MS, LEASE_MS, TOMBSTONE_MS } from "../../src/task/limits.ts";
import { replaceSleeps, sleepForEver } from "../case/sleeps.ts";
import { accept, env, isGapless, readUntil, TENANT, TOOLS, typesOf } from "./harness.ts";

afterEach(() => void vi.restoreAllMocks());

/** Sleeps end at once; the clock stands still unless the test moves it. */
function freezeTime() {
  let now = Date.now();
  vi.spyOn(systemClock, "now").mockImplementation(() => now);
  replaceSleeps(() => async (ms, signal) => {
    signal?.throwIfAborted();
    // Only backoffs end at once: timeouts and lease checks would otherwise fire in a frozen world.
    if (ms > 60_000 || ms === LEASE_CHECK_MS || ms === INDEX_ASK_MS_MAX) await sleepForEver(ms, signal);
  });
  const move = (ms: number): void => {
    now += ms;
  };
  return { move };
}

const guardrails = (text: string): string => `${TOOLS}\nguardrails: ${text}`;
const js = (code: string): string => `@tool code_executor ${JSON.stringify({ language: "javascript", code })}`;

describe("a task's limits", () => {
  it("ends after exactly max_autonomous_steps turns with MAX_STEPS and keeps its partial output", async () => {
    const { stub } = await accept(`@say partial\n${js("1")}\n${js("2")}\n${js("3")}\n${js("4")}`, {
      pack: "two-steps",
      extra: guardrails("{ behavioral: { max_autonomous_steps: 2 } }"),
    });
    await stub().kick();
    const events = await readUntil(stub());
    expect(typesOf(events).filter((type) => type === "step.started")).toHaveLength(2);
    expect(await stub().view()).toMatchObject({
      state: "failed",
      steps_taken: 2,
      error: { code: "MAX_STEPS" },
    });
    expect(Object.keys((await stub().view())?.error ?? {}).sort()).toEqual(["code", "message"]);
  });

  it("ends with OUTPUT_TOO_LONG when the answer passes output.max_length", async () => {
    const { stub } = await accept("hello", { pack: "short", extra: guardrails("{ output: { max_length: 10 } }") });
    await stub().kick();
    await readUntil(stub());
    const view = await stub().view();
    expect(view).toMatchObject({ state: "failed", error: { code: "OUTPUT_TOO_LONG" } });
    expect(view?.output?.length ?? 0).toBeLessThanOrEqual(10);
  });

  it("sees three equal calls with equal results as LOOP_DETECTED", async () => {
    const { stub } = await accept([js("1"), js("1"), js("1"), js("1")].join("\n"));
    await stub().kick();
    const events = await readUntil(stub());
    expect(typesOf(events).filter((type) => type === "tool.result")).toHaveLength(3);
    expect(await stub().view()).toMatchObject({ state: "failed", error: { code: "LOOP_DETECTED" } });
  });

  it("answers calls over max_calls_per_task with TOOL_LIMIT and goes on", async () => {
    const { stub } = await accept([js("1"), js("2"), js("3")].join("\n"), {
      pack: "two-calls",
      extra: TOOLS.replace("available:", "tool_policies: { max_calls_per_task: 2 }\n  available:"),
    });
    await stub().kick();
    const events = await readUntil(stub());
    const results = events.filter(({ type }) => type === "tool.result").map(({ data }) => data);
    expect(results.map(({ success }) => success)).toEqual([true, true, false]);
    expect(results[2]).toMatchObject({ error: { code: "TOOL_LIMIT" } });
    expect(await stub().view()).toMatchObject({ state: "done" });
  });

  it("refuses the one of two parallel calls that would overfill the workspace together", async () => {
    const fill = (name: string) => {
      const code = `const fs = require("fs"); for (let n = 0; n < 6; n++) fs.writeFileSync("/workspace/${name}" + n, "x".repeat(1000000));`;
      return `@tool code_executor ${JSON.stringify({ language: "javascript", code })}`;
    };
    const { stub } = await accept(`${fill("a")} &\n${fill("b")}`);
    await stub().kick();
    const events = await readUntil(stub());
    const results = events.filter(({ type }) => type === "tool.result").map(({ data }) => data);
    expect(results.map(({ success }) => success).sort()).toEqual([false, true]);
    expect(results.find(({ success }) => !success)).toMatchObject({ error: { code: "TOOL_LIMIT" } });
  });

  for (const [maxConcurrent, sees] of [
    [1, true],
    [2, false],
  ] as const) {
    it(`runs ${maxConcurrent} of a turn's calls at once when max_concurrent is ${maxConcurrent}`, async () => {
      const write = { action: "write", path: "/workspace/a.txt", content: "kept" };
      const read = { action: "read", path: "/workspace/a.txt" };
      const { stub } = await accept(
        `@tool file_manager ${JSON.stringify(write)} &\n@tool file_manager ${JSON.stringify(read)}`,
        {
          pack: `concurrent-${maxConcurrent}`,
          extra: TOOLS.replace("available:", `tool_policies: { max_concurrent: ${maxConcurrent} }\n  available:`),
        },
      );
      await stub().kick();
      const events = await readUntil(stub());
      const result = events.find(({ type, data }) => type === "tool.result" && data.call_id === "0.1");
      // A call sees what was recorded before it began: side by side the second begins before the first is recorded.
      expect(result?.data.success).toBe(sees);
    });
  }

  it("records a call to an unknown tool and to a denied one as error results", async () => {
    const { stub } = await accept("@tool nowhere {}\n@tool shell_unrestricted {}", {
      pack: "denying",
      extra: `${TOOLS}  denied: ["shell_unrestricted"]\n`,
    });
    await stub().kick();
    const events = await readUntil(stub());
    const errors = events.filter(({ type }) => type === "tool.result").map(({ data }) => data.error);
    expect(errors).toMatchObject([{ code: "TOOL_UNKNOWN" }, { code: "TOOL_DENIED" }]);
    expect(await stub().view()).toMatchObject({ state: "done" });
  });

  it("fails with PROVIDER_AUTH at once when the provider refuses the key", async () => {
    const { stub } = await accept("@fail 401\n@say never");
    await stub().kick();
    const events = await readUntil(stub());
    expect(typesOf(events)).not.toContain("task.retry");
    expect(await stub().view()).toMatchObject({ state: "failed", attempt: 0, error: { code: "PROVIDER_AUTH" } });
  });

  it("ends with DEADLINE_EXCEEDED after an hour", async () => {
    const time = freezeTime();
    const { stub } = await accept("@sleep 2m\n@say never");
    await stub().kick();
    await readUntil(stub(), ({ type }) => type === "step.started");
    await abortAllDurableObjects();
    time.move(DEADLINE_MS);
    await runDurableObjectAlarm(stub());
    expect(typesOf(await readUntil(stub())).at(-1)).toBe("task.failed");
    expect(await stub().view()).toMatchObject({ state: "failed", error: { code: "DEADLINE_EXCEEDED" } });
  });
});

describe("attempts", () => {
  it("are three, then the task is failed and buried in one commit", async () => {
    const time = freezeTime();
    const { stub } = await accept("@fail 500 1000\n@say never");
    await stub().kick();
    for (let entry = 1; entry <= 3; entry++) {
      const last = (await readUntil(stub(), ({ type, data }) => type === "task.retry" && data.attempt === entry)).at(
        -1,
      );
      expect(last?.type).toBe("task.retry");
      expect(await stub().view()).toMatchObject({ state: "retry", attempt: entry });
      time.move(31_000);
      await runDurableObjectAlarm(stub());
    }
    const events = await readUntil(stub());
    expect(typesOf(events).slice(-2)).toEqual(["task.failed", "task.dead_letter"]);
    expect(isGapless(events)).toBe(true);
    expect(await stub().view()).toMatchObject({
      state: "dead_letter",
      attempt: 3,
      error: { code: "ATTEMPTS_EXHAUSTED" },
    });
  });

  it("are not started before their time, however often the task is kicked", async () => {
    freezeTime();
    const { stub } = await accept("@fail 500 1000\n@say never");
    await stub().kick();
    await readUntil(stub(), ({ type }) => type === "task.retry");
    expect(await stub().kick()).toBe("retry");
    expect(await stub().view()).toMatchObject({ state: "retry", attempt: 1 });
  });
});

describe("the lease", () => {
  it("keeps a second run from starting while it lives, and lets one start when it lapsed", async () => {
    const time = freezeTime();
    const { stub } = await accept("@sleep 10m\n@say never");
    await stub().kick();
    await readUntil(stub(), ({ type }) => type === "step.started");
    await abortAllDurableObjects();
    expect(await stub().kick()).toBe("running");
    time.move(LEASE_MS + 1);
    await stub().kick();
    // The alarm carries the run, so it ends only after the cancel below.
    const alarm = runDurableObjectAlarm(stub());
    const events = await readUntil(stub(), ({ type }) => type === "task.resumed");
    expect(typesOf(events)).toEqual(["task.queued", "task.started", "step.started", "task.resumed"]);
    await stub().cancel();
    expect(await alarm).toBe(true);
  });
});

describe("the time an alarm may run", () => {
  it("is handed over between two steps, with nothing repeated and nothing in doubt", async () => {
    const time = freezeTime();
    const { stub } = await accept([js("1"), js("2"), js("3")].join("\n"));
    await stub().kick();
    const stream = readUntil(stub(), ({ type }) => {
      // Every result costs five minutes: after the first, no further model turn fits into the same alarm.
      if (type === "tool.result") time.move(5 * 60_000);
      return false;
    });
    while ((await stub().view())?.state !== "done") {
      await runDurableObjectAlarm(stub());
      await scheduler.wait(1);
    }
    const events = await stream;
    expect(typesOf(events)).not.toContain("task.resumed");
    expect(typesOf(events).filter((type) => type === "task.started")).toHaveLength(1);
    expect(typesOf(events).filter((type) => type === "tool.result")).toHaveLength(3);
    expect(await stub().view()).toMatchObject({ state: "done", steps_taken: 4 });
  });
});

describe("retention", () => {
  it("leaves a tombstone that reads as unknown and refuses the key, and then nothing", async () => {
    const time = freezeTime();
    const { stub, args } = await accept("hello");
    await stub().kick();
    await readUntil(stub());
    time.move(30 * 24 * 3_600_000 + 1);
    await runDurableObjectAlarm(stub());
    expect(await stub().view()).toBeNull();
    expect(await stub().kick()).toBeNull();
    expect(await stub().create(args)).toEqual({ kind: "gone" });
    const list = await env.TENANT_INDEX.getByName(TENANT).list({
      state: null,
      pack_id: null,
      limit: 100,
      before: null,
    });
    expect(list.items.map(({ task_id }) => task_id)).not.toContain(args.task_id);
    time.move(TOMBSTONE_MS + 1);
    await runDurableObjectAlarm(stub());
    expect(await stub().create(args)).toMatchObject({ kind: "created" });
  });

  it("waits for what is not told to Postgres yet, and wakes with that and no sooner", async () => {
    const time = freezeTime();
    const { stub } = await accept("hello");
    await stub().kick();
    await readUntil(stub());
    time.move(30 * 24 * 3_600_000 + 1);
    const projection = systemClock.now() + 60_000;
    await runInDurableObject(stub(), (_object, { storage }) =>
      new Journal(storage).apply({ due: { projection } }, { epoch: null, now: systemClock.now() }),
    );
    await abortAllDurableObjects();
    await runDurableObjectAlarm(stub());
    expect(await stub().view()).not.toBeNull();
    expect(await runInDurableObject(stub(), (_object, { storage }) => storage.getAlarm())).toBe(projection);
    time.move(60_000);
    await runDurableObjectAlarm(stub());
    expect(await stub().view()).toBeNull();
  });
});
