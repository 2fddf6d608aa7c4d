/** `vasini policy publish`, `ls` and `use` as scripts meet them: what is sent, what is printed, and the exit codes. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WASM } from "../policy/default.ts";
import { documentOf, json, problem, runBin, startServer, type TestServer } from "./run-bin.ts";

const DIGEST = "3f9c21".padEnd(64, "0");
const item = (change: object = {}) => ({
  ...{ digest: DIGEST, name: "careful", bytes: 1, published_at: "2026-01-01T00:00:00.000Z", published_by: "key:1" },
  ...{ mode: null, ...change },
});

const folder = mkdtempSync(join(tmpdir(), "vasini-policy-own-"));
const compiled = join(folder, "policy.wasm");
let server: TestServer;
beforeAll(async () => {
  writeFileSync(compiled, WASM);
  server = await startServer({
    "POST /api/v1/policies": json(201, item({ undecided: ["handoff"] })),
    "PUT /api/v1/policies/active": json(200, item({ mode: "log" })),
    "GET /api/v1/policies": json(200, {
      items: [item({ mode: "enforce" }), item({ digest: "3f9c22".padEnd(64, "0") })],
    }),
    "DELETE /api/v1/policies/active": (response) => void response.writeHead(204).end(),
  });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = (...words: string[]) => runBin(["policy", ...words], { url: server.url });
const askedFor = (count: number) =>
  server.asked.slice(-count).map(({ method, path, body }) => [`${method} ${path}`, body]);

describe("policy publish", () => {
  it("sends the compiled policy, and says to which questions it has no answer", async () => {
    const ran = await run("publish", compiled, "--name", "careful");
    expect([ran.code, ran.stdout]).toEqual([0, `published ${DIGEST}\n`]);
    expect(ran.stderr).toContain("It has no answer to handoff");
    expect(askedFor(1)).toEqual([["POST /api/v1/policies", { wasm: WASM.toString("base64"), name: "careful" }]]);
  });

  it("makes it the active one at once when that is asked for", async () => {
    const ran = await run("publish", compiled, "--use", "log", "--json");
    expect(documentOf(ran)).toEqual(item({ mode: "log", undecided: ["handoff"] }));
    expect(askedFor(1)).toEqual([["PUT /api/v1/policies/active", { digest: DIGEST, mode: "log" }]]);
  });

  it("publishes no Rego whose tests fail", async () => {
    writeFileSync(join(folder, "rules.rego"), "package vasini.authz");
    writeFileSync(join(folder, "opa"), "#!/bin/sh\necho FAIL; [ $1 = check ]\n", { mode: 0o755 });
    const environment = { PATH: `${folder}:/usr/bin:/bin` };
    const before = server.asked.length;
    const ran = await runBin(["policy", "publish", join(folder, "rules.rego"), "--json"], {
      url: server.url,
      environment,
    });
    expect([ran.code, documentOf(ran)]).toMatchObject([1, { error: { code: "TESTS_FAILED" } }]);
    expect(server.asked).toHaveLength(before);
  });

  it("tells what the server has against it", async () => {
    const strict = await startServer({ "POST /api/v1/policies": problem(422, "POLICY_INVALID") });
    const ran = await runBin(["policy", "publish", compiled, "--json"], { url: strict.url });
    await strict.close();
    expect([ran.code, documentOf(ran)]).toMatchObject([1, { error: { code: "POLICY_INVALID" } }]);
  });
});

describe("policy ls and use", () => {
  it("lists them, and which is in use", async () => {
    expect((await run("ls")).stdout).toMatch(/^3f9c21000000 +enforce +careful +2026-01-01T00:00:00\.000Z +key:1$/m);
  });

  it("chooses one by the beginning of its digest", async () => {
    expect((await run("use", "3f9c21", "--mode", "log")).code).toBe(0);
    expect(askedFor(2)).toEqual([
      ["GET /api/v1/policies", null],
      ["PUT /api/v1/policies/active", { digest: DIGEST, mode: "log" }],
    ]);
    expect((await run("use", DIGEST)).code).toBe(0);
    expect(askedFor(1)).toEqual([["PUT /api/v1/policies/active", { digest: DIGEST, mode: "enforce" }]]);
  });

  it("takes the active one back", async () => {
    expect(documentOf(await run("use", "none", "--json"))).toEqual({ active: null });
    expect(askedFor(1)).toEqual([["DELETE /api/v1/policies/active", null]]);
  });

  for (const [what, words] of [
    ["a beginning that two have", ["use", "3f9c2"]],
    ["a beginning that none has", ["use", "abcdef"]],
    ["a beginning that is too short", ["use", "3f"]],
    ["a mode that there is not", ["use", DIGEST, "--mode", "maybe"]],
    ["a mode that there is not, before anything is published", ["publish", compiled, "--use", "maybe"]],
  ] as const) {
    it(`says that ${what} is a mistake in usage, and changes nothing`, async () => {
      expect((await run(...words)).code).toBe(2);
      expect(server.asked.at(-1)?.method).not.toBe("PUT");
    });
  }
});
