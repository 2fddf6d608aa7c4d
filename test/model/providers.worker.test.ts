/** The providers in the real runtime, over a mocked network that answers with the bytes of the real wires. */
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Provider } from "../../src/model/index.ts";
import { createModelRouter } from "../../src/model/index.ts";
import { createLog, systemClock } from "../../src/platform/index.ts";
import { configWith } from "./config.ts";

const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

const ANTHROPIC = [
  '{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"x","content":[],"usage":{"input_tokens":11,"cache_read_input_tokens":1024,"cache_creation_input_tokens":7,"output_tokens":1}}}',
  '{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}',
  '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}}',
  '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"lo"}}',
  '{"type":"content_block_stop","index":0}',
  '{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_1","name":"read_file","input":{}}}',
  '{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\\"path\\":"}}',
  '{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"\\"a\\"}"}}',
  '{"type":"content_block_stop","index":1}',
  '{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":23}}',
  '{"type":"message_stop"}',
].map((data) => `event: ${JSON.parse(data).type}\ndata: ${data}\n\n`);

const OPENAI = [
  '{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}',
  '{"choices":[{"index":0,"delta":{"content":"Hel"},"finish_reason":null}]}',
  '{"choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":null}]}',
  '{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"read_file","arguments":""}}]},"finish_reason":null}]}',
  '{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\\"path\\":\\"a\\"}"}}]},"finish_reason":null}]}',
  '{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}',
  '{"choices":[],"usage":{"prompt_tokens":1042,"completion_tokens":23,"total_tokens":1065,"prompt_tokens_details":{"cached_tokens":1024,"cache_write_tokens":7}}}',
  "[DONE]",
].map((data) => `data: ${data}\n\n`);

const SERVED = [
  {
    ref: { provider: "anthropic", model: "claude-sonnet-4-5" },
    frames: ANTHROPIC,
    url: "https://api.anthropic.com/v1/messages",
  },
  { ref: { provider: "openai", model: "gpt-5" }, frames: OPENAI, url: "https://api.openai.com/v1/chat/completions" },
] as const;

const REQUEST: Parameters<Provider["complete"]>[1] = {
  systemStable: "You are Tester.",
  systemVariable: "",
  messages: [{ role: "user", text: "Hi" }],
  tools: [{ id: "read_file", description: "Reads", parameters: { type: "object" } }],
  maxOutputTokens: 512,
  agent: { name: "Ada", role: "Tester", goal: "Try things" },
};

const routerFor = (ref: (typeof SERVED)[number]["ref"]) =>
  createModelRouter({
    config: configWith({
      anthropic: { apiKey: "key", baseUrl: null },
      openai: { apiKey: "key", baseUrl: null },
      tiers: { "tier-1": ref, "tier-2": ref, "tier-3": ref },
    }),
    breaker: { ask: async () => ({ kind: "closed" }), report: async () => undefined },
    random: () => 0,
    log: createLog({}, () => undefined),
  });

afterEach(() => {
  vi.restoreAllMocks();
});

for (const { ref, frames, url } of SERVED) {
  describe(`${ref.provider} in the Workers runtime`, () => {
    it("streams text, calls and usage through the whole router", async () => {
      const requests: { readonly url: string; readonly headers: Headers; readonly redirect: unknown }[] = [];
      vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
        const asked = input instanceof Request ? input.url : String(input);
        requests.push({ url: asked, headers: new Headers(init?.headers), redirect: init?.redirect });
        const encoder = new TextEncoder();
        const body = new ReadableStream<Uint8Array>({
          start(controller) {
            for (const frame of frames) controller.enqueue(encoder.encode(frame));
            controller.close();
          },
        });
        return new Response(body, { headers: { "content-type": "text/event-stream" } });
      });
      const texts: string[] = [];
      const outcome = await routerFor(ref).complete(REQUEST, {
        tenant: "t",
        tier: "tier-2",
        signal: new AbortController().signal,
        clock: systemClock,
        traceparent: TRACEPARENT,
        onText: (text) => void texts.push(text),
        onReset: () => undefined,
      });
      expect(outcome).toMatchObject({
        ok: true,
        value: {
          model: `${ref.provider}/${ref.model}`,
          reply: {
            text: "Hello",
            toolCalls: [{ toolId: "read_file", arguments: { kind: "object", value: { path: "a" } } }],
            finishReason: "tool_calls",
          },
          usage: { inputTokens: 11, cacheReadTokens: 1024, cacheWriteTokens: 7, outputTokens: 23 },
          costMicros: expect.any(Number),
        },
      });
      expect(texts).toEqual(["Hel", "lo"]);
      expect(requests.map((request) => [request.url, request.redirect])).toEqual([[url, "manual"]]);
      expect(requests[0]?.headers.get("traceparent")).toBe(TRACEPARENT);
    });

    it("ends a stalled stream with the signal's reason when the turn is cancelled", async () => {
      const controller = new AbortController();
      const reason = new Error("cancelled");
      vi.spyOn(globalThis, "fetch").mockImplementation(async () => {
        const body = new ReadableStream<Uint8Array>({
          start(stream) {
            // Up to the first text, and then nothing for ever.
            for (const frame of frames.slice(0, 3)) stream.enqueue(new TextEncoder().encode(frame));
          },
        });
        return new Response(body, { headers: { "content-type": "text/event-stream" } });
      });
      const asked = routerFor(ref).complete(REQUEST, {
        tenant: "t",
        tier: "tier-2",
        signal: controller.signal,
        clock: systemClock,
        traceparent: TRACEPARENT,
        onText: () => controller.abort(reason),
        onReset: () => undefined,
      });
      await expect(asked).rejects.toBe(reason);
    });
  });
}
