/** What a task may still spend: known costs, unknown ones, and the call that does not fit. */
import { describe, expect, it } from "vitest";
import { addCharge, type Charge, mostOf, uncoveredOf, untoldCall } from "../../src/meter/index.ts";
import { createLog } from "../../src/platform/index.ts";
import {
  chargeOf,
  checkBudget,
  costLimitOf,
  createBudgetCheck,
  type Spending,
  spendingOf,
} from "../../src/task/loop/budget.ts";
import { faulted, turnFailed } from "../../src/task/loop/outcome.ts";
import { composeConfig, tools } from "../tool/samples.ts";
import { call, history, step } from "./history.ts";

const USAGE = { inputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 1 };
const spending = (more: Partial<Spending> = {}): Spending => ({
  limitMicros: 1_000,
  spentMicros: 0,
  uncounted: 0,
  ...more,
});

describe("what a task has spent", () => {
  it("is its own turns and those that came to nothing, but not turns taken over from another task", () => {
    const done = history([step(0, [], { costMicros: 500, replayed: true }), step(1, [], { costMicros: 30 })]);
    expect(spendingOf({ ...done, spent: [{ usage: USAGE, costMicros: 7 }] }, 1_000)).toEqual(
      spending({ spentMicros: 37 }),
    );
  });

  it("counts apart what nobody told the cost of", () => {
    const done = history([step(0, [], { costMicros: null })]);
    expect(spendingOf({ ...done, spent: [{ usage: USAGE, costMicros: null }] }, 1_000)).toEqual(
      spending({ uncounted: 2 }),
    );
  });
});

const handoff = (charge: Charge | null) => ({ settled: charge && { charge } });
const parent = {
  ...{ task_id: "p", step: 0, index: 0, depth: 1, time_ms: 1 },
  cost_limit_micros: 500,
  uncounted: 1,
};

describe("a turn", () => {
  it("of several calls counts each whose cost nobody told, and what is known beside them", () => {
    const charge = { spentMicros: 40, uncounted: 2 };
    const done = history([step(0, [], { costMicros: null, charge })]);
    const spent = [{ usage: USAGE, costMicros: null, charge }];
    expect(chargeOf({ ...done, spent }, [])).toEqual({ spentMicros: 80, uncounted: 4 });
  });

  it("that failed is written down with both", () => {
    const spent = { usage: USAGE, costMicros: null, charge: { spentMicros: 40, uncounted: 2 } };
    const failure = { kind: "attempt", code: "PROVIDER_ERROR", message: "", retryAfterMs: null, ...spent } as const;
    const context = { now: 1, retentionMs: 1, attempt: 0, random: () => 0, outputMaxLength: 1, voidStep: null };
    expect(turnFailed(history([]), failure, context).spent).toEqual(spent);
  });
});

describe("a family", () => {
  it("spends its parent's money: what children cost counts, once they have ended", () => {
    const done = history([step(0, [], { costMicros: 30 })]);
    const handoffs = [handoff({ spentMicros: 40, uncounted: 1 }), handoff(null)];
    expect(chargeOf(done, handoffs)).toEqual({ spentMicros: 70, uncounted: 1 });
    expect(spendingOf(done, 1_000, { handoffs, parent: undefined })).toEqual(
      spending({ spentMicros: 70, uncounted: 1 }),
    );
  });

  it("has for a child what its parent set aside, and no more than the child's own pack allows", async () => {
    const config = async (limit: string) =>
      composeConfig(tools([], `tool_policies: { cost_limit_per_task: "${limit}" }`));
    expect(costLimitOf(await config("$1"), parent)).toBe(500);
    expect(costLimitOf(await config("$0.0001"), parent)).toBe(100);
    expect(costLimitOf(await config("$1"), undefined)).toBe(1_000_000);
  });

  it("counts for a child the turns of its parent that nobody knows the cost of", () => {
    expect(spendingOf(history([]), 500, { handoffs: [], parent })).toEqual(
      spending({ limitMicros: 500, uncounted: 1 }),
    );
  });

  it("makes no call of a child that does not fit into what its parent set aside", async () => {
    const config = await composeConfig(tools([]));
    const check = createBudgetCheck(
      {
        config,
        history: () => history([]),
        log: createLog({}, () => undefined),
        family: () => ({ handoffs: [], parent }),
      },
      { maxOutputTokens: 8_192 },
    );
    expect(await check({ model: "anthropic/claude-sonnet-4-5", spentMicros: 0, uncounted: 0 })).toContain(
      "$0 are left",
    );
    expect(await check({ model: "offline/scripted", spentMicros: 0, uncounted: 0 })).toBe(0);
  });
});

