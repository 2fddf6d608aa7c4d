/**
 * Fifty secrets through whole tasks: each is really sent to its server, which sends it back in every way it can. Then
 * every place is looked through where one could have been left: events, views, the journal's tables, the log, the model's
 * messages. None may be found, and the marker must be, so that the search means something.
 */
import { runInDurableObject } from "cloudflare:test";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { assert, parseTenantId } from "../../src/platform/index.ts";
import { accept, env, readUntil } from "./harness.ts";

const COUNT = 50;
const TENANT = "canary-tenant";
const CANARIES = Array.from({ length: COUNT }, (_, n) => {
  const random = crypto.randomUUID().replaceAll("-", "");
  const scheme = (["bearer", "basic", "raw"] as const)[n % 3] ?? "raw";
  const host = `h${n}.example.com`;
  const header = n % 2 === 0 ? "authorization" : "x-api-key";
  return {
    name: `secret-${n}`,
    value: scheme === "basic" ? `user${n}:${random}` : `canary/${random}+=`,
    random,
    host,
    header,
    scheme,
  };
});

const TOOLS = `
tools:
  available:
    - id: "http_request"
      name: "HTTP"
      sandbox:
        timeout: "20s"
        network: "egress_allowlist"
        egress_allowlist: [${CANARIES.map(({ host }) => `"${host}"`).join(", ")}]
      secrets: [${CANARIES.map(({ name }) => `"${name}"`).join(", ")}]
  tool_policies: { max_concurrent: 5, max_calls_per_task: 100 }
`;

/** What each server was sent, by host. */
const sent = new Map<string, string>();
const logged: string[] = [];

/** A server that says all it was told: in headers, as text, decoded, and encoded once more. */
async function parrot(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const headers = new Headers(init?.headers);
  const credential = headers.get("authorization") ?? headers.get("x-api-key") ?? "";
  sent.set(new URL(String(input)).hostname, credential);
  const bare = credential.replace(/^(?:Bearer|Basic) /, "");
  const decoded = credential.startsWith("Basic ") ? atob(bare) : bare;
  const spellings = [credential, bare, decoded, btoa(decoded), encodeURIComponent(decoded), JSON.stringify(decoded)];
  return new Response(JSON.stringify({ spellings, text: spellings.join("\n") }), {
    headers: {
      "content-type": "application/json",
      "x-parrot": decoded,
      "set-cookie": `s=${encodeURIComponent(decoded)}`,
    },
  });
}

beforeAll(async () => {
  const tenant = parseTenantId(TENANT);
  assert(tenant !== undefined, "it is a tenant");
  for (const { random: _random, ...secret } of CANARIES) {
    assert((await env.SECRET.getByName(TENANT).put(tenant, secret)).kind === "written", "the canary is kept");
  }
  vi.spyOn(globalThis, "fetch").mockImplementation(parrot);
  for (const level of ["log", "info", "warn", "error"] as const) {
    vi.spyOn(console, level).mockImplementation((...words) => void logged.push(words.map(String).join(" ")));
  }
});
afterAll(() => vi.restoreAllMocks());

/** Ten calls in a turn, so many turns as it takes. */
const input = CANARIES.map(({ host }, n) => {
  const call = `@tool http_request ${JSON.stringify({ method: "GET", url: `https://${host}/v1` })}`;
  return n % 10 === 9 ? call : `${call} &`;
}).join("\n");

describe("fifty secrets that were used", () => {
  it("are found nowhere afterwards, in no spelling", async () => {
    const { stub } = await accept(input, { tenant: TENANT, pack: "canaries", extra: TOOLS });
    await stub().kick();
    const events = await readUntil(stub(), ({ type }) => type === "task.done" || type === "task.failed");
    const view = await stub().view();
    expect(view).toMatchObject({ state: "done" });
    const tables = await runInDurableObject(stub(), (_object, { storage }) =>
      storage.sql
        .exec<{ name: string }>(
          "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
        )
        .toArray()
        .map(({ name }) => [name, storage.sql.exec(`SELECT * FROM ${name}`).toArray()]),
    );
    const journal = await stub().exportJournal(100);
    // Each was really sent, so that there was something to find.
    for (const { host, value, scheme } of CANARIES) {
      expect(sent.get(host)).toBe({ bearer: `Bearer ${value}`, basic: `Basic ${btoa(value)}`, raw: value }[scheme]);
    }
    const places = { events, view, tables, journal, logged };
    for (const [place, content] of Object.entries(places)) {
      const text = JSON.stringify(content);
      for (const { random, value } of CANARIES) {
        expect(text, `${value} in ${place}`).not.toContain(random);
        expect(text, `${value} in ${place}`).not.toContain(btoa(value).replace(/=+$/, ""));
      }
    }
    for (const { name } of CANARIES) expect(JSON.stringify(events)).toContain(`[secret ${name}]`);
    const results = events.filter(({ type }) => type === "tool.result");
    expect(results.map(({ data }) => data.success)).toEqual(results.map(() => true));
    const egress = results.flatMap(({ data }) => data.egress);
    expect(egress).toHaveLength(COUNT);
    expect(egress).toContainEqual({
      ...{ host: "h7.example.com", method: "GET", allowed: true, status: 200, sent_bytes: 0, secrets: ["secret-7"] },
      received_bytes: expect.any(Number),
    });
  });
});
