/**
 * What the router asks of a provider, and what a provider may answer. A provider makes one attempt: it neither
 * retries nor falls back, and it never hands out a half-finished tool call.
 */
import type { Usage } from "../meter/index.ts";
import type { CancelSignal, Clock } from "../platform/index.ts";

export type ToolSchema = {
  readonly id: string;
  readonly description: string;
  /** JSON Schema of the arguments object. */
  readonly parameters: { readonly [keyword: string]: unknown };
};

/** A call as the model wrote it. Arguments that are not one JSON object are never coerced into one. */
export type ToolCall = {
  /** The provider's id, unique within the reply. */
  readonly callId: string;
  readonly toolId: string;
  readonly arguments:
    | { readonly kind: "object"; readonly value: { readonly [name: string]: unknown } }
    | { readonly kind: "malformed"; readonly raw: string; readonly problem: string };
};

export type Message =
  | { readonly role: "user"; readonly text: string }
  | { readonly role: "assistant"; readonly text: string; readonly toolCalls: readonly ToolCall[] }
  | {
      readonly role: "tool";
      readonly callId: string;
      readonly toolId: string;
      /** JSON text. */
      readonly content: string;
      readonly isError: boolean;
    };

export type ModelRequest = {
  /** Same bytes for every task of a pack: marked for the provider's prompt cache. */
  readonly systemStable: string;
  /** What differs between tasks; empty when nothing does. */
  readonly systemVariable: string;
  readonly messages: readonly Message[];
  readonly tools: readonly ToolSchema[];
  /** In tokens. */
  readonly maxOutputTokens: number;
  /** Name, role and goal of the agent: the offline provider answers in the pack's name. */
  readonly agent: { readonly name: string; readonly role: string; readonly goal: string };
};

export type FinishReason = "stop" | "tool_calls" | "max_tokens" | "refusal";

export type ModelReply = {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly finishReason: FinishReason;
  readonly usage: Usage;
};

/** Why one attempt failed. `usage` counts tokens that were spent all the same, when the provider said so. */
export type ProviderFailure = {
  readonly reason:
    | "rate_limited" // 429 that time mends
    | "spend_limit" // 429 or 402 that time does not mend
    | "overloaded" // 529, 503
    | "server" // other 5xx
    | "connect" // no connection, DNS, TLS, or no response headers in time
    | "timeout" // no first token, no token for too long, or too long overall
    | "cut" // the stream broke before its end
    | "auth" // 401, 403
    | "context_too_long" // 413, or 400 that says so
    | "bad_request"; // any other 4xx: the same request fails again
  readonly status: number | null;
  /** From `retry-after`, in milliseconds. */
  readonly retryAfterMs: number | null;
  /** For the log: no user content, no key. */
  readonly detail: string;
  readonly usage: Usage | null;
  /** What was told is not all: the prompt, say, and not what the model had written by then. */
  readonly isPartial?: true;
  /** A piece of the answer had come: the model was at work, whatever the provider says went wrong. */
  readonly hasBegun?: true;
};

export type ProviderContext = {
  readonly signal: CancelSignal;
  readonly clock: Clock;
  readonly traceparent: string;
  /** Milliseconds this attempt may take as a whole. */
  readonly timeoutMs: number;
  /** 1-based: which attempt on this model within this turn. */
  readonly attempt: number;
  /** Turns of the task that failed before this one, over all of its steps. Only the offline script reads it. */
  readonly priorAttempts: number;
  /** Called with each piece of text as it arrives. */
  readonly onText: (text: string) => void;
};

export type ProviderOutcome =
  /** `usageMissing`: the server counted no tokens, so `usage` is zero and the cost is unknown, not nothing. */
  | { readonly ok: true; readonly value: ModelReply; readonly usageMissing?: true }
  | { readonly ok: false; readonly error: ProviderFailure };

export interface Provider {
  /** `anthropic`, `openai`, `ollama`, `offline`. */
  readonly name: string;
  /** Runs in this process: there is no server to protect, so neither breaker nor retry budget nor outage applies. */
  readonly isLocal?: true;
  /** One attempt. Rejects only when `signal` aborts, with its reason; every other failure is a value. */
  complete(model: string, request: ModelRequest, context: ProviderContext): Promise<ProviderOutcome>;
}
