/** Events under `npm start`: what a run used is counted, and a kill between publishing and consuming loses nothing. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDb, type SqlRow, systemRandom } from "../../src/platform/index.ts";
import { tenantNamed, unhurriedClock } from "../case/database/bench.ts";
import { get, postRun, TENANT } from "./client.ts";
import { dropDataDir, freePort, newDataDir, type Server, startServer } from "./server.ts";

const dataDir = newDataDir();
let port: number;
let server: Server;

beforeAll(async () => {
  port = await freePort();
  server = await startServer({ dataDir, port });
});
afterAll(async () => {
  await server?.kill();
  dropDataDir(dataDir);
});

/** The worker's own way to the database, as it was handed to it at its last start. */
async function ask(text: string, params: readonly (readonly string[])[] = []): Promise<readonly SqlRow[]> {
  const { DATABASE_URL = "", DATABASE_HTTP_ENDPOINT = "" } = parseEnv(
    readFileSync(join(dataDir, "worker.env"), "utf8"),
  );
  const database = { url: DATABASE_URL, httpEndpoint: DATABASE_HTTP_ENDPOINT };
  const db = createDb({ database, outboxDatabaseUrl: null, clock: unhurriedClock, random: systemRandom });
  const result = await db.batch(tenantNamed(TENANT), [{ text, params: [...params] }]);
  if (!result.ok) throw new Error(result.error.message);
  return result.value[0]?.rows ?? [];
}

async function accept(count: number, key: string): Promise<string[]> {
  const posts = await Promise.all(
    Array.from({ length: count }, (_, n) => postRun(server.url, { pack: "hello", input: "Hi", key: `${key}-${n}` })),
  );
  return Promise.all(posts.map(async (post) => ((await post.json()) as { task_id: string }).task_id));
}

/** The test's own limit bounds the wait. */
async function untilCounted(tasks: readonly string[]): Promise<void> {
  const text = "SELECT count(*)::int AS n FROM usage WHERE task_id = ANY($1::text[])";
  while ((await ask(text, [tasks]))[0]?.n !== tasks.length) await new Promise((resolve) => setTimeout(resolve, 100));
}

describe("events under npm start", () => {
  it("count what each run used, in the order of its events", async () => {
    const tasks = await accept(3, "used");
    await untilCounted(tasks);
    const rows = await ask(
      `SELECT string_agg(event_type, ' ' ORDER BY aggregate_seq) AS types, bool_and(processed) AS processed FROM inbox_events
       WHERE consumer = 'usage' AND aggregate_id = ANY($1::text[]) GROUP BY aggregate_id`,
      [tasks],
    );
    expect(rows).toEqual(tasks.map(() => ({ types: "task.queued task.started task.done", processed: true })));
  });

  it("come again after a kill that struck when they were published and not consumed", async () => {
    const tasks = await accept(2, "lost");
    await untilCounted(tasks);
    // As it stands when the queue is gone with its messages: published, and no consumer has heard of it.
    for (const table of ["usage WHERE task_id", "inbox_events WHERE aggregate_id"]) {
      await ask(`DELETE FROM ${table} = ANY($1::text[])`, [tasks]);
    }
    await server.kill();
    server = await startServer({ dataDir, port });
    await untilCounted(tasks);
  });

  it("are complete after a kill at any moment", async () => {
    const tasks = await accept(12, "kill");
    await server.kill();
    server = await startServer({ dataDir, port });
    await untilCounted(tasks);
    const letters = await get(server.url, "/api/v1/dead-letters");
    expect([letters.status, await letters.json()]).toEqual([200, { items: [], next_cursor: null }]);
  });
});
