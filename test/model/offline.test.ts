/** The offline provider: each directive, and that the script goes on at the right place whatever happened between. */
import { describe, expect, it } from "vitest";
import { createModelRouter, type Message, type ModelReply, type TurnFailure } from "../../src/model/index.ts";
import { createOfflineProvider, OFFLINE_LINE } from "../../src/model/providers/offline.ts";
import { parseScript } from "../../src/model/providers/script.ts";
import { assert, type Clock, createLog } from "../../src/platform/index.ts";
import { TRACEPARENT } from "../case/model-wire/bench.ts";
import { JumpingClock } from "../case/model-wire/clock.ts";
import { REQUEST } from "../case/model-wire/rig.ts";
import { configWith } from "./config.ts";
import { FakeBreaker } from "./fakes.ts";

type Step = { readonly texts: readonly string[]; readonly resets: number; readonly reply: ModelReply };

/** A task in miniature: turns through the real router, each call answered, until an answer has no calls. */
class Run {
  readonly clock = new JumpingClock();
  readonly messages: Message[];
  priorAttempts = 0;
  failures: TurnFailure[] = [];
  readonly #router = createModelRouter({
    config: configWith(),
    breaker: new FakeBreaker(),
    random: () => 0,
    log: createLog({}, () => undefined),
  });

  constructor(input: string, past: readonly Message[] = []) {
    this.messages = [...past, { role: "user", text: input }];
  }

  /** One turn; a failed one is tried again as the task does, at most three times in all. */
  async step(): Promise<Step> {
    for (;;) {
      const texts: string[] = [];
      let resets = 0;
      const outcome = await this.#router.complete(
        { ...REQUEST, messages: this.messages },
        {
          tenant: "t",
          tier: "tier-2",
          priorAttempts: this.priorAttempts,
          signal: new AbortController().signal,
          clock: this.clock,
          traceparent: TRACEPARENT,
          onText: (text) => void texts.push(text),
          onReset: () => {
            texts.length = 0;
            resets += 1;
          },
        },
      );
      if (outcome.ok) {
        const { reply } = outcome.value;
        this.#record(reply);
        return { texts, resets, reply };
      }
      this.failures.push(outcome.error);
      assert(outcome.error.kind === "attempt" && this.priorAttempts < 3, `gave up: ${outcome.error.message}`);
      this.priorAttempts += 1;
    }
  }

  async steps(): Promise<readonly Step[]> {
    const steps: Step[] = [];
    do steps.push(await this.step());
    while (steps.at(-1)?.reply.toolCalls.length !== 0);
    return steps;
  }

  #record({ text, toolCalls }: ModelReply): void {
    this.messages.push({ role: "assistant", text, toolCalls });
    for (const { callId, toolId, arguments: args } of toolCalls) {
      const isError = args.kind === "malformed";
      const content = isError ? '{"error":"malformed"}' : JSON.stringify({ echo: args.value });
      this.messages.push({ role: "tool", callId, toolId, content, isError });
    }
  }
}

const answerTo = async (input: string): Promise<string> => (await new Run(input).steps()).at(-1)?.reply.text ?? "";

describe("without a directive", () => {
  it("answers in the pack's name with role, goal and the input's first line", async () => {
    const answer = await answerTo("\n  Write a parser  \nfor dates");
    expect(answer).toBe(`I am Ada, Tester. My goal: Try things\nYou asked: Write a parser\n\n${OFFLINE_LINE}`);
  });

  it("leaves an @ alone that starts no directive", async () => {
    expect(await answerTo("@ada please @tool nothing")).toContain("You asked: @ada please");
    expect(await answerTo("@toolbox x")).toContain("You asked: @toolbox x");
  });
});

