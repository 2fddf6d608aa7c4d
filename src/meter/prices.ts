/**
 * What tokens cost. List prices of the providers as published by genai-prices, in the version that package.json pins;
 * a price of one's own, a discount or a gateway's margin is not known here.
 * @see https://github.com/pydantic/genai-prices
 */
import type { Usage } from "./usage.ts";

/** The table is 0.8 MB of source and slow to evaluate: it is read when something has to be priced, never at start-up. */
const loadTable = () => import("@pydantic/genai-prices");

const DOLLAR_MICROS = 1_000_000;

/**
 * Price of the tokens of one call. Of one call, not of a sum: some prices rise with the length of a prompt.
 * @param model `provider/model`; everything after the first slash is the model.
 * @returns whole micros of a US dollar, rounded to the nearest; null when the price is not known. The offline
 *   provider costs 0. Never rejects.
 */
export async function priceMicros(model: string, usage: Usage): Promise<number | null> {
  const slash = model.indexOf("/");
  const provider = model.slice(0, Math.max(slash, 0));
  if (provider === "offline") return 0;
  if (provider === "") return null;
  try {
    const { calcPrice } = await loadTable();
    const price = calcPrice(
      {
        // The table counts cached tokens inside the input, as OpenAI does; our classes exclude each other.
        input_tokens: usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens,
        cache_read_tokens: usage.cacheReadTokens,
        cache_write_tokens: usage.cacheWriteTokens,
        output_tokens: usage.outputTokens,
      },
      model.slice(slash + 1),
      { providerId: provider },
    );
    return price === null ? null : Math.round(price.total_price * DOLLAR_MICROS);
  } catch {
    // The table throws for usage that a model has no price for. That is an unknown price, not a broken call.
    return null;
  }
}
