/** One call's gateway on a network that the test plays: what it lets out, what it gives back, what it records, when it ends. */
import { describe, expect, it } from "vitest";
import { createLog } from "../../src/platform/index.ts";
import type { GatewayAnswer, GatewayRequest } from "../../src/tool/contract.ts";
import type { OpenedSecret } from "../../src/tool/egress.ts";
import { createGateway, type GatewayOptions } from "../../src/tool/egress-gateway.ts";
import {
  ANSWER_LENGTH_MAX,
  EGRESS_ANSWER_HEADERS_LENGTH_MAX,
  EGRESS_MS_MAX,
  EGRESS_REQUEST_BYTES_MAX,
  EGRESS_REQUESTS_MAX,
  EGRESS_RESPONSE_BYTES_MAX,
} from "../../src/tool/limits.ts";

const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const TOKEN: OpenedSecret = {
  name: "token",
  value: "the-token-itself",
  host: "api.example.com",
  header: "authorization",
  headerValue: "Bearer the-token-itself",
};

type Sent = { readonly url: string; readonly init: RequestInit; readonly headers: Headers };
type Setup = {
  readonly answer?: (sent: Sent) => Response | Promise<Response>;
  readonly hosts?: readonly string[] | "any";
  readonly secrets?: readonly OpenedSecret[];
  readonly names?: readonly string[];
  readonly openSecrets?: GatewayOptions["openSecrets"];
};

function gatewayWith(setup: Setup = {}) {
  const sent: Sent[] = [];
  const lines: string[] = [];
  const asked: (readonly string[])[] = [];
  const timers: (() => void)[] = [];
  const { hosts = ["api.example.com", "other.example.com"], names = [], secrets = [] } = setup;
  const gateway = createGateway({
    grant: { rules: { hosts, localOrigins: [] }, secrets: names, traceparent: TRACEPARENT },
    openSecrets: async (wanted) => {
      asked.push(wanted);
      return setup.openSecrets === undefined ? secrets : setup.openSecrets(wanted);
    },
    fetch: async (url, init) => {
      const one = { url: url.href, init, headers: new Headers(init.headers) };
      sent.push(one);
      return (setup.answer ?? (() => new Response("hello")))(one);
    },
    clock: {
      now: () => 0,
      // Ends when the test says so.
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          expect(ms).toBe(EGRESS_MS_MAX);
          timers.push(() => resolve());
          signal?.addEventListener("abort", () => reject(new Error("the sleep is over")));
        }),
    },
    log: createLog({}, (_, line) => void lines.push(line)),
  });
  return { gateway, sent, lines, asked, ring: () => timers.at(-1)?.() };
}

const get = (url: string, more: Partial<GatewayRequest> = {}): GatewayRequest => ({
  ...{ method: "GET", url, headers: [], body: null },
  ...more,
});
const API = "https://api.example.com/v1";
const textOf = (answer: GatewayAnswer): string => (answer.ok ? new TextDecoder().decode(answer.body) : "no answer");
const codeOf = (answer: GatewayAnswer): string => (answer.ok ? "ok" : answer.error.code);

