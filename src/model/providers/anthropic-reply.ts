/** Events of the Messages API -> one reply. @see https://platform.claude.com/docs/en/build-with-claude/streaming */
import type { Usage } from "../../meter/index.ts";
import type { FinishReason, ModelReply, ModelRequest } from "../provider.ts";
import { type Collector, ReplyMeter, TextSink } from "./attempt.ts";
import { toToolCalls } from "./tool-call.ts";
import { countField, field, textField } from "./wire.ts";

type OpenCall = { readonly id: string; readonly name: string; readonly input: unknown; json: string };

const FINISH: ReadonlyMap<string, FinishReason> = new Map([
  ["max_tokens", "max_tokens"],
  ["model_context_window_exceeded", "max_tokens"],
  ["refusal", "refusal"],
]);

export class AnthropicCollector implements Collector {
  readonly #request: ModelRequest;
  readonly #sink: TextSink;
  readonly #meter = new ReplyMeter();
  /** By block index, in the order the blocks were opened. */
  readonly #calls = new Map<number, OpenCall>();
  #usage: Usage | null = null;
  #isCounted = false;
  #stopReason: string | null = null;
  #isComplete = false;

  constructor(request: ModelRequest, onText: (text: string) => void) {
    this.#request = request;
    this.#sink = new TextSink(onText);
  }

  take(event: unknown): boolean {
    switch (textField(event, "type")) {
      case "ping":
        return false;
      case "message_start":
        this.#count(field(field(event, "message"), "usage"));
        return false;
      case "content_block_start":
        this.#openBlock(countField(event, "index") ?? 0, field(event, "content_block"));
        return true;
      case "content_block_delta":
        this.#extendBlock(countField(event, "index") ?? 0, field(event, "delta"));
        return true;
      case "message_delta":
        this.#stopReason = textField(field(event, "delta"), "stop_reason") ?? this.#stopReason;
        this.#count(field(event, "usage"));
        this.#isCounted = true;
        return true;
      case "message_stop":
        this.#isComplete = true;
        return true;
      default:
        // content_block_stop says nothing that is needed; the API may add kinds of events at any time.
        return true;
    }
  }

  reply(): ModelReply | null {
    if (!this.#isComplete) return null;
    const named = FINISH.get(this.#stopReason ?? "") ?? null;
    // What a model refused to finish it also refused to do.
    const raw = named === "refusal" ? [] : [...this.#calls.values()];
    const toolCalls = toToolCalls(
      raw.map((call) => ({ id: call.id, name: call.name, json: jsonOf(call, named) })),
      this.#request,
      named,
    );
    return {
      text: this.#sink.text,
      toolCalls,
      finishReason: named ?? (toolCalls.length > 0 ? "tool_calls" : "stop"),
      usage: this.#usage ?? { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0 },
    };
  }

  usage(): Usage | null {
    return this.#usage;
  }

  /** The prompt is counted before the answer, the answer itself at its end. */
  get isCounted(): boolean {
    return this.#isCounted;
  }

  #openBlock(index: number, block: unknown): void {
    const type = textField(block, "type");
    if (type === "text") this.#addText(textField(block, "text") ?? "");
    if (type !== "tool_use") return;
    this.#meter.addCall();
    this.#calls.set(index, {
      id: textField(block, "id") ?? "",
      name: textField(block, "name") ?? "",
      input: field(block, "input"),
      json: "",
    });
  }

  #extendBlock(index: number, delta: unknown): void {
    const type = textField(delta, "type");
    if (type === "text_delta") this.#addText(textField(delta, "text") ?? "");
    if (type !== "input_json_delta") return;
    const piece = textField(delta, "partial_json") ?? "";
    this.#meter.addChars(piece.length);
    const call = this.#calls.get(index);
    if (call !== undefined) call.json += piece;
  }

  #addText(text: string): void {
    this.#meter.addChars(text.length);
    this.#sink.push(text);
  }

  /** Each count replaces the one before: the API repeats totals, it does not send increments. */
  #count(usage: unknown): void {
    if (typeof usage !== "object" || usage === null) return;
    const before = this.#usage;
    this.#usage = {
      inputTokens: countField(usage, "input_tokens") ?? before?.inputTokens ?? 0,
      cacheReadTokens: countField(usage, "cache_read_input_tokens") ?? before?.cacheReadTokens ?? 0,
      cacheWriteTokens: countField(usage, "cache_creation_input_tokens") ?? before?.cacheWriteTokens ?? 0,
      outputTokens: countField(usage, "output_tokens") ?? before?.outputTokens ?? 0,
    };
  }
}

/** A call without arguments is opened with `input: {}` and gets no deltas; cut off at its start it looks the same. */
function jsonOf(call: OpenCall, finish: FinishReason | null): string {
  if (call.json !== "" || finish === "max_tokens") return call.json;
  return JSON.stringify(call.input) ?? "";
}
