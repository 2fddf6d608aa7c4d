/** What every provider must do, whatever it speaks to. One suite, run on each rig of rig.ts. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type {
  ModelReply,
  ModelRequest,
  Provider,
  ProviderContext,
  ProviderFailure,
} from "../../../src/model/provider.ts";
import { assert } from "../../../src/platform/index.ts";
import { type Answer, call, type ErrorKind, stream, TOKENS, text, wait } from "./answer.ts";
import { ManualClock } from "./clock.ts";
import { API_KEY, REQUEST, type Rig, USER_TEXT } from "./rig.ts";

export const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/** Everything of one suite's rig that a case needs. */
export class Bench {
  readonly rig: Rig;
  clock = new ManualClock();
  provider: Provider | null = null;

  constructor(rig: Rig) {
    this.rig = rig;
  }

  async ask(
    answer: Answer,
    more: { readonly request?: Partial<ModelRequest>; readonly context?: Partial<ProviderContext> } = {},
  ) {
    assert(this.provider !== null, "the rig has been started");
    const messages = this.rig.play(answer);
    return this.provider.complete(
      "test-model",
      { ...REQUEST, messages, ...more.request },
      {
        signal: new AbortController().signal,
        traceparent: TRACEPARENT,
        timeoutMs: 600_000,
        attempt: 1,
        priorAttempts: 0,
        onText: () => undefined,
        ...more.context,
      },
    );
  }

  async reply(...args: Parameters<Bench["ask"]>): Promise<ModelReply> {
    const outcome = await this.ask(...args);
    assert(outcome.ok, `the attempt failed: ${JSON.stringify(outcome)}`);
    return outcome.value;
  }

  async failure(...args: Parameters<Bench["ask"]>): Promise<ProviderFailure> {
    const outcome = await this.ask(...args);
    assert(!outcome.ok, `the attempt succeeded: ${JSON.stringify(outcome)}`);
    return outcome.error;
  }
}

export function describeProvider(rig: Rig, more?: (bench: Bench) => void): void {
  describe(rig.name, () => {
    const bench = new Bench(rig);
    beforeAll(async () => {
      // Each case has a clock of its own, so the provider gets one that asks the current one.
      bench.provider = await rig.start({
        now: () => bench.clock.now(),
        sleep: (ms, signal) => bench.clock.sleep(ms, signal),
      });
    });
    afterAll(() => rig.stop());
    beforeEach(() => {
      bench.clock = new ManualClock();
    });
    describe("replies", () => replies(bench));
    describe("tool calls", () => toolCalls(bench));
    describe("errors", () => errors(bench));
    if (rig.server !== null) {
      describe("connections", () => connections(bench));
      describe("time", () => time(bench));
    }
    more?.(bench);
  });
}

function replies(bench: Bench): void {
  const { rig } = bench;

  it("answers with text", async () => {
    const reply = await bench.reply(stream([text("Hello there.")]));
    expect(rig.said(reply.text)).toBe("Hello there.");
    expect(reply).toMatchObject({ toolCalls: [], finishReason: "stop" });
  });

  it("hands on exactly the text of the reply, in more than one piece", async () => {
    const pieces: string[] = [];
    const onText = (piece: string) => void pieces.push(piece);
    const reply = await bench.reply(stream([text("one "), text("two "), text("three")]), { context: { onText } });
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces.join("")).toBe(reply.text);
  });

  it("rejects with the signal's reason when it was aborted before the start", async () => {
    const reason = new Error("cancelled");
    const asked = bench.ask(stream([text("x")]), { context: { signal: AbortSignal.abort(reason) } });
    await expect(asked).rejects.toBe(reason);
  });

  if (rig.server === null) return;

  it("hands on each piece before the next one is sent", async () => {
    const got: string[] = [];
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const onText = (piece: string) => {
      gates[got.length]?.resolve();
      got.push(piece);
    };
    const parts = [
      text("a"),
      wait(gates[0]?.promise ?? never()),
      text("b"),
      wait(gates[1]?.promise ?? never()),
      text("c"),
    ];
    const reply = await bench.reply(stream(parts), { context: { onText } });
    expect(got).toEqual(["a", "b", "c"]);
    expect(reply.text).toBe("abc");
  });

  it("joins a character whose halves came in two pieces before it hands it on", async () => {
    const got: string[] = [];
    const [high = "", low = ""] = "😀".split("");
    await bench.reply(stream([text(`a${high}`), text(`${low}b`)]), {
      context: { onText: (piece) => void got.push(piece) },
    });
    expect(got).toEqual(["a", "😀b"]);
  });

  it("counts what the server counted, in four classes", async () => {
    const { usage } = await bench.reply(stream([text("x")]));
    expect(usage).toEqual({
      inputTokens: TOKENS.input,
      cacheReadTokens: TOKENS.cacheRead,
      cacheWriteTokens: TOKENS.cacheWrite,
      outputTokens: TOKENS.output,
    });
  });

  it("says so when the server counted nothing", async () => {
    const outcome = await bench.ask(stream([text("x")], { tokens: null }));
    expect(outcome).toMatchObject({ ok: true, usageMissing: true, value: { text: "x" } });
  });

  it("ends with max_tokens when the server does", async () => {
    const reply = await bench.reply(stream([text("half a sen")], { stop: "max_tokens" }));
    expect(reply).toMatchObject({ text: "half a sen", finishReason: "max_tokens" });
  });

  it("passes an empty answer on as what it is", async () => {
    expect(await bench.reply(stream([]))).toMatchObject({ text: "", toolCalls: [], finishReason: "stop" });
  });

  it("drops the calls of a refusal", async () => {
    const reply = await bench.reply(stream([text("No."), call("read_file", "{}")], { stop: "refusal" }));
    expect(reply).toMatchObject({ text: "No.", toolCalls: [], finishReason: "refusal" });
  });

  it("takes an answer that is complete although the connection stays open", async () => {
    const asked = bench.reply(stream([text("done")], { end: "endless" }), {
      context: { onText: () => void bench.clock.advance(0).then(() => bench.clock.advance(60_000)) },
    });
    expect(await asked).toMatchObject({ text: "done", finishReason: "stop" });
  });
}

