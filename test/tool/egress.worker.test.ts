/** The way out of real isolates: the whole corpus through a real gateway, a call's end, and what an isolate has without one. */
import { env } from "cloudflare:workers";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from "vitest";
import type { Bindings } from "../../src/bindings.ts";
import type { GatewayAnswer } from "../../src/tool/contract.ts";
import type { EgressGrant } from "../../src/tool/egress.ts";
import { type Engine, keepEngine, loadEngine } from "../../src/tool/engine.ts";
import type { EgressRecord, RunnerAnswer, RunnerCall } from "../../src/tool/index.ts";
import { EGRESS_REQUESTS_MAX } from "../../src/tool/limits.ts";
import { FORBIDDEN_URLS } from "../platform/egress-corpus.ts";
import { endOnceAsked, gatedRunner } from "./call-tool.ts";

const { origin } = inject("outside");
const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/** In the place of an engine: asks the gateway for whatever a test says, and keeps it for later if told to. */
const PROBE = `
import { WorkerEntrypoint } from "cloudflare:workers";
let kept = null;
const released = Promise.withResolvers();
const held = Promise.withResolvers();
const get = (url) => ({ method: "GET", url, headers: [], body: null });
const attempt = async (make) => { try { return await make() } catch (thrown) { return { threw: String(thrown?.message) } } };
const shown = (answer) => answer?.ok ? { ...answer, body: new TextDecoder().decode(answer.body) } : answer;
const send = (gateway, request) => attempt(async () => shown(await gateway.send(request)));
export default class extends WorkerEntrypoint {
  async run(json, gateway) {
    const { mode, requests = [], url } = JSON.parse(json);
    switch (mode) {
      case "send": {
        const answers = [];
        for (const request of requests) answers.push(await send(gateway, request));
        return JSON.stringify(answers);
      }
      case "together": return JSON.stringify(await Promise.all(requests.map((request) => send(gateway, request))));
      case "keep": kept = gateway.dup?.() ?? gateway; return JSON.stringify([await send(kept, get(url))]);
      case "hold": kept = gateway.dup?.() ?? gateway; held.resolve(); await released.promise; return "[]";
      case "use kept": return JSON.stringify([await send(kept, get(url))]);
      case "use kept, then release": await held.promise; { const answer = await send(kept, get(url)); released.resolve(); return JSON.stringify([answer]); }
      case "gateway": return JSON.stringify([gateway === null ? null : typeof gateway]);
      case "members": {
        const names = ["fetch", "connect", "close", "redact", "env", "ctx", "constructor", "#gateway", "__proto__"];
        return JSON.stringify(await Promise.all(names.map((name) => attempt(async () => [name, typeof (await gateway[name]("https://example.com/"))]))));
      }
      case "ambient": return JSON.stringify([
        await attempt(async () => (await fetch(url)).status),
        await attempt(async () => (await fetch("https://example.com/")).status),
        await attempt(async () => { const { connect } = await import("cloudflare:sockets"); return (await connect("example.com:443").opened).remoteAddress }),
        await attempt(() => new Promise((resolve, reject) => { const socket = new WebSocket("wss://example.com/"); socket.addEventListener("open", () => resolve("open")); socket.addEventListener("error", (event) => reject(new Error(event.message))) })),
        await attempt(async () => { const dns = await import("node:dns/promises"); return await dns.resolve4("exfiltrated.example.com") }),
      ]);
    }
  }
}`;

let real: Engine;
beforeAll(async () => {
  real = await loadEngine((env as unknown as Bindings).ASSETS, "http-request"); // the bindings of wrangler.toml
  keepEngine("http-request", { digest: "probe", mainModule: "index.js", modules: { "index.js": { js: PROBE } } });
  // The first call starts the whole Worker, which is not what any test is about.
  await probe({ mode: "gateway" });
});
afterAll(() => keepEngine("http-request", real));
afterEach(() => vi.restoreAllMocks());

const OPEN: EgressGrant = {
  rules: { hosts: ["127.0.0.1"], localOrigins: [origin] },
  secrets: [],
  traceparent: TRACEPARENT,
};
const get = (url: string, headers: readonly (readonly [string, string])[] = []) => ({
  ...{ method: "GET", url, headers, body: null },
});

type Probe = Partial<RunnerCall> & { readonly tenant?: string; readonly grant?: EgressGrant | null };

