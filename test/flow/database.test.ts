/**
 * The database goes away and comes back: tasks are accepted and run all the same, lists say so honestly, and nothing is
 * missing afterwards.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startEmbeddedDatabase } from "../../src/local/database/embedded.ts";
import type { DatabaseEndpoint } from "../../src/local/database/endpoint.ts";
import { get, openEvents, postRun, readFrames, typeOf } from "./client.ts";
import { dropDataDir, freePort, newDataDir, type Server, startServer } from "./server.ts";

const dataDir = newDataDir();
let database: DatabaseEndpoint;
let server: Server;

beforeAll(async () => {
  const users = { app_user: "app-password", outbox_publisher: "outbox-password" };
  const started = await startEmbeddedDatabase({ dataDir: null, users });
  if (!started.ok) throw new Error(started.error);
  database = started.value;
  const env = {
    DATABASE_URL: database.connectionString("app_user"),
    DATABASE_HTTP_ENDPOINT: database.url,
    OUTBOX_DATABASE_URL: database.connectionString("outbox_publisher"),
  };
  server = await startServer({ dataDir, port: await freePort(), env });
});
afterAll(async () => {
  await server?.kill();
  await database?.close();
  dropDataDir(dataDir);
});

/** Accepts a task and reads it to its end. */
async function runToEnd(key: string): Promise<{ readonly id: string; readonly end: string }> {
  const response = await postRun(server.url, { pack: "hello", input: `Hello ${key}`, key });
  expect(response.status).toBe(202);
  const { task_id: id } = (await response.json()) as { task_id: string };
  const frames = await readFrames(await openEvents(server.url, id, 0));
  return { id, end: typeOf(frames.at(-1) ?? "") };
}

const listed = async (): Promise<{ readonly status: number; readonly ids: readonly string[] }> => {
  const response = await get(server.url, "/api/v1/tasks?state=done&limit=100");
  if (response.status !== 200) return { status: response.status, ids: [] };
  const { items } = (await response.json()) as { items: { task_id: string }[] };
  return { status: 200, ids: items.map(({ task_id }) => task_id) };
};

describe("a database that goes away", () => {
  for (const fault of ["refuse", "hang", "cut"] as const) {
    it(`(${fault}) loses no task: all end, lists answer 503 meanwhile, and nothing is missing afterwards`, async () => {
      await database.setFault(fault);
      const tasks = await Promise.all(Array.from({ length: 10 }, (_, n) => runToEnd(`${fault}-${n}`)));
      expect(new Set(tasks.map(({ end }) => end))).toEqual(new Set(["task.done"]));
      const away = await get(server.url, "/api/v1/tasks");
      expect(away.status).toBe(503);
      expect(away.headers.get("content-type")).toContain("application/problem+json");
      expect(Number(away.headers.get("retry-after"))).toBeGreaterThan(0);
      expect((await get(server.url, `/api/v1/tasks/${tasks[0]?.id}`)).status).toBe(200);
      await database.setFault("none");
      // Each task tells Postgres again by its own alarm; the test's limit bounds the wait, nothing is timed.
      const missing = async () => {
        const { ids } = await listed();
        return tasks.filter(({ id }) => !ids.includes(id));
      };
      while ((await missing()).length > 0) await new Promise((resolve) => setTimeout(resolve, 250));
    });
  }
});
