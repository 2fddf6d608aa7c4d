/** Claude through Anthropic's Messages API. The SDK asks; limits, retries and reading the stream are ours. */
import type {
  ContentBlockParam,
  MessageCreateParamsStreaming,
  MessageParam,
  TextBlockParam,
  ToolResultBlockParam,
} from "@anthropic-ai/sdk/resources/messages";
import { ATTEMPT_MS_MAX } from "../limits.ts";
import type { Message, ModelRequest, Provider } from "../provider.ts";
import { AnthropicCollector } from "./anthropic-reply.ts";
import { type Fetch, runAttempt } from "./attempt.ts";
import { readEvents } from "./event-stream.ts";
import { toName, type WireError } from "./failure.ts";
import { toWireArguments, toWireName } from "./tool-call.ts";
import { field, readErrorText, textField } from "./wire.ts";

type Options = {
  readonly apiKey: string;
  /** Null: Anthropic's own API. */
  readonly baseUrl: string | null;
  readonly fetch: Fetch;
};

/** The SDK is loaded with the first call: a Worker that answers offline, or reads only, never pays for it. */
const loadSdk = () => import("./anthropic-sdk.ts");

export function createAnthropicProvider({ apiKey, baseUrl, fetch }: Options): Provider {
  return {
    name: "anthropic",
    async complete(model, request, context) {
      context.signal.throwIfAborted();
      const { BaseAnthropic, APIError } = await loadSdk();
      const body = toParams(model, request);
      return runAttempt({
        provider: "anthropic",
        apiKey,
        fetch,
        context,
        isSlowStarter: false,
        collector: new AnthropicCollector(request, context.onText),
        open: async (wire) => {
          const client = new BaseAnthropic({
            apiKey,
            // Named even where it is the default: otherwise the SDK reads its own variables from the environment.
            baseURL: baseUrl ?? "https://api.anthropic.com",
            fetch: async (input, init) => shorten(await wire.fetch(input, init)),
            maxRetries: 0,
            timeout: ATTEMPT_MS_MAX,
            logLevel: "off",
            openTelemetry: false,
          });
          // Not messages.create: for a model with an end of life it writes prose to the console with every call.
          const asked = client.post("/v1/messages", {
            body,
            stream: true,
            signal: wire.signal,
            headers: { traceparent: context.traceparent },
          });
          const response = await asked.asResponse();
          return readEvents(response, context.clock, (event, data) =>
            event === "error" ? toWireError(data, response.headers) : null,
          );
        },
        readError: (thrown): WireError | null => {
          if (!(thrown instanceof APIError) || (thrown.status === undefined && thrown.type === null)) return null;
          return {
            provider: "anthropic",
            status: thrown.status ?? null,
            type: toName(thrown.type),
            code: thrown.errorCode,
            message: thrown.apiMessage ?? "",
            headers: thrown.headers ?? null,
            requestId: thrown.requestID ?? null,
          };
        },
      });
    },
  };
}

/** The SDK reads an error answer whole, whatever its size: of one it gets what is read of any. */
async function shorten(response: Response): Promise<Response> {
  if (response.ok) return response;
  const text = await readErrorText(response);
  // A status beyond those of HTTP, which a server may send and this constructor refuses, is a server's fault.
  const status = Math.min(response.status, 599);
  return new Response(text === "" ? null : text, { status, headers: response.headers });
}

/** An error in the midst of a stream, which has no status. */
function toWireError(data: unknown, headers: Headers): WireError {
  const error = field(data, "error");
  return {
    provider: "anthropic",
    status: null,
    type: textField(error, "type"),
    code: textField(field(error, "details"), "error_code"),
    message: textField(error, "message") ?? "",
    headers,
    requestId: headers.get("request-id"),
  };
}

const EPHEMERAL = { type: "ephemeral" } as const;

function toParams(model: string, request: ModelRequest): MessageCreateParamsStreaming {
  // The cached prefix runs from the start of the request: tools come before the system prompt, so the mark at the end
  // of its stable part covers both. What differs between tasks follows the mark.
  const system: TextBlockParam[] = [
    ...(request.systemStable === ""
      ? []
      : [{ type: "text", text: request.systemStable, cache_control: EPHEMERAL } as const]),
    ...(request.systemVariable === "" ? [] : [{ type: "text", text: request.systemVariable } as const]),
  ];
  return {
    model,
    max_tokens: request.maxOutputTokens,
    stream: true,
    ...(system.length > 0 ? { system } : {}),
    ...(request.tools.length > 0
      ? {
          tools: request.tools.map((tool) => ({
            name: toWireName(tool.id),
            description: tool.description,
            input_schema: { ...tool.parameters, type: "object" as const },
          })),
        }
      : {}),
    messages: toMessages(request.messages),
  };
}

/**
 * Consecutive results are one user message, as the API wants all results of a turn together. From the second turn on
 * the end of the conversation is marked too: the next turn then reads it from the cache instead of paying for it again.
 */
function toMessages(messages: readonly Message[]): MessageParam[] {
  const params: { role: "user" | "assistant"; content: ContentBlockParam[] }[] = [];
  for (const message of messages) {
    const role = message.role === "assistant" ? "assistant" : "user";
    const blocks = toBlocks(message);
    const last = params.at(-1);
    if (last?.role === role) last.content.push(...blocks);
    else if (blocks.length > 0) params.push({ role, content: blocks });
  }
  const end = params.at(-1)?.content.at(-1);
  if (params.length > 1 && (end?.type === "tool_result" || end?.type === "text")) end.cache_control = EPHEMERAL;
  return params;
}

function toBlocks(message: Message): ContentBlockParam[] {
  // The API refuses empty text.
  const text: TextBlockParam[] =
    message.role === "tool" || message.text === "" ? [] : [{ type: "text", text: message.text }];
  switch (message.role) {
    case "user":
      return text;
    case "assistant":
      return [
        ...text,
        ...message.toolCalls.map((call) => ({
          type: "tool_use" as const,
          id: call.callId,
          name: toWireName(call.toolId),
          input: toWireArguments(call),
        })),
      ];
    case "tool":
      return [toResult(message)];
  }
}

const toResult = (message: Message & { readonly role: "tool" }): ToolResultBlockParam => ({
  type: "tool_result",
  tool_use_id: message.callId,
  content: message.content,
  ...(message.isError ? { is_error: true } : {}),
});