const never = () => new Promise<void>(() => undefined);

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

function toolCalls(bench: Bench): void {
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

const ERRORS: readonly (readonly [ErrorKind, Partial<ProviderFailure>])[] = [
  ["rate_limited_silent", { reason: "rate_limited", status: 429, retryAfterMs: null }],
  ["overloaded", { reason: "overloaded", status: 529 }],
  ["unavailable", { reason: "overloaded", status: 503 }],
  ["server", { reason: "server", status: 500 }],
  ["auth", { reason: "auth", status: 401 }],
  ["forbidden", { reason: "auth", status: 403 }],
  ["too_large", { reason: "context_too_long", status: 413 }],
  ["bad_request", { reason: "bad_request", status: 400 }],
  ["not_found", { reason: "bad_request", status: 404 }],
];

/** What a status alone does not say: these need a server's words. */
const SERVER_ERRORS: readonly (readonly [ErrorKind, Partial<ProviderFailure>])[] = [
  ["rate_limited", { reason: "rate_limited", status: 429, retryAfterMs: 7_000 }],
  ["spend_limit", { reason: "spend_limit", status: 429, retryAfterMs: null }],
  ["context", { reason: "context_too_long", status: 400 }],
];

function errors(bench: Bench): void {
  for (const [error, expected] of bench.rig.server === null ? ERRORS : [...ERRORS, ...SERVER_ERRORS]) {
    it(`reads ${error} as ${expected.reason}`, async () => {
      expect(await bench.failure({ kind: "error", error })).toMatchObject(expected);
    });
  }

  const { server } = bench.rig;
  if (server === null) return;

  it("asks once for each attempt: the SDK retries nothing", async () => {
    for (const error of ["overloaded", "server", "rate_limited"] as const) {
      await bench.failure({ kind: "error", error });
      expect(server.seen).toHaveLength(1);
    }
  });

  it("reads retry-after as seconds with a fraction, and as a date", async () => {
    const error = "rate_limited_silent" as const;
    expect(await bench.failure({ kind: "error", error, retryAfter: "1.5" })).toMatchObject({ retryAfterMs: 1_500 });
    const date = new Date(bench.clock.now() + 30_000).toUTCString();
    expect(await bench.failure({ kind: "error", error, retryAfter: date })).toMatchObject({ retryAfterMs: 30_000 });
    expect(await bench.failure({ kind: "error", error, retryAfter: "soon" })).toMatchObject({ retryAfterMs: null });
  });

  it("trusts a retry-after over words about spending", async () => {
    const failure = await bench.failure({ kind: "error", error: "rate_limited", retryAfter: "3" });
    expect(failure).toMatchObject({ reason: "rate_limited", retryAfterMs: 3_000 });
  });

  it("reads an overload that is announced inside the stream", async () => {
    const failure = await bench.failure(stream([text("Hel")], { end: "error" }));
    expect(failure).toMatchObject({ reason: "overloaded", status: null });
  });

  it("puts neither the key nor the user's words into what it says of an error", async () => {
    for (const error of ["auth", "bad_request"] as const) {
      const failure = await bench.failure({ kind: "error", error });
      expect(JSON.stringify(failure)).not.toContain(API_KEY);
      expect(JSON.stringify(failure)).not.toContain(USER_TEXT);
    }
  });
}

function connections(bench: Bench): void {
  const { server } = bench.rig;
  assert(server !== null, "this suite is for providers with a server");

  it("calls a stream cut that breaks after half the text", async () => {
    const received = Promise.withResolvers<void>();
    const failure = await bench.failure(stream([text("Half of"), wait(received.promise)], { end: "cut" }), {
      context: { onText: () => received.resolve() },
    });
    expect(failure.reason).toBe("cut");
  });

  it("calls a stream cut that ends politely before its time", async () => {
    expect(await bench.failure(stream([text("Half of")], { end: "eof" }))).toMatchObject({ reason: "cut" });
  });

  it("does not take a web page for an answer", async () => {
    for (const type of ["text/html", "text/event-stream", "application/json"]) {
      const outcome = await bench.ask({ kind: "page", body: "<h1>It works!</h1>", type });
      expect(outcome).toMatchObject({ ok: false, error: { reason: "cut" } });
    }
    const outcome = await bench.ask({
      kind: "page",
      body: "event: message_start\ndata: {oops\n\n",
      type: "text/event-stream",
    });
    expect(outcome).toMatchObject({ ok: false, error: { reason: "cut" } });
  });

  it("does not follow a redirect with the key", async () => {
    const outcome = await bench.ask({ kind: "redirect", to: `${server.origin}/elsewhere` });
    expect(outcome.ok).toBe(false);
    expect(server.seen).toHaveLength(1);
  });

  it("ends the request and rejects with the signal's reason when it is aborted", async () => {
    const controller = new AbortController();
    const reason = new Error("cancelled by the user");
    const left = server.departure();
    const asked = bench.ask(stream([text("a"), wait(never())]), {
      context: { signal: controller.signal, onText: () => controller.abort(reason) },
    });
    await expect(asked).rejects.toBe(reason);
    await left;
  });

  it("passes the trace on", async () => {
    await bench.reply(stream([text("x")]));
    expect(server.seen[0]?.headers.traceparent).toBe(TRACEPARENT);
  });
}

function time(bench: Bench): void {
  const { rig } = bench;
  const { server } = rig;
  assert(server !== null, "this suite is for providers with a server");

  it("gives up a server that takes the request and never answers", async () => {
    const arrived = server.arrival();
    const left = server.departure();
    const asked = bench.failure({ kind: "silence" });
    await arrived;
    await bench.clock.advance(rig.headersMs + 1_000);
    expect(await asked).toMatchObject({ reason: "connect", detail: expect.stringContaining("did not answer in time") });
    await left;
  });

  it("gives up an answer that has no first token after 60 s", async () => {
    const headers = rig.headers();
    const answered = bench.failure(stream([wait(never())]));
    await headers;
    await bench.clock.advance(60_000);
    expect(await answered).toMatchObject({ reason: "timeout", detail: expect.stringContaining("no first token") });
  });

  it("gives up an answer that stalls for 60 s, and counts what it cost", async () => {
    const left = server.departure();
    const failure = await bench.failure(stream([text("Once upon"), wait(never())]), {
      context: { onText: () => void bench.clock.advance(60_000) },
    });
    expect(failure).toMatchObject({ reason: "timeout", detail: expect.stringContaining("stalled") });
    if (rig.name === "anthropic") expect(failure.usage).toMatchObject({ inputTokens: TOKENS.input });
    await left;
  });

  it("lets an answer be slow as long as pieces keep coming", async () => {
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let n = 0;
    const reply = await bench.reply(
      stream([
        text("a"),
        wait(gates[0]?.promise ?? never()),
        text("b"),
        wait(gates[1]?.promise ?? never()),
        text("c"),
        wait(gates[2]?.promise ?? never()),
      ]),
      { context: { onText: () => void bench.clock.advance(59_000).then(() => gates[n++]?.resolve()) } },
    );
    expect(reply.text).toBe("abc");
  });

  it("gives up an answer that is slow for longer than the attempt may take", async () => {
    const failure = await bench.failure(stream([text("a"), wait(never())]), {
      context: { timeoutMs: 30_000, onText: () => void bench.clock.advance(30_000) },
    });
    expect(failure).toMatchObject({ reason: "timeout", detail: expect.stringContaining("did not finish") });
  });
}
