/** The breaker's table, every cell of it, and the client that isolates use. */
import { describe, expect, it } from "vitest";
import { askBreaker, type BreakerReport, type BreakerState, CLOSED, reportToBreaker } from "../../src/model/breaker.ts";
import { type BreakerStub, createBreakerClient } from "../../src/model/breaker-client.ts";
import { BREAKER_OPEN_MS, BREAKER_WINDOW_MS, PROBE_LEASE_MS, PROBE_WAIT_MS } from "../../src/model/limits.ts";
import { createLog } from "../../src/platform/index.ts";
import { ManualClock } from "../case/model-wire/clock.ts";

const NOW = 1_000_000_000;
const closed = (...failures: readonly number[]): BreakerState => ({ kind: "closed", failures });
const open = (since: number): BreakerState => ({ kind: "open", since });
const halfOpen = (id: string | null, expiresAt = NOW + 1_000): BreakerState => ({
  kind: "half_open",
  lease: id === null ? null : { id, expiresAt },
});
const fourRecent = closed(NOW - 4, NOW - 3, NOW - 2, NOW - 1);

describe("reports", () => {
  const failure: BreakerReport = { kind: "failure" };
  const probe = (result: "success" | "failure" | "released", lease = "mine"): BreakerReport => ({
    kind: "probe",
    lease,
    result,
  });
  const CELLS: readonly (readonly [name: string, before: BreakerState, report: BreakerReport, after: BreakerState])[] =
    [
      ["closed counts a failure", CLOSED, failure, closed(NOW)],
      ["closed opens with the fifth failure of a minute", fourRecent, failure, open(NOW)],
      [
        "closed forgets failures older than the window",
        closed(NOW - BREAKER_WINDOW_MS, NOW - 3, NOW - 2, NOW - 1),
        failure,
        closed(NOW - 3, NOW - 2, NOW - 1, NOW),
      ],
      ["closed ignores a probe's success", fourRecent, probe("success"), fourRecent],
      ["closed ignores a probe's failure", fourRecent, probe("failure"), fourRecent],
      ["closed ignores a released probe", fourRecent, probe("released"), fourRecent],
      ["open ignores a late failure, so that it does not stay open for longer", open(NOW - 9), failure, open(NOW - 9)],
      ["open ignores a probe's success", open(NOW - 9), probe("success"), open(NOW - 9)],
      ["open ignores a probe's failure", open(NOW - 9), probe("failure"), open(NOW - 9)],
      ["open ignores a released probe", open(NOW - 9), probe("released"), open(NOW - 9)],
      ["half-open ignores a failure that is not the probe's", halfOpen("mine"), failure, halfOpen("mine")],
      ["half-open closes with the probe's success", halfOpen("mine"), probe("success"), CLOSED],
      ["half-open opens again with the probe's failure", halfOpen("mine"), probe("failure"), open(NOW)],
      [
        "half-open waits for another probe when this one is released",
        halfOpen("mine"),
        probe("released"),
        halfOpen(null),
      ],
      [
        "half-open ignores the success of an overtaken probe",
        halfOpen("mine"),
        probe("success", "other"),
        halfOpen("mine"),
      ],
      [
        "half-open ignores the failure of an overtaken probe",
        halfOpen("mine"),
        probe("failure", "other"),
        halfOpen("mine"),
      ],
      ["half-open without a probe ignores reports of one", halfOpen(null), probe("success"), halfOpen(null)],
    ];
  for (const [name, before, report, after] of CELLS) {
    it(name, () => {
      expect(reportToBreaker(before, NOW, report)).toEqual(after);
    });
  }
});

