/** OpenAI's chat completions as a server streams them. @see https://platform.openai.com/docs/api-reference/chat-streaming */
import type { ErrorKind, Part, Stop, Tokens } from "./answer.ts";
import type { StreamWriter, Wire } from "./server.ts";

const frame = (data: unknown): string => `data: ${JSON.stringify(data)}\n\n`;

const STOP: Readonly<Record<Stop, string>> = {
  stop: "stop",
  tool_calls: "tool_calls",
  max_tokens: "length",
  refusal: "content_filter",
};

class Writer implements StreamWriter {
  readonly #tokens: Tokens | null;
  #calls = 0;

  constructor(tokens: Tokens | null) {
    this.#tokens = tokens;
  }

  open(): string {
    return this.#chunk({ role: "assistant", content: "" });
  }

  text(text: string): string {
    return this.#chunk({ content: text });
  }

  call(part: Part & { readonly kind: "call" }): string {
    const index = this.#calls;
    this.#calls += 1;
    const first = { index, id: part.id, type: "function", function: { name: part.name, arguments: "" } };
    const rest = part.pieces.map((piece) => this.#chunk({ tool_calls: [{ index, function: { arguments: piece } }] }));
    return `${this.#chunk({ tool_calls: [first] })}${rest.join("")}`;
  }

  close(stop: Stop): string {
    return `${this.#chunk({}, STOP[stop])}${this.#usage()}data: [DONE]\n\n`;
  }

  overload(): string {
    return frame({ error: { message: "The server is overloaded", type: "overloaded_error", code: null } });
  }

  #chunk(delta: object, finish: string | null = null): string {
    return frame({
      id: "chatcmpl-1",
      object: "chat.completion.chunk",
      created: 1,
      model: "m",
      choices: [{ index: 0, delta, finish_reason: finish }],
    });
  }

  /** Cached tokens are part of the prompt on this wire. */
  #usage(): string {
    if (this.#tokens === null) return "";
    const { input, cacheRead, cacheWrite, output } = this.#tokens;
    const prompt = input + cacheRead + cacheWrite;
    return frame({
      id: "chatcmpl-1",
      object: "chat.completion.chunk",
      created: 1,
      model: "m",
      choices: [],
      usage: {
        prompt_tokens: prompt,
        completion_tokens: output,
        total_tokens: prompt + output,
        prompt_tokens_details: { cached_tokens: cacheRead, cache_write_tokens: cacheWrite },
      },
    });
  }
}

const error = (type: string, message: string, code: string | null = null) => ({
  error: { message, type, param: null, code },
});

const ERRORS: Readonly<Record<ErrorKind, ReturnType<Wire["error"]>>> = {
  rate_limited: {
    status: 429,
    headers: { "retry-after": "7" },
    body: error("requests", "Rate limit reached", "rate_limit_exceeded"),
  },
  rate_limited_silent: { status: 429, body: error("requests", "Rate limit reached", "rate_limit_exceeded") },
  spend_limit: {
    status: 429,
    body: error("insufficient_quota", "You exceeded your current quota, check your plan.", "insufficient_quota"),
  },
  overloaded: { status: 529, body: error("server_error", "Overloaded") },
  unavailable: { status: 503, body: error("server_error", "That model is currently overloaded") },
  server: { status: 500, body: error("server_error", "The server had an error") },
  auth: {
    status: 401,
    body: error("invalid_request_error", "Incorrect API key provided: key-of-the-test", "invalid_api_key"),
  },
  forbidden: { status: 403, body: error("invalid_request_error", "Country not supported", "unsupported_country") },
  too_large: { status: 413, body: error("invalid_request_error", "Request too large") },
  context: {
    status: 400,
    body: error(
      "invalid_request_error",
      "This model's maximum context length is 8192 tokens.",
      "context_length_exceeded",
    ),
  },
  bad_request: { status: 400, body: error("invalid_request_error", "the-words-of-the-user is not allowed") },
  parrot: {
    status: 401,
    headers: { "x-request-id": "req_key-of-the-test" },
    body: error("You sent the-words-of-the-user", "You sent key-of-the-test", "key-of-the-test"),
  },
  not_found: { status: 404, body: error("invalid_request_error", "The model does not exist", "model_not_found") },
};

export const openAiWire: Wire = {
  path: "/v1/chat/completions",
  writer: (tokens) => new Writer(tokens),
  error: (kind) => ERRORS[kind],
};
