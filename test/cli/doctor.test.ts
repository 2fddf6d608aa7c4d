/** `vasini doctor`: each thing that can be wrong is named with its fix, and any error is exit code 1. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newestMigration } from "../../src/cli/doctor-database.ts";
import { type Answer, documentOf, json, runBin, startServer } from "./run-bin.ts";

type Check = { readonly name: string; readonly status: string; readonly detail: string; readonly fix: string | null };

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vasini-doctor-"));
});
afterAll(() => rm(folder, { recursive: true }));

const NEWEST = newestMigration();
const DATABASE = { schema_version: NEWEST, role_is_safe: true };
const CHECKS = { objects: "ok", database: "ok", outbox: "ok" };

const HEALTHY: Readonly<Record<string, Answer>> = {
  "GET /health": json(200, { status: "ok" }),
  "GET /ready": json(200, { status: "ready", checks: CHECKS, database: DATABASE }),
};
/** A healthy server but for these members of its readiness. */
const readyWith = (status: number, change: object): Readonly<Record<string, Answer>> => ({
  ...HEALTHY,
  "GET /ready": json(status, { status: "ready", checks: CHECKS, database: DATABASE, ...change }),
});

async function diagnose(
  routes: Readonly<Record<string, Answer>>,
  options: { environment?: Record<string, string>; cwd?: string } = {},
) {
  const server = await startServer(routes);
  const environment = {
    VASINI_DATA_DIR: join(folder, "none"),
    OLLAMA_BASE_URL: "http://127.0.0.1:1",
    ...options.environment,
  };
  const ran = await runBin(["doctor", "--json"], { url: server.url, cwd: options.cwd ?? folder, environment });
  await server.close();
  const checks: Check[] = Object(documentOf(ran).checks);
  return { ran, check: (name: string) => checks.find((one) => one.name === name), checks };
}

