/** OpenAI's chat completions, which Ollama, vLLM, llama.cpp and many gateways speak too. */
import type {
  ChatCompletionCreateParamsStreaming,
  ChatCompletionMessageParam,
} from "openai/resources/chat/completions";
import type { Clock } from "../../platform/index.ts";
import { ATTEMPT_MS_MAX } from "../limits.ts";
import type { Message, ModelRequest, Provider } from "../provider.ts";
import { type Fetch, runAttempt } from "./attempt.ts";
import type { WireError } from "./failure.ts";
import { OpenAiCollector } from "./openai-reply.ts";
import { toWireArguments, toWireName } from "./tool-call.ts";

type Options = {
  readonly name: "openai" | "ollama";
  readonly apiKey: string;
  /** With its version path, such as `https://host/v1`; null: OpenAI's own API. */
  readonly baseUrl: string | null;
  readonly fetch: Fetch;
  readonly clock: Clock;
};

/** Loaded with the first call, as in anthropic.ts. */
const loadSdk = () => import("./openai-sdk.ts");

/** Where Ollama serves this wire. @see https://docs.ollama.com/openai */
export const toOllamaBaseUrl = (baseUrl: string): string =>
  /\/v1\/?$/.test(baseUrl) ? baseUrl : `${baseUrl.replace(/\/+$/, "")}/v1`;

export function createOpenAiProvider({ name, apiKey, baseUrl, fetch, clock }: Options): Provider {
  return {
    name,
    async complete(model, request, context) {
      context.signal.throwIfAborted();
      const { OpenAI, APIError } = await loadSdk();
      const params = toParams(model, request, baseUrl);
      return runAttempt({
        provider: name,
        apiKey,
        clock,
        fetch,
        context,
        // A server of one's own may load the model first, and answers with headers when it has.
        isSlowStarter: baseUrl !== null,
        collector: new OpenAiCollector(request, context.onText),
        open: async (wire) => {
          const client = new OpenAI({
            apiKey,
            baseURL: baseUrl ?? "https://api.openai.com/v1",
            // Null keeps the SDK from reading them from the environment.
            adminAPIKey: null,
            organization: null,
            project: null,
            fetch: wire.fetch,
            maxRetries: 0,
            timeout: ATTEMPT_MS_MAX,
            logLevel: "off",
          });
          return client.chat.completions.create(params, {
            signal: wire.signal,
            headers: { traceparent: context.traceparent },
          });
        },
        readError: (thrown): WireError | null => {
          if (!(thrown instanceof APIError) || (thrown.status === undefined && thrown.error === undefined)) return null;
          return {
            provider: name,
            status: thrown.status ?? null,
            type: thrown.type ?? null,
            code: typeof thrown.code === "string" ? thrown.code : null,
            message: thrown.message,
            headers: thrown.headers ?? null,
            requestId: thrown.requestID ?? null,
          };
        },
      });
    },
  };
}

/** Reasoning models refuse `max_tokens`; many servers know nothing else. */
const wantsCompletionLimit = (model: string, baseUrl: string | null): boolean =>
  baseUrl === null || /^(gpt-[5-9]|o\d)/.test(model);

function toParams(model: string, request: ModelRequest, baseUrl: string | null): ChatCompletionCreateParamsStreaming {
  // One system message: some chat templates refuse two. The stable part comes first, where prefix caches look.
  const system = [request.systemStable, request.systemVariable].filter((part) => part !== "").join("\n\n");
  return {
    model,
    stream: true,
    stream_options: { include_usage: true },
    ...(wantsCompletionLimit(model, baseUrl)
      ? { max_completion_tokens: request.maxOutputTokens }
      : { max_tokens: request.maxOutputTokens }),
    messages: [
      ...(system === "" ? [] : [{ role: "system" as const, content: system }]),
      ...request.messages.map(toMessage),
    ],
    ...(request.tools.length > 0
      ? {
          tools: request.tools.map((tool) => ({
            type: "function" as const,
            function: { name: toWireName(tool.id), description: tool.description, parameters: { ...tool.parameters } },
          })),
        }
      : {}),
  };
}

function toMessage(message: Message): ChatCompletionMessageParam {
  switch (message.role) {
    case "user":
      return { role: "user", content: message.text };
    case "tool":
      return { role: "tool", tool_call_id: message.callId, content: message.content };
    case "assistant":
      return {
        role: "assistant",
        content: message.text,
        ...(message.toolCalls.length > 0
          ? {
              tool_calls: message.toolCalls.map((call) => ({
                id: call.callId,
                type: "function" as const,
                function: { name: toWireName(call.toolId), arguments: JSON.stringify(toWireArguments(call)) },
              })),
            }
          : {}),
      };
  }
}
