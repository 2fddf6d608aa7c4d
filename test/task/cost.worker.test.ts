/**
 * What a run costs in billable operations, counted where they leave our code. A change that adds one fails here; docs/cost.md
 * says what each costs, and is changed with it. Rows read are not counted: they cost a thousandth of rows written.
 */
import { runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { KeyObject, LimiterObject, TenantObject } from "../../src/api/object.ts";
import { AuditObject } from "../../src/audit/object.ts";
import { SessionMemoryObject } from "../../src/memory/object.ts";
import { BreakerObject } from "../../src/model/object.ts";
import { NEWEST_CACHE_MS } from "../../src/pack/limits.ts";
import { systemClock } from "../../src/platform/index.ts";
import { PolicyObject } from "../../src/policy/object.ts";
import { TEXT_FLUSH_MS } from "../../src/task/limits.ts";
import { DirectoryObject, TaskObject, TenantIndexObject } from "../../src/task/object.ts";
import { ToolGateObject } from "../../src/tool/object.ts";
import { taskStub } from "../../src/wire.ts";
import { accept, env, follow, publishShared } from "../api/gateway.ts";
import { ROW_CHARS } from "../bench/floor-rows.ts";
import { replaceSleeps } from "../case/sleeps.ts";

const TENANT = "tenant-cost";
const TOOLS = `
tools:
  available:
    - { id: file_manager, name: Files, sandbox: { timeout: 10s, filesystem: scoped, scoped_paths: ["/workspace"] } }
`;
/** Five steps that each call a tool which changes nothing, and a sixth that answers. */
const INPUT = [
  ...[1, 2, 3, 4, 5].map((n) => `@tool file_manager {"action":"search","path":"/workspace","query":"${n}"}`),
  "@say done",
].join("\n");

const OBJECTS = {
  AuditObject,
  BreakerObject,
  DirectoryObject,
  KeyObject,
  LimiterObject,
  PolicyObject,
  SessionMemoryObject,
  TaskObject,
  TenantIndexObject,
  TenantObject,
  ToolGateObject,
};

const HOUR_MS = 3_600_000;

type Counts = Record<string, number>;

const count = (counts: Counts, name: string, by: number): void => {
  if (by > 0) counts[name] = (counts[name] ?? 0) + by;
};

/** The table that a statement writes. */
const tableOf = (statement: string): string =>
  /^\s*(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM|CREATE TABLE(?: IF NOT EXISTS)?) (\w+)/i.exec(statement)?.[1] ??
  "?";

/** Lets every call through, and keeps it. */
const spyOn = (target: object, name: string) =>
  vi.spyOn(target as Record<string, (...given: unknown[]) => unknown>, name); // a method of any class, by its name

/** Watches all of it from now on. */
async function watch() {
  const { exec, setAlarm } = await runInDurableObject(env.DIRECTORY.getByName("directory"), (_, { storage }) => ({
    exec: vi.spyOn<SqlStorage, "exec">(Object.getPrototypeOf(storage.sql), "exec"),
    setAlarm: spyOn(Object.getPrototypeOf(storage), "setAlarm"),
  }));
  const send = spyOn(Object.getPrototypeOf(env.RUN_QUEUE), "sendBatch");
  const isolate = spyOn(Object.getPrototypeOf(env.LOADER), "get");
  const log = (["info", "warn", "error"] as const).map((level) => vi.spyOn(console, level));
  const bucket = ["get", "head", "list", "put", "delete"].map((name) => ({
    name: `bucket ${name}`,
    spy: spyOn(Object.getPrototypeOf(env.PACKS), name),
  }));
  const methods = Object.entries(OBJECTS).flatMap(([name, { prototype }]) =>
    Object.getOwnPropertyNames(prototype)
      .filter((method) => method !== "constructor")
      .map((method) => ({ name: `${name}.${method}`, spy: spyOn(prototype, method) })),
  );
  const release = methods.find(({ name }) => name === "TenantIndexObject.release")?.spy;
  const rows: Counts = {};
  const requests: Counts = {};
  return {
    /** The last thing that a run does, and the message about it, which may come later still. */
    released: () =>
      vi.waitUntil(() => release?.mock.settledResults[0]?.type === "fulfilled" && send.mock.calls.length > 0, {
        timeout: 60_000,
      }),
    read: () => {
      for (const [index, [statement]] of exec.mock.calls.entries()) {
        const result = exec.mock.results[index];
        if (result?.type === "return") count(rows, tableOf(statement), result.value.rowsWritten);
      }
      count(rows, "alarms", setAlarm.mock.calls.length);
      for (const { name, spy } of [...methods, ...bucket]) count(requests, name, spy.mock.calls.length);
      for (const [messages] of send.mock.calls) count(requests, "messages to the run queue", Object(messages).length);
      const lines = log.flatMap(({ mock }) => mock.calls.map(([line]) => JSON.parse(String(line)).event as string));
      return { rows, requests, lines, isolates: isolate.mock.calls.map(([id]) => id) };
    },
  };
}

/** Time stands still, or a slow moment would flush text by itself, or renew a lease. */
function stopTime(at: number): void {
  vi.spyOn(systemClock, "now").mockReturnValue(at);
  replaceSleeps((sleep) => (ms, signal) => sleep(ms === TEXT_FLUSH_MS ? HOUR_MS : ms, signal));
}

async function runWatched(at: number) {
  const watched = await watch();
  stopTime(at);
  try {
    const taskId = await accept(INPUT, { pack: "costly", tenant: TENANT });
    await (await follow(taskId, { tenant: TENANT })).text();
    await watched.released();
    return { taskId, ...watched.read() };
  } finally {
    vi.restoreAllMocks();
  }
}

describe("a run of six model calls and five tool calls, accepted and followed", () => {
  let first: Awaited<ReturnType<typeof runWatched>>;
  let second: typeof first;
  beforeAll(async () => {
    await publishShared("costly", { more: TOOLS });
    const now = Date.now();
    first = await runWatched(now);
    // What is remembered of a shelf for seconds is not, or a run would be counted that comes right behind another.
    second = await runWatched(now + NEWEST_CACHE_MS);
  });

  it("writes so many rows and no more", () => {
    expect(second.rows).toEqual({ task: 5, event: 15, entry: 4, alarms: 2 });
  });

  it("writes rows no shorter than those of the floor that it is measured beside", async () => {
    /** The task's own row, the first of its log, and the shortest that have a reply and a result. */
    const sizesOf = (taskId: string) =>
      runInDurableObject(taskStub(env, TENANT, taskId), (_, { storage: { sql } }) => {
        const task = sql.exec<{ chars: number }>("SELECT length(request) + length(body) AS chars FROM task").one();
        const rows = sql
          .exec<{ kind: string | null; chars: number }>(
            "SELECT kind, length(frames) + coalesce(length(record), 0) AS chars FROM event ORDER BY first_seq",
          )
          .toArray();
        const [step, result] = ["step", "result"].map((kind) =>
          Math.min(...rows.filter((row) => row.kind === kind).map(({ chars }) => chars)),
        );
        return { task: task.chars, begin: rows[0]?.chars, step, result };
      });
    const steps = await sizesOf(second.taskId);
    expect(steps.step).toBeGreaterThanOrEqual(ROW_CHARS.reply);
    expect(steps.result).toBeGreaterThanOrEqual(ROW_CHARS.result);
    // With as little in it as the one that is measured, and nobody who reads.
    const taskId = await accept("@say done", { pack: "costly", tenant: TENANT });
    const ended = await taskStub(env, TENANT, taskId).ended(60_000);
    const { output } = ended === null || ended === "full" ? { output: null } : ended;
    expect(output).toMatch(/^done/);
    const bare = await sizesOf(taskId);
    // The offline provider says more than that: it stands twice in either row.
    const more = 2 * (String(output).length - "done".length);
    expect(bare.task - more).toBeGreaterThanOrEqual(ROW_CHARS.task);
    expect(bare.begin).toBeGreaterThanOrEqual(ROW_CHARS.begin);
    expect(Number(bare.step) - more).toBeGreaterThanOrEqual(ROW_CHARS.answer);
  });

  it("asks objects, the bucket and the queue so often and no more", () => {
    expect(second.requests).toEqual({
      "bucket get": 2,
      "LimiterObject.take": 2,
      "TaskObject.create": 1,
      "TaskObject.alarm": 1,
      "TaskObject.follow": 1,
      "TenantIndexObject.acquire": 1,
      "TenantIndexObject.release": 1,
      "ToolGateObject.enter": 1,
      "ToolGateObject.leave": 1,
      "messages to the run queue": 1,
    });
  });

  it("writes so many lines to the log and no more", () => {
    expect(second.lines.toSorted()).toEqual(["request", "request", "tool.called"]);
  });

  it("uses the isolates of the run before it", () => {
    expect(second.isolates).toHaveLength(5);
    expect(second.isolates.filter((id) => !first.isolates.includes(id))).toEqual([]);
  });
});
