/** A task told to Postgres: keyed, in order of version, never lost to an outage, never round for ever. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AuditEntry } from "../../../src/audit/index.ts";
import { createLog } from "../../../src/platform/index.ts";
import { createDecisionReader, type Decision, toDecisionRecord } from "../../../src/policy/index.ts";
import { DECISION_KEEP_MS } from "../../../src/policy/limits.ts";
import { createProjection, databaseList, replayProjection } from "../../../src/task/projection/projection.ts";
import type { Snapshot } from "../../../src/task/projection/projection-store.ts";
import { toolQuestion } from "../../policy/questions.ts";
import { asUser, type Bench, portOf, tenantNamed } from "./bench.ts";
import { eventsOf } from "./event-rig.ts";

/** Only the payload is read of it. */
type Letter = Parameters<ReturnType<typeof replayProjection>>[1];

const AT = "2026-01-02T03:04:05.678Z";
const quiet = createLog({}, () => undefined);
let count = 0;

/** A task of the tenant with an id of its own; `change` replaces members of the snapshot or of its task. */
function snapshotOf(
  tenant: string,
  change: Partial<Omit<Snapshot, "task">> & { task?: Partial<Snapshot["task"]> } = {},
) {
  const id = `00000000-0000-8000-8000-${String(++count).padStart(12, "0")}`;
  const { task, ...more } = change;
  const snapshot: Snapshot = {
    tenant: tenantNamed(tenant),
    task: {
      task_id: id,
      state: "queued",
      pack_id: "hello",
      pack_version: "1.0.0",
      pack_digest: "d".repeat(64),
      session_id: null,
      input: "Hi",
      output: null,
      finish_reason: null,
      error: null,
      steps_taken: 0,
      attempt: 0,
      usage: { input_tokens: 0, cache_read_tokens: 0, cache_write_tokens: 0, output_tokens: 0 },
      cost_usd: "0",
      created_at: AT,
      updated_at: AT,
      started_at: null,
      finished_at: null,
      trace_id: "trace-1",
      metadata: {},
      ...task,
    },
    agent_id: "00000000-0000-8000-8000-00000000aaaa",
    idempotency_key: `key-${id}`,
    fingerprint: "f".repeat(64),
    tier: "tier-2",
    model: null,
    version: 1,
    cost_micros: 0,
    executions: [],
    events: [],
    ...more,
  };
  return snapshot;
}

type Execution = Snapshot["executions"][number];

const execution = (step: number, index: number): Execution => ({
  step,
  index,
  tool_id: "code_executor",
  tool_name: "Code Executor",
  arguments_json: "{}",
  success: true,
  result_json: '{"value":1}',
  error: null,
  duration_ms: 3,
  audit: null,
});

/** Another engine may say anything, also what Postgres does not store. */
const DECIDED: Decision = {
  ...{ effect: "ask", reasons: [{ rule: "r", message: "Be\0cause." }], obligations: ["audit"] },
  ...{ policy: `p\0+${"b".repeat(64)}`, isEnforced: true },
  trials: [{ effect: "deny", reasons: [], policy: "t" }],
};

const auditEntry = (id: string): AuditEntry => ({
  ...{ id, at: Date.parse(AT), action: "tool.executed", actor: "agent:hello@d/task:t" },
  ...{ resource: "tool:code_executor", result: "done" },
});