describe("a request that is allowed", () => {
  it("goes out as it was asked for, and its answer comes back with its record", async () => {
    const { gateway, sent } = gatewayWith({
      answer: () => new Response("made", { status: 201, headers: { "x-id": "7", "content-encoding": "identity" } }),
    });
    const body = new TextEncoder().encode("{}");
    const answer = await gateway.send(get(`${API}?a=b`, { method: "POST", headers: [["Accept", "x/y"]], body }));
    expect(answer).toMatchObject({ ok: true, status: 201 });
    expect(textOf(answer)).toBe("made");
    expect(answer.ok && answer.headers).toEqual([
      ["content-type", "text/plain;charset=UTF-8"],
      ["x-id", "7"],
    ]);
    expect(sent[0]?.url).toBe(`${API}?a=b`);
    expect(sent[0]?.init).toMatchObject({ method: "POST", redirect: "manual", cache: "no-store", body });
    expect(Object.fromEntries(sent[0]?.headers ?? [])).toEqual({
      accept: "x/y",
      traceparent: TRACEPARENT,
      "user-agent": "vasini",
    });
    expect(gateway.close()).toEqual([
      ...[{ host: "api.example.com", method: "POST", allowed: true, status: 201, sent_bytes: 2, received_bytes: 4 }],
    ]);
  });

  it("keeps a name and a trace that it brings itself", async () => {
    const { gateway, sent } = gatewayWith();
    await gateway.send(
      get(API, {
        headers: [
          ["User-Agent", "git/2"],
          ["traceparent", "mine"],
        ],
      }),
    );
    expect([sent[0]?.headers.get("user-agent"), sent[0]?.headers.get("traceparent")]).toEqual(["git/2", "mine"]);
  });

  it("waits for the one before it", async () => {
    const first = Promise.withResolvers<Response>();
    const { gateway, sent } = gatewayWith({
      answer: ({ url }) => (url.endsWith("/1") ? first.promise : new Response()),
    });
    const answers = [gateway.send(get(`${API}/1`)), gateway.send(get(`${API}/2`))];
    await Promise.resolve();
    expect(sent.length).toBeLessThan(2);
    first.resolve(new Response());
    await Promise.all(answers);
    expect(sent.map(({ url }) => url)).toEqual([`${API}/1`, `${API}/2`]);
  });

  it("gives a redirect back and goes nowhere itself", async () => {
    const location = "https://evil.example.com/";
    const { gateway, sent } = gatewayWith({ answer: () => new Response(null, { status: 302, headers: { location } }) });
    const answer = await gateway.send(get(API));
    expect(answer).toMatchObject({ ok: true, status: 302, headers: [["location", location]] });
    expect(codeOf(await gateway.send(get(location)))).toBe("EGRESS_DENIED");
    expect(sent).toHaveLength(1);
  });
});

describe("a request that is refused", () => {
  it("never leaves, and its record says why", async () => {
    const { gateway, sent, asked } = gatewayWith({ names: ["token"] });
    for (const url of ["https://evil.example.com/x", "http://api.example.com/", "https://10.0.0.1/", "nonsense"]) {
      expect(codeOf(await gateway.send(get(url)))).toBe("EGRESS_DENIED");
    }
    expect(sent).toEqual([]);
    // Nobody asks for a secret that cannot be sent anyway.
    expect(asked).toEqual([]);
    expect(gateway.close().map(({ host, allowed, reason }) => [host, allowed, reason])).toEqual([
      ["evil.example.com", false, "not_listed"],
      ["api.example.com", false, "scheme"],
      ["10.0.0.1", false, "address"],
      ["", false, "malformed"],
    ]);
  });

  it("is refused for its form before anything else, and leaves no record", async () => {
    const { gateway } = gatewayWith();
    expect(codeOf(await gateway.send({ method: "BREW" }))).toBe("TOOL_ARGUMENTS");
    expect(gateway.close()).toEqual([]);
  });

  it("is any after the last one that a call may make", async () => {
    const { gateway, sent } = gatewayWith();
    for (let n = 0; n < EGRESS_REQUESTS_MAX; n++) await gateway.send(get(n % 2 === 0 ? API : "https://evil.example/"));
    expect(codeOf(await gateway.send(get(API)))).toBe("TOOL_LIMIT");
    expect(sent).toHaveLength(EGRESS_REQUESTS_MAX / 2);
    expect(gateway.close()).toHaveLength(EGRESS_REQUESTS_MAX);
  });
});