describe("@tool", () => {
  it("is one turn with one call, after which the next turn comes", async () => {
    const steps = await new Run('Do this:\n@tool a {"n":1}\n@tool b {"n":2}').steps();
    expect(steps.map(({ reply }) => reply.toolCalls.map(({ toolId, arguments: args }) => [toolId, args]))).toEqual([
      [["a", { kind: "object", value: { n: 1 } }]],
      [["b", { kind: "object", value: { n: 2 } }]],
      [],
    ]);
    expect(steps.map(({ reply }) => reply.finishReason)).toEqual(["tool_calls", "tool_calls", "stop"]);
  });

  it("joins lines that end in & into one turn of parallel calls", async () => {
    const steps = await new Run('@tool a {"t":"x&y"} &\n@tool b&\n@badjson c\n@tool d').steps();
    expect(steps.map(({ reply }) => reply.toolCalls.map(({ toolId }) => toolId))).toEqual([["a", "b", "c"], ["d"], []]);
    expect(steps[0]?.reply.toolCalls[0]?.arguments).toEqual({ kind: "object", value: { t: "x&y" } });
    expect(steps[0]?.reply.toolCalls[1]?.arguments).toEqual({ kind: "object", value: {} });
  });

  it("passes arguments that are no JSON object on as malformed", async () => {
    const [first] = await new Run("@tool a {oops").steps();
    expect(first?.reply.toolCalls).toMatchObject([{ arguments: { kind: "malformed", raw: "{oops" } }]);
  });

  it("gives every call of a conversation an id of its own", async () => {
    const run = new Run("@tool a &\n@tool a\n@tool a");
    const steps = await run.steps();
    const again = await new Run("@tool a", run.messages).steps();
    const ids = [...steps, ...again].flatMap(({ reply }) => reply.toolCalls.map(({ callId }) => callId));
    expect(ids).toHaveLength(4);
    expect(new Set(ids).size).toBe(4);
  });

  it("shows in the answer what each call gave", async () => {
    const answer = await answerTo('@tool a {"n":1}\n@badjson b');
    expect(answer).toContain('1. a: {"echo":{"n":1}}');
    expect(answer).toContain('2. b failed: {"error":"malformed"}');
    expect(answer.endsWith(OFFLINE_LINE)).toBe(true);
  });

  it("shows no more of long results than fits", async () => {
    const answer = await answerTo(
      Array.from({ length: 9 }, () => `@tool a {"text":"${"x".repeat(9_000)}"}`).join("\n"),
    );
    expect(answer.length).toBeLessThan(17_000);
    expect(answer).toContain("…");
  });
});

describe("@say", () => {
  it("is the text of the turn that it stands before", async () => {
    const steps = await new Run("@say First I look.\n@tool a\n@say All is\n@say well.").steps();
    expect(steps.map(({ reply }) => reply.text.split("\n\n")[0])).toEqual(["First I look.", "All is\nwell."]);
  });

  it("is streamed word by word, and the stream is the text", async () => {
    const [step] = await new Run("@say one two three").steps();
    expect(step?.texts.slice(0, 2)).toEqual(["one ", "two "]);
    expect(step?.texts.join("")).toBe(step?.reply.text);
  });

  it("streams even a long text in a few hundred pieces", async () => {
    const [step] = await new Run(`@say ${"word ".repeat(50_000)}`).steps();
    expect(step?.texts.length).toBeLessThan(500);
    expect(step?.texts.join("")).toBe(step?.reply.text);
  });
});

describe("@sleep", () => {
  it("takes its time in its place", async () => {
    const run = new Run("@say before\n@sleep 250ms\n@say after");
    const order: string[] = [];
    const provider = createOfflineProvider();
    await provider.complete(
      "scripted",
      { ...REQUEST, messages: run.messages },
      {
        signal: new AbortController().signal,
        clock: { now: () => 0, sleep: async (ms) => void order.push(`sleep ${ms}`) },
        traceparent: TRACEPARENT,
        timeoutMs: 600_000,
        attempt: 1,
        priorAttempts: 0,
        onText: (text) => void order.push(text.trim()),
      },
    );
    expect(order.slice(0, 3)).toEqual(["before", "sleep 250", "after"]);
  });

  it("ends with the attempt's time when it is longer", async () => {
    const run = new Run("@sleep 1h");
    await expect(run.step()).rejects.toThrow("took too long to answer");
  });

  it("wakes with the signal's reason when the turn is cancelled", async () => {
    const controller = new AbortController();
    const reason = new Error("cancelled");
    const provider = createOfflineProvider();
    const clock: Clock = {
      now: () => 0,
      sleep: async (_ms, signal) => {
        controller.abort(reason);
        signal?.throwIfAborted();
      },
    };
    const asked = provider.complete(
      "scripted",
      { ...REQUEST, messages: [{ role: "user", text: "@sleep 1h" }] },
      {
        signal: controller.signal,
        clock,
        traceparent: TRACEPARENT,
        timeoutMs: 600_000,
        attempt: 1,
        priorAttempts: 0,
        onText: () => undefined,
      },
    );
    await expect(asked).rejects.toBe(reason);
  });

  it("is not slept again for a failure that is over", async () => {
    const run = new Run("@sleep 45s\n@fail 500\n@say done");
    await run.steps();
    expect(run.clock.sleeps.filter((ms) => ms === 45_000)).toHaveLength(1);
  });
});

