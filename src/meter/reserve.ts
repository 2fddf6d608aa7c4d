/** The most that one model call can cost, known before it is made: what a budget sets aside for it. */
import { priceMicros } from "./prices.ts";
import { NO_USAGE } from "./usage.ts";

/** What a provider adds to a prompt by itself, such as its own words about tools; the largest known is about 700. */
const OVERHEAD_TOKENS = 2_048;

export type CallSize = {
  /** UTF-8 bytes of everything that is sent. No tokenizer makes more tokens than there are bytes. */
  readonly promptBytes: number;
  readonly maxOutputTokens: number;
};

/**
 * @param model `provider/model`.
 * @returns whole micros of a US dollar, never less than the call will cost by the price list; null when the model has
 *   no price. The offline provider costs 0. Never rejects.
 */
export async function reserveMicros(model: string, size: CallSize): Promise<number | null> {
  const tokens = size.promptBytes + OVERHEAD_TOKENS;
  const outputTokens = size.maxOutputTokens;
  // Which class the prompt will be counted in is the provider's to say; the dearest is set aside.
  const prices = await Promise.all([
    priceMicros(model, { ...NO_USAGE, outputTokens, inputTokens: tokens }),
    priceMicros(model, { ...NO_USAGE, outputTokens, cacheWriteTokens: tokens }),
  ]);
  const known = prices.filter((price) => price !== null);
  return known.length === 0 ? null : Math.max(...known);
}