/** @param open a bench of its own for this suite. */
export function describeProjection(name: string, open: () => Promise<Bench>): void {
  describe(`the projection of tasks on ${name}`, () => {
    let bench: Bench;
    beforeAll(async () => {
      bench = await open();
    });
    afterAll(() => bench?.close());

    const projection = () => createProjection(portOf(bench), quiet);
    const rows = async (tenant: string, text: string) => {
      const answer = await asUser(bench, "app_user")(tenant, [text]);
      if (answer.code !== null) throw new Error(answer.message);
      return answer.rows;
    };

    it("lands once, however often it is told", async () => {
      const snapshot = snapshotOf("once", { executions: [execution(0, 0), execution(0, 1)] });
      expect(await projection().flush(snapshot)).toBe("landed");
      expect(await projection().flush(snapshot)).toBe("landed");
      expect(await rows("once", "SELECT id FROM tasks")).toHaveLength(1);
      expect(await rows("once", "SELECT step, call_index FROM tool_executions ORDER BY 2")).toEqual([
        { step: 0, call_index: 0 },
        { step: 0, call_index: 1 },
      ]);
      expect(await rows("once", "SELECT resource_id FROM idempotency_keys")).toEqual([
        { resource_id: snapshot.task.task_id },
      ]);
      expect(await rows("once", "SELECT pack_id FROM agents")).toEqual([{ pack_id: "hello" }]);
    });

    it("has what the policy said of a call once, and also when the task's own rows are refused", async () => {
      const asked = async (taskId: string, callIndex: number) =>
        toDecisionRecord(
          { at: Date.parse(AT), question: toolQuestion(), decision: DECIDED },
          { taskId, step: 0, callIndex, traceId: "trace-1" },
        );
      const { task } = snapshotOf("decided");
      const executions = [{ ...execution(0, 0), decision: await asked(task.task_id, 0) }, execution(0, 1)];
      const whole = snapshotOf("decided", { task, executions });
      for (const _ of [1, 2]) expect(await projection().flush(whole)).toBe("landed");
      const lost = [{ ...execution(0, 2), decision: await asked(task.task_id, 2) }];
      const refused = snapshotOf("decided", { task: { ...task, pack_id: "p".repeat(200) }, executions: lost });
      expect(await projection().flush(refused)).toBe("landed");
      const page = await createDecisionReader(portOf(bench))(tenantNamed("decided"), {
        ...{ since: null, effect: null, before: null, limit: 10 },
      });
      expect(page.next).toBeNull();
      expect(page.items.map(({ call_id }) => call_id).toSorted()).toEqual(["0.0", "0.2"]);
      expect(page.items.find(({ call_id }) => call_id === "0.0")).toEqual({
        ...{ id: expect.stringMatching(/^[0-9a-f]{36}$/), decided_at: AT, action: "tool.call", effect: "ask" },
        ...{
          enforced: true,
          reasons: [{ rule: "r", message: "Be\0cause." }],
          obligations: ["audit"],
          policy: `p\uFFFD+${"b".repeat(64)}`,
          trials: [{ effect: "deny", reasons: [], policy: "t" }],
        },
        ...{ input: toolQuestion(), input_hash: expect.stringMatching(/^[0-9a-f]{64}$/), task_id: task.task_id },
        ...{ call_id: "0.0", trace_id: "trace-1" },
      });
    });

    it("is rid of decisions that are too old with the next ones, a bite at a time, and of nobody else's", async () => {
      const decided = async (tenant: string, index: number, at: number) => {
        const place = { taskId: "old", step: 0, callIndex: index, traceId: "trace-1" };
        const record = await toDecisionRecord({ at, question: toolQuestion(), decision: DECIDED }, place);
        const snapshot = snapshotOf(tenant, { executions: [{ ...execution(0, index), decision: record }] });
        expect(await projection().flush(snapshot)).toBe("landed");
      };
      const now = Date.parse(AT);
      for (const tenant of ["bitten", "spared"]) await decided(tenant, 0, now - DECISION_KEEP_MS - 1);
      await decided("bitten", 1, now - DECISION_KEEP_MS);
      await decided("bitten", 2, now);
      const kept = "SELECT call_index FROM policy_decisions ORDER BY 1";
      expect(await rows("bitten", kept)).toEqual([{ call_index: 1 }, { call_index: 2 }]);
      expect(await rows("spared", kept)).toEqual([{ call_index: 0 }]);
    });

    it("has the audit row of a call once, and also when the task's own rows are refused", async () => {
      const audited = (index: number) => ({ ...execution(0, index), audit: auditEntry(`row-${index}`) });
      const whole = snapshotOf("audited", { executions: [audited(0), execution(0, 1)] });
      for (const _ of [1, 2]) expect(await projection().flush(whole)).toBe("landed");
      const refused = snapshotOf("audited", { task: { pack_id: "p".repeat(200) }, executions: [audited(2)] });
      expect(await projection().flush(refused)).toBe("landed");
      const log = await rows("audited", "SELECT id, seq::int AS seq, action, resource FROM audit_log ORDER BY 2");
      expect(log).toEqual([
        { id: "row-0", seq: 1, action: "tool.executed", resource: "tool:code_executor" },
        { id: "row-2", seq: 2, action: "tool.executed", resource: "tool:code_executor" },
      ]);
    });

    it("has a row for each attempt at a call, and what a person found out in that of the one that was lost", async () => {
      const lost = (n: number): Execution => ({
        ...execution(0, 0),
        ...{ id: `lost-${n}`, attempt: n, outcome: "unknown", success: false, result_json: null, duration_ms: null },
        error: { code: "OUTCOME_UNKNOWN", message: "Lost." },
      });
      const found = { ...execution(0, 0), id: "lost-2", attempt: 2, outcome: "done", is_finding: true } as const;
      const other = { ...execution(0, 1), id: "other", attempt: 1, outcome: "done", approval_id: "task.1" } as const;
      const snapshot = snapshotOf("attempts", { executions: [lost(1), lost(2)] });
      const text = `SELECT id, call_id, attempt, outcome, success, error_code, duration_ms, approval_id FROM tool_executions
        ORDER BY call_id, attempt`;
      const facts = { call_id: "0.0", duration_ms: null, approval_id: null };
      const unknown = { ...facts, outcome: "unknown", success: false, error_code: "OUTCOME_UNKNOWN" };
      const first = { ...unknown, id: "lost-1", attempt: 1 };
      expect(await projection().flush(snapshot)).toBe("landed");
      expect(await rows("attempts", text)).toEqual([first, { ...unknown, id: "lost-2", attempt: 2 }]);
      const later = { ...snapshot, version: 2, executions: [lost(1), lost(2), found, other] };
      // The older one may come once more, from a dead letter.
      for (const told of [later, later, snapshot]) expect(await projection().flush(told)).toBe("landed");
      const done = { outcome: "done", success: true, error_code: null };
      expect(await rows("attempts", text)).toEqual([
        first,
        { ...facts, ...done, id: "lost-2", attempt: 2 },
        { ...facts, ...done, id: "other", call_id: "0.1", attempt: 1, duration_ms: 3, approval_id: "task.1" },
      ]);
    });

    it("takes a result that was told before attempts had keys for the same, and has a finding without a lost attempt", async () => {
      const { id: _, ...older } = { ...execution(0, 0), id: "" };
      const found = { ...execution(0, 1), id: "found", attempt: 1, outcome: "done", is_finding: true } as const;
      const snapshot = snapshotOf("older-rows", { executions: [older] });
      expect(await projection().flush(snapshot)).toBe("landed");
      const again = { ...execution(0, 0), id: "keyed", attempt: 1, outcome: "done" } as const;
      expect(await projection().flush({ ...snapshot, version: 2, executions: [again, found] })).toBe("landed");
      expect(await rows("older-rows", "SELECT call_index, outcome FROM tool_executions ORDER BY 1")).toEqual([
        { call_index: 0, outcome: null },
        { call_index: 1, outcome: "done" },
      ]);
    });

    it("names the parent of a task that was handed its work, and none for another", async () => {
      const child = snapshotOf("family", { task: { parent_task_id: "00000000-0000-8000-8000-00000000bbbb" } });
      expect(await projection().flush(child)).toBe("landed");
      expect(await rows("family", "SELECT parent_task_id FROM tasks")).toEqual([
        { parent_task_id: "00000000-0000-8000-8000-00000000bbbb" },
      ]);
    });

    it("shows the newest version, whatever order the versions arrive in", async () => {
      const queued = snapshotOf("order");
      const done: Snapshot = {
        ...queued,
        version: 9,
        task: { ...queued.task, state: "done", output: "Hello", steps_taken: 1 },
      };
      for (const snapshot of [queued, done, { ...queued, version: 2 }]) await projection().flush(snapshot);
      expect(await rows("order", "SELECT state, output_text, projected_version FROM tasks")).toMatchObject([
        { state: "done", output_text: "Hello" },
      ]);
    });

    it("stores what a model wrote though Postgres takes neither NUL nor broken UTF-16", async () => {
      await projection().flush(snapshotOf("odd", { task: { output: "a\0b\ud800c" } }));
      expect(await rows("odd", "SELECT output_text FROM tasks")).toEqual([{ output_text: "a\uFFFDb\uFFFDc" }]);
    });

    it("stores the name of a tool as a model made it up", async () => {
      const call = { ...execution(0, 0), tool_id: "a\0b", tool_name: "n\ud800" };
      expect(await projection().flush(snapshotOf("odd-tool", { executions: [call] }))).toBe("landed");
      expect(await rows("odd-tool", "SELECT tool_id, tool_name FROM tool_executions")).toEqual([
        { tool_id: "a\uFFFDb", tool_name: "n\uFFFD" },
      ]);
    });

    it("has a call that took longer than a row can say, in the audit log, too", async () => {
      const audit = { ...auditEntry("long"), durationMs: 30 * 86_400_000 };
      const call = { ...execution(0, 0), duration_ms: 30 * 86_400_000, audit };
      expect(await projection().flush(snapshotOf("long", { executions: [call] }))).toBe("landed");
      const longest = [{ duration_ms: 2_147_483_647 }];
      expect(await rows("long", "SELECT duration_ms FROM tool_executions")).toEqual(longest);
      expect(await rows("long", "SELECT duration_ms FROM audit_log")).toEqual(longest);
      expect(await rows("long", "SELECT id FROM dead_letters")).toEqual([]);
    });

    it("tells the outbox of a task's events though a row of the audit log is refused, which its letter has", async () => {
      const call = { ...execution(0, 0), audit: auditEntry("a".repeat(1_000)) };
      const whole = snapshotOf("refused-audit", { executions: [call] });
      const events = await eventsOf("refused-audit", whole.task.task_id, 1);
      for (const _ of [1, 2]) expect(await projection().flush({ ...whole, events })).toBe("landed");
      expect(await rows("refused-audit", "SELECT id FROM event_outbox")).toEqual(events.map(({ id }) => ({ id })));
      expect(await rows("refused-audit", "SELECT source FROM dead_letters")).toEqual([{ source: "projection" }]);
      expect(await rows("refused-audit", "SELECT id FROM audit_log")).toEqual([]);
    });

    it("keeps an unknown cost unknown", async () => {
      await projection().flush(snapshotOf("price", { cost_micros: null }));
      expect(await rows("price", "SELECT cost_micros FROM tasks")).toEqual([{ cost_micros: null }]);
    });

    it("buries what Postgres refuses for good, once", async () => {
      const refused = snapshotOf("refused", { task: { pack_id: "p".repeat(200) } });
      expect(await projection().flush(refused)).toBe("landed");
      expect(await projection().flush(refused)).toBe("landed");
      expect(await rows("refused", "SELECT id FROM tasks")).toEqual([]);
      expect(await rows("refused", "SELECT source, reason, sqlstate, aggregate_id FROM dead_letters")).toEqual([
        { source: "projection", reason: "refused", sqlstate: "22001", aggregate_id: refused.task.task_id },
      ]);
    });

    it("tells the outbox of a task's events though its row is refused, and rings for them", async () => {
      const rung: string[] = [];
      const refused = snapshotOf("refused-events", { task: { pack_id: "p".repeat(200) } });
      const events = await eventsOf("refused-events", refused.task.task_id, 2);
      const ringing = createProjection(portOf(bench), quiet, async (tenant) => void rung.push(tenant));
      expect(await ringing.flush({ ...refused, events })).toBe("landed");
      expect(await rows("refused-events", "SELECT id FROM event_outbox ORDER BY aggregate_seq")).toEqual(
        events.map(({ id }) => ({ id })),
      );
      expect(rung).toEqual(["refused-events"]);
    });

    it("has not landed until the doorbell knows of its events, and rings for nothing else", async () => {
      const snapshot = snapshotOf("unrung");
      let rings = 0;
      const deaf = createProjection(portOf(bench), quiet, async () => {
        rings += 1;
        throw new Error("the object was reset");
      });
      expect(await deaf.flush(snapshot)).toBe("landed");
      const events = await eventsOf("unrung", snapshot.task.task_id, 1);
      expect(await deaf.flush({ ...snapshot, events })).toBe("unavailable");
      expect(rings).toBe(1);
    });

    it("is replayed from its letter: refused while the cause stands, and once it is gone the row is there", async () => {
      const refused = snapshotOf("again", { task: { pack_id: "p".repeat(200) } });
      await projection().flush(refused);
      const replay = replayProjection(portOf(bench));
      const tenant = tenantNamed("again");
      const [row] = await rows("again", "SELECT payload_json FROM dead_letters");
      const payload = String(row?.payload_json);
      expect(await replay(tenant, { payload } as Letter)).toBe("refused");
      expect(await replay(tenant, { payload: payload.replace("p".repeat(200), "hello") } as Letter)).toBe("replayed");
      expect(await rows("again", "SELECT pack_id FROM tasks")).toEqual([{ pack_id: "hello" }]);
      expect(await replay(tenant, { payload: '{"task":{},"executions":[]}' } as Letter)).toBe("impossible");
      expect(await replay(tenantNamed("other"), { payload } as Letter)).toBe("impossible");
    });

    it("says that it did not land while the database is away, and lands when it is back", async () => {
      const snapshot = snapshotOf("away");
      await bench.endpoint.setFault("refuse");
      expect(await projection().flush(snapshot)).toBe("unavailable");
      await bench.endpoint.setFault("none");
      expect(await projection().flush(snapshot)).toBe("landed");
      expect(await rows("away", "SELECT state FROM tasks")).toEqual([{ state: "queued" }]);
    });

    it("is listed newest first, in pages without gap or repetition, and to its own tenant only", async () => {
      const at = (n: number) => ({ task: { created_at: `2026-01-02T03:04:05.00${n}Z` } });
      for (const n of [3, 1, 2]) await projection().flush(snapshotOf("pages", at(n)));
      const list = databaseList(portOf(bench), "pages");
      const query = { state: null, pack_id: null, limit: 2, before: null };
      const first = await list.list(query);
      const second = await list.list({ ...query, before: first.next });
      expect([...first.items, ...second.items].map(({ created_at }) => created_at.slice(-4, -1))).toEqual([
        "003",
        "002",
        "001",
      ]);
      expect(second.next).toBeNull();
      expect((await list.list({ ...query, state: "done" })).items).toEqual([]);
      expect((await databaseList(portOf(bench), "others").list(query)).items).toEqual([]);
    });

    it("is not listed from a cursor that is none of ours, which is the caller's fault", async () => {
      const query = { state: null, pack_id: null, limit: 2, before: "1x|y" };
      await expect(databaseList(portOf(bench), "pages").list(query)).rejects.toMatchObject({ code: "INVALID_REQUEST" });
    });

    it("cannot be listed while the database is away, and says so", async () => {
      await bench.endpoint.setFault("refuse");
      const query = { state: null, pack_id: null, limit: 2, before: null };
      await expect(databaseList(portOf(bench), "pages").list(query)).rejects.toMatchObject({ code: "UNAVAILABLE" });
      await bench.endpoint.setFault("none");
    });
  });
}
