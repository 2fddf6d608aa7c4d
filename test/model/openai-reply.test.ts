/** What servers that speak chat completions nearly right send, and what is made of it. */
import { describe, expect, it } from "vitest";
import { OpenAiCollector } from "../../src/model/providers/openai-reply.ts";
import { REQUEST } from "../case/model-wire/rig.ts";

const collect = (...chunks: readonly unknown[]) => {
  const collector = new OpenAiCollector(REQUEST, () => undefined);
  const pieces = chunks.map((chunk) => collector.take(chunk));
  return { reply: collector.reply(), usage: collector.usage(), pieces };
};
const delta = (value: object, finish: string | null = null) => ({ choices: [{ delta: value, finish_reason: finish }] });
const called = (call: object) => delta({ tool_calls: [call] });

describe("calls", () => {
  it("are told apart by their ids when a server gives all of them the index 0", () => {
    const { reply } = collect(
      called({ index: 0, id: "a", function: { name: "read_file", arguments: '{"n":1}' } }),
      called({ index: 0, id: "b", function: { name: "read_file", arguments: '{"n":2}' } }),
      delta({}, "tool_calls"),
    );
    expect(reply?.toolCalls).toMatchObject([
      { callId: "a", arguments: { kind: "object", value: { n: 1 } } },
      { callId: "b", arguments: { kind: "object", value: { n: 2 } } },
    ]);
  });

  it("stay one when a server repeats the id with each piece", () => {
    const { reply } = collect(
      called({ index: 0, id: "a", function: { name: "read_file", arguments: '{"n"' } }),
      called({ index: 0, id: "a", function: { name: "read_file", arguments: ":1}" } }),
      delta({}, "tool_calls"),
    );
    expect(reply?.toolCalls).toMatchObject([{ callId: "a", arguments: { kind: "object", value: { n: 1 } } }]);
  });

  it("are calls although the server ends with stop", () => {
    const call = { index: 0, id: "a", function: { name: "read_file", arguments: "{}" } };
    expect(collect(called(call), delta({}, "stop")).reply?.finishReason).toBe("tool_calls");
  });

  it("get an id when they came without one", () => {
    const call = { function: { name: "read_file", arguments: "{}" } };
    expect(collect(called(call), delta({}, "stop")).reply?.toolCalls).toMatchObject([{ callId: "call_0" }]);
  });
});

describe("the end", () => {
  it("is a stop when a server says tool_calls and made none", () => {
    expect(collect(delta({ content: "x" }), delta({}, "tool_calls")).reply?.finishReason).toBe("stop");
  });

  it("is a refusal when the model says so in its own field", () => {
    const { reply } = collect(delta({ refusal: "I will " }), delta({ refusal: "not." }), delta({}, "stop"));
    expect(reply).toMatchObject({ text: "I will not.", finishReason: "refusal" });
  });
});

describe("usage", () => {
  it("is known without details, and never negative", () => {
    const end = (usage: object) => collect(delta({ content: "x" }, "stop"), { choices: [], usage }).usage;
    const rest = { cacheWriteTokens: 0, outputTokens: 2 };
    expect(end({ prompt_tokens: 9, completion_tokens: 2 })).toEqual({ inputTokens: 9, cacheReadTokens: 0, ...rest });
    expect(end({ prompt_tokens: 9, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 50 } })).toEqual({
      inputTokens: 0,
      cacheReadTokens: 9,
      ...rest,
    });
    expect(end({ prompt_tokens: "many" })).toBeNull();
  });
});

describe("a piece of the answer", () => {
  it("is not a chunk that only names the role, and is a model's thinking", () => {
    const { pieces } = collect(
      delta({ role: "assistant", content: "" }),
      delta({ reasoning_content: "Hm." }),
      delta({ content: "x" }),
    );
    expect(pieces).toEqual([false, true, true]);
  });
});

describe("chunks of another shape", () => {
  it("are passed over", () => {
    const odd = [
      null,
      42,
      "text",
      [],
      {},
      { choices: null },
      { choices: [null] },
      { choices: [{ delta: { content: 7 } }] },
    ];
    expect(collect(...odd, delta({ content: "x" }, "stop")).reply?.text).toBe("x");
  });
});
