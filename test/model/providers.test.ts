/** The shared provider suite on every provider, then what is particular to one wire. */
import { describe, expect, it } from "vitest";
import { createAnthropicProvider } from "../../src/model/providers/anthropic.ts";
import { toOllamaBaseUrl } from "../../src/model/providers/openai.ts";
import { assert } from "../../src/platform/index.ts";
import { call, stream, text } from "../case/model-wire/answer.ts";
import { type Bench, TRACEPARENT } from "../case/model-wire/bench.ts";
import { ManualClock } from "../case/model-wire/clock.ts";
import { describeProvider } from "../case/model-wire/provider.case.ts";
import { API_KEY, REQUEST, RIGS } from "../case/model-wire/rig.ts";

for (const rig of RIGS) {
  describeProvider(rig, rig.name === "anthropic" ? anthropic : rig.server === null ? undefined : openAi);
}

const CONVERSATION = {
  systemStable: "Stable.",
  systemVariable: "Variable.",
  messages: [
    { role: "user", text: "Go." },
    {
      role: "assistant",
      text: "",
      toolCalls: [
        { callId: "a", toolId: "read_file", arguments: { kind: "object", value: { path: "x" } } },
        { callId: "b", toolId: "mcp.github.search", arguments: { kind: "malformed", raw: "{oops", problem: "p" } },
      ],
    },
    { role: "tool", callId: "a", toolId: "read_file", content: '{"content":"1"}', isError: false },
    { role: "tool", callId: "b", toolId: "mcp.github.search", content: '{"error":"2"}', isError: true },
  ],
} as const;

const MALFORMED = { malformed_arguments: "{oops" };

function anthropic(bench: Bench): void {
  describe("on the wire", () => {
    const bodyOf = () => {
      const seen = bench.rig.server?.seen[0];
      assert(seen !== undefined, "a request was made");
      return seen;
    };

    it("marks the end of the stable prefix for the cache, and nothing that differs between tasks", async () => {
      await bench.reply(stream([text("x")]), { request: { systemVariable: "Variable." } });
      expect(bodyOf().body).toMatchObject({
        model: "test-model",
        max_tokens: 512,
        stream: true,
        system: [
          { type: "text", text: REQUEST.systemStable, cache_control: { type: "ephemeral" } },
          { type: "text", text: "Variable." },
        ],
        tools: [{ name: "read_file", input_schema: { type: "object" } }, { name: "mcp_github_search" }],
        messages: [{ role: "user", content: [{ type: "text", text: "the-words-of-the-user" }] }],
      });
      expect(JSON.stringify(bodyOf().body).match(/cache_control/g)).toHaveLength(1);
    });

    it("sends the same bytes up to the mark for two tasks of one pack", async () => {
      const prefixes: string[] = [];
      for (const words of ["one", "two"]) {
        await bench.reply(stream([text("x")]), { request: { messages: [{ role: "user", text: words }] } });
        const body = bodyOf().body;
        assert(typeof body === "object" && body !== null && "system" in body && "tools" in body, "a whole request");
        prefixes.push(JSON.stringify([body.tools, body.system]));
      }
      expect(prefixes[0]).toBe(prefixes[1]);
    });

    it("sends all results of a turn in one message, and shows malformed arguments without repairing them", async () => {
      await bench.reply(stream([text("x")]), { request: CONVERSATION });
      expect(bodyOf().body).toMatchObject({
        messages: [
          { role: "user" },
          {
            role: "assistant",
            content: [
              { type: "tool_use", id: "a", name: "read_file", input: { path: "x" } },
              { type: "tool_use", id: "b", name: "mcp_github_search", input: MALFORMED },
            ],
          },
          {
            role: "user",
            content: [
              { type: "tool_result", tool_use_id: "a", content: '{"content":"1"}' },
              { type: "tool_result", tool_use_id: "b", content: '{"error":"2"}', is_error: true },
            ],
          },
        ],
      });
    });

    it("marks the end of a conversation that goes on, so that the next turn reads it from the cache", async () => {
      await bench.reply(stream([text("x")]), { request: CONVERSATION });
      const body = JSON.stringify(bodyOf().body);
      expect(body.match(/cache_control/g)).toHaveLength(2);
      expect(body).toContain('"is_error":true,"cache_control"');
    });

    it("sends key and trace as headers, to the path of the API", async () => {
      await bench.reply(stream([text("x")]));
      expect(bodyOf()).toMatchObject({
        url: "/v1/messages",
        headers: { authorization: `Bearer ${API_KEY}`, traceparent: TRACEPARENT },
      });
    });

    it("trusts a retry-after over words about spending", async () => {
      const failure = await bench.failure({ kind: "error", error: "spend_limit", retryAfter: "3" });
      expect(failure).toMatchObject({ reason: "rate_limited", retryAfterMs: 3_000 });
    });

    it("reads a call without arguments as an empty object, as the server said", async () => {
      const { toolCalls } = await bench.reply(stream([call("read_file", "")]));
      expect(toolCalls).toMatchObject([{ arguments: { kind: "object", value: {} } }]);
    });

    it("gives a long request more time until the headers", async () => {
      const server = bench.rig.server;
      assert(server !== null, "anthropic has a server");
      const arrived = server.arrival();
      const words = "word ".repeat(80_000);
      const asked = bench.failure({ kind: "silence" }, { request: { messages: [{ role: "user", text: words }] } });
      await arrived;
      let isOver = false;
      void asked.then(() => {
        isOver = true;
      });
      await bench.clock.advance(19_000);
      expect(isOver).toBe(false);
      await bench.clock.advance(2_000);
      expect(await asked).toMatchObject({ reason: "connect" });
    });
  });
}