describe("doctor", () => {
  it("exits 0 when everything is right", async () => {
    const { ran, checks } = await diagnose(HEALTHY);
    expect(checks.filter(({ status }) => status !== "ok")).toEqual([]);
    expect(checks.map(({ name }) => name)).toEqual([
      "node",
      "wrangler",
      "runner",
      "server",
      "clock",
      "ready",
      "ready: objects",
      "ready: database",
      "ready: outbox",
      "database: schema",
      "database: role",
      "model",
      "packs",
    ]);
    expect(ran.code).toBe(0);
  });

  const faults: readonly (readonly [string, Readonly<Record<string, Answer>>, string, string])[] = [
    ["a server that is something else", { "GET /health": json(200, { hello: "world" }) }, "server", "error"],
    [
      "tasks that cannot be accepted",
      { ...HEALTHY, "GET /ready": json(503, { checks: { objects: "failed" } }) },
      "ready",
      "error",
    ],
    [
      "a check that failed",
      { ...HEALTHY, "GET /ready": json(503, { checks: { objects: "failed" } }) },
      "ready: objects",
      "error",
    ],
    [
      "a degraded dependency",
      { ...HEALTHY, "GET /ready": json(200, { checks: { database: "degraded" } }) },
      "ready: database",
      "warning",
    ],
    [
      "clocks that differ",
      { ...HEALTHY, "GET /health": json(200, { status: "ok" }, { date: "Thu, 01 Jan 2026 00:00:00 GMT" }) },
      "clock",
      "warning",
    ],
  ];
  const databaseFaults: typeof faults = [
    [
      "a schema older than this version's migrations",
      readyWith(200, { database: { ...DATABASE, schema_version: NEWEST - 1 } }),
      "database: schema",
      "error",
    ],
    [
      "a database that never saw a migration",
      readyWith(200, { database: { schema_version: 0, role_is_safe: null } }),
      "database: schema",
      "error",
    ],
    [
      "a schema newer than the command",
      readyWith(200, { database: { ...DATABASE, schema_version: NEWEST + 1 } }),
      "database: schema",
      "warning",
    ],
    [
      "a role that can bypass row-level security",
      readyWith(503, {
        checks: { ...CHECKS, database: "failed" },
        database: { ...DATABASE, role_is_safe: false },
      }),
      "database: role",
      "error",
    ],
    [
      "a database that is away",
      readyWith(200, { checks: { ...CHECKS, database: "degraded" } }),
      "ready: database",
      "warning",
    ],
    [
      "a schema nobody knows yet",
      readyWith(200, { database: { schema_version: null, role_is_safe: null } }),
      "database: schema",
      "warning",
    ],
    ["a missing outbox URL", readyWith(200, { checks: { ...CHECKS, outbox: "degraded" } }), "ready: outbox", "warning"],
    ["a server without a database", readyWith(200, { database: null }), "database", "warning"],
  ];
  for (const [name, routes, check, status] of [...faults, ...databaseFaults]) {
    it(`names ${name}, with its fix`, async () => {
      const diagnosis = await diagnose(routes);
      expect(diagnosis.check(check)).toMatchObject({ status, fix: expect.any(String) });
      expect(diagnosis.ran.code).toBe(status === "error" ? 1 : 0);
    });
  }

  it("says with which command each fault of the database is mended", async () => {
    const old = { schema_version: NEWEST - 1, role_is_safe: false };
    const checks = { ...CHECKS, outbox: "degraded", database: "degraded" };
    const { check } = await diagnose(readyWith(200, { checks, database: old }));
    expect(check("database: schema")?.fix).toContain("npm run migrate");
    expect(check("database: role")?.fix).toContain("npm run migrate");
    expect(check("ready: database")?.fix).toContain("DATABASE_URL");
    expect(check("ready: outbox")?.fix).toContain("OUTBOX_DATABASE_URL");
  });

  it("asks nothing of a server that does not tell of its database", async () => {
    const { checks } = await diagnose({ ...HEALTHY, "GET /ready": json(200, { checks: { objects: "ok" } }) });
    expect(checks.filter(({ name }) => name.startsWith("database"))).toEqual([]);
  });

  it("says that no server answers and that its port is free", async () => {
    const server = await startServer({});
    await server.close();
    const ran = await runBin(["doctor", "--json"], { url: server.url, cwd: folder });
    expect(ran.code).toBe(1);
    expect(documentOf(ran)).toMatchObject({ ok: false, error: { code: "UNHEALTHY" } });
    expect(documentOf(ran).checks).toContainEqual({
      name: "server",
      status: "error",
      detail: `nothing answers at ${server.url}`,
      fix: "npm start",
    });
    expect(Object(documentOf(ran).checks).map((check: Check) => check.name)).toContain("port");
  });

  it("says that another program has the port", async () => {
    const stranger = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
    const address = stranger.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const ran = await runBin(["doctor", "--json"], { url: `http://127.0.0.1:${port}`, cwd: folder });
    stranger.close();
    expect(documentOf(ran).checks).toContainEqual({
      name: "port",
      status: "error",
      detail: `${port} is taken by another program`,
      fix: "start on another port: PORT=8788 npm start",
    });
  });

  it("names a runner that ended without cleaning up", async () => {
    const dataDir = join(folder, "stale");
    await mkdir(dataDir);
    await writeFile(
      join(dataDir, "lock"),
      JSON.stringify({ runId: "r", runner: { pid: 4_000_000, started: "x" }, children: [] }),
    );
    const { check } = await diagnose(HEALTHY, { environment: { VASINI_DATA_DIR: dataDir } });
    expect(check("runner")).toMatchObject({ status: "warning", fix: expect.stringContaining("npm start") });
  });

  it("names a pack that does not compose", async () => {
    const cwd = join(folder, "with-packs");
    await mkdir(join(cwd, "packs/broken"), { recursive: true });
    await writeFile(join(cwd, "packs/broken/profession-pack.yaml"), "pack_id: [\n");
    const { check, ran } = await diagnose(HEALTHY, { cwd });
    expect(check("pack broken")).toMatchObject({ status: "error", fix: "npx vasini pack validate packs/broken" });
    expect(ran.code).toBe(1);
  });

  it("never prints the value of a key", async () => {
    const { ran, check } = await diagnose(HEALTHY, { environment: { ANTHROPIC_API_KEY: "sk-secret-value" } });
    expect(check("model")?.detail).toContain("ANTHROPIC_API_KEY");
    expect(ran.stdout + ran.stderr).not.toContain("sk-secret-value");
  });
});
