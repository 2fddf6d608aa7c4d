/** Calls that need a person, in the real runtime: asked, decided, attacked, forgotten for a month. */
import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { assert, canonicalJson, sha256Hex, systemClock } from "../../src/platform/index.ts";
import type {
  ApprovalListStub,
  ApprovalView,
  Decide,
  DecideOutcome,
  TaskEvent,
  TaskStub,
} from "../../src/task/index.ts";
import { INDEX_RETRY_MS } from "../../src/task/limits.ts";
import { accept, env, isGapless, readUntil, typesOf } from "./harness.ts";

afterEach(() => void vi.restoreAllMocks());

const DAY_MS = 86_400_000;

/** The tool that asks, beside one that does not. */
const GUARDED = `
tools:
  available:
    - { id: "code_executor", name: "Code Executor", sandbox: { timeout: "10s", filesystem: "scoped", scoped_paths: ["/workspace"] } }
    - { id: "file_manager", name: "File Manager", requires_approval: true, sandbox: { timeout: "10s", filesystem: "scoped", scoped_paths: ["/workspace"] } }
`;
const guarded = (behavioral: string): string => `${GUARDED}\nguardrails: { behavioral: { ${behavioral} } }\n`;

const WRITE = { action: "write", path: "/workspace/a.txt", content: "kept" };
const write = (path = WRITE.path): string => `@tool file_manager ${JSON.stringify({ ...WRITE, path })}`;
const js = `@tool code_executor ${JSON.stringify({ language: "javascript", code: "6 * 7" })}`;

const isWaiting = ({ type }: TaskEvent): boolean => type === "task.waiting";

type Options = Parameters<typeof accept>[1];

/** A task that has been brought to where it waits for a person. */
async function waiting(input = write(), options: Options = {}) {
  const task = await accept(input, { pack: "guarded", extra: GUARDED, requestedBy: "key:starter", ...options });
  await task.stub().kick();
  const events = await readUntil(task.stub());
  assert(typesOf(events).at(-1) === "task.waiting", `it waits: ${typesOf(events).join(" ")}`);
  const object = (): TaskStub => task.stub();
  const read = async (n = 1): Promise<ApprovalView> => {
    const approval = await object().approval(n);
    assert(approval !== null, `approval ${n} is there`);
    return approval;
  };
  let requests = 0;
  const decide = async (more: Partial<Decide> & { readonly n?: number } = {}): Promise<DecideOutcome> => {
    const { n = 1, ...request } = more;
    return object().decide(n, {
      decision: "approve",
      by: "key:approver",
      reason: null,
      args_hash: (await object().approval(n))?.args_hash ?? null,
      result: null,
      request_key: `request-${++requests}`,
      ...request,
    });
  };
  return { ...task, events, read, decide };
}

const codeOf = (outcome: DecideOutcome): string => (outcome.kind === "refused" ? outcome.code : outcome.kind);
const resultsOf = (events: readonly TaskEvent[]) =>
  events.filter(({ type }) => type === "tool.result").map(({ data }) => data);
const indexOf = (tenant: string): ApprovalListStub => env.TENANT_INDEX.getByName(tenant);
const listOf = async (tenant: string, state: "pending" | "decided" | "expired" | "withdrawn" | null = "pending") =>
  (await indexOf(tenant).listApprovals({ state, limit: 100, before: null })).items;

/** The list is told in the background: looked at until it says so. */
async function listedAs(tenant: string, id: string, state: Parameters<typeof listOf>[1]) {
  for (;;) {
    const item = (await listOf(tenant, state)).find(({ approval_id }) => approval_id === id);
    if (item !== undefined) return item;
    await scheduler.wait(1);
  }
}

/** The clock is moved by the test. */
function movableTime() {
  let now = Date.now();
  vi.spyOn(systemClock, "now").mockImplementation(() => now);
  return (ms: number): void => {
    now += ms;
  };
}

