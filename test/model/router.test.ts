/** One turn through the router: which models are asked, how often, after what wait, and what it comes to. */
import { describe, expect, it } from "vitest";
import type { ProviderFailure, TurnContext, TurnFailure } from "../../src/model/index.ts";
import { TURN_MS_MAX } from "../../src/model/limits.ts";
import { assert } from "../../src/platform/index.ts";
import { REQUEST, USER_TEXT } from "../case/model-wire/rig.ts";
import { type Deed, failure, HAIKU, OPUS, reply, SONNET, setUp, USAGE, withText } from "./fakes.ts";

const turn = async (rig: ReturnType<typeof setUp>, more?: Partial<TurnContext>) => {
  const outcome = await rig.router.complete(REQUEST, rig.context(more));
  assert(outcome.ok, `the turn failed: ${JSON.stringify(outcome)}`);
  return outcome.value;
};

const failedTurn = async (rig: ReturnType<typeof setUp>, more?: Partial<TurnContext>): Promise<TurnFailure> => {
  const outcome = await rig.router.complete(REQUEST, rig.context(more));
  assert(!outcome.ok, `the turn succeeded: ${JSON.stringify(outcome)}`);
  return outcome.error;
};

describe("a turn", () => {
  it("answers with the tier's model, priced", async () => {
    const rig = setUp({ [OPUS]: [withText("Hello!", reply("Hello!"))] });
    expect(await turn(rig)).toMatchObject({
      reply: { text: "Hello!", finishReason: "stop" },
      model: `anthropic/${OPUS}`,
      attempts: 1,
      usage: USAGE,
      // $5 per million in, $25 per million out.
      costMicros: 7_500,
    });
    expect(rig.texts).toEqual(["Hello!"]);
  });

  it("names the model of a tier, and of the default tier", () => {
    const { router } = setUp({});
    expect(router.modelOf("tier-1")).toBe(`anthropic/${OPUS}`);
    expect(router.modelOf()).toBe(`anthropic/${SONNET}`);
  });

  it("hands trace, signal and earlier attempts on to the provider", async () => {
    const rig = setUp({ [OPUS]: [failure("server"), reply("x")] });
    const context = rig.context({ priorAttempts: 2 });
    await rig.router.complete(REQUEST, context);
    expect(rig.provider.calls.map(({ context: seen }) => [seen.attempt, seen.priorAttempts])).toEqual([
      [1, 2],
      [2, 2],
    ]);
    expect(rig.provider.calls[0]?.context).toMatchObject({ signal: context.signal, traceparent: context.traceparent });
  });
});

describe("a turn that may not cost more", () => {
  it("ends before a call that its task cannot pay for, and asks no model after it", async () => {
    const asked: unknown[] = [];
    const rig = setUp({ [OPUS]: [failure("cut", { usage: USAGE })], [SONNET]: [reply("x")] });
    const checkBudget: TurnContext["checkBudget"] = async (attempt) => {
      asked.push(attempt);
      return attempt.spentMicros > 0 ? "No money." : null;
    };
    expect(await failedTurn(rig, { checkBudget })).toMatchObject({
      kind: "fatal",
      code: "BUDGET_EXHAUSTED",
      message: "No money.",
      usage: USAGE,
      costMicros: 7_500,
    });
    expect(rig.provider.models).toEqual([OPUS]);
    expect(asked).toEqual([
      { model: `anthropic/${OPUS}`, spentMicros: 0, uncounted: 0 },
      { model: `anthropic/${OPUS}`, spentMicros: 7_500, uncounted: 0 },
    ]);
  });

  it("is told of every attempt that broke off before its provider counted it", async () => {
    const rig = setUp({ [OPUS]: [failure("cut", { usage: USAGE }), failure("cut"), failure("timeout")] });
    const checkBudget: TurnContext["checkBudget"] = async ({ uncounted }) => (uncounted === 2 ? "No money." : null);
    const charge = { spentMicros: 7_500, uncounted: 2 };
    expect(await failedTurn(rig, { checkBudget })).toMatchObject({ message: "No money.", costMicros: null, charge });
  });

  it("counts for each as much as was set aside for it, whatever model it was", async () => {
    const rig = setUp({ [OPUS]: Array(3).fill(failure("cut")), [SONNET]: [reply("x")] });
    const asked: unknown[] = [];
    const checkBudget: TurnContext["checkBudget"] = async ({ model, ...charge }) => {
      asked.push(charge);
      return model.endsWith(OPUS) ? 3_000 : 10;
    };
    const charge = { spentMicros: expect.any(Number), uncounted: 3, setAside: { calls: 3, micros: 9_000 } };
    expect(await turn(rig, { checkBudget })).toMatchObject({ costMicros: null, charge });
    expect(asked.at(-1)).toEqual({ spentMicros: 0, uncounted: 3, setAside: { calls: 3, micros: 9_000 } });
  });

  it("sets nothing aside twice for an answer that broke off behind a part that was told", async () => {
    const cut = failure("cut", { usage: { ...USAGE, outputTokens: 0 }, isPartial: true });
    const rig = setUp({ [OPUS]: [cut, reply("x")] });
    const { charge } = Object(await turn(rig, { checkBudget: async () => 1_000_000 }));
    const told = 1_000_000 - charge.setAside.micros;
    expect(told).toBeGreaterThan(0);
    expect(charge).toMatchObject({ uncounted: 1, setAside: { calls: 1 } });
  });

  it("counts what was told of an answer that broke off, and that it may have cost as much as a call can", async () => {
    const told = { inputTokens: 1_000, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 1 };
    const cut = failure("cut", { usage: told, isPartial: true });
    const { charge, usage } = Object(await turn(setUp({ [OPUS]: [cut, reply("x")] })));
    expect(charge).toEqual({ spentMicros: 7_500 + 5_025, uncounted: 1 });
    expect(usage.inputTokens).toBeGreaterThan(1_000);
  });

  it("is told of an attempt that failed with any error after its answer had begun, and not of one before", async () => {
    for (const reason of RETRIED) {
      const asked: number[] = [];
      const deeds = [failure(reason, { hasBegun: true }), failure("overloaded"), reply("x")];
      const checkBudget: TurnContext["checkBudget"] = async ({ uncounted }) => {
        asked.push(uncounted);
        return null;
      };
      expect(await turn(setUp({ [OPUS]: deeds }), { checkBudget })).toMatchObject({
        costMicros: null,
        charge: { spentMicros: 7_500, uncounted: 1 },
      });
      expect(asked, reason).toEqual([0, 1, 1]);
    }
  });
});