describe("@fail", () => {
  const TIMES = [1, 2, 3, 4, 5, 6, 8] as const;
  for (const times of TIMES) {
    it(`fails ${times} times, then goes on`, async () => {
      const run = new Run(`@tool a\n@fail 500 ${times}\n@tool b`);
      const steps = await run.steps();
      expect(steps.map(({ reply }) => reply.toolCalls[0]?.toolId)).toEqual(["a", "b", undefined]);
      // Three failures make a failed turn.
      expect(run.failures).toHaveLength(Math.floor(times / 3));
    });
  }

  it("uses up the task's attempts when it fails more often than they allow", async () => {
    const run = new Run("@fail 500 99");
    await expect(run.steps()).rejects.toThrow("offline/scripted failed to answer (HTTP 500)");
    expect(run.failures).toHaveLength(4);
  });

  it("fails as often as written in a later turn, although an earlier one used up attempts", async () => {
    const run = new Run("@fail 500 4\n@tool a\n@fail 503 5\n@tool b");
    await run.steps();
    expect(run.failures).toHaveLength(2);
    // 4 and 5 failures, of which each failed turn took 3; the rest were retried within a turn.
    expect(run.clock.sleeps.length).toBe(2 + 1 + 2 + 2);
  });

  it("plays several faults of one turn one after the other", async () => {
    const run = new Run("@fail 500\n@cut\n@say whole again");
    const [step] = await run.steps();
    expect(step?.reply.text).toContain("whole again");
    expect(run.clock.sleeps).toHaveLength(2);
  });

  const CODES = [
    [401, "PROVIDER_AUTH"],
    [403, "PROVIDER_AUTH"],
    [402, "PROVIDER_BUDGET"],
    [413, "CONTEXT_TOO_LONG"],
    [400, "PROVIDER_UNAVAILABLE"],
  ] as const;
  for (const [status, code] of CODES) {
    it(`ends the task with ${code} for ${status}`, async () => {
      const run = new Run(`@fail ${status}`);
      await expect(run.step()).rejects.toThrow(`HTTP ${status}`);
      expect(run.failures).toMatchObject([{ kind: "fatal", code }]);
    });
  }
});

describe("@cut", () => {
  it("breaks after half of the text, which is taken back", async () => {
    const [step] = await new Run("@cut\n@say one two three four").steps();
    expect(step?.resets).toBe(1);
    expect(step?.texts.join("")).toBe(step?.reply.text);
  });

  it("breaks a turn of calls without handing out any", async () => {
    const run = new Run("@cut\n@tool a");
    const [first] = await run.steps();
    expect(first?.reply.toolCalls).toHaveLength(1);
    expect(run.clock.sleeps).toHaveLength(1);
  });
});

describe("a script", () => {
  it("goes on where the conversation stands, for it keeps nothing itself", async () => {
    const input = "@tool a\n@tool b\n@tool c";
    const whole = new Run(input);
    const all = await whole.steps();
    for (const stop of [1, 2, 3]) {
      const first = new Run(input);
      for (let n = 0; n < stop; n += 1) await first.step();
      const resumed = new Run("unused");
      resumed.messages.splice(0, 1, ...first.messages);
      const rest = await resumed.steps();
      expect(rest.map(({ reply }) => reply)).toEqual(all.slice(stop).map(({ reply }) => reply));
    }
  });

  it("belongs to the last input: what was said before it has been played", async () => {
    const past = new Run("@tool a");
    await past.steps();
    const steps = await new Run("@tool b", past.messages).steps();
    expect(steps.map(({ reply }) => reply.toolCalls[0]?.toolId)).toEqual(["b", undefined]);
    expect(steps.at(-1)?.reply.text).not.toContain("1. a");
  });

  it("names in its answer the lines that it could not play", async () => {
    const answer = await answerTo("@say fine\n@sleep soon\n@fail 200\n@fail\n@tool");
    expect(answer).toContain("fine");
    expect(answer).toContain("Line 2: @sleep needs a duration");
    expect(answer).toContain("Line 3: @fail needs an HTTP status");
    expect(answer).toContain("Line 4: @fail needs an HTTP status");
    expect(answer).toContain("Line 5: @tool needs a tool's id.");
  });

  it("reads lines that end as on Windows", () => {
    expect(parseScript("@tool a {}\r\n@say x\r\n")).toMatchObject({
      turns: [{ calls: [{ toolId: "a", json: "{}" }] }],
      last: [{ kind: "say", text: "x" }],
      faults: [],
    });
  });

  it("counts tokens by the length of what is read and written, the same each time", async () => {
    const usages = await Promise.all([1, 2].map(async () => (await new Run("@say hello").step()).reply.usage));
    expect(usages[0]).toEqual(usages[1]);
    expect(usages[0]).toMatchObject({ cacheReadTokens: 0, cacheWriteTokens: 0 });
    expect(usages[0]?.inputTokens).toBeGreaterThan(0);
  });
});
