/** The worker of http_request with a gateway that the test plays: what it asks for, what it follows, what the model gets. */
import { describe, expect, it } from "vitest";
import type { Gateway, GatewayAnswer, GatewayRequest } from "../../../src/tool/contract.ts";
import { request as ask } from "../../../src/tool/workers/http-request/request.ts";
import { READ_BYTES_MAX, REDIRECTS_MAX } from "../../../src/tool/workers/limits.ts";
import { request } from "./request.ts";

const URL_ = "https://api.example.com/v1/items";
type Answer = {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
};

const answer = ({ status = 200, headers = {}, body = "" }: Answer): GatewayAnswer => ({
  ok: true,
  status,
  headers: Object.entries(headers),
  body: typeof body === "string" ? new TextEncoder().encode(body) : body,
});

function gatewayOf(...answers: readonly GatewayAnswer[]) {
  const asked: GatewayRequest[] = [];
  const gateway: Gateway = {
    send: async (one) => {
      asked.push(one);
      return answers[Math.min(asked.length, answers.length) - 1] ?? answer({});
    },
  };
  return { gateway, asked };
}

async function call(args: Readonly<Record<string, unknown>>, ...answers: readonly GatewayAnswer[]) {
  const { gateway, asked } = gatewayOf(...answers);
  const response = await ask(request({ method: "GET", url: URL_, ...args }), gateway);
  return { response, asked, result: response.ok ? response.result : null };
}
const headersOf = (asked: readonly GatewayRequest[]) => Object.fromEntries(asked[0]?.headers ?? []);
const textOf = (bytes: Uint8Array | null | undefined) => new TextDecoder().decode(bytes ?? new Uint8Array());

describe("a request", () => {
  it("goes out as the model wrote it", async () => {
    const { asked } = await call({ method: "PUT", headers: { "X-One": "1" }, body: "text" });
    expect(asked[0]).toMatchObject({ method: "PUT", url: URL_ });
    expect(headersOf(asked)).toMatchObject({ "X-One": "1", "content-type": "text/plain; charset=utf-8" });
    expect(textOf(asked[0]?.body)).toBe("text");
  });

  it("says JSON of a body that is JSON, unless the model says something else", async () => {
    expect(headersOf((await call({ method: "POST", body: '{"a":1}' })).asked)["content-type"]).toBe("application/json");
    const own = { method: "POST", body: "{}", headers: { "Content-Type": "application/merge-patch+json" } };
    expect((await call(own)).asked[0]?.headers).not.toContainEqual(["content-type", "application/json"]);
  });

  it("carries the key of the call when it may do something twice, and no key when it cannot", async () => {
    expect(headersOf((await call({ method: "POST" })).asked)["idempotency-key"]).toBe("0123456789abcdef");
    expect(headersOf((await call({})).asked)).toEqual({});
    const own = await call({ method: "POST", headers: { "Idempotency-Key": "mine" } });
    expect(headersOf(own.asked)).toEqual({ "Idempotency-Key": "mine" });
  });

  for (const [what, args] of Object.entries({
    "without a URL": { url: undefined },
    "with a body that is no text": { method: "POST", body: { a: 1 } },
    "with a header that is no text": { headers: { a: 1 } },
    "with headers that are a list": { headers: ["a"] },
  })) {
    it(`is TOOL_ARGUMENTS ${what}`, async () => {
      const { response, asked } = await call(args);
      expect(response).toMatchObject({ ok: false, error: { code: "TOOL_ARGUMENTS" } });
      expect(asked).toEqual([]);
    });
  }

  it("is EGRESS_DENIED without a gateway", async () =>
    expect(await ask(request({ method: "GET", url: URL_ }), null)).toMatchObject({ error: { code: "EGRESS_DENIED" } }));

  it("fails with the gateway's words", async () => {
    const error = { code: "EGRESS_DENIED", message: "evil.example.com is not among them" } as const;
    expect((await call({}, { ok: false, error })).response).toEqual({ ok: false, error });
  });
});

