/** What servers of OpenAI's wire answer with when they answer no stream, and how the request looks that they are sent. */
import { describe, expect, it } from "vitest";
import { createOpenAiProvider } from "../../src/model/providers/openai.ts";
import { TRACEPARENT } from "../case/model-wire/bench.ts";
import { ManualClock } from "../case/model-wire/clock.ts";
import { REQUEST } from "../case/model-wire/rig.ts";

const asked: { readonly url: string; readonly init: RequestInit | undefined }[] = [];

function ask(answer: Response, baseUrl: string | null = "http://models.test/v1/") {
  asked.length = 0;
  const provider = createOpenAiProvider({
    ...{ name: "openai", apiKey: "sk-of-the-operator", baseUrl },
    fetch: async (input, init) => {
      asked.push({ url: String(input), init });
      return answer;
    },
  });
  const signal = new AbortController().signal;
  const clock = new ManualClock();
  const context = { signal, clock, traceparent: TRACEPARENT, timeoutMs: 600_000, attempt: 1, priorAttempts: 0 };
  return provider.complete("test-model", REQUEST, { ...context, onText: () => undefined });
}

/** A body that breaks after this. */
const cut = (text: string) =>
  new ReadableStream<Uint8Array>({
    start: (body) => body.enqueue(new TextEncoder().encode(text)),
    pull: (body) => body.error(new Error("the connection broke")),
  });

const TOO_LONG = "This model's maximum context length is 8192 tokens.";

describe("a refusal", () => {
  it.each([
    ["in OpenAI's words", 400, { error: { code: "context_length_exceeded", message: "x" } }, "context_too_long"],
    ["as a text", 400, { error: TOO_LONG }, "context_too_long"],
    ["as an object that nobody agreed on", 400, { error: { reason: TOO_LONG } }, "context_too_long"],
    ["that stands alone, as a name", 422, { object: "error", message: "x", code: "insufficient_quota" }, "spend_limit"],
    ["that stands alone, in words", 400, { object: "error", message: TOO_LONG, code: 400 }, "context_too_long"],
    ["without an error in it", 400, { detail: TOO_LONG }, "context_too_long"],
    ["with an error that is none", 500, { error: null }, "server"],
  ])("%s is read", async (_how, status, body, reason) => {
    const outcome = await ask(Response.json(body, { status }));
    expect(outcome).toMatchObject({ ok: false, error: { reason, status } });
  });

  it.each([
    ["is a page", new Response(`<html>${TOO_LONG}</html>`, { status: 400 }), "context_too_long"],
    ["is empty", new Response(null, { status: 503 }), "overloaded"],
    ["breaks off", new Response(cut('{"error": {"mess'), { status: 529 }), "overloaded"],
    ["does not end", new Response("x".repeat(10 * 1024 * 1024), { status: 401 }), "auth"],
    [
      "leads elsewhere",
      new Response(null, { status: 302, headers: { location: "http://other.test/" } }),
      "bad_request",
    ],
  ])("that %s counts by its status", async (_how, answer, reason) => {
    expect(await ask(answer)).toMatchObject({ ok: false, error: { reason, status: answer.status } });
  });

  it("names its request and says when to come again", async () => {
    const headers = { "x-request-id": "req_1", "retry-after": "7" };
    const outcome = await ask(Response.json({ error: { type: "rate_limit_exceeded" } }, { status: 429, headers }));
    const error = { retryAfterMs: 7_000, detail: "openai answered 429 rate_limit_exceeded req_1" };
    expect(outcome).toMatchObject({ ok: false, error });
  });
});

describe("an error in the stream", () => {
  it.each([
    ["by its name", 'event: error\ndata: {"type":"rate_limit_error","message":"x"}', "rate_limited"],
    ["by what it holds", 'data: {"error":{"code":"insufficient_quota","message":"x"}}', "spend_limit"],
    ["as a text", 'data: {"error":"out of memory"}', "server"],
    ["by its name alone", "event: error\ndata: null", "server"],
  ])("is known %s", async (_how, event, reason) => {
    expect(await ask(new Response(`${event}\n\n`))).toMatchObject({ ok: false, error: { reason, status: null } });
  });

  it("is none where a server says that there is none", async () => {
    const chunk = { choices: [{ delta: { content: "said" }, finish_reason: "stop" }], error: null };
    const outcome = await ask(new Response(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`));
    expect(outcome).toMatchObject({ ok: true, value: { text: "said" } });
  });
});

describe("the request", () => {
  it("is one POST of JSON with the key, under the version's path", async () => {
    await ask(new Response(null, { status: 500 }));
    expect(asked.map(({ url }) => url)).toEqual(["http://models.test/v1/chat/completions"]);
    const { headers, method, redirect } = asked[0]?.init ?? {};
    expect({ method, redirect }).toEqual({ method: "POST", redirect: "manual" });
    expect(headers).toEqual({
      accept: "application/json, text/event-stream",
      authorization: "Bearer sk-of-the-operator",
      "content-type": "application/json",
      traceparent: TRACEPARENT,
      "user-agent": "vasini",
    });
  });

  it.each([
    ["http://models.test", "http://models.test/chat/completions"],
    ["http://models.test/v1//", "http://models.test/v1/chat/completions"],
    [
      "http://models.test/openai/v1?api-version=preview",
      "http://models.test/openai/v1/chat/completions?api-version=preview",
    ],
    ["http://models.test/v1/?a=1&a=b%20c", "http://models.test/v1/chat/completions?a=1&a=b%20c"],
  ])("keeps the query of %s behind its path", async (baseUrl, url) => {
    await ask(new Response(null, { status: 500 }), baseUrl);
    expect(asked.map((request) => request.url)).toEqual([url]);
  });

  it("goes to OpenAI when no other host is named", async () => {
    await ask(new Response(null, { status: 500 }), null);
    expect(asked[0]?.url).toBe("https://api.openai.com/v1/chat/completions");
  });
});