describe("questions", () => {
  const granted = { kind: "half_open", lease: { id: "new", expiresAt: NOW + PROBE_LEASE_MS } };
  const CELLS: readonly (readonly [name: string, before: BreakerState, after: unknown, answer: unknown])[] = [
    ["closed lets everybody through", fourRecent, fourRecent, { kind: "closed" }],
    [
      "open refuses and says for how long",
      open(NOW - 50_000),
      open(NOW - 50_000),
      { kind: "open", retryAfterMs: BREAKER_OPEN_MS - 50_000 },
    ],
    [
      "open lets one probe through after its time",
      open(NOW - BREAKER_OPEN_MS),
      granted,
      { kind: "probe", lease: "new" },
    ],
    [
      "half-open refuses while the probe is out",
      halfOpen("mine", NOW + 60_000),
      halfOpen("mine", NOW + 60_000),
      { kind: "open", retryAfterMs: PROBE_WAIT_MS },
    ],
    [
      "half-open names a shorter wait when the lease ends sooner",
      halfOpen("mine", NOW + 100),
      halfOpen("mine", NOW + 100),
      { kind: "open", retryAfterMs: 100 },
    ],
    [
      "half-open gives an expired lease to the next caller",
      halfOpen("mine", NOW),
      granted,
      { kind: "probe", lease: "new" },
    ],
    ["half-open gives a released lease to the next caller", halfOpen(null), granted, { kind: "probe", lease: "new" }],
  ];
  for (const [name, before, after, answer] of CELLS) {
    it(name, () => {
      expect(askBreaker(before, NOW, "new")).toEqual({ state: after, answer });
    });
  }

  it("grants one probe to 50 callers", () => {
    let state = open(NOW - BREAKER_OPEN_MS);
    const answers = Array.from({ length: 50 }, (_, n) => {
      const asked = askBreaker(state, NOW, `lease-${n}`);
      state = asked.state;
      return asked.answer.kind;
    });
    expect(answers.filter((kind) => kind === "probe")).toHaveLength(1);
    expect(answers.filter((kind) => kind === "open")).toHaveLength(49);
  });
});

/** An object in this process; `calls` says what reached it. */
class LocalObject implements BreakerStub {
  readonly calls: string[] = [];
  readonly #clock: ManualClock;
  state: BreakerState = CLOSED;
  #leases = 0;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  async ask() {
    this.calls.push("ask");
    this.#leases += 1;
    const { state, answer } = askBreaker(this.state, this.#clock.now(), `lease-${this.#leases}`);
    this.state = state;
    return answer;
  }

