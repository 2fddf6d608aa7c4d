/** What the task room asks of the router, and what it gets: one finished turn, priced, or the reason there is none. */
import type { Charge, Cost, Usage } from "../meter/index.ts";
import type { CancelSignal, Clock } from "../platform/index.ts";
import type { ModelReply, ModelRequest } from "./provider.ts";

export type ProviderName = "anthropic" | "openai" | "ollama" | "offline";

export type ModelRef = { readonly provider: ProviderName; readonly model: string };

export const TIERS = ["tier-1", "tier-2", "tier-3"] as const;
export type Tier = (typeof TIERS)[number];

/** The part of the configuration that this room reads. */
export type ModelConfig = {
  readonly anthropic: { readonly apiKey: string; readonly baseUrl: string | null } | null;
  readonly openai: { readonly apiKey: string; readonly baseUrl: string | null } | null;
  readonly ollama: { readonly baseUrl: string } | null;
  readonly tiers: Readonly<Record<Tier, ModelRef>>;
  readonly defaultTier: Tier;
  readonly fallbackChain: readonly Tier[];
  /** Tenants that are absent may use every tier. */
  readonly tenantTierAllowlist: ReadonlyMap<string, readonly Tier[]>;
};

export type TurnContext = {
  readonly tenant: string;
  readonly tier: Tier;
  /** Turns of the task that failed before this one (outages not counted); 0 when left out. */
  readonly priorAttempts?: number;
  readonly signal: CancelSignal;
  /** Of whoever asks: a router serves many objects, and a timer belongs to the one that made it. */
  readonly clock: Clock;
  readonly traceparent: string;
  /**
   * Asked before each attempt: a sentence when the task cannot pay for it, which ends the turn; else the micros that are set
   * aside for it, null when it has no price. Absent: it can. Its charge is that of the turn's failed attempts so far.
   */
  readonly checkBudget?: (attempt: { readonly model: string } & Charge) => Promise<string | number | null>;
  /** Text as it arrives from the model in use. */
  readonly onText: (text: string) => void;
  /** What was streamed since the start of the turn is void: a new attempt begins, perhaps on another model. */
  readonly onReset: (reason: { readonly model: string; readonly failure: string }) => void;
};

/** `costMicros` is that of `usage`: null when the price of a model in it is unknown, or an attempt broke off uncounted. */
export type Turn = Cost & {
  readonly reply: ModelReply;
  /** `provider/model` that answered. */
  readonly model: string;
  /** Attempts made in this turn, over all models; at least 1. */
  readonly attempts: number;
  /** Tokens of the reply and of every failed attempt that the provider counted. */
  readonly usage: Usage;
};

export type TurnFailure = Cost & {
  /**
   * fatal: no retry mends it; the task fails with `code`.
   * attempt: this turn failed; the task spends one of its attempts.
   * outage: every model was down or its breaker open; the task waits `retryAfterMs` and spends no attempt.
   */
  readonly kind: "fatal" | "attempt" | "outage";
  readonly code:
    | "BUDGET_EXHAUSTED"
    | "PROVIDER_AUTH"
    | "PROVIDER_BUDGET"
    | "PROVIDER_UNAVAILABLE"
    | "CONTEXT_TOO_LONG"
    | "PROVIDER_ERROR";
  /** For a person: names the model and what it answered; no user content, no key. */
  readonly message: string;
  readonly retryAfterMs: number | null;
  readonly usage: Usage;
};

export interface ModelRouter {
  /** `provider/model` behind a tier, or behind the default tier, for messages to people. */
  modelOf(tier?: Tier): string;
  /** Whether the tenant may use the tier. */
  isAllowed(tenant: string, tier: Tier): boolean;
  /** One model turn with retries, breakers and fallback. Rejects only when `signal` aborts, with its reason. */
  complete(
    request: ModelRequest,
    context: TurnContext,
  ): Promise<{ readonly ok: true; readonly value: Turn } | { readonly ok: false; readonly error: TurnFailure }>;
}