const RETRIED = ["rate_limited", "overloaded", "server", "connect", "timeout", "cut"] as const;

describe("retries", () => {
  for (const reason of RETRIED) {
    it(`makes three attempts after ${reason}, then asks the next model`, async () => {
      const rig = setUp({ [OPUS]: [failure(reason)], [SONNET]: [reply("x")] });
      expect(await turn(rig)).toMatchObject({ model: `anthropic/${SONNET}`, attempts: 4 });
      expect(rig.provider.models).toEqual([OPUS, OPUS, OPUS, SONNET]);
    });
  }

  it("waits with full jitter between attempts, and not before another model", async () => {
    const rig = setUp(
      { [OPUS]: [failure("server")], [SONNET]: [failure("server"), reply("x")] },
      { random: () => 0.5 },
    );
    await turn(rig);
    expect(rig.clock.sleeps).toEqual([750, 1_250, 750]);
  });

  it("waits as long as the provider asks", async () => {
    const rig = setUp({ [OPUS]: [failure("rate_limited", { status: 429, retryAfterMs: 7_000 }), reply("x")] });
    await turn(rig);
    expect(rig.clock.sleeps).toEqual([7_000]);
  });

  it("asks the next model at once when the provider wants more than 120 s", async () => {
    const rig = setUp({ [OPUS]: [failure("rate_limited", { retryAfterMs: 120_001 })], [SONNET]: [reply("x")] });
    await turn(rig);
    expect(rig.clock.sleeps).toEqual([]);
    expect(rig.provider.models).toEqual([OPUS, SONNET]);
  });

  it("stops retrying when the tenant's budget for the provider is used up", async () => {
    const rig = setUp({ [OPUS]: [failure("server")], [SONNET]: [failure("server")], [HAIKU]: [failure("server")] });
    for (let n = 0; n < 3; n += 1) await failedTurn(rig);
    const before = rig.provider.calls.length;
    // Ten retries are spent: each model is asked once and not again.
    await failedTurn(rig);
    expect(rig.provider.calls.length - before).toBe(3);
    await failedTurn(rig, { tenant: "another" });
    expect(rig.provider.calls.length - before).toBe(3 + 9);
  });

  it("starts no attempt that its turn has no time for", async () => {
    const slow: Deed = () => {
      rig.clock.pass(400_000);
      return failure("timeout");
    };
    const rig = setUp({ [OPUS]: [slow], [SONNET]: [slow], [HAIKU]: [slow] });
    await failedTurn(rig);
    const limits = rig.provider.calls.map(({ context }) => context.timeoutMs);
    expect(limits[0]).toBe(TURN_MS_MAX);
    expect(limits[1]).toBe(TURN_MS_MAX - 400_000 - 500);
    expect(rig.provider.models.filter((model) => model === OPUS)).toHaveLength(2);
  });
});