function openAi(bench: Bench): void {
  describe("on the wire", () => {
    const bodyOf = () => bench.rig.server?.seen[0]?.body;

    it("sends one system message, stable part first, and asks for usage", async () => {
      await bench.reply(stream([text("x")]), { request: { systemVariable: "Variable." } });
      expect(bodyOf()).toMatchObject({
        model: "test-model",
        max_tokens: 512,
        stream: true,
        stream_options: { include_usage: true },
        messages: [
          { role: "system", content: `${REQUEST.systemStable}\n\nVariable.` },
          { role: "user", content: "the-words-of-the-user" },
        ],
        tools: [
          { type: "function", function: { name: "read_file" } },
          { type: "function", function: { name: "mcp_github_search" } },
        ],
      });
    });

    it("sends each result under its call's id, and shows malformed arguments without repairing them", async () => {
      await bench.reply(stream([text("x")]), { request: CONVERSATION });
      expect(bodyOf()).toMatchObject({
        messages: [
          { role: "system" },
          { role: "user" },
          {
            role: "assistant",
            tool_calls: [
              { id: "a", function: { name: "read_file", arguments: '{"path":"x"}' } },
              { id: "b", function: { name: "mcp_github_search", arguments: JSON.stringify(MALFORMED) } },
            ],
          },
          { role: "tool", tool_call_id: "a", content: '{"content":"1"}' },
          { role: "tool", tool_call_id: "b", content: '{"error":"2"}' },
        ],
      });
    });

    it("trusts the code of a used up quota over a retry-after", async () => {
      const failure = await bench.failure({ kind: "error", error: "spend_limit", retryAfter: "3" });
      expect(failure).toMatchObject({ reason: "spend_limit" });
    });

    it("calls empty arguments malformed: this wire says {} when it means it", async () => {
      const { toolCalls } = await bench.reply(stream([call("read_file", "")]));
      expect(toolCalls).toMatchObject([{ arguments: { kind: "malformed", raw: "" } }]);
    });
  });
}

describe("a host that nobody listens on", () => {
  it("could not be reached", async () => {
    const provider = createAnthropicProvider({ apiKey: API_KEY, baseUrl: "http://127.0.0.1:1", fetch });
    const outcome = await provider.complete("m", REQUEST, {
      signal: new AbortController().signal,
      clock: new ManualClock(),
      traceparent: TRACEPARENT,
      timeoutMs: 600_000,
      attempt: 1,
      priorAttempts: 0,
      onText: () => undefined,
    });
    expect(outcome).toMatchObject({ ok: false, error: { reason: "connect", usage: null } });
  });
});

describe("the base URL of Ollama", () => {
  const CASES = [
    ["http://127.0.0.1:11434", "http://127.0.0.1:11434/v1"],
    ["http://127.0.0.1:11434/", "http://127.0.0.1:11434/v1"],
    ["http://host/ollama/v1", "http://host/ollama/v1"],
  ] as const;
  for (const [given, wanted] of CASES) {
    it(`is ${wanted} for ${given}`, () => {
      expect(toOllamaBaseUrl(given)).toBe(wanted);
    });
  }
});
