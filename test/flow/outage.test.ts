/**
 * A minute without a database, under load, as in production: a credential is asked for, tasks are posted all the time.
 * The one wait is the length of the outage itself.
 */
import { setTimeout as pass } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startEmbeddedDatabase } from "../../src/local/database/embedded.ts";
import type { DatabaseEndpoint } from "../../src/local/database/endpoint.ts";
import { createDb, parseTenantId, systemClock, systemRandom } from "../../src/platform/index.ts";
import { js, readFrames, typeOf } from "./client.ts";
import { dropDataDir, freePort, newDataDir, type Server, startServer } from "./server.ts";

const ADMIN = "the-operator-of-this-flow";
const TENANT = "acme";
/** Of each half: first nobody listens, then nobody answers. */
const HALF_MS = 30_000;
/** Tasks under way at once. */
const LOAD = 2;

const dataDir = newDataDir();
let database: DatabaseEndpoint;
let server: Server;

beforeAll(async () => {
  const users = { app_user: "app-password", outbox_publisher: "outbox-password" };
  const started = await startEmbeddedDatabase({ dataDir: null, users });
  if (!started.ok) throw new Error(started.error);
  database = started.value;
  const env = {
    AUTH_MODE: "required",
    ADMIN_API_KEY: ADMIN,
    RATE_LIMIT_REQUESTS: "100000",
    DATABASE_URL: database.connectionString("app_user"),
    DATABASE_HTTP_ENDPOINT: database.url,
    OUTBOX_DATABASE_URL: database.connectionString("outbox_publisher"),
  };
  server = await startServer({ dataDir, port: await freePort(), env });
  const made = await call(ADMIN, "/api/v1/tenants", { tenant_id: TENANT, name: "Acme" });
  expect(made.status).toBe(201);
});
afterAll(async () => {
  await server?.kill();
  await database?.close();
  dropDataDir(dataDir);
});

/** A GET, or a POST when there is a body. */
function call(key: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const sent = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const type = body === undefined ? {} : { "content-type": "application/json" };
  return fetch(`${server.url}${path}`, {
    ...sent,
    headers: { authorization: `Bearer ${key}`, ...type, ...headers },
  });
}

const keyIds: string[] = [];
async function newKey(): Promise<string> {
  const made = await call(ADMIN, "/api/v1/keys", { tenant_id: TENANT, name: "flow", roles: ["operator"] });
  expect(made.status).toBe(201);
  const { id, key } = (await made.json()) as { id: string; key: string };
  keyIds.push(id);
  return key;
}

type Accepted = { readonly id: string; readonly idempotencyKey: string; readonly calls: number; readonly end: string };
let count = 0;

/** Posts a task that takes half a second, and reads it to its end: a steady load. Every third one calls a tool. */
async function runToEnd(key: string): Promise<Accepted> {
  const number = ++count;
  const calls = number % 3 === 0 ? 1 : 0;
  const [pack, work] = calls ? ["senior-python-dev", js(`${number}`)] : ["hello", `@say Hello ${number}`];
  const input = `@sleep 500ms\n${work}`;
  const idempotencyKey = `flow-${number}`;
  const response = await call(key, `/api/v1/agents/${pack}/run`, { input }, { "x-idempotency-key": idempotencyKey });
  expect(response.status).toBe(202);
  const { task_id: id } = (await response.json()) as { task_id: string };
  const frames = await readFrames(await call(key, `/api/v1/tasks/${id}/events`));
  return { id, idempotencyKey, calls, end: typeOf(frames.at(-1) ?? "") };
}

