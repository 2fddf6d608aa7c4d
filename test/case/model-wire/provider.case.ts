/** What every provider must do, whatever it speaks to. One suite, run on each rig of rig.ts. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ProviderFailure } from "../../../src/model/provider.ts";
import { call, type ErrorKind, stream, TOKENS, text, wait } from "./answer.ts";
import { Bench } from "./bench.ts";
import { ManualClock } from "./clock.ts";
import { connectionCases, timeCases } from "./connection.case.ts";
import { API_KEY, type Rig, USER_TEXT } from "./rig.ts";
import { toolCallCases } from "./tool-call.case.ts";

export function describeProvider(rig: Rig, more?: (bench: Bench) => void): void {
  describe(rig.name, () => {
    const bench = new Bench(rig);
    beforeAll(async () => {
      bench.provider = await rig.start();
    });
    afterAll(() => rig.stop());
    beforeEach(() => {
      bench.clock = new ManualClock();
    });
    describe("replies", () => replies(bench));
    describe("tool calls", () => toolCallCases(bench));
    describe("errors", () => errors(bench));
    if (rig.server !== null) {
      describe("connections", () => connectionCases(bench));
      describe("time", () => timeCases(bench));
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

  it("asks once for each attempt: nothing below the router retries", async () => {
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

  it("reads an overload that is announced inside the stream", async () => {
    const failure = await bench.failure(stream([text("Hel")], { end: "error" }));
    expect(failure).toMatchObject({ reason: "overloaded", status: null });
  });

  it("knows that the tokens of an answer that broke off are not all told, and that those of a whole one are", async () => {
    for (const end of ["error", "cut"] as const)
      expect(await bench.failure(stream([text("Hel")], { end }))).toMatchObject({ isPartial: true });
  });

  it("knows whether an error that is announced inside the stream came after a piece of the answer", async () => {
    for (const parts of [[text("Hel")], [call("read_file", "{}")]])
      expect(await bench.failure(stream(parts, { end: "error" }))).toMatchObject({ hasBegun: true });
    expect(await bench.failure(stream([], { end: "error" }))).not.toHaveProperty("hasBegun");
    expect(await bench.failure({ kind: "error", error: "overloaded" })).not.toHaveProperty("hasBegun");
  });

  it("takes an error whose names are numbers for the error that it is", async () => {
    const failure = await bench.failure({ kind: "error", error: "numbers" });
    expect(failure).toMatchObject({ reason: "server", status: 500, detail: expect.stringMatching(/ answered 500$/) });
  });

  it("puts neither the key nor the user's words into what it says of an error", async () => {
    for (const error of ["auth", "bad_request", "parrot"] as const) {
      const failure = await bench.failure({ kind: "error", error });
      // A server of one's own is sent no key.
      const sent = [API_KEY, USER_TEXT].filter((words) => JSON.stringify(server.seen).includes(words));
      expect(sent).toContain(USER_TEXT);
      for (const words of sent) expect(JSON.stringify(failure)).not.toContain(words);
    }
  });
}
