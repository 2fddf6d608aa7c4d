/** `vasini keys` as scripts meet it: the key on standard output alone, what is sent, and the exit codes. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { documentOf, json, problem, runBin, startServer, type TestServer } from "./run-bin.ts";

const ID = "AbCdEfGhIjKlMnOp";
const TEXT = `vas_live_${ID}_${"s".repeat(49)}`;
const item = {
  id: ID,
  tenant_id: "acme",
  name: "ci",
  roles: ["developer", "approver"],
  state: "active",
  created_at: "2026-01-01T00:00:00.000Z",
  expires_at: null,
  revoked_at: null,
  last_used_at: null,
};
const OPERATOR = { VASINI_API_KEY: "operator-key" };

let server: TestServer;
beforeAll(async () => {
  server = await startServer({
    "POST /api/v1/keys": json(201, { ...item, key: TEXT }),
    "GET /api/v1/keys": json(200, { items: [item], next_cursor: "more" }),
    [`DELETE /api/v1/keys/${ID}`]: (response) => void response.writeHead(204).end(),
    "DELETE /api/v1/keys/refused": problem(401, "UNAUTHENTICATED"),
    "DELETE /api/v1/keys/forbidden": problem(403, "FORBIDDEN"),
    "DELETE /api/v1/keys/full": problem(409, "KEY_LIMIT_REACHED"),
  });
});
afterAll(() => server.close());

const run = (words: readonly string[], environment: Record<string, string> = OPERATOR) =>
  runBin(["keys", ...words], { url: server.url, environment });
const lastAsked = () => server.asked.at(-1);

describe("keys create", () => {
  it("prints the key alone, so that a script can take it", async () => {
    const ran = await run(["create", "ci", "--role", "developer", "--role", "approver", "--tenant", "acme"]);
    expect([ran.code, ran.stdout]).toEqual([0, `${TEXT}\n`]);
    expect(ran.stderr).toContain("shown once");
    expect(ran.stderr).not.toContain(TEXT);
    expect(lastAsked()?.body).toEqual({ tenant_id: "acme", name: "ci", roles: ["developer", "approver"] });
    expect(lastAsked()?.headers).toMatchObject({ authorization: "Bearer operator-key", "x-tenant-id": "acme" });
  });

  it("leaves the tenant to the credential when none is named", async () => {
    await run(["create", "ci", "--role", "viewer"]);
    expect(lastAsked()?.body).toEqual({ name: "ci", roles: ["viewer"] });
    expect(lastAsked()?.headers["x-tenant-id"]).toBeUndefined();
  });

  it("prints one document with --json", async () => {
    const ran = await run(["create", "ci", "--role", "viewer", "--json"]);
    expect(documentOf(ran)).toEqual({ ...item, key: TEXT });
    expect(ran.stderr).toBe("");
  });

  it("takes a time as its end", async () => {
    await run(["create", "ci", "--role", "viewer", "--expires", "2099-01-31T00:00:00Z"]);
    expect(lastAsked()?.body).toMatchObject({ expires_at: "2099-01-31T00:00:00.000Z" });
  });

  it("takes a duration as its end", async () => {
    await run(["create", "ci", "--role", "viewer", "--expires", "90d"]);
    expect(lastAsked()?.body).toMatchObject({ expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) });
  });

  const usage: readonly (readonly [name: string, words: readonly string[]])[] = [
    ["no role", ["create", "ci"]],
    ["no name", ["create", "--role", "viewer"]],
    ["an end that is neither", ["create", "ci", "--role", "viewer", "--expires", "soon"]],
    ["an end without its unit", ["create", "ci", "--role", "viewer", "--expires", "90"]],
    ["a page of none", ["ls", "--limit", "0"]],
    ["no command", []],
  ];
  for (const [name, words] of usage) {
    it(`exits 2 for ${name}`, async () => {
      expect((await run(words)).code).toBe(2);
    });
  }
});

describe("keys ls", () => {
  it("shows a table, and how to go on", async () => {
    const ran = await run(["ls", "--limit", "1", "--tenant", "acme"]);
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(/^KEY +STATE +ROLES +LAST USED +EXPIRES +NAME\n/);
    expect(ran.stdout).toMatch(new RegExp(`${ID} +active +developer,approver +- +- +ci`));
    expect(ran.stderr).toContain("--cursor more");
    expect(lastAsked()?.path).toBe("/api/v1/keys?limit=1");
  });

  it("prints the page as it is with --json", async () => {
    expect(documentOf(await run(["ls", "--json"]))).toEqual({ items: [item], next_cursor: "more" });
  });
});

describe("keys revoke", () => {
  it("says what it did", async () => {
    expect(await run(["revoke", ID])).toMatchObject({ code: 0, stdout: `revoked ${ID}\n` });
    expect(documentOf(await run(["revoke", ID, "--json"]))).toEqual({ id: ID, revoked: true });
  });

  const codes: readonly (readonly [id: string, code: number])[] = [
    ["refused", 4],
    ["forbidden", 4],
    ["full", 1],
    ["unknown", 1],
  ];
  for (const [id, code] of codes) {
    it(`exits ${code} when the answer is ${id}`, async () => {
      const ran = await run(["revoke", id, "--json"]);
      expect(ran.code).toBe(code);
      expect(documentOf(ran)).toMatchObject({ ok: false });
    });
  }
});
