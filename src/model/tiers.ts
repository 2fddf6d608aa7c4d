/** Tier -> model: which models a turn may use, and in which order. Pure. */
import type { ModelConfig, ModelRef, Tier } from "./types.ts";

/** `provider/model`. A provider's name has no slash, so the first one always separates the two. */
export const toModelName = (ref: ModelRef): string => `${ref.provider}/${ref.model}`;

export const resolveModel = (config: ModelConfig, tier: Tier = config.defaultTier): ModelRef => config.tiers[tier];

/** The tiers to try after `tier`: what follows it in the chain; none when it is not in the chain. */
export function fallbackTiers(config: ModelConfig, tier: Tier): readonly Tier[] {
  const index = config.fallbackChain.indexOf(tier);
  return index < 0 ? [] : config.fallbackChain.slice(index + 1);
}

/** A tenant that the allow-list does not name may use every tier. */
export const isTierAllowed = (config: ModelConfig, tenant: string, tier: Tier): boolean =>
  config.tenantTierAllowlist.get(tenant)?.includes(tier) ?? true;

/**
 * The models of a turn in the order they are tried, each once. Fallback keeps to the tenant's tiers. A real tier never
 * falls back to the offline provider, whose answer must not pass for a model's, and an offline one never to a model
 * that costs money.
 */
export function modelsFor(config: ModelConfig, tenant: string, tier: Tier): readonly ModelRef[] {
  const first = resolveModel(config, tier);
  const models = new Map([[toModelName(first), first]]);
  for (const next of fallbackTiers(config, tier)) {
    const ref = resolveModel(config, next);
    if (!isTierAllowed(config, tenant, next)) continue;
    if ((ref.provider === "offline") !== (first.provider === "offline")) continue;
    if (!models.has(toModelName(ref))) models.set(toModelName(ref), ref);
  }
  return [...models.values()];
}
