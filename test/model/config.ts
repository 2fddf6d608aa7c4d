/** Configurations of the model room for tests. */
import type { ModelConfig } from "../../src/model/index.ts";

const OFFLINE = { provider: "offline", model: "scripted" } as const;

export const CLAUDE_TIERS = {
  "tier-1": { provider: "anthropic", model: "claude-opus-4-6" },
  "tier-2": { provider: "anthropic", model: "claude-sonnet-4-5" },
  "tier-3": { provider: "anthropic", model: "claude-haiku-4-5" },
} as const;

export const configWith = (more: Partial<ModelConfig> = {}): ModelConfig => ({
  anthropic: null,
  openai: null,
  ollama: null,
  tiers: { "tier-1": OFFLINE, "tier-2": OFFLINE, "tier-3": OFFLINE },
  defaultTier: "tier-2",
  fallbackChain: ["tier-1", "tier-2", "tier-3"],
  tenantTierAllowlist: new Map(),
  ...more,
});