/** What holds while the database is away, however it is away. */
async function expectHonesty(): Promise<void> {
  const key = await newKey();
  const list = await call(key, "/api/v1/tasks");
  expect([list.status, list.headers.get("content-type")]).toEqual([503, "application/problem+json"]);
  expect(Number(list.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await list.json()).toMatchObject({ code: "UNAVAILABLE", retryable: true });
  const { id } = await runToEnd(key);
  expect((await call(key, `/api/v1/tasks/${id}`)).status).toBe(200);
  expect((await call(ADMIN, `/api/v1/keys?limit=100`, undefined, { "x-tenant-id": TENANT })).status).toBe(200);
  expect((await call(key, "/ready")).status).toBe(200);
}

/** What Postgres must hold of the accepted tasks, and how many rows of it there are. */
const KEPT: Readonly<Record<string, { readonly sql: string; readonly of: (tasks: readonly Accepted[]) => string[] }>> =
  {
    "ended tasks": {
      sql: "SELECT id FROM tasks WHERE state = 'done'",
      of: (tasks) => tasks.map(({ id }) => id),
    },
    "tool executions": {
      sql: "SELECT task_id AS id FROM tool_executions WHERE success",
      of: (tasks) => tasks.filter(({ calls }) => calls > 0).map(({ id }) => id),
    },
    "idempotency keys": {
      sql: "SELECT idempotency_key AS id FROM idempotency_keys",
      of: (tasks) => tasks.map(({ idempotencyKey }) => idempotencyKey),
    },
    "events, numbered from 1 without a gap": {
      sql: `SELECT aggregate_id AS id FROM event_outbox GROUP BY aggregate_id
      HAVING min(aggregate_seq) = 1 AND max(aggregate_seq) = count(*) AND count(*) >= 3`,
      of: (tasks) => tasks.map(({ id }) => id),
    },
    usage: { sql: "SELECT task_id AS id FROM usage", of: (tasks) => tasks.map(({ id }) => id) },
    "API keys": { sql: "SELECT id FROM api_keys", of: () => keyIds },
  };

/** Nothing when all of it is there, and nothing twice. */
async function missing(tasks: readonly Accepted[]): Promise<Readonly<Record<string, readonly string[]>>> {
  const tenant = parseTenantId(TENANT);
  if (tenant === undefined) throw new Error("it is a tenant");
  const db = createDb({
    database: { url: database.connectionString("app_user"), httpEndpoint: database.url },
    outboxDatabaseUrl: null,
    clock: systemClock,
    random: systemRandom,
  });
  const gaps: Record<string, readonly string[]> = {};
  for (const [what, { sql, of }] of Object.entries(KEPT)) {
    const result = await db.batch(tenant, [{ text: sql }]);
    // Not answered in time, on a machine with much to do: asked again.
    if (!result.ok) return { [what]: [result.error.message] };
    const rows = (result.value[0]?.rows ?? []).map((row) => String(row.id));
    expect(new Set(rows).size, `${what} are there once`).toBe(rows.length);
    const gap = of(tasks).filter((id) => !rows.includes(id));
    if (gap.length > 0) gaps[what] = gap;
  }
  return gaps;
}

describe("a minute without a database", () => {
  it("loses no task, no call, no key: all end, lists say 503, new keys open, and 0 rows are missing afterwards", async () => {
    const key = await newKey();
    const tasks = [await runToEnd(key)];
    let isOver = false;
    const load = Array.from({ length: LOAD }, async () => {
      while (!isOver) tasks.push(await runToEnd(key));
    });
    const outage = (async () => {
      for (const fault of ["refuse", "hang"] as const) {
        await database.setFault(fault);
        const half = pass(HALF_MS);
        await expectHonesty();
        await half;
        await expectHonesty();
      }
    })();
    await outage.finally(() => {
      isOver = true;
    });
    await Promise.all(load);
    await database.setFault("none");
    expect(tasks.length).toBeGreaterThan(2 * LOAD);
    expect(tasks.filter(({ end }) => end !== "task.done")).toEqual([]);
    // Objects tell Postgres by their own alarms; the test's limit bounds the wait, nothing is timed.
    let gaps = await missing(tasks);
    while (Object.keys(gaps).length > 0) {
      await pass(500);
      gaps = await missing(tasks);
    }
    expect((await call(key, "/api/v1/tasks")).status).toBe(200);
  }, 480_000);
});