  async report(report: BreakerReport) {
    this.calls.push(report.kind === "probe" ? `probe ${report.result}` : "failure");
    this.state = reportToBreaker(this.state, this.#clock.now(), report);
    const { answer } = askBreaker(this.state, this.#clock.now(), "");
    return answer.kind === "probe" ? ({ kind: "open", retryAfterMs: 0 } as const) : answer;
  }
}

describe("the client of an isolate", () => {
  const setUp = () => {
    const clock = new ManualClock();
    const object = new LocalObject(clock);
    const lines: string[] = [];
    const names: string[] = [];
    const client = createBreakerClient({
      objectFor: (name) => {
        names.push(name);
        return object;
      },
      clock,
      log: createLog({}, (_level, line) => void lines.push(line)),
    });
    return { clock, object, client, lines, names };
  };

  it("asks the object of the model at most once a second while it is closed", async () => {
    const { clock, object, client, names } = setUp();
    for (let n = 0; n < 20; n += 1) expect(await client.ask("openai/meta-llama/llama-4")).toEqual({ kind: "closed" });
    expect(object.calls).toEqual(["ask"]);
    await clock.advance(1_000);
    await client.ask("openai/meta-llama/llama-4");
    expect(object.calls).toEqual(["ask", "ask"]);
    expect(new Set(names)).toEqual(new Set(["openai/meta-llama/llama-4"]));
  });

  it("refuses at once after the failure that opened the breaker, without asking again", async () => {
    const { object, client } = setUp();
    for (let n = 0; n < 5; n += 1) await client.report("a/b", { kind: "failure" });
    expect(await client.ask("a/b")).toEqual({ kind: "open", retryAfterMs: BREAKER_OPEN_MS });
    expect(object.calls).not.toContain("ask");
  });

  it("is not told of a few failures among many calls, and is told when they are a tenth of those of late", async () => {
    const { clock, object, client } = setUp();
    const failures = () => object.calls.filter((call) => call !== "ask").length;
    const ask = async (times: number) => {
      for (let n = 0; n < times; n += 1) await client.ask("a/b");
    };
    const fail = async (times: number) => {
      for (let n = 0; n < times; n += 1) await client.report("a/b", { kind: "failure" });
    };
    await ask(100);
    await fail(9);
    expect(failures()).toBe(0);
    expect(await client.ask("a/b")).toEqual({ kind: "closed" });
    await fail(1);
    expect(failures()).toBe(0);
    await fail(5);
    expect(failures()).toBe(5);
    expect(await client.ask("a/b")).toMatchObject({ kind: "open" });
    // What was long ago weighs nothing: the next failure is told at once.
    await clock.advance(600_000);
    await fail(1);
    expect(failures()).toBe(6);
  });

  it("names a wait that shrinks while it trusts an answer", async () => {
    const { clock, client } = setUp();
    for (let n = 0; n < 5; n += 1) await client.report("a/b", { kind: "failure" });
    await clock.advance(400);
    expect(await client.ask("a/b")).toEqual({ kind: "open", retryAfterMs: BREAKER_OPEN_MS - 400 });
  });

  it("keeps each model's breaker apart", async () => {
    const clock = new ManualClock();
    const objects = new Map<string, LocalObject>();
    const client = createBreakerClient({
      objectFor: (name) => {
        const object = objects.get(name) ?? new LocalObject(clock);
        objects.set(name, object);
        return object;
      },
      clock,
      log: createLog({}, () => undefined),
    });
    for (let n = 0; n < 5; n += 1) await client.report("a/b", { kind: "failure" });
    expect((await client.ask("a/b")).kind).toBe("open");
    expect((await client.ask("a/c")).kind).toBe("closed");
  });

  it("hands a probe to one of 50 callers that ask at once", async () => {
    const { clock, object, client } = setUp();
    object.state = open(clock.now() - BREAKER_OPEN_MS);
    const answers = await Promise.all(Array.from({ length: 50 }, () => client.ask("a/b")));
    expect(answers.filter(({ kind }) => kind === "probe")).toHaveLength(1);
  });

  it("never hands the same probe out twice", async () => {
    const { clock, object, client } = setUp();
    object.state = open(clock.now() - BREAKER_OPEN_MS);
    expect((await client.ask("a/b")).kind).toBe("probe");
    expect((await client.ask("a/b")).kind).toBe("open");
  });

  it("lets calls through as soon as its probe succeeded", async () => {
    const { clock, object, client } = setUp();
    object.state = open(clock.now() - BREAKER_OPEN_MS);
    const answer = await client.ask("a/b");
    if (answer.kind !== "probe") throw new Error("expected a probe");
    await client.report("a/b", { kind: "probe", lease: answer.lease, result: "success" });
    expect(await client.ask("a/b")).toEqual({ kind: "closed" });
  });

  it("lets calls through when the object is not there, and says so in the log", async () => {
    const { clock, lines } = setUp();
    const client = createBreakerClient({
      objectFor: () => ({
        ask: () => Promise.reject(new Error("no such object")),
        report: () => Promise.reject(new Error("no such object")),
      }),
      clock,
      log: createLog({}, (_level, line) => void lines.push(line)),
    });
    expect(await client.ask("a/b")).toEqual({ kind: "closed" });
    await client.report("a/b", { kind: "failure" });
    expect(lines.map((line) => JSON.parse(line).event)).toEqual(["breaker.unreachable", "breaker.unreachable"]);
  });

  it("lets calls through when the object does not answer within 300 ms, and does not wait for it again at once", async () => {
    const { clock } = setUp();
    let calls = 0;
    const silent = () => {
      calls += 1;
      return new Promise<never>(() => undefined);
    };
    const client = createBreakerClient({
      objectFor: () => ({ ask: silent, report: silent }),
      clock,
      log: createLog({}, () => undefined),
    });
    const asked = client.ask("a/b");
    await clock.advance(300);
    expect(await asked).toEqual({ kind: "closed" });
    expect(await client.ask("a/b")).toEqual({ kind: "closed" });
    expect(calls).toBe(1);
  });
});
