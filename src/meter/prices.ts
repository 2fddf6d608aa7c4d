/**
 * What tokens cost. List prices of the providers as published by genai-prices, in the version that package.json pins;
 * a price of one's own, a discount or a gateway's margin is not known here.
 * @see https://github.com/pydantic/genai-prices
 */
import { type Rates, ratedMicros, ratesOf, tableMicros } from "./rates.ts";
import { NO_USAGE, type Usage } from "./usage.ts";

/** The table is 0.8 MB of source and slow to evaluate: it is read when something has to be priced, never at start-up. */
const loadTable = () => import("@pydantic/genai-prices");

/** Models priced in this isolate are those that it is configured with; more than these are not remembered. */
const RATES_MAX = 100;
/** What is known of each model; null: the table is asked each time. */
const rates = new Map<string, Rates | null>();

/** Reads the table while a model works: it is slow, and nobody should wait for it at the end. Never rejects. */
export const warmPrices = (model: string): Promise<unknown> =>
  rates.has(model) ? Promise.resolve() : priceMicros(model, NO_USAGE);

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
  const known = rates.get(model);
  const micros = (known && ratedMicros(known, usage)) ?? (await askTable(provider, model, usage));
  return micros === null ? null : Math.round(micros);
}

async function askTable(provider: string, model: string, usage: Usage): Promise<number | null> {
  try {
    const { calcPrice } = await loadTable();
    const name = model.slice(provider.length + 1);
    const table = (asked: Usage) => calcPrice(toTableUsage(asked), name, { providerId: provider });
    if (!rates.has(model) && rates.size < RATES_MAX) rates.set(model, ratesOf(table));
    return tableMicros(table, usage);
  } catch {
    return null; // Without its table no price is known.
  }
}

/** The table counts cached tokens inside the input, as OpenAI does; our classes exclude each other. */
const toTableUsage = (usage: Usage) => ({
  input_tokens: usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens,
  cache_read_tokens: usage.cacheReadTokens,
  cache_write_tokens: usage.cacheWriteTokens,
  output_tokens: usage.outputTokens,
});