describe("a call that needs a person", () => {
  it("is asked about, with everything it is bound to, and the task waits", async () => {
    const { events, read, taskId, args } = await waiting();
    expect(typesOf(events)).toEqual([
      "task.queued",
      "task.started",
      "step.started",
      "tool.call",
      "step.finished",
      "approval.requested",
      "task.waiting",
    ]);
    const approval = await read();
    const { approval_id, expires_at, requested_at } = approval;
    expect(approval).toMatchObject({
      approval_id: `${taskId}.1`,
      kind: "approval",
      state: "pending",
      call_id: "0.0",
      tool_id: "file_manager",
      tool_name: "File Manager",
      arguments: WRITE,
      args_hash: await sha256Hex(canonicalJson(WRITE)),
      risk_level: "low",
      pack_digest: args.pack_digest,
      requested_by: "key:starter",
      decision: null,
      used_at: null,
    });
    expect(Date.parse(expires_at ?? "") - Date.parse(requested_at)).toBe(DAY_MS);
    expect(events.at(-2)?.data).toMatchObject({
      approval_id,
      kind: "approval",
      call_id: "0.0",
      tool_id: "file_manager",
      arguments: WRITE,
      args_hash: approval.args_hash,
      expires_at,
    });
    expect(events.at(-1)?.data).toEqual({ reason: "approval", approval_ids: [approval_id] });
  });

  it("runs once when it is approved, and the task goes on, in exactly this order", async () => {
    const { stub, events, decide, read } = await waiting();
    const outcome = await decide({ reason: "go ahead" });
    expect(outcome).toMatchObject({ kind: "decided", approval: { state: "decided", decision: "approve" } });
    const after = await readUntil(stub(), undefined, events.length);
    expect(typesOf(after).filter((type) => type !== "text.delta")).toEqual([
      "approval.decided",
      "task.resumed",
      "task.started",
      "tool.result",
      "step.started",
      "step.finished",
      "task.done",
    ]);
    expect(after[0]?.data).toMatchObject({ decision: "approve", decided_by: "key:approver", reason: "go ahead" });
    expect(resultsOf(after)).toMatchObject([{ call_id: "0.0", success: true }]);
    expect(isGapless([...events, ...after])).toBe(true);
    expect((await read()).used_at).not.toBeNull();
  });

  it("holds up no other call of its turn, and several can be asked about at once", async () => {
    const { stub, events, decide } = await waiting(`${write()} &\n${js} &\n${write("/workspace/b.txt")}`);
    expect(typesOf(events).slice(7)).toEqual([
      "approval.requested",
      "approval.requested",
      "tool.result",
      "task.waiting",
    ]);
    expect(resultsOf(events)).toMatchObject([{ call_id: "0.1", success: true }]);
    await decide({ n: 2 });
    const between = await readUntil(stub(), isWaiting, events.length);
    expect(resultsOf(between)).toMatchObject([{ call_id: "0.2", success: true }]);
    await decide({ n: 1, decision: "reject" });
    const after = await readUntil(stub(), undefined, events.length + between.length);
    expect(resultsOf(after)).toMatchObject([{ call_id: "0.0", success: false, error: { code: "APPROVAL_REJECTED" } }]);
    expect(typesOf(after).at(-1)).toBe("task.done");
  });

  it("is answered with the person's reason when it is rejected, and the task goes on", async () => {
    const { stub, events, decide } = await waiting();
    await decide({ decision: "reject", reason: "not on a Friday" });
    const [result] = resultsOf(await readUntil(stub(), undefined, events.length));
    expect(result).toMatchObject({ success: false, error: { code: "APPROVAL_REJECTED" } });
    expect(JSON.stringify(result)).toContain("not on a Friday");
    expect(await stub().view()).toMatchObject({ state: "done" });
  });

  it("is asked about when its risk reaches the pack's threshold", async () => {
    const extra = guarded('approval_threshold: "medium"').replaceAll("requires_approval: true", 'risk_level: "medium"');
    const { read } = await waiting(write(), { pack: "risky", extra });
    expect(await read()).toMatchObject({ risk_level: "medium", reason: expect.stringContaining("medium and above") });
  });

  it("is refused like any other, unasked, when its arguments are wrong", async () => {
    const task = await accept('@tool file_manager {"action":"fly"}', { pack: "guarded", extra: GUARDED });
    await task.stub().kick();
    const events = await readUntil(task.stub());
    expect(typesOf(events)).not.toContain("approval.requested");
    expect(resultsOf(events)).toMatchObject([{ error: { code: "TOOL_ARGUMENTS" } }]);
  });

  it("asks nobody in a dry run, which calls nothing", async () => {
    const source = await waiting();
    await source.decide();
    await readUntil(source.stub(), undefined, source.events.length);
    const exported = await source.stub().exportJournal(0);
    assert(exported !== null, "the source is there");
    const replay = { source_task_id: source.taskId, from_step: 0, dry_run: true, journal: exported.journal };
    const task = await accept(write(), { pack: "guarded", extra: GUARDED, replay });
    await task.stub().kick();
    expect(typesOf(await readUntil(task.stub()))).not.toContain("approval.requested");
  });
});

