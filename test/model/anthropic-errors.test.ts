/** What Anthropic's wire answers with when it answers no stream: the SDK reads it, and reads no more than is good for it. */
import { describe, expect, it } from "vitest";
import { ERROR_CHARS_MAX } from "../../src/model/limits.ts";
import { createAnthropicProvider } from "../../src/model/providers/anthropic.ts";
import { TRACEPARENT } from "../case/model-wire/bench.ts";
import { ManualClock } from "../case/model-wire/clock.ts";
import { REQUEST } from "../case/model-wire/rig.ts";

function ask(answer: Response) {
  const options = { apiKey: "sk-of-the-operator", baseUrl: "http://models.test" };
  const provider = createAnthropicProvider({ ...options, fetch: async () => answer });
  const { signal } = new AbortController();
  const clock = new ManualClock();
  const context = { signal, clock, traceparent: TRACEPARENT, timeoutMs: 600_000, attempt: 1, priorAttempts: 0 };
  return provider.complete("test-model", REQUEST, { ...context, onText: () => undefined });
}

const PIECE = new Uint8Array(16 * 1024).fill(120);

describe("a refusal", () => {
  it("that does not end is read no further than its limit, and let go", async () => {
    let bytes = 0;
    const letGo = Promise.withResolvers<void>();
    const body = new ReadableStream<Uint8Array>({
      pull: (stream) => {
        bytes += PIECE.length;
        // What reads on finds an end, and not a test that hangs.
        if (bytes > 100 * ERROR_CHARS_MAX) return stream.close();
        stream.enqueue(PIECE);
      },
      cancel: () => letGo.resolve(),
    });
    const outcome = await ask(new Response(body, { status: 529 }));
    expect(outcome).toMatchObject({ ok: false, error: { reason: "overloaded", status: 529 } });
    expect(bytes).toBeLessThan(2 * ERROR_CHARS_MAX);
    await letGo.promise;
  });

  it("says the same through the limit: its names, its request, and when to come again", async () => {
    const headers = { "request-id": "req_1", "retry-after": "7" };
    const error = { type: "rate_limit_error", message: "x", details: { error_code: "slow_down" } };
    const outcome = await ask(Response.json({ type: "error", error }, { status: 429, headers }));
    const detail = "anthropic answered 429 rate_limit_error slow_down req_1";
    expect(outcome).toMatchObject({ ok: false, error: { reason: "rate_limited", retryAfterMs: 7_000, detail } });
  });

  it.each([
    ["without a body", new Response(null, { status: 304 }), "bad_request"],
    ["whose body breaks off", new Response(brokenBody(), { status: 503 }), "overloaded"],
  ])("%s counts by its status", async (_what, answer, reason) => {
    expect(await ask(answer)).toMatchObject({ ok: false, error: { reason, status: answer.status } });
  });
});

function brokenBody() {
  return new ReadableStream<Uint8Array>({ pull: (stream) => stream.error(new Error("the connection broke")) });
}