describe("failures that no retry mends", () => {
  const FATAL: readonly (readonly [ProviderFailure["reason"], TurnFailure["code"]])[] = [
    ["auth", "PROVIDER_AUTH"],
    ["spend_limit", "PROVIDER_BUDGET"],
    ["context_too_long", "CONTEXT_TOO_LONG"],
    ["bad_request", "PROVIDER_UNAVAILABLE"],
  ];
  for (const [reason, code] of FATAL) {
    it(`ends the task with ${code} after ${reason}, asking nobody else`, async () => {
      const rig = setUp({ [OPUS]: [failure(reason, { status: 400 })] });
      const ended = await failedTurn(rig);
      expect(ended).toMatchObject({ kind: "fatal", code });
      expect(ended.message).toContain(`anthropic/${OPUS}`);
      expect(rig.provider.models).toEqual([OPUS]);
      expect(rig.breaker.reports).toEqual([]);
    });
  }

  it("says that a model is not known when that is what the provider says", async () => {
    const rig = setUp({ [OPUS]: [failure("bad_request", { status: 404 })] });
    expect((await failedTurn(rig)).message).toBe(`anthropic/${OPUS} is not known to its provider (HTTP 404).`);
  });
});

describe("the log", () => {
  it("has a warning for an attempt that is made again and an error for one that needs a person", async () => {
    const rig = setUp({ [OPUS]: [failure("server"), failure("auth", { status: 401 })] });
    await failedTurn(rig);
    expect(rig.lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: "warn", event: "model.attempt_failed", tenant_id: "tenant-123", attempt: 1, reason: "server" },
      { level: "error", event: "model.refused", tenant_id: "tenant-123", attempt: 2, reason: "auth" },
    ]);
  });
});

describe("when every model fails", () => {
  const all = (deed: Deed) => ({ [OPUS]: [deed], [SONNET]: [deed], [HAIKU]: [deed] });

  for (const reason of ["overloaded", "connect", "rate_limited"] as const) {
    it(`waits out an outage when all of them say ${reason}`, async () => {
      const ended = await failedTurn(setUp(all(failure(reason)), { random: () => 0.5 }));
      expect(ended).toMatchObject({ kind: "outage", code: "PROVIDER_UNAVAILABLE", retryAfterMs: 20_000 });
    });
  }

  for (const reason of ["server", "timeout", "cut"] as const) {
    it(`spends an attempt of the task when all of them end with ${reason}`, async () => {
      const ended = await failedTurn(setUp(all(failure(reason))));
      expect(ended).toMatchObject({ kind: "attempt", code: "PROVIDER_ERROR", retryAfterMs: null });
    });
  }

  it("spends an attempt when one model answered badly and the others are down", async () => {
    const rig = setUp({ ...all(failure("overloaded")), [SONNET]: [failure("server")] });
    expect(await failedTurn(rig)).toMatchObject({ kind: "attempt" });
  });

  it("waits as long as the soonest of them asks", async () => {
    const rig = setUp({
      [OPUS]: [failure("rate_limited", { retryAfterMs: 300_000 })],
      [SONNET]: [failure("rate_limited", { retryAfterMs: 200_000 })],
      [HAIKU]: [failure("overloaded")],
    });
    expect(await failedTurn(rig)).toMatchObject({ kind: "outage", retryAfterMs: 200_000 });
  });

  it("names every model and what it answered, and nothing that a user wrote", async () => {
    const rig = setUp(all(failure("overloaded", { status: 529 })));
    const { message } = await failedTurn(rig);
    for (const model of [OPUS, SONNET, HAIKU])
      expect(message).toContain(`anthropic/${model} is overloaded (HTTP 529).`);
    expect(`${message}${rig.lines.join("")}`).not.toContain(USER_TEXT);
  });
});

describe("text that was streamed", () => {
  it("is taken back before another attempt, and only then", async () => {
    const rig = setUp({ [OPUS]: [withText("Half", failure("cut")), withText("Whole", reply("Whole"))] });
    await turn(rig);
    expect(rig.texts).toEqual(["Half", `[reset anthropic/${OPUS}: anthropic/${OPUS} broke off its answer.]`, "Whole"]);
  });

  it("is taken back before another model begins", async () => {
    const rig = setUp({
      [OPUS]: [failure("server"), failure("server"), withText("Half", failure("cut"))],
      [SONNET]: [withText("Whole", reply("Whole"))],
    });
    await turn(rig);
    expect(rig.texts).toEqual([
      "Half",
      `[reset anthropic/${SONNET}: anthropic/${OPUS} broke off its answer.]`,
      "Whole",
    ]);
  });

  it("needs no taking back when there was none", async () => {
    const rig = setUp({ [OPUS]: [failure("server"), withText("Whole", reply("Whole"))] });
    await turn(rig);
    expect(rig.texts).toEqual(["Whole"]);
  });
});