async function probe(request: Readonly<Record<string, unknown>>, options: Probe = {}): Promise<RunnerAnswer> {
  const { tenant = "tenant-123", grant = OPEN, ...more } = options;
  const over = Promise.withResolvers<void>();
  const call: RunnerCall = {
    engine: "http-request",
    policyDigest: "policy",
    timeoutMs: 20_000,
    cpuMs: 1_000,
    requestJson: JSON.stringify(request),
    ...(grant === null ? {} : { egress: grant }),
    ...more,
  };
  try {
    return await gatedRunner({ tenant, taskId: "task-1", toolId: "http_request" }).run(call, () => over.promise);
  } finally {
    over.resolve();
  }
}

type Shown = (GatewayAnswer & { readonly body?: string; readonly threw?: string }) | null;

async function answersOf(asked: Promise<RunnerAnswer>): Promise<{ answers: Shown[]; egress: readonly EgressRecord[] }> {
  const answer = await asked;
  if (answer.kind !== "answer") throw new Error(`the probe ended as ${answer.kind}`);
  return { answers: JSON.parse(answer.json), egress: answer.egress ?? [] };
}

describe("the corpus of forbidden URLs", () => {
  it("is refused whole by the gateway of a call that may reach every host: nothing is asked of the network", async () => {
    const fetched = vi.spyOn(globalThis, "fetch");
    const grant: EgressGrant = { ...OPEN, rules: { hosts: "any", localOrigins: [] } };
    const tricks = Object.entries(FORBIDDEN_URLS);
    const passed: string[] = [];
    let denied = 0;
    for (let from = 0; from < tricks.length; from += EGRESS_REQUESTS_MAX) {
      const batch = tricks.slice(from, from + EGRESS_REQUESTS_MAX);
      const requests = batch.map(([, url]) => get(url));
      const { answers, egress } = await answersOf(probe({ mode: "send", requests }, { grant }));
      batch.forEach(([trick], index) => {
        const answer = answers[index];
        if (answer?.ok !== false || answer.error.code !== "EGRESS_DENIED") passed.push(trick);
      });
      denied += egress.filter(({ allowed }) => !allowed).length;
    }
    expect(passed).toEqual([]);
    expect(denied).toBe(tricks.length);
    expect(tricks.length).toBeGreaterThan(120);
    expect(fetched).not.toHaveBeenCalled();
  });
});

describe("a request through the gateway", () => {
  it("reaches a server and brings its answer back, with a record and without what is not its business", async () => {
    const request = get(`${origin}/echo?a=b`, [
      ["X-Mine", "1"],
      ["Host", "evil.example.com"],
      ["X-Forwarded-For", "10.0.0.1"],
      ["Connection", "x-mine"],
      ["Upgrade", "websocket"],
      ["CF-Worker", "forged.example.com"],
      ["CF-Connecting-IP", "10.0.0.2"],
    ]);
    const { answers, egress } = await answersOf(probe({ mode: "send", requests: [request] }));
    const [answer] = answers;
    expect(answer).toMatchObject({ ok: true, status: 200 });
    const echoed: { method: string; url: string; headers: Record<string, string> } = JSON.parse(answer?.body ?? "");
    expect(echoed).toMatchObject({ method: "GET", url: "/echo?a=b" });
    expect(echoed.headers).toMatchObject({
      ...{ "x-mine": "1", host: new URL(origin).host, "user-agent": "vasini", traceparent: TRACEPARENT },
    });
    // The platform adds headers of its own on the way; what the tool sent is not among them.
    expect(JSON.stringify(echoed.headers)).not.toMatch(/evil\.example|10\.0\.0\.|websocket|forged/);
    expect(egress).toEqual([
      {
        ...{ host: "127.0.0.1", method: "GET", allowed: true, status: 200, sent_bytes: 0 },
        received_bytes: expect.any(Number),
      },
    ]);
  });

  it("is answered with a redirect as it is, whose next hop is judged again", async () => {
    const to = encodeURIComponent("https://169.254.169.254/latest/meta-data/");
    const requests = [get(`${origin}/redirect?to=${to}`), get("https://169.254.169.254/latest/meta-data/")];
    const { answers } = await answersOf(probe({ mode: "send", requests }));
    expect(answers[0]).toMatchObject({ ok: true, status: 302 });
    expect(answers[1]).toMatchObject({ ok: false, error: { code: "EGRESS_DENIED" } });
  });

  it("is unpacked when it was packed", async () => {
    const { answers } = await answersOf(probe({ mode: "send", requests: [get(`${origin}/gzip`)] }));
    expect(answers[0]).toMatchObject({ ok: true, body: "was packed" });
  });

  it("is cut off at the limit of an answer", async () => {
    const { answers, egress } = await answersOf(probe({ mode: "send", requests: [get(`${origin}/bytes?n=9000000`)] }));
    expect(answers[0]).toMatchObject({ ok: false, error: { code: "TOOL_LIMIT" } });
    expect(egress).toMatchObject([{ allowed: true, status: 200, reason: "too_large" }]);
  });

  it("is one of so many at most, also when they are asked for together", async () => {
    const requests = Array.from({ length: EGRESS_REQUESTS_MAX + 3 }, () => get(`${origin}/status?code=204`));
    const { answers, egress } = await answersOf(probe({ mode: "together", requests }));
    expect(answers.filter((answer) => answer?.ok)).toHaveLength(EGRESS_REQUESTS_MAX);
    expect(egress).toHaveLength(EGRESS_REQUESTS_MAX);
  });
});

