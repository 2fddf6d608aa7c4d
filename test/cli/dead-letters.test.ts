/** `vasini dlq` as scripts meet it: what is asked, what is printed, and the exit codes. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { documentOf, json, problem, runBin, startServer, type TestServer } from "./run-bin.ts";

const ID = "0f".repeat(18);
const letter = {
  id: ID,
  source: "consumer:usage",
  reason: "refused",
  state: "open",
  event_type: "task.done",
  task_id: "00000000-0000-8000-8000-000000000001",
  created_at: "2026-01-01T00:00:00.000Z",
};
const replayed = (status: string) => json(200, { status, dead_letter: letter });

let server: TestServer;
beforeAll(async () => {
  server = await startServer({
    "GET /api/v1/dead-letters": json(200, { items: [letter], next_cursor: "more" }),
    "POST /api/v1/dead-letters/good/replay": replayed("replayed"),
    "POST /api/v1/dead-letters/again/replay": replayed("already_applied"),
    "POST /api/v1/dead-letters/bad/replay": replayed("refused"),
    "POST /api/v1/dead-letters/thin/replay": replayed("impossible"),
    "POST /api/v1/dead-letters/none/replay": problem(404, "NOT_FOUND"),
  });
});
afterAll(() => server.close());

const run = (...words: string[]) => runBin(["dlq", ...words], { url: server.url });
const lastAsked = () => server.asked.at(-1);

describe("dlq ls", () => {
  it("asks for the open letters and prints a line for each", async () => {
    const ran = await run("ls", "--source", "consumer:usage", "--limit", "5", "--cursor", "c");
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain(ID);
    expect(ran.stderr).toContain("--cursor more");
    expect(lastAsked()?.path).toBe("/api/v1/dead-letters?state=open&source=consumer%3Ausage&limit=5&cursor=c");
  });

  it("asks for all of them with --all, and prints one document with --json", async () => {
    const ran = await run("ls", "--all", "--json");
    expect(documentOf(ran)).toEqual({ items: [letter], next_cursor: "more" });
    expect(lastAsked()?.path).toBe("/api/v1/dead-letters");
  });

  it("refuses a limit that is none", async () => {
    expect((await run("ls", "--limit", "0")).code).toBe(2);
  });
});

describe("dlq replay", () => {
  for (const [id, code, text] of [
    ["good", 0, "replayed"],
    ["again", 0, "already applied"],
    ["bad", 1, "refused as before"],
    ["thin", 1, "cannot be replayed"],
  ] as const) {
    it(`says "${text}" and ends with ${code}`, async () => {
      const ran = await run("replay", id);
      expect([ran.code, ran.stdout]).toEqual([code, expect.stringContaining(text)]);
    });
  }

  it("ends with 1 for a letter that is not there", async () => {
    expect((await run("replay", "none")).code).toBe(1);
  });
});