describe("the breaker", () => {
  const open = (retryAfterMs: number) => ({ kind: "open", retryAfterMs }) as const;

  it("lets the next model answer when it is open, without asking the first", async () => {
    const rig = setUp({ [SONNET]: [reply("x")] });
    rig.breaker.answers.set(`anthropic/${OPUS}`, open(60_000));
    expect(await turn(rig)).toMatchObject({ model: `anthropic/${SONNET}`, attempts: 1 });
    expect(rig.provider.models).toEqual([SONNET]);
  });

  it("makes the task wait for the first that may be tried when all are open", async () => {
    const rig = setUp({});
    for (const [model, ms] of [
      [OPUS, 90_000],
      [SONNET, 30_000],
      [HAIKU, 60_000],
    ] as const) {
      rig.breaker.answers.set(`anthropic/${model}`, open(ms));
    }
    expect(await failedTurn(rig)).toMatchObject({ kind: "outage", retryAfterMs: 30_000, costMicros: 0 });
    expect(rig.provider.calls).toEqual([]);
  });

  for (const reason of ["overloaded", "server", "connect", "timeout", "cut"] as const) {
    it(`is told of ${reason}, each time`, async () => {
      const rig = setUp({ [OPUS]: [failure(reason), failure(reason), reply("x")] });
      await turn(rig);
      expect(rig.breaker.reports).toEqual([`anthropic/${OPUS} failure`, `anthropic/${OPUS} failure`]);
    });
  }

  it("is not told of refusals, nor of successes", async () => {
    const rig = setUp({ [OPUS]: [failure("rate_limited"), reply("x")] });
    await turn(rig);
    expect(rig.breaker.reports).toEqual([]);
  });

  it("ends the retries of a turn when one of them opened it", async () => {
    const rig = setUp({ [OPUS]: [failure("server")], [SONNET]: [reply("x")] });
    rig.breaker.onReport = (model) => rig.breaker.answers.set(model, open(120_000));
    await turn(rig);
    expect(rig.provider.models).toEqual([OPUS, SONNET]);
  });

  const probing = (deeds: Readonly<Record<string, readonly Deed[]>>) => {
    const rig = setUp(deeds, { config: { fallbackChain: [] } });
    const model = `anthropic/${OPUS}`;
    rig.breaker.answers.set(model, { kind: "probe", lease: "mine" });
    rig.breaker.onReport = () => rig.breaker.answers.set(model, open(5_000));
    return rig;
  };

  it("learns of a probe's success with its first token, before the answer is whole", async () => {
    const rig = probing({
      [OPUS]: [
        (context) => {
          context.onText("H");
          expect(rig.breaker.reports).toEqual([`anthropic/${OPUS} probe success`]);
          return reply("H");
        },
      ],
    });
    await turn(rig);
    expect(rig.breaker.reports).toEqual([`anthropic/${OPUS} probe success`]);
  });

  it("learns of a probe's success when the answer is only calls", async () => {
    const rig = probing({ [OPUS]: [reply("")] });
    await turn(rig);
    expect(rig.breaker.reports).toEqual([`anthropic/${OPUS} probe success`]);
  });

  it("learns of a probe's failure, and is asked before another attempt", async () => {
    const rig = probing({ [OPUS]: [failure("server")] });
    expect(await failedTurn(rig)).toMatchObject({ kind: "outage", retryAfterMs: 5_000 });
    expect(rig.breaker.reports).toEqual([`anthropic/${OPUS} probe failure`]);
    expect(rig.provider.calls).toHaveLength(1);
  });

  it("gets the lease back from a probe that says nothing about the provider", async () => {
    const rig = probing({ [OPUS]: [failure("bad_request")] });
    await failedTurn(rig);
    expect(rig.breaker.reports).toEqual([`anthropic/${OPUS} probe released`]);
  });

  it("gets the lease back from a probe that was cancelled", async () => {
    const controller = new AbortController();
    const rig = probing({
      [OPUS]: [
        async ({ signal }) => {
          controller.abort(new Error("cancelled"));
          signal.throwIfAborted();
          return reply("x");
        },
      ],
    });
    await expect(failedTurn(rig, { signal: controller.signal })).rejects.toThrow("cancelled");
    expect(rig.breaker.reports).toEqual([`anthropic/${OPUS} probe released`]);
  });

  it("asks no model when it is cancelled while the breaker is asked, which gets the lease back", async () => {
    const controller = new AbortController();
    const rig = probing({ [OPUS]: [reply("x")] });
    const ask = rig.breaker.ask.bind(rig.breaker);
    rig.breaker.ask = async (model) => {
      controller.abort(new Error("cancelled"));
      return ask(model);
    };
    await expect(failedTurn(rig, { signal: controller.signal })).rejects.toThrow("cancelled");
    expect(rig.provider.calls).toEqual([]);
    expect(rig.breaker.reports).toEqual([`anthropic/${OPUS} probe released`]);
  });
});

