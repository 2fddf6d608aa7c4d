/** Models behind tiers: one router, one retry layer, one breaker per provider and model. */

export type { BreakerAnswer, BreakerReport } from "./breaker.ts";
export { type BreakerClient, createBreakerClient } from "./breaker-client.ts";
export type {
  FinishReason,
  Message,
  ModelReply,
  Provider,
  ProviderContext,
  ProviderFailure,
  ProviderOutcome,
  ToolCall,
} from "./provider.ts";
export { createModelRouter } from "./router.ts";
export {
  type ModelConfig,
  type ModelRouter,
  TIERS,
  type Tier,
  type TurnContext,
  type TurnFailure,
} from "./types.ts";
