/** What is set aside for a call is never less than what the call costs. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NO_USAGE, priceMicros, reserveMicros } from "../../src/meter/index.ts";

const MODELS = [
  "anthropic/claude-opus-4-6",
  "anthropic/claude-sonnet-4-5",
  "anthropic/claude-haiku-4-5",
  "openai/gpt-5",
];

describe("the reserve of a call", () => {
  it("covers every split of its tokens, on every model with a price", async () => {
    const tokens = fc.nat(300_000);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...MODELS),
        tokens,
        tokens,
        tokens,
        fc.nat(8_192),
        async (model, a, b, c, out) => {
          const usage = { inputTokens: a, cacheReadTokens: b, cacheWriteTokens: c, outputTokens: out };
          const reserve = await reserveMicros(model, { promptBytes: a + b + c, maxOutputTokens: 8_192 });
          expect(reserve).toBeGreaterThanOrEqual((await priceMicros(model, usage)) ?? Number.POSITIVE_INFINITY);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("is nothing for the offline model, and unknown for a model without a price", async () => {
    const size = { promptBytes: 10_000, maxOutputTokens: 8_192 };
    expect(await reserveMicros("offline/scripted", size)).toBe(0);
    expect(await reserveMicros("ollama/llama3.2", size)).toBeNull();
  });

  it("is the price of the longest answer when the prompt is empty but for what a provider adds", async () => {
    const answer = await priceMicros("anthropic/claude-sonnet-4-5", { ...NO_USAGE, outputTokens: 8_192 });
    const reserve = await reserveMicros("anthropic/claude-sonnet-4-5", { promptBytes: 0, maxOutputTokens: 8_192 });
    expect(reserve).toBeGreaterThan(answer ?? 0);
  });
});
