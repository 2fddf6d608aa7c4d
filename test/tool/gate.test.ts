/** The way from an admitted call to its isolate: the task's places, the tenant's counter, and a caller that gives up. */
import { describe, expect, it } from "vitest";
import { type Clock, createLog, systemClock } from "../../src/platform/index.ts";
import { createGate, type GateOptions, type ToolGate, toolGateName } from "../../src/tool/gate.ts";
import { CALLS_PER_TOOL_MAX, ISOLATES_PER_TASK_MAX, PLACE_KEPT_MS, PLACES_KEPT_MAX } from "../../src/tool/limits.ts";
import { Places } from "../../src/tool/places.ts";
import { testClock } from "./test-clock.ts";

const OPEN: ToolGate = { enter: async () => true, leave: async () => undefined };

function gateWith(gate: Partial<ToolGate> = {}, clock: Clock = systemClock) {
  const seen: string[] = [];
  const lines: string[] = [];
  const gateFor: GateOptions["gateFor"] = (tenant, toolId) => ({
    enter: async (wish) => {
      seen.push(`enter ${tenant} ${toolId} ${wish.key}`);
      return (gate.enter ?? OPEN.enter)(wish);
    },
    leave: async (key) => {
      seen.push(`leave ${key}`);
      return (gate.leave ?? OPEN.leave)(key);
    },
  });
  const log = createLog({}, (_, line) => void lines.push(line));
  return { gate: createGate({ gateFor, clock, log }), seen, lines };
}
const entry = (key: string) => ({ tenant: "tenant-123", toolId: "code_executor", key, runMs: 60_000 });
const never = new AbortController().signal;
const settled = async () => {
  for (let turns = 0; turns < 50; turns++) await Promise.resolve();
};

describe("a call on its way in", () => {
  it("asks the tenant's counter and gives its place back", async () => {
    const { gate, seen } = gateWith();
    expect(await gate.pass(entry("k"), never, async () => 7)).toEqual({ kind: "passed", value: 7 });
    expect(seen).toEqual(["enter tenant-123 code_executor k", "leave k"]);
  });

  it("gives its place back when the work throws", async () => {
    const { gate, seen } = gateWith();
    const work = () => Promise.reject(new Error("broken"));
    expect(await gate.pass(entry("k"), never, work).catch((thrown: Error) => thrown.message)).toBe("broken");
    expect(seen.at(-1)).toBe("leave k");
  });

  it("is too late when the counter says so, and its work never starts", async () => {
    const { gate } = gateWith({ enter: async () => false });
    let started = false;
    const passage = await gate.pass(entry("k"), never, async () => {
      started = true;
    });
    expect([passage, started]).toEqual([{ kind: "too_late" }, false]);
  });

  it("runs when the counter cannot be asked, and the log says so", async () => {
    const broken = () => Promise.reject(new Error("lost"));
    const { gate, lines } = gateWith({ enter: broken, leave: broken });
    expect(await gate.pass(entry("k"), never, async () => 1)).toEqual({ kind: "passed", value: 1 });
    await Promise.resolve();
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      level: "warn",
      event: "tool.gate_unreachable",
      error: expect.stringMatching(/lost/),
    });
  });

  it("leaves the line as soon as nobody wants it any more", async () => {
    const { gate, seen } = gateWith({ enter: () => new Promise(() => undefined) });
    const aborter = new AbortController();
    const passage = gate.pass(entry("k"), aborter.signal, async () => 1).catch((reason: unknown) => reason);
    await Promise.resolve();
    aborter.abort("enough");
    expect(await passage).toBe("enough");
    expect(seen.at(-1)).toBe("leave k");
  });

  it(`shares ${ISOLATES_PER_TASK_MAX} places with the other calls of its task`, async () => {
    const { gate } = gateWith();
    let running = 0;
    let most = 0;
    const ends: (() => void)[] = [];
    const work = async () => {
      running++;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => ends.push(resolve));
      running--;
    };
    const calls = Array.from({ length: 20 }, (_, index) => gate.pass(entry(`k${index}`), never, work));
    for (let ended = 0; ended < 20; ended++) {
      while (ends.length === 0) await Promise.resolve();
      ends.shift()?.();
    }
    expect((await Promise.all(calls)).every(({ kind }) => kind === "passed")).toBe(true);
    expect(most).toBe(ISOLATES_PER_TASK_MAX);
  });
});

