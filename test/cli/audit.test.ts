/** `vasini audit` as scripts meet it: an export is lines alone, and a check needs no server. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { headOf, makeRows, TENANT, toLines } from "../audit/log.ts";
import { type Answer, documentOf, json, problem, runBin, startServer, type TestServer } from "./run-bin.ts";

// Two pages, and a row that came after the head was signed.
const rows = await makeRows(700);
const head = await headOf(rows.slice(0, 699));
const whole = toLines(rows.slice(0, 699), head);

let server: TestServer;
const folder = mkdtempSync(join(tmpdir(), "vasini-audit-"));
beforeAll(async () => {
  // As the server does it: the rows after the one that is named.
  const page: Answer = (response, asked, nth) => {
    const query = new URLSearchParams(asked.path.split("?")[1]);
    const from = Number(query.get("after"));
    json(200, { items: rows.slice(from, from + Number(query.get("limit"))), head })(response, asked, nth);
  };
  server = await startServer({
    "GET /api/v1/audit/head": json(200, { kind: "head", ...head }),
    "GET /api/v1/audit": page,
  });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = (words: readonly string[], stdin = "") => runBin(["audit", ...words], { url: server.url, stdin });
const verify = (lines: readonly string[], ...flags: string[]) =>
  run(["verify", "-", ...flags], `${lines.join("\n")}\n`);

describe("audit export", () => {
  it("prints every row up to the head, then the head, and nothing else", async () => {
    const ran = await run(["export"]);
    expect([ran.code, ran.stdout]).toEqual([0, `${whole.join("\n")}\n`]);
    expect(ran.stderr).toContain(head.public_key);
  });

  it("can be piped into the check", async () => {
    const exported = await run(["export", "--json"]);
    expect(documentOf(await run(["verify", "-", "--json"], exported.stdout))).toEqual({
      ...{ ok: true, tenant_id: TENANT, rows: 699, public_key: head.public_key, trusted: false },
    });
  });

  it("fails when the log ends before its head", async () => {
    const short = await startServer({
      "GET /api/v1/audit/head": json(200, { kind: "head", ...head }),
      "GET /api/v1/audit": json(200, { items: [], next: 0, head }),
    });
    const ran = await runBin(["audit", "export", "--json"], { url: short.url });
    await short.close();
    expect(ran.code).toBe(1);
    expect(documentOf(ran)).toMatchObject({ error: { code: "BAD_ANSWER" } });
  });

  it("exits 4 without the scope for it", async () => {
    const strict = await startServer({ "GET /api/v1/audit/head": problem(403, "FORBIDDEN") });
    const ran = await runBin(["audit", "export"], { url: strict.url });
    await strict.close();
    expect(ran.code).toBe(4);
  });
});

describe("audit verify", () => {
  it("says that an export is whole, and by which key", async () => {
    const file = join(folder, "whole.ndjson");
    writeFileSync(file, whole.join("\n"));
    const ran = await runBin(["audit", "verify", file, "--public-key", head.public_key]);
    expect([ran.code, ran.stdout]).toEqual([0, `whole: 699 rows of ${TENANT}, signed by ${head.public_key}\n`]);
  });

  it("exits 1 and names the line of what is wrong", async () => {
    const ran = await verify(whole.toSpliced(4, 1), "--json");
    expect(ran.code).toBe(1);
    expect(documentOf(ran)).toMatchObject({
      error: { code: "AUDIT_BROKEN", message: expect.stringMatching(/^Line 5: /) },
    });
  });

  it("exits 1 for another key than the one that signed", async () => {
    expect((await verify(whole, "--public-key", "A".repeat(43))).code).toBe(1);
  });

  it("exits 2 for a key that is none, and blames no line of the export", async () => {
    const file = join(folder, "short-key.ndjson");
    writeFileSync(file, whole.join("\n"));
    const ran = await run(["verify", file, "--public-key", "AAAA"]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain("--public-key");
    expect(ran.stderr).not.toContain("Line ");
  });

  it("exits 2 for a file that is not there", async () => {
    expect((await run(["verify", join(folder, "none")])).code).toBe(2);
  });
});
