/** What every provider must do with the tool calls of a model: hand out whole ones, as they were written, each once. */
import { expect, it } from "vitest";
import { ARGUMENTS_DEPTH_MAX } from "../../../src/model/limits.ts";
import type { ModelReply } from "../../../src/model/provider.ts";
import { call, stream, text } from "./answer.ts";
import type { Bench } from "./bench.ts";
import { REQUEST } from "./rig.ts";

const MALFORMED: readonly (readonly [name: string, json: string])[] = [
  ["truncated", '{"path": "src/app'],
  ["with a raw line break in a string", '{"path": "src/app.ts", "text": "one\ntwo"}'],
  ["null", "null"],
  ["an array", '["src/app.ts"]'],
  ["a string", '"src/app.ts"'],
  ["a number", "42"],
  ["with an eight digit escape", '{"text": "\\U0001F600"}'],
  ["with a hexadecimal escape", '{"text": "\\x41"}'],
  ["two objects", '{"path": "a"}{"path": "b"}'],
  ["in a code fence", '```json {"path": "a"} ```'],
  ["with a trailing comma", '{"path": "a",}'],
];

export function toolCallCases(bench: Bench): void {
  const { rig } = bench;
  const argumentsOf = (reply: ModelReply) => reply.toolCalls.map((one) => one.arguments);

  it("parses arguments that came in pieces", async () => {
    const reply = await bench.reply(stream([call("read_file", '{"path":"src/app.ts","deep":{"a":[1,null]}}')]));
    expect(reply.finishReason).toBe("tool_calls");
    expect(reply.toolCalls).toEqual([
      {
        callId: expect.stringMatching(/^[\w-]{1,64}$/),
        toolId: "read_file",
        arguments: { kind: "object", value: { path: "src/app.ts", deep: { a: [1, null] } } },
      },
    ]);
  });

  it("keeps text and parallel calls in their order", async () => {
    const parts = [text("Reading."), call("read_file", '{"n":1}', "a"), call("read_file", '{"n":2}', "b")];
    const reply = await bench.reply(stream(parts));
    expect(rig.said(reply.text)).toBe("Reading.");
    expect(argumentsOf(reply).map((one) => one.kind === "object" && one.value.n)).toEqual([1, 2]);
  });

  it("takes 50 parallel calls, each with an id of its own", async () => {
    const parts = Array.from({ length: 50 }, (_, n) => call("read_file", `{"n":${n}}`, `call_${n}`));
    const reply = await bench.reply(stream(parts));
    expect(new Set(reply.toolCalls.map((one) => one.callId)).size).toBe(50);
    expect(argumentsOf(reply).map((one) => one.kind === "object" && one.value.n)).toEqual([...Array(50).keys()]);
  });

  it("passes a call to an unknown tool on", async () => {
    const reply = await bench.reply(stream([call("no_such_tool", '{"a":1}')]));
    expect(reply.toolCalls[0]).toMatchObject({ toolId: "no_such_tool", arguments: { kind: "object" } });
  });

  for (const [name, json] of MALFORMED) {
    // A directive is one line.
    if (rig.server === null && json.includes("\n")) continue;
    it(`never makes an object of arguments that are ${name}`, async () => {
      const reply = await bench.reply(stream([call("read_file", json)]));
      expect(reply.toolCalls).toMatchObject([{ toolId: "read_file", arguments: { kind: "malformed", raw: json } }]);
    });
  }

  it("never makes an object of arguments that are nested deeper than what reads them can go", async () => {
    const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
    const parts = [ARGUMENTS_DEPTH_MAX, ARGUMENTS_DEPTH_MAX + 1, 5_000].map((levels) => nested(levels));
    for (const [n, json] of parts.entries()) {
      const reply = await bench.reply(stream([call("read_file", json)]));
      expect(argumentsOf(reply)).toMatchObject([{ kind: n === 0 ? "object" : "malformed" }]);
    }
  });

  it("hands out nothing of an answer that broke in the middle of a call", async () => {
    const failure = await bench.failure(stream([text("Wait"), call("read_file", '{"path":"a"}')], { end: "cut" }));
    expect(failure).toMatchObject({ reason: "cut", status: null });
  });

  if (rig.server === null) return;

  it("hands out nothing of calls that are whole in an answer that is not", async () => {
    for (const end of ["cut", "eof", "error"] as const) {
      const outcome = await bench.ask(stream([call("read_file", '{"path":"a"}')], { end }));
      expect(outcome.ok).toBe(false);
    }
  });

  it("makes ids unique that a server gave twice", async () => {
    const parts = [call("read_file", '{"n":1}', "same"), call("read_file", '{"n":2}', "same")];
    const ids = (await bench.reply(stream(parts))).toolCalls.map((one) => one.callId);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(2);
  });

  it("replaces ids that an earlier turn has used, and ids no provider would take back", async () => {
    const earlier = { callId: "call_0", toolId: "read_file", arguments: { kind: "object", value: {} } } as const;
    const messages = [
      ...REQUEST.messages,
      { role: "assistant", text: "", toolCalls: [earlier] },
      { role: "tool", callId: "call_0", toolId: "read_file", content: "{}", isError: false },
    ] as const;
    const parts = [call("read_file", '{"n":1}', "call_0"), call("read_file", '{"n":2}', "a b/c")];
    const { toolCalls } = await bench.reply(stream(parts), { request: { messages } });
    expect(toolCalls.map((one) => one.callId)).toEqual(["call_1", "call_2"]);
  });

  it("gives a tool its own id back when the wire could not carry it", async () => {
    const reply = await bench.reply(stream([call("mcp_github_search", "{}")]));
    expect(reply.toolCalls[0]?.toolId).toBe("mcp.github.search");
  });

  it("calls arguments malformed that the token limit cut off, and keeps the calls before them", async () => {
    const parts = [call("read_file", '{"path":"a"}', "a"), call("read_file", '{"path":"b', "b")];
    const reply = await bench.reply(stream(parts, { stop: "max_tokens" }));
    expect(reply.finishReason).toBe("max_tokens");
    expect(argumentsOf(reply)).toMatchObject([
      { kind: "object", value: { path: "a" } },
      { kind: "malformed", raw: '{"path":"b', problem: expect.stringContaining("token limit") },
    ]);
  });

  it("calls arguments malformed that the token limit cut off before their first character", async () => {
    const reply = await bench.reply(stream([call("read_file", "")], { stop: "max_tokens" }));
    expect(argumentsOf(reply)).toMatchObject([{ kind: "malformed", raw: "" }]);
  });
}