describe("the end of a call", () => {
  it("cuts its request, and the record says so", async () => {
    const requests = [get(`${origin}/hang`)];
    endOnceAsked(300);
    expect(await probe({ mode: "send", requests }, { timeoutMs: 300, policyDigest: "hang" })).toEqual({
      kind: "timeout",
      egress: [
        ...[
          { host: "127.0.0.1", method: "GET", allowed: true, reason: "interrupted", sent_bytes: 0, received_bytes: 0 },
        ],
      ],
    });
  });

  it("ends its gateway: a later call of the same isolate cannot use it", async () => {
    const shared = { policyDigest: "kept" };
    const url = `${origin}/status?code=200`;
    const kept = await answersOf(probe({ mode: "keep", url }, shared));
    expect(kept.answers[0]).toMatchObject({ ok: true, status: 200 });
    const fetched = vi.spyOn(globalThis, "fetch");
    const later = await answersOf(probe({ mode: "use kept", url }, shared));
    expect(later.answers[0]?.ok).not.toBe(true);
    expect(later.egress).toEqual([]);
    expect(fetched).not.toHaveBeenCalled();
  });

  it("ends its gateway for a call that has none of its own, too", async () => {
    const shared = { policyDigest: "kept-2" };
    const url = `${origin}/status?code=200`;
    await probe({ mode: "keep", url }, shared);
    const later = await answersOf(probe({ mode: "use kept", url }, { ...shared, grant: null }));
    expect(later.answers[0]?.ok).not.toBe(true);
  });

  it("is what ends it, and not another call's: meanwhile its requests stay in its own record", async () => {
    const shared = { policyDigest: "held" };
    const url = `${origin}/status?code=200`;
    const holding = answersOf(probe({ mode: "hold" }, shared));
    const using = await answersOf(probe({ mode: "use kept, then release", url }, shared));
    const held = await holding;
    // The runtime refuses one call's channel to another outright, or the first call's gateway answers and records it.
    const wasUsed = using.answers[0]?.ok === true;
    expect(held.egress).toHaveLength(wasUsed ? 1 : 0);
    expect(using.egress).toEqual([]);
  });
});

describe("an isolate", () => {
  it("without a grant has no gateway", async () => {
    const { answers } = await answersOf(probe({ mode: "gateway" }, { grant: null }));
    expect(answers).toEqual([null]);
  });

  it("finds nothing on its gateway but send", async () => {
    const { answers } = await answersOf(probe({ mode: "members" }));
    expect(JSON.stringify(answers)).not.toMatch(/"(?:object|string|function)"\]/);
  });

  it("with a gateway has no other way out: no fetch, no socket, no WebSocket, no look-up of names", async () => {
    const fetched = vi.spyOn(globalThis, "fetch");
    const { answers } = await answersOf(probe({ mode: "ambient", url: `${origin}/echo` }));
    expect(answers).toHaveLength(5);
    for (const answer of answers) expect(answer).toEqual({ threw: expect.any(String) });
    expect(fetched).not.toHaveBeenCalled();
  });
});
