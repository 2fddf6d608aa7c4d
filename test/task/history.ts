/** Short histories for tests of the pure parts. */

import type { ToolCall } from "../../src/model/index.ts";
import type { CallResult, History, StepRecord } from "../../src/task/journal/history.ts";
import type { BrokenCall } from "../../src/task/loop/broken-call.ts";

export const call = (toolId: string, args: { [name: string]: unknown } = {}, callId = "c"): ToolCall => ({
  callId,
  toolId,
  arguments: { kind: "object", value: args },
});

export const malformed = (toolId: string): ToolCall => ({
  callId: "c",
  toolId,
  arguments: { kind: "malformed", raw: "{", problem: "the text ends too early" },
});

const USAGE = { inputTokens: 10, cacheReadTokens: 1, cacheWriteTokens: 2, outputTokens: 5 };

export const step = (n: number, toolCalls: readonly ToolCall[], more: Partial<StepRecord> = {}): StepRecord => ({
  n,
  text: "",
  toolCalls,
  finishReason: toolCalls.length > 0 ? "tool_calls" : "stop",
  model: "offline/scripted",
  usage: USAGE,
  costMicros: 100,
  replayed: false,
  ...more,
});

export const result = (n: number, index: number, value: unknown = null): CallResult => ({
  step: n,
  index,
  success: true,
  resultJson: JSON.stringify(value),
  error: null,
  durationMs: 1,
});

/** An attempt at a call of the first step that came to no result. */
export const broken = (index: number, attempt = 1): BrokenCall => ({
  ...{ step: 0, index, attempt, outcome: "unknown", at: 1, durationMs: null },
  error: { code: "OUTCOME_UNKNOWN", message: "" },
});

export const history = (steps: readonly StepRecord[], results: readonly CallResult[] = []): History => ({
  steps,
  results,
  spent: [],
});
