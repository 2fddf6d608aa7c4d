/** `vasini secrets` as scripts meet it: the value from standard input and nowhere else, what is sent, and the exit codes. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { documentOf, json, problem, runBin, startServer, type TestServer } from "./run-bin.ts";

const VALUE = "the-value-nobody-sees";
const item = {
  name: "token",
  host: "api.example.com",
  header: "authorization",
  scheme: "bearer",
  created_at: "2026-01-01T00:00:00.000Z",
  updated_at: "2026-01-02T00:00:00.000Z",
};

let server: TestServer;
beforeAll(async () => {
  server = await startServer({
    "PUT /api/v1/secrets/token": json(201, item),
    "PUT /api/v1/secrets/full": problem(409, "SECRET_LIMIT_REACHED"),
    "GET /api/v1/secrets": json(200, { items: [item], next_cursor: null }),
    "DELETE /api/v1/secrets/token": (response) => void response.writeHead(204).end(),
    "DELETE /api/v1/secrets/gone": problem(404, "NOT_FOUND"),
  });
});
afterAll(() => server.close());

const run = (words: readonly string[], stdin?: string) =>
  runBin(["secrets", ...words], { url: server.url, ...(stdin === undefined ? {} : { stdin }) });
const lastAsked = () => server.asked.at(-1);

describe("secrets set", () => {
  it("sends what stands on standard input, without the end of its line, and prints no value", async () => {
    const ran = await run(["set", "token", "--host", "api.example.com"], `${VALUE}\n`);
    expect([ran.code, ran.stdout]).toEqual([0, "kept token for api.example.com\n"]);
    expect(lastAsked()?.body).toEqual({ value: VALUE, host: "api.example.com" });
    expect(ran.stdout + ran.stderr).not.toContain(VALUE);
  });

  it("sends header and scheme when they are named", async () => {
    await run(["set", "token", "--host", "api.example.com", "--header", "x-key", "--scheme", "raw"], VALUE);
    expect(lastAsked()?.body).toEqual({ value: VALUE, host: "api.example.com", header: "x-key", scheme: "raw" });
  });

  it("prints one document with --json", async () => {
    const ran = await run(["set", "token", "--host", "api.example.com", "--json"], VALUE);
    expect(documentOf(ran)).toEqual(item);
  });

  for (const [what, words, stdin, code] of [
    ["no host is a mistake in usage", ["set", "token"], VALUE, 2],
    ["no value is a mistake in usage", ["set", "token", "--host", "api.example.com"], "", 2],
    ["too many are an error", ["set", "full", "--host", "api.example.com"], VALUE, 1],
  ] as const) {
    it(what, async () => expect((await run(words, stdin)).code).toBe(code));
  }
});

describe("secrets ls and rm", () => {
  it("lists where each goes", async () => {
    const ran = await run(["ls"]);
    expect(ran.stdout).toMatch(
      /SECRET +HOST +HEADER +SCHEME +UPDATED\ntoken +api\.example\.com +authorization +bearer/,
    );
  });

  it("removes one", async () => {
    expect(await run(["rm", "token"])).toMatchObject({ code: 0, stdout: "removed token\n" });
    expect((await run(["rm", "gone"])).code).toBe(1);
  });
});