describe("an approval that nobody gives", () => {
  it("expires, which is not a rejection, and the task goes on", async () => {
    const move = movableTime();
    const { stub, events, read } = await waiting(write(), { pack: "brief", extra: guarded('approval_ttl: "1h"') });
    move(3_600_000);
    expect(await read()).toMatchObject({ state: "expired", decision: null });
    await runDurableObjectAlarm(stub());
    const after = await readUntil(stub(), undefined, events.length);
    expect(typesOf(after).slice(0, 3)).toEqual(["approval.expired", "task.resumed", "task.started"]);
    expect(resultsOf(after)).toMatchObject([{ success: false, error: { code: "APPROVAL_EXPIRED" } }]);
    expect(typesOf(after).at(-1)).toBe("task.done");
  });

  it("leaves the list of what is pending the moment it expires", async () => {
    const move = movableTime();
    const { taskId } = await waiting(write(), {
      pack: "brief",
      extra: guarded('approval_ttl: "1h"'),
      tenant: "tenant-brief",
    });
    await listedAs("tenant-brief", `${taskId}.1`, "pending");
    move(3_600_000);
    expect(await listOf("tenant-brief")).toEqual([]);
    expect(await listOf("tenant-brief", "expired")).toMatchObject([{ approval_id: `${taskId}.1`, state: "expired" }]);
  });

  it("waits a month through evictions and crashes, and then counts", async () => {
    const move = movableTime();
    const month = { pack: "patient", extra: guarded('approval_ttl: "60d"') };
    const { stub, events, read, decide } = await waiting(write(), month);
    for (let day = 0; day < 30; day++) {
      move(DAY_MS);
      if (day % 10 === 9) await abortAllDurableObjects();
      else await evictDurableObject(stub());
      await runDurableObjectAlarm(stub());
      expect(await read()).toMatchObject({ state: "pending" });
    }
    expect(await readUntil(stub())).toEqual(events);
    expect(codeOf(await decide())).toBe("decided");
    // The runtime's own clock has not reached the day.
    await runDurableObjectAlarm(stub());
    const after = await readUntil(stub(), undefined, events.length);
    expect(resultsOf(after)).toMatchObject([{ success: true }]);
    // The task had an hour of its own; the month that it waited did not count.
    expect(await stub().view()).toMatchObject({ state: "done" });
  });

  it("is withdrawn when the task is cancelled", async () => {
    const { stub, read, decide, taskId } = await waiting(write(), { tenant: "tenant-withdrawn" });
    expect(await stub().cancel()).toEqual({ kind: "cancelled", state: "cancelled" });
    expect(await read()).toMatchObject({ state: "withdrawn" });
    expect(codeOf(await decide())).toBe("ALREADY_TERMINAL");
    await listedAs("tenant-withdrawn", `${taskId}.1`, "withdrawn");
    expect(await listOf("tenant-withdrawn")).toEqual([]);
  });
});