describe("the next call", () => {
  const CASES: readonly (readonly [name: string, Partial<Spending>, reserve: number | null, fits: boolean])[] = [
    ["fits exactly", { spentMicros: 900 }, 100, true],
    ["is one micro too dear", { spentMicros: 901 }, 100, false],
    ["costs nothing, with nothing left", { spentMicros: 1_000 }, 0, true],
    ["costs nothing, with a limit of nothing", { limitMicros: 0 }, 0, true],
    ["costs something, with a limit of nothing", { limitMicros: 0 }, 1, false],
    ["has a turn of unknown cost before it, which may have cost as much", { uncounted: 1 }, 501, false],
    ["has no price", { spentMicros: 5_000 }, null, true],
  ];
  for (const [name, more, reserve, fits] of CASES) {
    it(`${fits ? "is made" : "is not made"} when it ${name}`, () => {
      expect(checkBudget(spending(more), reserve) === null).toBe(fits);
    });
  }

  it("is refused with the amounts and the name of the limit", () => {
    expect(checkBudget(spending({ limitMicros: 2_000_000, spentMicros: 1_500_000 }), 600_000)).toBe(
      "The next model call may cost up to $0.6, and of the $2 that the pack allows a task (cost_limit_per_task) $0.5 are left.",
    );
  });
});

describe("a call whose cost nobody told", () => {
  const cut = untoldCall(300);

  it("counts as much as was set aside for it, also before a cheaper one", () => {
    expect(mostOf(cut, 10)).toBe(300);
    expect(checkBudget(spending({ ...cut, limitMicros: 309 }), 10)).not.toBeNull();
    expect(checkBudget(spending({ ...cut, limitMicros: 310 }), 10)).toBeNull();
  });

  it("counts as much as the next one where nothing is known of it, beside those of which something is", () => {
    expect(mostOf({ spentMicros: 5, uncounted: 2 }, 10)).toBe(25);
    const both = addCharge(cut, untoldCall(null));
    expect(mostOf(both, 10)).toBe(310);
    expect(uncoveredOf(both)).toBe(1);
  });

  it("adds up with others, and with what older versions wrote of theirs", () => {
    const setAside = { calls: 1, micros: 300 };
    expect(addCharge(cut, cut)).toEqual({ spentMicros: 0, uncounted: 2, setAside: { calls: 2, micros: 600 } });
    expect(addCharge({ spentMicros: 1, uncounted: 1 }, cut)).toEqual({ spentMicros: 1, uncounted: 2, setAside });
    expect(addCharge({ spentMicros: 1, uncounted: 0 }, { spentMicros: 1, uncounted: 0 })).toEqual({
      spentMicros: 2,
      uncounted: 0,
    });
    const family = { handoffs: [handoff(cut)], parent };
    expect(spendingOf(history([]), 1_000, family)).toEqual(spending({ uncounted: 2, setAside }));
  });

  it("is none of a run that broke off between two turns", () => {
    const context = { now: 1, retentionMs: 1, attempt: 0, random: () => 0, outputMaxLength: 1 };
    const called = history([step(0, [call("web")])]);
    expect(faulted(called, new Error("reset"), context).spent).toMatchObject({ costMicros: 0 });
    expect(faulted(history([]), new Error("reset"), context).spent).toMatchObject({ costMicros: null });
  });
});

describe("the check that a run asks", () => {
  const checkFor = async (limit: string, done = history([])) => {
    const config = await composeConfig(tools([], `tool_policies: { cost_limit_per_task: "${limit}" }`));
    const lines: string[] = [];
    const log = createLog({}, (_, line) => void lines.push(line));
    return { check: createBudgetCheck({ config, history: () => done, log }, { maxOutputTokens: 8_192 }), lines };
  };
  const sonnet = { model: "anthropic/claude-sonnet-4-5", spentMicros: 0, uncounted: 0 };

  it("holds the pack's limit against the price of the model that is asked", async () => {
    expect(await (await checkFor("$0.01")).check(sonnet)).toMatch(/cost_limit_per_task/);
    // What is set aside for it: 8,192 tokens of output at $15 a million, and the prompt.
    expect(await (await checkFor("$5")).check(sonnet)).toBeGreaterThan(122_880);
  });

  it("counts what failed attempts of the same turn have cost, and may have cost", async () => {
    expect(await (await checkFor("$5")).check({ ...sonnet, spentMicros: 4_990_000 })).toMatch(/left/);
    expect(await (await checkFor("$5")).check({ ...sonnet, uncounted: 1_000 })).toMatch(/left/);
  });

  it("lets a model without a price through, and the log says so", async () => {
    const { check, lines } = await checkFor("$0.01");
    expect(await check({ model: "ollama/llama3.2", spentMicros: 0, uncounted: 0 })).toBeNull();
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: "warn", event: "task.cost_unknown" });
  });

  it("never stops the offline model", async () => {
    expect(await (await checkFor("$0")).check({ model: "offline/scripted", spentMicros: 0, uncounted: 0 })).toBe(0);
  });
});