describe("the line behind a request that is under way", () => {
  /** A gateway whose first request is out, and unanswered until `finish`. */
  async function busyGateway() {
    const first = Promise.withResolvers<Response>();
    let isFirst = true;
    const { gateway, sent } = gatewayWith({
      answer: () => {
        if (!isFirst) return new Response();
        isFirst = false;
        return first.promise;
      },
    });
    const answer = gateway.send(get(API));
    await new Promise(setImmediate);
    expect(sent).toHaveLength(1);
    const finish = () => {
      first.resolve(new Response());
      return answer;
    };
    return { gateway, sent, finish };
  }
  const post = (bytes: number) => get(API, { method: "POST", body: new Uint8Array(bytes) });

  it("holds bodies up to a limit, refuses the next at once, and has room again when they are gone", async () => {
    const { gateway, sent, finish } = await busyGateway();
    const largest = EGRESS_REQUEST_BYTES_MAX - API.length;
    const held = [gateway.send(post(largest)), gateway.send(post(largest))];
    expect(codeOf(await gateway.send(post(1)))).toBe("TOOL_LIMIT");
    expect(codeOf(await gateway.send(get(`${API}?${"x".repeat(1024)}`)))).toBe("TOOL_LIMIT");
    await finish();
    expect((await Promise.all(held)).map(codeOf)).toEqual(["ok", "ok"]);
    expect(codeOf(await gateway.send(post(largest)))).toBe("ok");
    expect(sent).toHaveLength(4);
    expect(gateway.close()).toHaveLength(4);
  });

  it("is as long as what a call may still ask, and refuses the next at once", async () => {
    const { gateway, finish } = await busyGateway();
    const held = Array.from({ length: EGRESS_REQUESTS_MAX - 1 }, () => gateway.send(get(API)));
    expect(codeOf(await gateway.send(get(API)))).toBe("TOOL_LIMIT");
    await finish();
    expect(new Set((await Promise.all(held)).map(codeOf))).toEqual(new Set(["ok"]));
    expect(gateway.close()).toHaveLength(EGRESS_REQUESTS_MAX);
  });

  it("is let go with the call", async () => {
    const { gateway, sent, finish } = await busyGateway();
    const held = gateway.send(post(1));
    gateway.close();
    await finish();
    expect(await held).toMatchObject({ error: { message: "the call is over" } });
    expect(sent).toHaveLength(1);
  });
});

describe("an answer that does not come", () => {
  it("because nobody is there is TOOL_FAILED, in our words", async () => {
    const { gateway, lines } = gatewayWith({
      answer: () => Promise.reject(new TypeError(`connect ECONNREFUSED 10.1.2.3 for ${API}?key=private`)),
    });
    const answer = await gateway.send(get(`${API}?key=private`));
    expect(answer).toEqual({
      ok: false,
      error: { code: "TOOL_FAILED", message: "api.example.com could not be reached" },
    });
    expect(gateway.close()).toMatchObject([{ allowed: true, reason: "unreachable" }]);
    expect(lines.join()).not.toMatch(/private|10\.1\.2\.3/);
  });

  it("whole because it broke off is TOOL_FAILED, and is not said to be out of reach", async () => {
    const body = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new TypeError("lost")) });
    const { gateway } = gatewayWith({ answer: () => new Response(body, { status: 201 }) });
    expect(await gateway.send(get(API, { method: "POST" }))).toEqual({
      ok: false,
      error: { code: "TOOL_FAILED", message: "the answer of api.example.com broke off" },
    });
    expect(gateway.close()).toMatchObject([{ allowed: true, status: 201, reason: "unreachable" }]);
  });

  it("in time is TOOL_TIMEOUT", async () => {
    const { gateway, ring } = gatewayWith({
      answer: ({ init }) =>
        new Promise((_, reject) => init.signal?.addEventListener("abort", () => reject(init.signal?.reason))),
    });
    const answer = gateway.send(get(API));
    await new Promise(setImmediate);
    ring();
    expect(codeOf(await answer)).toBe("TOOL_TIMEOUT");
    expect(gateway.close()).toMatchObject([{ allowed: true, reason: "timeout" }]);
  });

  it("whole because it is too large is TOOL_LIMIT, and the rest is not read", async () => {
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        pulled++;
        controller.enqueue(new Uint8Array(1024 * 1024));
      },
    });
    const { gateway } = gatewayWith({ answer: () => new Response(body) });
    expect(codeOf(await gateway.send(get(API)))).toBe("TOOL_LIMIT");
    expect(pulled).toBeLessThan(EGRESS_RESPONSE_BYTES_MAX / (1024 * 1024) + 5);
    expect(gateway.close()).toMatchObject([{ allowed: true, status: 200, reason: "too_large" }]);
  });
});

describe("the end of a call", () => {
  it("cuts what is under way and lets nothing more out", async () => {
    const cut = Promise.withResolvers<void>();
    const { gateway, sent } = gatewayWith({
      answer: ({ init }) =>
        new Promise((_, reject) =>
          init.signal?.addEventListener("abort", () => {
            cut.resolve();
            reject(init.signal?.reason);
          }),
        ),
    });
    const answer = gateway.send(get(API));
    await new Promise(setImmediate);
    expect(gateway.close()).toMatchObject([{ host: "api.example.com", allowed: true, reason: "interrupted" }]);
    await cut.promise;
    expect(await answer).toMatchObject({ error: { code: "EGRESS_DENIED", message: "the call is over" } });
    expect(await gateway.send(get(API))).toMatchObject({ error: { message: "the call is over" } });
    expect(sent).toHaveLength(1);
  });
});