describe("an attack on an approval", () => {
  it("with other arguments than it was asked for is APPROVAL_ARGS_CHANGED", async () => {
    const { decide, read, stub } = await waiting();
    const other = await sha256Hex(canonicalJson({ ...WRITE, path: "/workspace/b.txt" }));
    expect(codeOf(await decide({ args_hash: other }))).toBe("APPROVAL_ARGS_CHANGED");
    expect(await read()).toMatchObject({ state: "pending" });
    expect(await stub().view()).toMatchObject({ state: "waiting" });
  });

  it("by a decision of the other kind is DECISION_INVALID", async () => {
    const { decide } = await waiting();
    for (const decision of ["happened", "did_not_happen", "retry"] as const) {
      expect(codeOf(await decide({ decision }))).toBe("DECISION_INVALID");
    }
  });

  it("that comes after its time is APPROVAL_EXPIRED, before and after the object noticed", async () => {
    const move = movableTime();
    const { stub, decide } = await waiting(write(), { pack: "brief", extra: guarded('approval_ttl: "1h"') });
    move(3_600_000);
    expect(codeOf(await decide())).toBe("APPROVAL_EXPIRED");
    await runDurableObjectAlarm(stub());
    expect(codeOf(await decide())).toBe("APPROVAL_EXPIRED");
    expect(resultsOf(await readUntil(stub()))).toMatchObject([{ error: { code: "APPROVAL_EXPIRED" } }]);
  });

  it("by deciding again is APPROVAL_ALREADY_DECIDED, and by replaying what was used APPROVAL_USED", async () => {
    const rejected = await waiting();
    await rejected.decide({ decision: "reject" });
    expect(codeOf(await rejected.decide())).toBe("APPROVAL_ALREADY_DECIDED");
    const { stub, events, decide } = await waiting();
    await decide();
    await readUntil(stub(), undefined, events.length);
    expect(codeOf(await decide())).toBe("APPROVAL_USED");
    expect(resultsOf(await readUntil(stub()))).toHaveLength(1);
  });

  it("by whoever started the task is APPROVAL_SELF when the pack asks for four eyes, and goes through when it does not", async () => {
    const strict = { pack: "four-eyes", extra: guarded("four_eyes: true") };
    const { decide } = await waiting(write(), strict);
    for (const decision of ["approve", "reject"] as const) {
      expect(codeOf(await decide({ decision, by: "key:starter" }))).toBe("APPROVAL_SELF");
    }
    expect(codeOf(await decide())).toBe("decided");
    const lax = await waiting();
    expect(codeOf(await lax.decide({ by: "key:starter" }))).toBe("decided");
  });

  it("on a task whose starter is not known is APPROVAL_SELF under four eyes: nobody can be told apart from them", async () => {
    const task = await accept(write(), { pack: "four-eyes", extra: guarded("four_eyes: true") });
    await task.stub().kick();
    await readUntil(task.stub());
    const request = { decision: "approve", by: "key:any", reason: null, result: null, request_key: "r" } as const;
    const outcome = await task.stub().decide(1, { ...request, args_hash: null });
    expect(codeOf(outcome)).toBe("APPROVAL_SELF");
  });

  it("with a number or a task that never was, or from another tenant, finds nothing and makes nothing", async () => {
    const { decide, taskId } = await waiting();
    for (const n of [0, 2, 999]) expect(codeOf(await decide({ n }))).toBe("unknown");
    const foreign = env.TASK.getByName(`tenant-other/${taskId}`);
    expect(await foreign.approval(1)).toBeNull();
    const request = { decision: "approve", by: "x", reason: null, args_hash: null, result: null } as const;
    expect(await foreign.decide(1, { ...request, request_key: "r" })).toEqual({ kind: "unknown" });
    const tables = await runInDurableObject(foreign, (_object, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT GLOB '_cf_*'").toArray(),
    );
    expect(tables).toEqual([]);
  });

  it("by fifty that approve and reject at once has one winner, and one effect at most", async () => {
    const { stub, events, decide, read } = await waiting();
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        decide({ decision: at % 2 === 0 ? "approve" : "reject", by: `key:racer-${at}` }),
      ),
    );
    expect(outcomes.filter(({ kind }) => kind === "decided")).toHaveLength(1);
    const losers = new Set(outcomes.map(codeOf).filter((code) => code !== "decided"));
    expect([...losers].every((code) => code === "APPROVAL_ALREADY_DECIDED" || code === "APPROVAL_USED")).toBe(true);
    const after = await readUntil(stub(), undefined, events.length);
    const { decision } = await read();
    expect(typesOf(after).filter((type) => type === "approval.decided")).toHaveLength(1);
    expect(resultsOf(after)).toMatchObject([{ success: decision === "approve" }]);
  });

  it("is told from the platform's own repetition of one request, which is answered as the first time", async () => {
    const { stub, events, decide } = await waiting();
    const first = await decide({ request_key: "the same" });
    await readUntil(stub(), undefined, events.length);
    const again = await decide({ request_key: "the same" });
    expect([first.kind, again.kind]).toEqual(["decided", "decided"]);
    expect(resultsOf(await readUntil(stub()))).toHaveLength(1);
  });
});

