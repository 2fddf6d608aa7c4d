/** What makes two requests the same one. */
import { describe, expect, it } from "vitest";
import { WAIT_SLICE_MS } from "../../src/api/limits.ts";
import {
  type ReplayRequest,
  type RunRequest,
  replayFingerprint,
  runFingerprint,
  toRunRequest,
} from "../../src/api/run-task.ts";
import { parsePreferWait, waitForEnd } from "../../src/api/wait-for-end.ts";
import {
  type Clock,
  deriveTaskId,
  type IdempotencyKey,
  type PackId,
  parseIdempotencyKey,
  parsePackId,
  parseTenantId,
  type TenantId,
} from "../../src/platform/index.ts";
import type { TaskStub } from "../../src/task/index.ts";
import { manualClock, memoryLog } from "./ports.ts";

const must = <T>(value: T | undefined): T => {
  if (value === undefined) throw new TypeError("a fixture is wrong");
  return value;
};
const PACK: PackId = must(parsePackId("hello"));
const TENANT: TenantId = must(parseTenantId("tenant-123"));
const KEY: IdempotencyKey = must(parseIdempotencyKey("key-1"));

const BASE = toRunRequest(PACK, { input: "Hello" });

describe("runFingerprint", () => {
  it("is equal for equal requests, whatever the order of their metadata", async () => {
    const a = await runFingerprint({ ...BASE, metadata: { a: "1", b: "2" } });
    const b = await runFingerprint({ ...BASE, metadata: { b: "2", a: "1" } });
    expect(a).toBe(b);
    expect(a).toMatch(/^[0-9a-f]{64}$/);
  });

  it("does not tell an absent member from an empty one", async () => {
    expect(await runFingerprint(toRunRequest(PACK, { input: "Hello", metadata: {} }))).toBe(await runFingerprint(BASE));
  });

  const changes: [string, Partial<RunRequest>][] = [
    ["pack", { packId: must(parsePackId("other")) }],
    ["input", { input: "Hello " }],
    ["input in another Unicode form", { input: "He\u0301llo" }],
    ["metadata", { metadata: { a: "1" } }],
    ["version", { version: "1.0.0" }],
    ["tier", { tier: "tier-1" }],
  ];
  it.each(changes)("differs with another %s", async (_name, change) => {
    expect(await runFingerprint({ ...BASE, ...change })).not.toBe(await runFingerprint(BASE));
  });

  it("differs with a session", async () => {
    const withSession = toRunRequest(PACK, { input: "Hello", session_id: "s-1" });
    expect(await runFingerprint(withSession)).not.toBe(await runFingerprint(BASE));
  });
});

describe("replayFingerprint", () => {
  it("is never that of a run, and tells every member apart", async () => {
    const source = await deriveTaskId(TENANT, KEY);
    const base: ReplayRequest = { source, fromStep: 0, version: null, dryRun: false };
    const variants: ReplayRequest[] = [
      base,
      { ...base, fromStep: 1 },
      { ...base, version: "1.0.0" },
      { ...base, dryRun: true },
    ];
    const prints = await Promise.all([runFingerprint(BASE), ...variants.map(replayFingerprint)]);
    expect(new Set(prints).size).toBe(prints.length);
  });
});

describe("waitForEnd", () => {
  /** What a task's object answers, one after the other, each after all the time that it was given. */
  const waited = async (seconds: number, answers: readonly unknown[]) => {
    const hands = manualClock();
    // A pause of no time before an object is asked again.
    const sleep: Clock["sleep"] = (ms, signal) => (ms === 0 ? Promise.resolve() : hands.sleep(ms, signal));
    const clock = { now: hands.now, sleep };
    const asked: number[] = [];
    const ended = async (ms: number) => {
      const answer = answers[asked.push(ms) - 1];
      hands.advance(ms);
      if (answer instanceof Error) throw answer;
      return answer;
    };
    const stub = { ended } as unknown as TaskStub; // nothing else of it is asked
    const log = memoryLog();
    const deps = { tasks: () => stub, clock, random: () => 0 };
    const view = await waitForEnd(deps, { tenant: TENANT, taskId: await deriveTaskId(TENANT, KEY), log }, seconds);
    return { view, asked, logged: log.lines.map(({ event }) => event) };
  };
  const [running, waiting, done] = [{ state: "running" }, { state: "waiting" }, { state: "done" }];

  it("asks again until the task has ended, and never for longer than one call may take", async () => {
    expect(await waited(25, [running, running, done])).toEqual({
      view: done,
      asked: [WAIT_SLICE_MS, WAIT_SLICE_MS, 5_000],
      logged: [],
    });
  });

  it("waits for what is left when the object is reset under it, and no longer", async () => {
    const reset = Object.assign(new Error("reset"), { retryable: true });
    expect(await waited(10, [reset, running])).toMatchObject({ view: null, asked: [WAIT_SLICE_MS, 0] });
  });

  it("gives up when its time is over", async () => {
    expect(await waited(12, [running, running, done])).toMatchObject({ view: null, asked: [WAIT_SLICE_MS, 2_000] });
  });

  it.each([
    ["waits for a person", waiting],
    ["has as many waiting for it as may", "full"],
    ["is gone", null],
  ])("asks no more of a task that %s", async (_what, answer) => {
    expect(await waited(30, [answer, done])).toMatchObject({ view: null, asked: [WAIT_SLICE_MS], logged: [] });
  });

  it("takes an object that does not answer for a task that has not ended: it is accepted, whatever happens", async () => {
    const { view, logged } = await waited(30, [new TypeError("The receiver does not implement the method")]);
    expect([view, logged]).toEqual([null, ["task.wait_failed"]]);
  });
});

describe("parsePreferWait", () => {
  const headers: [string | null, number][] = [
    [null, 0],
    ["wait=10", 10],
    ["respond-async, wait=10", 10],
    ["wait=10; foo", 10],
    ["Wait = 5", 5],
    ["wait=3000", 30],
    ["wait=-1", 0],
    ["wait=abc", 0],
    ["await=9", 0],
  ];
  it.each(headers)("of %j is %i", (header, seconds) => {
    expect(parsePreferWait(header)).toBe(seconds);
  });
});
