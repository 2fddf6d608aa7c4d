/** Models behind tiers: one router, one retry layer, one breaker per provider and model. */

export type { BreakerAnswer, BreakerReport } from "./breaker.ts";
export { type BreakerClient, type BreakerStub, createBreakerClient } from "./breaker-client.ts";
export { TURN_MS_MAX } from "./limits.ts";
export type {
  FinishReason,
  Message,
  ModelReply,
  ModelRequest,
  Provider,
  ProviderContext,
  ProviderFailure,
  ProviderOutcome,
  ToolCall,
  ToolSchema,
} from "./provider.ts";
export { createModelRouter, type RouterOptions } from "./router.ts";
export {
  type ModelConfig,
  type ModelRef,
  type ModelRouter,
  type ProviderName,
  TIERS,
  type Tier,
  type Turn,
  type TurnContext,
  type TurnFailure,
} from "./types.ts";
