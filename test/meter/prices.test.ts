/** Prices by the four classes of tokens. The expected sums are of list prices per million tokens, spelled out here. */
import { calcPrice } from "@pydantic/genai-prices";
import { describe, expect, it } from "vitest";
import { addUsage, NO_USAGE, priceMicros, type Usage } from "../../src/meter/index.ts";

const usage = (more: Partial<Usage>): Usage => ({ ...NO_USAGE, ...more });
const K = 1_000;

describe("the price of a call", () => {
  const CASES: readonly (readonly [name: string, model: string, usage: Usage, micros: number | null])[] = [
    ["input", "anthropic/claude-sonnet-4-5", usage({ inputTokens: 10 * K }), 30_000],
    ["output", "anthropic/claude-sonnet-4-5", usage({ outputTokens: 10 * K }), 150_000],
    ["cache reads, a tenth of input", "anthropic/claude-sonnet-4-5", usage({ cacheReadTokens: 10 * K }), 3_000],
    ["cache writes, a quarter above input", "anthropic/claude-sonnet-4-5", usage({ cacheWriteTokens: 10 * K }), 37_500],
    [
      "all four together, each token once",
      "anthropic/claude-sonnet-4-5",
      usage({ inputTokens: 10 * K, cacheReadTokens: 20 * K, cacheWriteTokens: 30 * K, outputTokens: 40 * K }),
      30_000 + 6_000 + 112_500 + 600_000,
    ],
    ["a tier-1 model", "anthropic/claude-opus-4-6", usage({ inputTokens: 10 * K, outputTokens: K }), 50_000 + 25_000],
    ["a tier-3 model", "anthropic/claude-haiku-4-5", usage({ inputTokens: 10 * K, outputTokens: K }), 10_000 + 5_000],
    ["another provider", "openai/gpt-5", usage({ inputTokens: 8 * K, cacheReadTokens: 8 * K }), 10_000 + 1_000],
    ["a dated model", "anthropic/claude-sonnet-4-5-20250929", usage({ inputTokens: K }), 3_000],
    ["no tokens", "anthropic/claude-sonnet-4-5", NO_USAGE, 0],
    ["the offline provider", "offline/scripted", usage({ inputTokens: K, outputTokens: K }), 0],
    ["an unknown model: unknown, not nothing", "anthropic/claude-of-tomorrow", usage({ inputTokens: K }), null],
    ["an unknown provider", "ollama/llama3.2", usage({ inputTokens: K }), null],
    ["a known model under another provider's name", "openai/claude-sonnet-4-5", usage({ inputTokens: K }), null],
    ["a model with a slash in its name", "openai/meta-llama/llama-4", usage({ inputTokens: K }), null],
    ["a name without a provider", "claude-sonnet-4-5", usage({ inputTokens: K }), null],
  ];
  for (const [name, model, tokens, micros] of CASES) {
    it(`covers ${name}`, async () => {
      expect(await priceMicros(model, tokens)).toBe(micros);
    });
  }

  it("is what the table says, whatever the tokens and however often it was asked before", async () => {
    const models = ["openai/gpt-5", "anthropic/claude-sonnet-4-5", "google/gemini-2.5-pro", "deepseek/deepseek-chat"];
    const counts = [0, 1, 999, 199_999, 200_000, 200_001];
    for (const model of models) {
      const [provider = "", name = ""] = model.split("/");
      for (const inputTokens of counts) {
        for (const more of [{}, { cacheReadTokens: 7 }, { cacheWriteTokens: 1 }, { outputTokens: 333 }]) {
          const asked = usage({ inputTokens, ...more });
          const { cacheReadTokens, cacheWriteTokens } = asked;
          const table = calcPrice(
            {
              input_tokens: inputTokens + cacheReadTokens + cacheWriteTokens,
              cache_read_tokens: cacheReadTokens,
              cache_write_tokens: cacheWriteTokens,
              output_tokens: asked.outputTokens,
            },
            name,
            { providerId: provider },
          );
          const micros = await priceMicros(model, asked);
          // Half a micro may be rounded either way.
          expect(Math.abs(Number(micros) - Number(table?.total_price) * 1e6)).toBeLessThan(0.500_01);
        }
      }
    }
  });

  it("is a whole number of micros", async () => {
    for (const inputTokens of [1, 7, 333, 1_234]) {
      expect(Number.isSafeInteger(await priceMicros("anthropic/claude-haiku-4-5", usage({ inputTokens })))).toBe(true);
    }
  });

  it("rises with the length of one prompt, where the provider's does", async () => {
    const short = await priceMicros("anthropic/claude-sonnet-4-5", usage({ inputTokens: 150 * K }));
    const long = await priceMicros("anthropic/claude-sonnet-4-5", usage({ inputTokens: 300 * K }));
    expect(short).toBe(450_000);
    expect(long).toBe(1_800_000);
  });
});

describe("usage", () => {
  it("adds class by class", () => {
    const a = { inputTokens: 1, cacheReadTokens: 2, cacheWriteTokens: 3, outputTokens: 4 };
    expect(addUsage(a, a)).toEqual({ inputTokens: 2, cacheReadTokens: 4, cacheWriteTokens: 6, outputTokens: 8 });
  });
});