describe("the tenant's list", () => {
  it("has what is pending, newest first, and then what was decided, in pages", async () => {
    const tenant = "tenant-list";
    const tasks = [];
    for (let at = 0; at < 3; at++) tasks.push(await waiting(write(), { tenant }));
    for (const { taskId } of tasks) await listedAs(tenant, `${taskId}.1`, "pending");
    const ids = tasks.map(({ taskId }) => `${taskId}.1`);
    expect((await listOf(tenant)).map(({ approval_id }) => approval_id).toSorted()).toEqual(ids.toSorted());
    expect((await listOf(tenant))[0]).toMatchObject({ arguments: WRITE, tool_id: "file_manager", state: "pending" });
    const index = indexOf(tenant);
    const first = await index.listApprovals({ state: "pending", limit: 2, before: null });
    const rest = await index.listApprovals({ state: "pending", limit: 2, before: first.next });
    expect([...first.items, ...rest.items]).toEqual(await listOf(tenant));
    expect(rest.next).toBeNull();
    await tasks[0]?.decide({ decision: "reject" });
    await listedAs(tenant, ids[0] ?? "", "decided");
    expect(await listOf(tenant)).toHaveLength(2);
  });

  it("is told again by the task's own alarm when it could not be reached", async () => {
    const move = movableTime();
    const tenant = "tenant-unlisted";
    const { stub, taskId } = await waiting(write(), { tenant });
    const id = `${taskId}.1`;
    await listedAs(tenant, id, "pending");
    // As if the report had been lost between the two objects: the task still owes it.
    await runInDurableObject(env.TENANT_INDEX.getByName(tenant), (_object, { storage }) =>
      storage.sql.exec("DELETE FROM approval"),
    );
    await runInDurableObject(stub(), (_object, { storage }) => {
      const { body } = storage.sql.exec<{ body: string }>("SELECT body FROM task").one();
      const row = JSON.parse(body);
      row.due.index = systemClock.now() + INDEX_RETRY_MS;
      storage.sql.exec("UPDATE task SET body = ?", JSON.stringify(row));
    });
    await evictDurableObject(stub());
    move(INDEX_RETRY_MS);
    await runInDurableObject(stub(), (object) => object.alarm());
    expect(await listOf(tenant)).toMatchObject([{ approval_id: id, state: "pending" }]);
  });

  it("forgets a task's approvals with the task, and shows none of another tenant", async () => {
    const tenant = "tenant-forgetful";
    const { taskId } = await waiting(write(), { tenant });
    await listedAs(tenant, `${taskId}.1`, "pending");
    expect(await listOf("tenant-nosy", null)).toEqual([]);
    await env.TENANT_INDEX.getByName(tenant).forget(tenant, taskId);
    expect(await listOf(tenant, null)).toEqual([]);
  });

  it("leaves out arguments that are too long for it, whole", async () => {
    const tenant = "tenant-long";
    const long = `@tool file_manager ${JSON.stringify({ ...WRITE, content: "x".repeat(5_000) })}`;
    const { read, taskId } = await waiting(long, { tenant });
    expect((await listedAs(tenant, `${taskId}.1`, "pending")).arguments).toBeNull();
    expect((await read()).arguments).toMatchObject({ content: "x".repeat(5_000) });
  });
});

it("a journal is refused from its first write on by code that knows no log", async () => {
  const { stub } = await accept(js, { pack: "guarded", extra: GUARDED });
  const version = await runInDurableObject(stub(), (_object, { storage }) =>
    storage.sql.exec("SELECT version FROM task").one(),
  );
  expect(version).toEqual({ version: 4 });
});
