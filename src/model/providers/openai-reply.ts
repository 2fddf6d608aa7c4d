/** Chunks of a chat completion -> one reply. @see https://platform.openai.com/docs/api-reference/chat-streaming */
import { NO_USAGE, type Usage } from "../../meter/index.ts";
import type { FinishReason, ModelReply, ModelRequest } from "../provider.ts";
import { type Collector, ReplyMeter, TextSink } from "./attempt.ts";
import { toToolCalls } from "./tool-call.ts";
import { countField, field, listField, textField } from "./wire.ts";

type OpenCall = { id: string; name: string; json: string };

export class OpenAiCollector implements Collector {
  readonly #request: ModelRequest;
  readonly #sink: TextSink;
  readonly #meter = new ReplyMeter();
  readonly #calls: OpenCall[] = [];
  /** The call that further pieces with this index belong to. */
  readonly #openAt = new Map<number, OpenCall>();
  #usage: Usage | null = null;
  #finish: string | null = null;
  #isRefusal = false;

  constructor(request: ModelRequest, onText: (text: string) => void) {
    this.#request = request;
    this.#sink = new TextSink(onText);
  }

  take(chunk: unknown): boolean {
    this.#count(field(chunk, "usage"));
    const choice = listField(chunk, "choices")[0];
    if (choice === undefined) return false;
    const delta = field(choice, "delta");
    const refusal = textField(delta, "refusal") ?? "";
    if (refusal !== "") this.#isRefusal = true;
    this.#addText(`${textField(delta, "content") ?? ""}${refusal}`);
    const calls = listField(delta, "tool_calls");
    for (const call of calls) this.#extendCall(call);
    this.#finish = textField(choice, "finish_reason") ?? this.#finish;
    // The first chunk often names only the role: bookkeeping, not a piece of the answer.
    return this.#sink.text !== "" || this.#calls.length > 0 || this.#finish !== null || hasReasoning(delta);
  }

  reply(): ModelReply | null {
    if (this.#finish === null) return null;
    const named = this.#namedFinish();
    const toolCalls = toToolCalls(named === "refusal" ? [] : this.#calls, this.#request, named);
    return {
      text: this.#sink.text,
      toolCalls,
      // Not every server says `tool_calls` when it made some.
      finishReason: named ?? (toolCalls.length > 0 ? "tool_calls" : "stop"),
      usage: this.#usage ?? NO_USAGE,
    };
  }

  usage(): Usage | null {
    return this.#usage;
  }

  get isCounted(): boolean {
    return this.#usage !== null;
  }

  #namedFinish(): FinishReason | null {
    if (this.#isRefusal || this.#finish === "content_filter") return "refusal";
    return this.#finish === "length" ? "max_tokens" : null;
  }

  #extendCall(piece: unknown): void {
    const index = countField(piece, "index") ?? 0;
    const id = textField(piece, "id") ?? "";
    const name = textField(field(piece, "function"), "name") ?? "";
    const json = textField(field(piece, "function"), "arguments") ?? "";
    let call = this.#openAt.get(index);
    // Some servers give every call of a reply the index 0: a new id with a name starts another call.
    if (call === undefined || (id !== "" && call.id !== "" && id !== call.id && name !== "")) {
      this.#meter.addCall();
      call = { id: "", name: "", json: "" };
      this.#openAt.set(index, call);
      this.#calls.push(call);
    }
    this.#meter.addChars(json.length);
    if (call.id === "") call.id = id;
    if (call.name === "") call.name = name;
    call.json += json;
  }

  #addText(text: string): void {
    this.#meter.addChars(text.length);
    if (text !== "") this.#sink.push(text);
  }

  /** Cached tokens are part of the prompt's count on this wire; the four classes exclude each other. */
  #count(usage: unknown): void {
    const prompt = countField(usage, "prompt_tokens");
    const output = countField(usage, "completion_tokens");
    if (prompt === null && output === null) return;
    const details = field(usage, "prompt_tokens_details");
    const cacheReadTokens = Math.min(countField(details, "cached_tokens") ?? 0, prompt ?? 0);
    const cacheWriteTokens = Math.min(countField(details, "cache_write_tokens") ?? 0, (prompt ?? 0) - cacheReadTokens);
    this.#usage = {
      inputTokens: (prompt ?? 0) - cacheReadTokens - cacheWriteTokens,
      cacheReadTokens,
      cacheWriteTokens,
      outputTokens: output ?? 0,
    };
  }
}

/** Servers that stream a model's thinking put it beside the content; it shows that the model is at work. */
const hasReasoning = (delta: unknown): boolean =>
  (textField(delta, "reasoning_content") ?? textField(delta, "reasoning") ?? "") !== "";
