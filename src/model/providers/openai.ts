/**
 * OpenAI's chat completions, which Ollama, vLLM, llama.cpp and many gateways speak too: one POST and a stream of events, without
 * the SDK (docs/decisions/0068-one-wire-without-its-sdk.md).
 */
import type {
  ChatCompletionCreateParamsStreaming,
  ChatCompletionMessageParam,
} from "openai/resources/chat/completions";
import type { Message, ModelRequest, Provider } from "../provider.ts";
import { type Fetch, runAttempt } from "./attempt.ts";
import { ProviderFault, readEvents } from "./event-stream.ts";
import { toName, type WireError } from "./failure.ts";
import { OpenAiCollector } from "./openai-reply.ts";
import { toWireArguments, toWireName } from "./tool-call.ts";
import { field, readErrorText, textField } from "./wire.ts";

type Options = {
  readonly name: "openai" | "ollama";
  readonly apiKey: string;
  /** With its version path, such as `https://host/v1`; null: OpenAI's own API. */
  readonly baseUrl: string | null;
  readonly fetch: Fetch;
};

/** Where Ollama serves this wire. @see https://docs.ollama.com/openai */
export const toOllamaBaseUrl = (baseUrl: string): string =>
  /\/v1\/?$/.test(baseUrl) ? baseUrl : `${baseUrl.replace(/\/+$/, "")}/v1`;

/** Some gateways want a query, such as `?api-version=…`, which stays behind the path. */
function toUrl(baseUrl: string): string {
  const url = new URL(baseUrl);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/chat/completions`;
  return url.href;
}

export function createOpenAiProvider({ name, apiKey, baseUrl, fetch }: Options): Provider {
  const url = toUrl(baseUrl ?? "https://api.openai.com/v1");
  return {
    name,
    async complete(model, request, context) {
      context.signal.throwIfAborted();
      const body = JSON.stringify(toParams(model, request, baseUrl));
      const headers = {
        // Some servers refuse whoever does not take JSON, some whoever does not take events; errors are the former.
        accept: "application/json, text/event-stream",
        authorization: `Bearer ${apiKey}`,
        "content-type": "application/json",
        traceparent: context.traceparent,
        "user-agent": "vasini",
      };
      return runAttempt({
        provider: name,
        apiKey,
        fetch,
        context,
        // A server of one's own may load the model first, and answers with headers when it has.
        isSlowStarter: baseUrl !== null,
        collector: new OpenAiCollector(request, context.onText),
        open: async (wire) => {
          const response = await wire.fetch(url, { method: "POST", headers, body, signal: wire.signal });
          if (!response.ok) throw new ProviderFault(await readRefusal(name, response));
          return readEvents(response, context.clock, (event, data) => {
            const error = field(data, "error");
            const isError = event === "error" || Boolean(error);
            return isError ? toWireError(name, error ?? data, { status: null, headers: response.headers }) : null;
          });
        },
      });
    },
  };
}

/** An answer that is no stream: `{"error": {…}}` as a rule, of some servers what stands in it alone, and whatever else they answer with. */
async function readRefusal(provider: string, response: Response): Promise<WireError> {
  const text = await readErrorText(response);
  const json = parseJson(text);
  return toWireError(provider, field(json, "error") ?? json ?? text, response);
}

/** Undefined for what is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @param error an object with `type`, `code` and `message`; of some servers a text. */
const toWireError = (
  provider: string,
  error: unknown,
  { status, headers }: Pick<WireError, "status"> & { readonly headers: Headers },
): WireError => ({
  provider,
  status,
  type: toName(field(error, "type")),
  code: toName(field(error, "code")),
  message: textField(error, "message") ?? (typeof error === "string" ? error : JSON.stringify(error)),
  headers,
  requestId: headers.get("x-request-id"),
});

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
