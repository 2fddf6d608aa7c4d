/** `http_request` in its real isolate against a real server: what comes back, where it may not go, and no secret in it. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { TIMEOUT_GRACE_MS } from "../../src/tool/limits.ts";
import { endOnceAsked } from "./call-tool.ts";
import { keepSecret, outside, taskWith } from "./outside-host.ts";

afterEach(() => void vi.restoreAllMocks());

const get = (path: string) => ({ method: "GET", url: `${outside()}${path}` });

describe("a request", () => {
  it("brings back status, headers and body, and its record", async () => {
    const outcome = await (await taskWith()).call("http_request", {
      ...{ method: "POST", url: `${outside()}/echo?a=b`, headers: { "X-Mine": "1" }, body: '{"n":1}' },
    });
    expect(outcome).toMatchObject({
      success: true,
      result: { status: 200, headers: { "content-type": "application/json" } },
    });
    const echoed = JSON.parse(outcome.result.body);
    expect(echoed).toMatchObject({ method: "POST", url: "/echo?a=b", body: btoa('{"n":1}') });
    expect(echoed.headers).toMatchObject({
      "x-mine": "1",
      "content-type": "application/json",
      "idempotency-key": "key-1",
    });
    expect(outcome.egress).toMatchObject([
      { host: "127.0.0.1", method: "POST", allowed: true, status: 200, sent_bytes: 7 },
    ]);
  });

  it("comes back in base64 when it is no text", async () => {
    const { result } = await (await taskWith()).call("http_request", get("/binary"));
    expect(result).toMatchObject({
      body: "iVBORwD/",
      body_encoding: "base64",
      headers: { "content-type": "image/png" },
    });
  });

  it("follows a redirect, and not to a place that is forbidden", async () => {
    const task = await taskWith();
    const there = encodeURIComponent(`${outside()}/bytes?n=3`);
    expect((await task.call("http_request", get(`/redirect?to=${there}`))).result).toMatchObject({
      status: 200,
      body: "xxx",
    });
    const inside = encodeURIComponent("http://169.254.169.254/latest/meta-data/");
    expect(await task.call("http_request", get(`/redirect?to=${inside}`))).toMatchObject({
      error: { code: "EGRESS_DENIED" },
      egress: [
        { allowed: true, status: 302 },
        { host: "169.254.169.254", allowed: false, reason: "scheme" },
      ],
    });
  });

  it("is stopped with its call", async () => {
    const task = await taskWith({ timeout: "1s" });
    endOnceAsked(1_000 + TIMEOUT_GRACE_MS);
    expect(await task.call("http_request", get("/hang"))).toMatchObject({
      error: { code: "TOOL_TIMEOUT" },
      egress: [{ allowed: true, reason: "interrupted" }],
    });
  });

  it("is refused without a network, and for a host that is not listed", async () => {
    const none = await taskWith({ network: 'network: "none"' });
    expect(await none.call("http_request", get("/echo"))).toMatchObject({ error: { code: "EGRESS_DENIED" } });
    const listed = await taskWith({ network: 'network: "egress_allowlist", egress_allowlist: ["api.example.com"]' });
    expect(await listed.call("http_request", get("/echo"))).toMatchObject({
      error: { code: "EGRESS_DENIED" },
      egress: [{ allowed: false, reason: "not_listed" }],
    });
  });

  it("gives a program no way out, though its tool may reach the same hosts", async () => {
    const code = "typeof (() => {}).constructor('return this')().fetch";
    const outcome = await (await taskWith()).call("code_executor", { language: "javascript", code });
    expect(outcome.result.value).toBe("undefined");
  });
});

describe("a secret", () => {
  const header = "authorization";
  const SECRETS = [
    { name: "bearer-token", value: "bearer-canary-5a1f", host: "127.0.0.1", header, scheme: "bearer" },
    { name: "api-key", value: 'raw/canary+c3d4="x"', host: "127.0.0.1", header: "x-api-key", scheme: "raw" },
    { name: "login", value: "user:basic-canary-99", host: "127.0.0.1", header, scheme: "basic" },
    { name: "elsewhere", value: "other-canary-77aa", host: "api.example.com", header, scheme: "bearer" },
  ] as const;

  it("is sent to its host, comes back in no spelling, and is written down by name", async () => {
    const tenant = "parrot-tenant";
    for (const secret of SECRETS) await keepSecret(tenant, secret);
    for (const names of [["bearer-token", "api-key"], ["login"], ["elsewhere"]]) {
      const task = await taskWith({ tenant, secrets: names });
      const outcome = await task.call("http_request", get("/parrot"));
      const everything = JSON.stringify([outcome, task.lines]);
      for (const { value } of SECRETS) {
        const password = value.slice(value.indexOf(":") + 1);
        const spellings = [value, password, btoa(value), encodeURIComponent(value), JSON.stringify(value).slice(1, -1)];
        for (const spelling of spellings) expect(everything).not.toContain(spelling);
      }
      const sent = names.filter((name) => name !== "elsewhere");
      expect(outcome.egress).toMatchObject([{ status: 200, ...(sent.length > 0 ? { secrets: sent } : {}) }]);
      for (const name of sent) expect(outcome.result.body).toContain(`[secret ${name}]`);
      if (sent.length === 0) expect(JSON.parse(outcome.result.body).all).toEqual([]);
    }
  });

  it("that the tool does not name is not sent", async () => {
    await keepSecret("unnamed", SECRETS[0]);
    const outcome = await (await taskWith({ tenant: "unnamed" })).call("http_request", get("/parrot"));
    expect(JSON.parse(outcome.result.body).all).toEqual([]);
  });

  it("of another tenant is not sent", async () => {
    await keepSecret("owner", SECRETS[0]);
    const task = await taskWith({ tenant: "stranger", secrets: ["bearer-token"] });
    expect(JSON.parse((await task.call("http_request", get("/parrot"))).result.body).all).toEqual([]);
  });
});
