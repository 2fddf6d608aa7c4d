/** Anthropic's Messages API as a server speaks it. @see https://platform.claude.com/docs/en/build-with-claude/streaming */
import type { ErrorKind, Part, Stop, Tokens } from "./answer.ts";
import type { StreamWriter, Wire } from "./server.ts";

const frame = (data: { readonly type: string; readonly [key: string]: unknown }): string =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;

const STOP: Readonly<Record<Stop, string>> = {
  stop: "end_turn",
  tool_calls: "tool_use",
  max_tokens: "max_tokens",
  refusal: "refusal",
};

class Writer implements StreamWriter {
  readonly #tokens: Tokens | null;
  #index = -1;
  #isTextOpen = false;

  constructor(tokens: Tokens | null) {
    this.#tokens = tokens;
  }

  open(): string {
    const usage =
      this.#tokens === null
        ? undefined
        : {
            input_tokens: this.#tokens.input,
            cache_read_input_tokens: this.#tokens.cacheRead,
            cache_creation_input_tokens: this.#tokens.cacheWrite,
            output_tokens: 1,
          };
    const message = { id: "msg_1", type: "message", role: "assistant", model: "m", content: [], usage };
    return `${frame({ type: "message_start", message })}${frame({ type: "ping" })}`;
  }

  text(text: string): string {
    let frames = "";
    if (!this.#isTextOpen) {
      frames = this.#openBlock({ type: "text", text: "" });
      this.#isTextOpen = true;
    }
    return `${frames}${frame({ type: "content_block_delta", index: this.#index, delta: { type: "text_delta", text } })}`;
  }

  call(part: Part & { readonly kind: "call" }): string {
    const open = this.#openBlock({ type: "tool_use", id: part.id, name: part.name, input: {} });
    const deltas = part.pieces.map((piece) =>
      frame({
        type: "content_block_delta",
        index: this.#index,
        delta: { type: "input_json_delta", partial_json: piece },
      }),
    );
    return `${open}${deltas.join("")}`;
  }

  close(stop: Stop): string {
    const delta = { stop_reason: STOP[stop], stop_sequence: null };
    const usage = this.#tokens === null ? undefined : { output_tokens: this.#tokens.output };
    return `${this.#closeBlock()}${frame({ type: "message_delta", delta, usage })}${frame({ type: "message_stop" })}`;
  }

  overload(): string {
    return frame({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } });
  }

  #openBlock(block: unknown): string {
    const closed = this.#closeBlock();
    this.#index += 1;
    this.#isTextOpen = false;
    return `${closed}${frame({ type: "content_block_start", index: this.#index, content_block: block })}`;
  }

  #closeBlock(): string {
    return this.#index < 0 ? "" : frame({ type: "content_block_stop", index: this.#index });
  }
}

const error = (type: string, message: string, more: object = {}) => ({
  type: "error",
  error: { type, message, ...more },
  request_id: "req_1",
});

const ERRORS: Readonly<Record<ErrorKind, ReturnType<Wire["error"]>>> = {
  rate_limited: { status: 429, headers: { "retry-after": "7" }, body: error("rate_limit_error", "Too many requests") },
  rate_limited_silent: { status: 429, body: error("rate_limit_error", "Number of requests is too high") },
  spend_limit: {
    status: 429,
    body: error("rate_limit_error", "You have reached your specified workspace API spend limit."),
  },
  overloaded: { status: 529, body: error("overloaded_error", "Overloaded") },
  unavailable: { status: 503, body: error("api_error", "Try later") },
  server: { status: 500, body: error("api_error", "Internal server error") },
  auth: { status: 401, body: error("authentication_error", "invalid x-api-key: key-of-the-test") },
  forbidden: { status: 403, body: error("permission_error", "Your key may not use this model") },
  too_large: { status: 413, body: error("request_too_large", "Request exceeds the maximum size") },
  context: {
    status: 400,
    body: error("invalid_request_error", "prompt is too long: 250000 tokens > 200000 maximum"),
  },
  bad_request: {
    status: 400,
    body: error("invalid_request_error", "messages.0: the-words-of-the-user is not allowed"),
  },
  not_found: { status: 404, body: error("not_found_error", "model: no-such-model") },
  parrot: {
    status: 401,
    headers: { "request-id": "req_key-of-the-test" },
    body: error("You sent the-words-of-the-user", "You sent key-of-the-test and the-words-of-the-user"),
  },
};

export const anthropicWire: Wire = {
  path: "/v1/messages",
  writer: (tokens) => new Writer(tokens),
  error: (kind) => ERRORS[kind],
};
