/** Pure parts of the router: delays, the retry budget, tiers and their chain. */
import { describe, expect, it } from "vitest";
import { BACKOFF_MS_MAX, BACKOFF_MS_MIN, RETRIES_MIN } from "../../src/model/limits.ts";
import { CONSEQUENCES, nextDelayMs } from "../../src/model/retry.ts";
import { RetryBudget } from "../../src/model/retry-budget.ts";
import { fallbackTiers, isTierAllowed, modelsFor, resolveModel, toModelName } from "../../src/model/tiers.ts";
import { CLAUDE_TIERS, configWith } from "./config.ts";

describe("the delay before another attempt", () => {
  it("starts at half a second and never passes 30 s, whatever the dice say", () => {
    for (let attempt = 1; attempt <= 40; attempt += 1) {
      for (const dice of [0, 0.5, 0.999999]) {
        const delay = nextDelayMs(attempt, null, () => dice);
        expect(delay).toBeGreaterThanOrEqual(BACKOFF_MS_MIN);
        expect(delay).toBeLessThanOrEqual(BACKOFF_MS_MAX);
      }
    }
  });

  it("spreads over the whole range: full jitter", () => {
    expect(nextDelayMs(3, null, () => 0)).toBe(500);
    expect(nextDelayMs(3, null, () => 0.5)).toBe(2_250);
    expect(nextDelayMs(3, null, () => 1)).toBe(4_000);
  });

  it("is the provider's, when it named one of up to 120 s", () => {
    expect(nextDelayMs(1, 7_000, () => 0)).toBe(7_000);
    expect(nextDelayMs(1, 120_000, () => 0)).toBe(120_000);
    expect(nextDelayMs(1, 0, () => 0)).toBe(500);
  });

  it("is none when the provider wants more than 120 s", () => {
    expect(nextDelayMs(1, 120_001, () => 0)).toBeNull();
  });
});

describe("what speaks against a provider", () => {
  it("is its own failures, and nothing that the caller did", () => {
    const counted = Object.entries(CONSEQUENCES).filter(([, consequence]) => consequence.countsForBreaker);
    expect(counted.map(([reason]) => reason).sort()).toEqual(["connect", "cut", "overloaded", "server", "timeout"]);
  });
});

describe("the retry budget", () => {
  it("allows ten retries a minute however few calls are made", () => {
    const budget = new RetryBudget();
    const allowed = Array.from({ length: 20 }, () => budget.tryRetry("t", "p", 0)).filter(Boolean);
    expect(allowed).toHaveLength(RETRIES_MIN);
  });

  it("allows a tenth of the calls when many are made", () => {
    const budget = new RetryBudget();
    for (let n = 0; n < 300; n += 1) budget.recordCall("t", "p", n);
    const allowed = Array.from({ length: 100 }, () => budget.tryRetry("t", "p", 400)).filter(Boolean);
    expect(allowed).toHaveLength(30);
  });

  it("starts again a minute later", () => {
    const budget = new RetryBudget();
    for (let n = 0; n < 20; n += 1) budget.tryRetry("t", "p", 0);
    expect(budget.tryRetry("t", "p", 59_999)).toBe(false);
    expect(budget.tryRetry("t", "p", 60_000)).toBe(true);
  });

  it("is kept apart by tenant and by provider, also when their names run into each other", () => {
    const budget = new RetryBudget();
    for (let n = 0; n < 20; n += 1) budget.tryRetry("a", "bc", 0);
    expect(budget.tryRetry("a", "bc", 0)).toBe(false);
    expect(budget.tryRetry("ab", "c", 0)).toBe(true);
    expect(budget.tryRetry("a", "c", 0)).toBe(true);
  });

  it("forgets the pair that was unused for longest, and no other, when it watches too many", () => {
    const budget = new RetryBudget();
    for (let n = 0; n < 20; n += 1) budget.tryRetry("first", "p", 0);
    for (let n = 0; n < 20; n += 1) budget.tryRetry("second", "p", 0);
    for (let n = 0; n < 1_999; n += 1) budget.recordCall(`tenant-${n}`, "p", 0);
    expect(budget.tryRetry("second", "p", 0)).toBe(false);
    expect(budget.tryRetry("first", "p", 0)).toBe(true);
  });
});

describe("tiers", () => {
  const config = configWith({ tiers: CLAUDE_TIERS });

  it("resolve to the configured models", () => {
    expect(toModelName(resolveModel(config, "tier-1"))).toBe("anthropic/claude-opus-4-6");
    expect(toModelName(resolveModel(config, "tier-2"))).toBe("anthropic/claude-sonnet-4-5");
    expect(toModelName(resolveModel(config, "tier-3"))).toBe("anthropic/claude-haiku-4-5");
  });

  it("resolve to the default tier's model when none is named", () => {
    expect(toModelName(resolveModel(config))).toBe("anthropic/claude-sonnet-4-5");
  });

  it("fall back to what follows them in the chain", () => {
    expect(fallbackTiers(config, "tier-1")).toEqual(["tier-2", "tier-3"]);
    expect(fallbackTiers(config, "tier-2")).toEqual(["tier-3"]);
    expect(fallbackTiers(config, "tier-3")).toEqual([]);
  });

  it("fall back to nothing when they are not in the chain", () => {
    expect(fallbackTiers(configWith({ fallbackChain: ["tier-2", "tier-3"] }), "tier-1")).toEqual([]);
    expect(fallbackTiers(configWith({ fallbackChain: [] }), "tier-1")).toEqual([]);
  });

  it("follow the chain's own order", () => {
    const chain = configWith({ tiers: CLAUDE_TIERS, fallbackChain: ["tier-3", "tier-1"] });
    expect(modelsFor(chain, "t", "tier-3").map(({ model }) => model)).toEqual(["claude-haiku-4-5", "claude-opus-4-6"]);
  });

  it("are all allowed to a tenant that the list does not name, and only the named ones to one that it does", () => {
    const limited = configWith({ tenantTierAllowlist: new Map([["small", ["tier-3"] as const]]) });
    expect(isTierAllowed(limited, "other", "tier-1")).toBe(true);
    expect(isTierAllowed(limited, "small", "tier-3")).toBe(true);
    expect(isTierAllowed(limited, "small", "tier-1")).toBe(false);
    expect(isTierAllowed(configWith({ tenantTierAllowlist: new Map([["none", []]]) }), "none", "tier-3")).toBe(false);
  });

  it("never fall back to a tier that the tenant may not use", () => {
    const limited = configWith({
      tiers: CLAUDE_TIERS,
      tenantTierAllowlist: new Map([["t", ["tier-1", "tier-3"] as const]]),
    });
    expect(modelsFor(limited, "t", "tier-1").map(({ model }) => model)).toEqual([
      "claude-opus-4-6",
      "claude-haiku-4-5",
    ]);
  });

  it("try a model once although several tiers have it", () => {
    const one = { provider: "openai", model: "gpt-5" } as const;
    const same = configWith({ tiers: { "tier-1": one, "tier-2": one, "tier-3": one } });
    expect(modelsFor(same, "t", "tier-1")).toEqual([one]);
  });

  it("never fall back from a real model to the offline provider, nor back", () => {
    const mixed = configWith({
      tiers: { ...CLAUDE_TIERS, "tier-2": { provider: "offline", model: "scripted" } },
    });
    expect(modelsFor(mixed, "t", "tier-1").map(({ provider }) => provider)).toEqual(["anthropic", "anthropic"]);
    expect(modelsFor(mixed, "t", "tier-2").map(({ provider }) => provider)).toEqual(["offline"]);
  });
});