describe("an answer", () => {
  it("is status, headers and text", async () => {
    const headers = { "content-type": "application/json", etag: '"1"' };
    const { result } = await call({}, answer({ status: 404, headers, body: '{"größe":1}' }));
    expect(result).toEqual({ status: 404, headers, body: '{"größe":1}' });
  });

  it("keeps every value of a header that comes several times", async () => {
    const twice: GatewayAnswer = {
      ...answer({}),
      headers: [
        ["set-cookie", "a=1"],
        ["set-cookie", "b=2"],
      ],
    } as GatewayAnswer;
    expect((await call({}, twice)).result).toMatchObject({ headers: { "set-cookie": "a=1, b=2" } });
  });

  it("is read in the character set it declares", async () => {
    const body = Uint8Array.of(0x67, 0x72, 0xf6, 0xdf, 0x65);
    const headers = { "content-type": "text/plain; charset=ISO-8859-1" };
    expect((await call({}, answer({ headers, body }))).result).toMatchObject({ body: "größe" });
  });

  for (const [what, body, headers] of [
    ["bytes that are no text", Uint8Array.of(0x89, 0xff, 0), {}],
    ["bytes with a NUL", Uint8Array.of(97, 0, 98), {}],
    ["text in a character set nobody knows", "abc", { "content-type": "text/plain; charset=klingon" }],
  ] as const) {
    it(`is base64 for ${what}, and says so`, async () => {
      const { result } = await call({}, answer({ body, headers }));
      const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
      expect(result).toMatchObject({ body: btoa(String.fromCharCode(...bytes)), body_encoding: "base64" });
    });
  }

  it("is cut when it is long, and says how long it was", async () => {
    const long = await call({}, answer({ body: "x".repeat(READ_BYTES_MAX) }));
    const kept = READ_BYTES_MAX - 2; // of text that costs a byte each, and its quotes
    expect(long.result).toMatchObject({ body: "x".repeat(kept), truncated: true, total_bytes: READ_BYTES_MAX });
    const binary = await call({}, answer({ body: new Uint8Array(READ_BYTES_MAX) }));
    expect(binary.result).toMatchObject({ truncated: true, total_bytes: READ_BYTES_MAX, body_encoding: "base64" });
    expect(JSON.stringify([long.result, binary.result]).length).toBeLessThan(2.1 * READ_BYTES_MAX);
  });
});

describe("a redirect", () => {
  const to = (location: string, status = 302) => answer({ status, headers: { location } });

  it("of a GET is followed through the gateway, and the answer says where it ended", async () => {
    const { result, asked } = await call(
      {},
      to("/v2/items"),
      to("https://other.example.com/x", 308),
      answer({ body: "there" }),
    );
    expect(asked.map(({ url }) => url)).toEqual([
      URL_,
      "https://api.example.com/v2/items",
      "https://other.example.com/x",
    ]);
    expect(result).toEqual({ status: 200, url: "https://other.example.com/x", headers: {}, body: "there" });
  });

  it("takes credentials along to the same origin and to no other", async () => {
    const headers = { Authorization: "Bearer mine", Cookie: "a=b", Accept: "x/y" };
    const { asked } = await call({ headers }, to("/same"), to("https://other.example.com/"), answer({}));
    expect(asked.map((one) => one.headers.map(([name]) => name))).toEqual([
      ["Authorization", "Cookie", "Accept"],
      ["Authorization", "Cookie", "Accept"],
      ["Accept"],
    ]);
  });

  it("to a place that may not be reached is EGRESS_DENIED", async () => {
    const error = { code: "EGRESS_DENIED", message: "no" } as const;
    expect((await call({}, to("https://169.254.169.254/"), { ok: false, error })).response).toEqual({
      ok: false,
      error,
    });
  });

  it("of anything but GET and HEAD is the model's to judge", async () => {
    const { result, asked } = await call({ method: "POST", body: "x" }, to("/other", 307));
    expect(asked).toHaveLength(1);
    expect(result).toMatchObject({ status: 307, headers: { location: "/other" } });
  });

  it("without an end is TOOL_FAILED", async () => {
    const { response, asked } = await call({}, to("/again"));
    expect(response).toMatchObject({ error: { code: "TOOL_FAILED" } });
    expect(asked).toHaveLength(REDIRECTS_MAX + 1);
  });
});
