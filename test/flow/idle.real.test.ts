/**
 * A system that nobody uses leaves its database asleep: five minutes, counted at the endpoint. Too long for `npm test`, so
 * it runs beside the suites on real services, though the database it counts at is the embedded one.
 */
import { setTimeout as pass } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CLAIM_MS } from "../../src/event/limits.ts";
import { startEmbeddedDatabase } from "../../src/local/database/embedded.ts";
import type { DatabaseEndpoint } from "../../src/local/database/endpoint.ts";
import { get, js, openEvents, postRun, readFrames, TENANT, typeOf } from "./client.ts";
import { dropDataDir, freePort, newDataDir, type Server, startServer } from "./server.ts";

/** Longer than any period of ours: the cron's minute, the projection's net, a key's use. */
const IDLE_MS = 5 * 60_000;
/** A balancer asks for readiness all the time. */
const READY_EVERY_MS = 10_000;
/** Nothing came in for so long: what was under way has landed. A doorbell looks once more when the claim of another ends. */
const QUIET_MS = CLAIM_MS + 15_000;

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
}, 120_000);
afterAll(async () => {
  await server?.kill();
  await database?.close();
  dropDataDir(dataDir);
});

const statements = (): number => database.counts().statements;

/** A task with a call, one without, a cancelled one, and a key that was made, used and revoked. */
async function work(): Promise<readonly string[]> {
  const runs = [
    { pack: "senior-python-dev", input: js("1"), key: "idle-1" },
    { pack: "hello", input: "Hello", key: "idle-2" },
    { pack: "hello", input: "@sleep 10m", key: "idle-3" },
  ];
  const ids: string[] = [];
  for (const run of runs) {
    const response = await postRun(server.url, run);
    ids.push(((await response.json()) as { task_id: string }).task_id);
  }
  const headers = { "content-type": "application/json", "x-tenant-id": TENANT };
  await fetch(`${server.url}/api/v1/tasks/${ids[2]}/cancel`, { method: "POST", headers });
  const body = JSON.stringify({ name: "idle", roles: ["viewer"] });
  const made = await fetch(`${server.url}/api/v1/keys`, { method: "POST", headers, body });
  const { id, key } = (await made.json()) as { id: string; key: string };
  expect((await fetch(`${server.url}/api/v1/packs`, { headers: { authorization: `Bearer ${key}` } })).status).toBe(200);
  expect((await fetch(`${server.url}/api/v1/keys/${id}`, { method: "DELETE", headers })).status).toBe(204);
  for (const task of ids) {
    expect(typeOf((await readFrames(await openEvents(server.url, task, 0))).at(-1) ?? "")).toMatch(/done|cancelled/);
  }
  return ids;
}

/** Resolves when the list shows all of them ended, and then nothing came in for QUIET_MS. */
async function landed(ids: readonly string[]): Promise<void> {
  for (;;) {
    const list = (await (await get(server.url, "/api/v1/tasks")).json()) as {
      items: { task_id: string; state: string }[];
    };
    const ended = list.items.filter(({ state }) => state === "done" || state === "cancelled");
    if (ids.every((id) => ended.some(({ task_id }) => task_id === id))) break;
    await pass(250);
  }
  for (let before = -1; before !== statements(); ) {
    before = statements();
    await pass(QUIET_MS);
  }
}

describe("an idle system", () => {
  it(
    "issues no statement for five minutes, however often it is asked whether it is ready",
    async () => {
      await landed(await work());
      const before = statements();
      expect(before).toBeGreaterThan(0);
      for (let idle = 0; idle < IDLE_MS; idle += READY_EVERY_MS) {
        const ready = await fetch(`${server.url}/ready`);
        expect(await ready.json()).toMatchObject({ checks: { database: "ok" }, database: { role_is_safe: true } });
        await pass(READY_EVERY_MS);
      }
      expect(statements() - before).toBe(0);
    },
    9 * 60_000,
  );
});