describe("cancelling", () => {
  it("ends the wait between two attempts with the signal's reason", async () => {
    const controller = new AbortController();
    const reason = new Error("cancelled by the user");
    const rig = setUp({
      [OPUS]: [
        () => {
          controller.abort(reason);
          return failure("server");
        },
      ],
    });
    await expect(rig.router.complete(REQUEST, rig.context({ signal: controller.signal }))).rejects.toBe(reason);
    expect(rig.provider.calls).toHaveLength(1);
  });

  it("asks no model at all when it came first", async () => {
    const rig = setUp({ [OPUS]: [reply("x")] });
    const reason = new Error("too late");
    const asked = rig.router.complete(REQUEST, rig.context({ signal: AbortSignal.abort(reason) }));
    await expect(asked).rejects.toBe(reason);
    expect(rig.provider.calls).toEqual([]);
  });
});

describe("tokens and money", () => {
  it("count for failed attempts too, each at its own model's price", async () => {
    const rig = setUp({
      [OPUS]: [failure("cut", { usage: USAGE }), failure("server"), failure("timeout", { usage: USAGE })],
      [SONNET]: [reply("x")],
    });
    const { usage, costMicros } = await turn(rig);
    expect(usage).toEqual({ inputTokens: 3_000, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 300 });
    expect(costMicros).toBe(7_500 + 7_500 + 4_500);
  });

  it("count for a turn that failed", async () => {
    const rig = setUp({ [OPUS]: [failure("auth", { usage: USAGE })] });
    expect(await failedTurn(rig)).toMatchObject({ usage: USAGE, costMicros: 7_500 });
  });

  it("are priced call by call: three short prompts are not one long one", async () => {
    // This model's price rises above 200,000 tokens of prompt.
    const usage = { inputTokens: 90_000, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0 };
    const rig = setUp({
      [SONNET]: [failure("cut", { usage }), failure("cut", { usage }), reply("x", { usage })],
    });
    expect((await turn(rig, { tier: "tier-2" })).costMicros).toBe(3 * 270_000);
  });

  it("have no cost when a model's price is unknown, rather than none at all", async () => {
    const mystery = { provider: "anthropic", model: "mystery" } as const;
    const tiers = { "tier-1": mystery, "tier-2": mystery, "tier-3": mystery };
    const rig = setUp({ mystery: [reply("x")] }, { config: { tiers } });
    expect(await turn(rig)).toMatchObject({ usage: USAGE, costMicros: null });
  });

  it("have no cost when the server counted nothing", async () => {
    const rig = setUp({ [OPUS]: [{ ...reply("x"), usageMissing: true }] });
    expect((await turn(rig)).costMicros).toBeNull();
  });
});

describe("a provider in this process", () => {
  const one = { provider: "offline", model: "scripted" } as const;
  const config = { tiers: { "tier-1": one, "tier-2": one, "tier-3": one } };
  const local = (deeds: readonly Deed[]) => setUp({ scripted: deeds }, { config, name: "offline", isLocal: true });

  it("has no breaker and no retry budget, for there is no server to protect", async () => {
    const rig = local([failure("server")]);
    rig.breaker.answers.set("offline/scripted", { kind: "open", retryAfterMs: 60_000 });
    for (let n = 0; n < 10; n += 1) await failedTurn(rig);
    expect(rig.provider.calls).toHaveLength(30);
    expect(rig.breaker.reports).toEqual([]);
  });

  it("has no outages: what it fails with is an attempt", async () => {
    for (const reason of ["overloaded", "rate_limited", "connect"] as const) {
      expect(await failedTurn(local([failure(reason)]))).toMatchObject({ kind: "attempt" });
    }
  });

  it("costs nothing", async () => {
    expect(await turn(local([reply("x")]))).toMatchObject({ model: "offline/scripted", costMicros: 0 });
  });
});