describe("a place that may be kept", () => {
  const KEPT: Partial<ToolGate> = { enter: async ({ keepMs = 0 }) => ({ keptMs: keepMs }) };
  let now = 0;
  const clock: Clock = { now: () => now, sleep: () => new Promise(() => undefined) };
  const pass = ({ gate }: ReturnType<typeof gateWith>, key: string) => gate.pass(entry(key), never, async () => key);

  it("carries the calls that follow, and is given back when the run has no more of them", async () => {
    const kept = gateWith(KEPT, clock);
    for (const key of ["a", "b", "c"]) expect(await pass(kept, key)).toEqual({ kind: "passed", value: key });
    kept.gate.close();
    expect(kept.seen).toEqual(["enter tenant-123 code_executor a", "leave a"]);
  });

  it("carries one call at a time", async () => {
    const kept = gateWith(KEPT, clock);
    const end = Promise.withResolvers<void>();
    const first = kept.gate.pass(entry("a"), never, () => end.promise);
    await pass(kept, "b");
    await pass(kept, "c");
    end.resolve();
    await first;
    expect(kept.seen).toEqual(["enter tenant-123 code_executor a", "enter tenant-123 code_executor b"]);
  });

  it("is given back and asked for again when its time is over", async () => {
    const kept = gateWith(KEPT, clock);
    await pass(kept, "a");
    now += PLACE_KEPT_MS - 1;
    await pass(kept, "b");
    now += 1;
    await pass(kept, "c");
    expect(kept.seen).toEqual(["enter tenant-123 code_executor a", "leave a", "enter tenant-123 code_executor c"]);
  });

  it("of a call that is still under way goes back with it after the run's end", async () => {
    const kept = gateWith(KEPT, clock);
    const end = Promise.withResolvers<void>();
    const call = kept.gate.pass(entry("a"), never, () => end.promise);
    for (let turns = 0; turns < 10; turns++) await Promise.resolve();
    kept.gate.close();
    expect(kept.seen).toEqual(["enter tenant-123 code_executor a"]);
    end.resolve();
    await call;
    expect(kept.seen.at(-1)).toBe("leave a");
  });

  it("is given back when its time is over although the run has no further call yet", async () => {
    const { clock, move } = testClock();
    const kept = gateWith(KEPT, clock);
    await pass(kept, "a");
    move(PLACE_KEPT_MS - 1);
    await settled();
    expect(kept.seen).toEqual(["enter tenant-123 code_executor a"]);
    move(1);
    await settled();
    expect(kept.seen.at(-1)).toBe("leave a");
  });

  it("is given back with its call when that outlasts its time", async () => {
    const { clock, move } = testClock();
    const kept = gateWith(KEPT, clock);
    const end = Promise.withResolvers<void>();
    const call = kept.gate.pass(entry("a"), never, () => end.promise);
    await settled();
    move(PLACE_KEPT_MS);
    end.resolve();
    await call;
    expect(kept.seen.at(-1)).toBe("leave a");
  });

  for (const runMs of [4_000, 33_000]) {
    it(`keeps no call of ${runMs} ms from running while the other tasks think`, async () => {
      const { clock, move } = testClock();
      const places = new Places({ count: CALLS_PER_TOOL_MAX, keepable: PLACES_KEPT_MAX, clock });
      const counter: ToolGate = { enter: (wish) => places.enter(wish), leave: async (key) => places.leave(key) };
      const run = (n: number, work: () => Promise<unknown>) =>
        gateWith(counter, clock).gate.pass({ ...entry(`task-${n}`), runMs }, never, work);
      for (let n = 0; n < PLACES_KEPT_MAX; n++) await run(n, async () => undefined);
      move(1);
      const busy = CALLS_PER_TOOL_MAX - PLACES_KEPT_MAX;
      for (let n = 0; n < busy; n++) void run(PLACES_KEPT_MAX + n, () => new Promise(() => undefined));
      let hasRun = false;
      void run(CALLS_PER_TOOL_MAX, async () => {
        hasRun = true;
      });
      await settled();
      move(runMs - 1);
      await settled();
      expect(hasRun).toBe(true);
    });
  }

  it("of one tool is no other's", async () => {
    const kept = gateWith(KEPT, clock);
    await pass(kept, "a");
    await kept.gate.pass({ ...entry("b"), toolId: "git" }, never, async () => 1);
    expect(kept.seen.at(-1)).toBe("enter tenant-123 git b");
  });
});

describe("the counter's name", () => {
  it("cannot be another tenant's, whatever a tool is called", () => {
    expect(toolGateName("tenant-a", "../tenant-b/git").split("/")[0]).toBe("tenant-a");
  });

  it("is no longer than the platform takes", () => {
    expect(toolGateName("a".repeat(36), "x".repeat(100_000)).length).toBeLessThan(1_024);
  });
});
