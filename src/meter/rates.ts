/**
 * What a token of each class costs on one model, read off the price table by asking it. The table searches its
 * thousands of models at every question; most prices are one rate per class, and a question for each gives them all.
 */
import type { PriceCalculation } from "@pydantic/genai-prices";
import { NO_USAGE, type Usage } from "./usage.ts";

/** The table for one model: null when it has no price. Throws for tokens of a class that the model has no price for. */
export type PriceTable = (usage: Usage) => PriceCalculation | null;

export type Rates = {
  /** Micros of a dollar for a token; null where the model has no price for the class. */
  readonly perToken: Readonly<Record<keyof Usage, number | null>>;
  /** Longer prompts, in tokens of all classes, are dearer by the token: the table has to be asked. */
  readonly promptTokensMax: number;
};

const DOLLAR_MICROS = 1_000_000;
/** Tokens that are asked about: fewer than those at which any price rises. */
const PROBE_TOKENS = 1_000;

/** In micros of a dollar, not rounded; null when there is no price for this. Never throws. */
export function tableMicros(table: PriceTable, usage: Usage): number | null {
  const price = ask(table, usage);
  return price === null ? null : price.total_price * DOLLAR_MICROS;
}

/** Null when the price is no matter of tokens alone: unknown, other by the time of day, or something for the call itself. */
export function ratesOf(table: PriceTable): Rates | null {
  const known = ask(table, NO_USAGE);
  if (known === null || Array.isArray(known.model.prices) || known.total_price !== 0) return null;
  const perTokenOf = (name: keyof Usage): number | null => {
    const micros = tableMicros(table, { ...NO_USAGE, [name]: PROBE_TOKENS });
    return micros === null ? null : micros / PROBE_TOKENS;
  };
  const starts = Object.values(known.model_price).flatMap((price) =>
    typeof price === "object" ? price.tiers.map(({ start }) => start) : [],
  );
  return {
    perToken: {
      inputTokens: perTokenOf("inputTokens"),
      cacheReadTokens: perTokenOf("cacheReadTokens"),
      cacheWriteTokens: perTokenOf("cacheWriteTokens"),
      outputTokens: perTokenOf("outputTokens"),
    },
    promptTokensMax: Math.min(...starts, Number.MAX_SAFE_INTEGER),
  };
}

/** In micros of a dollar, not rounded; undefined when these rates do not say. */
export function ratedMicros({ perToken, promptTokensMax }: Rates, usage: Usage): number | undefined {
  if (usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens > promptTokensMax) return undefined;
  let micros = 0;
  for (const name of ["inputTokens", "cacheReadTokens", "cacheWriteTokens", "outputTokens"] as const) {
    const rate = usage[name] === 0 ? 0 : perToken[name];
    if (rate === null) return undefined;
    micros += usage[name] * rate;
  }
  return micros;
}

function ask(table: PriceTable, usage: Usage): PriceCalculation | null {
  try {
    return table(usage);
  } catch {
    return null; // It throws for usage that a model has no price for. That is an unknown price, not a broken call.
  }
}
