/** Models behind tiers: one router, one retry layer, one breaker per provider and model. */

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
export { type ModelRouter, TIERS, type Tier, type Turn, type TurnContext, type TurnFailure } from "./types.ts";
