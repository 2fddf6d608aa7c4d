/** `vasini webhooks` as scripts meet it: the secret on standard output alone, what is sent, and the exit codes. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { documentOf, json, problem, runBin, startServer, type TestServer } from "./run-bin.ts";

const ID = "3f2b8c1e-5a7d-4e6f-9b0a-1c2d3e4f5a6b";
const SECRET = `whsec_${"s".repeat(43)}=`;
const AT = "2026-01-01T00:00:00.000Z";
const item = {
  ...{ id: ID, url: "https://example.com/hook", description: "", event_types: ["task.done"], state: "disabled" },
  ...{ disabled_reason: "disabled by the system: it took nothing", failures: 10, created_at: AT, updated_at: AT },
};
const delivery = {
  ...{ id: "d1", message_id: "msg_d1", event_id: "task:1", event_type: "task.done", state: "pending", attempts: 2 },
  ...{ last_status: 500, last_error: "answered 500", next_attempt_at: AT, created_at: AT, delivered_at: null },
};
const tested = { message_id: "msg_t", delivered: true, status: 204, error: null };

let server: TestServer;
beforeAll(async () => {
  server = await startServer({
    "POST /api/v1/webhooks": json(201, { ...item, secret: SECRET }),
    "GET /api/v1/webhooks": json(200, { items: [item], next_cursor: null }),
    [`PATCH /api/v1/webhooks/${ID}`]: json(200, { ...item, state: "enabled" }),
    [`DELETE /api/v1/webhooks/${ID}`]: (response) => void response.writeHead(204).end(),
    [`POST /api/v1/webhooks/${ID}/rotate`]: json(200, { ...item, secret: SECRET }),
    [`POST /api/v1/webhooks/${ID}/test`]: json(200, tested),
    "POST /api/v1/webhooks/silent/test": json(200, { ...tested, delivered: false, status: null, error: "no answer" }),
    [`GET /api/v1/webhooks/${ID}/deliveries`]: json(200, { items: [delivery], next_cursor: "more" }),
    "DELETE /api/v1/webhooks/unknown": problem(404, "NOT_FOUND"),
    "DELETE /api/v1/webhooks/forbidden": problem(403, "FORBIDDEN"),
    "DELETE /api/v1/webhooks/full": problem(409, "WEBHOOK_LIMIT_REACHED"),
  });
});
afterAll(() => server.close());

const run = (...words: readonly string[]) => runBin(["webhooks", ...words], { url: server.url });
const lastAsked = () => server.asked.at(-1);

describe("webhooks create and rotate", () => {
  it("print the secret alone, so that a script can take it", async () => {
    const made = await run("create", item.url, "--type", "task.done", "--type", "task.failed", "--description", "ops");
    expect([made.code, made.stdout]).toEqual([0, `${SECRET}\n`]);
    expect(made.stderr).toContain("shown once");
    expect(made.stderr).not.toContain(SECRET);
    const types = ["task.done", "task.failed"];
    expect(lastAsked()?.body).toEqual({ url: item.url, event_types: types, description: "ops" });
    const rotated = await run("rotate", ID);
    expect([rotated.code, rotated.stdout]).toEqual([0, `${SECRET}\n`]);
    expect(rotated.stderr).toContain("24 hours");
  });

  it("print one document with --json", async () => {
    for (const words of [
      ["create", item.url],
      ["rotate", ID],
    ]) {
      const ran = await run(...words, "--json");
      expect(documentOf(ran)).toEqual({ ...item, secret: SECRET });
      expect(ran.stderr).toBe("");
    }
    expect(server.asked.at(-2)?.body).toEqual({ url: item.url });
  });
});

describe("webhooks ls", () => {
  it("shows a table, and why one was disabled", async () => {
    const ran = await run("ls");
    expect(ran.stdout).toMatch(/^WEBHOOK +STATE +FAILURES +TYPES +URL\n/);
    expect(ran.stdout).toMatch(new RegExp(`${ID} +disabled +10 +task.done +https://example.com/hook`));
    expect(ran.stderr).toContain("it took nothing");
  });

  it("prints the list as it is with --json", async () => {
    expect(documentOf(await run("ls", "--json"))).toEqual({ items: [item], next_cursor: null });
  });
});

describe("webhooks update", () => {
  it("sends what was named and nothing else", async () => {
    expect(await run("update", ID, "--state", "enabled")).toMatchObject({ code: 0, stdout: `${ID} enabled\n` });
    expect(lastAsked()?.body).toEqual({ state: "enabled" });
    await run("update", ID, "--to", "https://example.com/new", "--type", "task.done", "--json");
    expect(lastAsked()?.body).toEqual({ url: "https://example.com/new", event_types: ["task.done"] });
  });
});

describe("webhooks test", () => {
  it("exits 0 when the receiver took it, and 1 with the reason when it did not", async () => {
    expect(await run("test", ID)).toMatchObject({ code: 0, stdout: "delivered: answered 204\n" });
    expect(await run("test", "silent")).toMatchObject({ code: 1, stdout: "not delivered: no answer\n" });
    expect(documentOf(await run("test", ID, "--json"))).toEqual(tested);
  });
});

describe("webhooks deliveries", () => {
  it("shows a table, and how to go on", async () => {
    const ran = await run("deliveries", ID, "--limit", "1", "--cursor", "from");
    expect(ran.stdout).toMatch(/^TYPE +STATE +ATTEMPTS +STATUS +NEXT +EVENT +ERROR\n/);
    expect(ran.stdout).toMatch(/task\.done +pending +2 +500 +2026-\S+ +task:1 +answered 500/);
    expect(ran.stderr).toContain("--cursor more");
    expect(lastAsked()?.path).toBe(`/api/v1/webhooks/${ID}/deliveries?limit=1&cursor=from`);
  });

  it("prints the page as it is with --json", async () => {
    expect(documentOf(await run("deliveries", ID, "--json"))).toEqual({ items: [delivery], next_cursor: "more" });
  });
});

describe("webhooks rm", () => {
  it("says what it did", async () => {
    expect(await run("rm", ID)).toMatchObject({ code: 0, stdout: `removed ${ID}\n` });
    expect(documentOf(await run("rm", ID, "--json"))).toEqual({ id: ID, removed: true });
  });

  const codes: readonly (readonly [id: string, code: number])[] = [
    ["unknown", 1],
    ["forbidden", 4],
    ["full", 1],
  ];
  for (const [id, code] of codes) {
    it(`exits ${code} when the answer is ${id}`, async () => {
      const ran = await run("rm", id, "--json");
      expect(ran.code).toBe(code);
      expect(documentOf(ran)).toMatchObject({ ok: false });
    });
  }
});

describe("webhooks", () => {
  const usage: readonly (readonly string[])[] = [[], ["create"], ["rm"], ["deliveries", ID, "--limit", "0"]];
  for (const words of usage) {
    it(`exits 2 for: ${words.join(" ") || "no command"}`, async () => {
      expect((await run(...words)).code).toBe(2);
    });
  }
});
