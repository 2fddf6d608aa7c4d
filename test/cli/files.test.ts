/** `vasini tasks files`: the list, one file into a pipe, and one into a place of its own. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answer, documentOf, json, problem, runBin, startServer, type TestServer } from "./run-bin.ts";

const TASK = "00000000-0000-8000-8000-000000000001";
const FILES = `/api/v1/tasks/${TASK}/files`;
const ITEMS = [
  { path: "/workspace/a.txt", bytes: 3, sha256: "a".repeat(64), modified_step: 2 },
  { path: "/workspace/old.txt", bytes: 1, sha256: "b".repeat(64), modified_step: null },
];
const bytes =
  (content: Uint8Array | string): Answer =>
  (response) =>
    void response.writeHead(200, { "content-type": "application/octet-stream" }).end(content);

let folder = "";
let server: TestServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vasini-files-"));
  server = await startServer({
    [`GET ${FILES}`]: json(200, { items: ITEMS, next_cursor: null }),
    [`GET ${FILES}/workspace/a.txt`]: bytes("one"),
    [`GET ${FILES}/workspace/chart.png`]: bytes(new Uint8Array([137, 80, 0, 255])),
    [`GET ${FILES}/workspace/nope`]: problem(404, "NOT_FOUND"),
  });
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const files = (...words: readonly string[]) =>
  runBin(["tasks", "files", TASK, ...words], { url: server.url, cwd: folder });

describe("tasks files", () => {
  it("lists the files with where each came from", async () => {
    const { code, stdout } = await files();
    expect(code).toBe(0);
    expect(stdout).toMatch(/\/workspace\/a\.txt +3 +step 2 +a{15}/);
    expect(stdout).toMatch(/\/workspace\/old\.txt +1 +session/);
    expect(documentOf(await files("--json"))).toEqual({ items: ITEMS, next_cursor: null });
  });

  it("prints one file byte for byte", async () => {
    expect(await files("/workspace/a.txt")).toMatchObject({ code: 0, stdout: "one", stderr: "" });
  });

  it("asks for each part of a path by itself, whatever it holds", async () => {
    await files("/workspace/a /ü.txt");
    expect(server.asked.at(-1)?.path).toBe(`${FILES}/workspace/a%20/%C3%BC.txt`);
  });

  it("writes one file where it is told to, and never over another", async () => {
    const there = ["/workspace/chart.png", "--out", "chart.png"];
    expect((await files(...there)).code).toBe(0);
    expect([...(await readFile(join(folder, "chart.png")))]).toEqual([137, 80, 0, 255]);
    expect(documentOf(await files(...there, "--json"))).toMatchObject({ ok: false, error: { code: "FILE_EXISTS" } });
  });

  it("prints nothing that is no text, and says what to do", async () => {
    const { code, stdout, stderr } = await files("/workspace/chart.png");
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("--out");
    expect(documentOf(await files("/workspace/chart.png", "--json"))).toMatchObject({ encoding: "base64", bytes: 4 });
  });

  it("tells the server's refusal", async () => {
    expect(documentOf(await files("/workspace/nope", "--json"))).toMatchObject({
      ok: false,
      error: { code: "NOT_FOUND" },
    });
  });

  it("wants the path of a file beside --out", async () => {
    expect((await files("--out", "x")).code).toBe(2);
  });
});