describe("secrets", () => {
  const withToken = (setup: Setup = {}) => gatewayWith({ names: ["token"], secrets: [TOKEN], ...setup });

  it("are added to requests of their own host alone, and named in the record", async () => {
    const { gateway, sent, asked } = withToken();
    await gateway.send(get(API));
    await gateway.send(get("https://other.example.com/"));
    expect(sent.map(({ headers }) => headers.get("authorization"))).toEqual([TOKEN.headerValue, null]);
    expect(asked).toEqual([["token"]]);
    expect(gateway.close().map(({ secrets }) => secrets)).toEqual([["token"], undefined]);
  });

  it("take the place of what the tool set itself", async () => {
    const { gateway, sent } = withToken();
    await gateway.send(get(API, { headers: [["Authorization", "Bearer made-up"]] }));
    expect(sent[0]?.headers.get("authorization")).toBe(TOKEN.headerValue);
  });

  it("are not asked for when the tool has none", async () => {
    const { gateway, asked } = gatewayWith();
    await gateway.send(get(API));
    expect(asked).toEqual([]);
  });

  it("do not come back: not in the body, not in a header, not from another host", async () => {
    const { gateway } = withToken({
      answer: () =>
        new Response(`echo ${TOKEN.headerValue}`, {
          headers: { "x-echo": TOKEN.value, location: `/?t=${TOKEN.value}` },
        }),
    });
    for (const url of [API, "https://other.example.com/"]) {
      const answer = await gateway.send(get(url));
      expect(textOf(answer)).toBe("echo [secret token]");
      expect(JSON.stringify(answer)).not.toContain(TOKEN.value);
    }
    expect(gateway.redact(`{"value":"${TOKEN.value}"}`)).toBe('{"value":"[secret token]"}');
  });

  it("make an answer too large when their names do, and it does not come back", async () => {
    const name = "n".repeat(64);
    const short = { ...TOKEN, name, value: "8-chars!", headerValue: "8-chars!" };
    const { gateway } = withToken({
      secrets: [short],
      answer: () => new Response(short.value.repeat(EGRESS_RESPONSE_BYTES_MAX / 8)),
    });
    expect(await gateway.send(get(API))).toMatchObject({
      error: { code: "TOOL_LIMIT", message: expect.stringMatching(/larger than/) },
    });
    expect(gateway.redact(JSON.stringify(short.value.repeat(ANSWER_LENGTH_MAX / 16)))).toBeNull();
    expect(gateway.close()).toMatchObject([{ allowed: true, status: 200, reason: "too_large" }]);
  });

  it("may have names that make an answer longer, up to its limit", async () => {
    const short = { ...TOKEN, value: "8-chars!", headerValue: "8-chars!" };
    const { gateway } = withToken({ secrets: [short], answer: () => new Response(short.value.repeat(1_000)) });
    expect(textOf(await gateway.send(get(API)))).toBe("[secret token]".repeat(1_000));
  });

  it("make headers longer up to their limit, and the rest is left out", async () => {
    const short = { ...TOKEN, name: "n".repeat(64), value: "8-chars!", headerValue: "8-chars!" };
    const headers = { "x-a": short.value.repeat(1_000), "x-b": short.value.repeat(1_000) };
    const { gateway } = withToken({ secrets: [short], answer: () => new Response("", { headers }) });
    const answer = await gateway.send(get(API));
    expect(answer.ok).toBe(true);
    expect(JSON.stringify(answer).length).toBeLessThan(2 * EGRESS_ANSWER_HEADERS_LENGTH_MAX);
  });

  it("that cannot be opened stop the request, and the next one asks again", async () => {
    let attempts = 0;
    const { gateway, sent } = withToken({
      openSecrets: async () => {
        attempts++;
        if (attempts === 1) throw new Error("the object is away");
        return [TOKEN];
      },
    });
    expect(codeOf(await gateway.send(get(API)))).toBe("TOOL_FAILED");
    expect(codeOf(await gateway.send(get(API)))).toBe("ok");
    expect(sent).toHaveLength(1);
    expect(gateway.close().map(({ reason }) => reason)).toEqual(["secrets_unavailable", undefined]);
  });
});
