/** The log of decisions over the real Worker and database: pages, filters, and who may not. */
import { beforeAll, describe, expect, it } from "vitest";
import { type AccessPorts, createAccessCheck } from "../../src/api/access-check.ts";
import { toCursor } from "../../src/api/cursor.ts";
import { DecisionList } from "../../src/api/decision-schema.ts";
import { systemClock } from "../../src/platform/index.ts";
import {
  createDecisionReader,
  createDecisionWriter,
  createEmbeddedPolicy,
  DEFAULT_POLICY,
  type Decision,
  decisionStatements,
  toDecisionRecord,
} from "../../src/policy/index.ts";
import { policyModule } from "../../src/policy/object.ts";
import { tenantNamed } from "../case/database/bench.ts";
import { databaseOf } from "../event/database.ts";
import { toolQuestion } from "../policy/questions.ts";
import { answerOf, newKey, publishShared } from "./gateway.ts";
import { askAs, guarded, makeKey, makeTenant } from "./guarded.ts";
import { memoryLog } from "./ports.ts";

const db = databaseOf();
const via = guarded({ decisions: createDecisionReader(db) });
const DAY = Date.parse("2026-03-01T00:00:00Z");
const HOUR_MS = 3_600_000;
const EFFECTS = ["allow", "ask", "deny", "allow", "deny"] as const;

const ALLOWED: Decision = { effect: "allow", reasons: [], obligations: [], policy: "p", isEnforced: true };

let tenant: string;
let key: string;
beforeAll(async () => {
  tenant = await makeTenant("decisions");
  key = (await makeKey(tenant, ["auditor"])).key;
  const records = await Promise.all(
    EFFECTS.map((effect, n) =>
      toDecisionRecord(
        {
          at: DAY + n * HOUR_MS,
          question: toolQuestion({ tenant }),
          decision: { effect, reasons: [], obligations: [], policy: "p", isEnforced: n !== 4 },
        },
        { taskId: "t", step: 0, callIndex: n, traceId: "trace-1" },
      ),
    ),
  );
  const written = await db.batch(tenantNamed(tenant), decisionStatements(tenant, records));
  expect(written.ok).toBe(true);
});

const list = async (query = "", credential = key) => {
  const { status, body } = await answerOf(askAs(credential, `/api/v1/decisions${query}`, { via }));
  expect(status).toBe(200);
  return DecisionList().parse(body);
};
const callsOf = ({ items }: Awaited<ReturnType<typeof list>>) => items.map(({ call_id }) => call_id);

describe("GET /api/v1/decisions", () => {
  it("shows them newest first, in pages, each with its question", async () => {
    const first = await list("?limit=3");
    const second = await list(`?limit=3&cursor=${first.next_cursor}`);
    expect([callsOf(first), callsOf(second), second.next_cursor]).toEqual([
      ["0.4", "0.3", "0.2"],
      ["0.1", "0.0"],
      null,
    ]);
    expect(first.items[0]).toMatchObject({
      ...{ effect: "deny", enforced: false, decided_at: "2026-03-01T04:00:00.000Z", policy: "p", task_id: "t" },
      input: toolQuestion({ tenant }),
    });
    expect(new Set([...first.items, ...second.items].map(({ input_hash }) => input_hash)).size).toBe(1);
  });

  it("shows those since a moment, that moment included, in whatever zone it is told", async () => {
    expect(callsOf(await list("?since=2026-03-01T03:00:00Z"))).toEqual(["0.4", "0.3"]);
    expect(callsOf(await list(`?since=${encodeURIComponent("2026-03-01T05:00:00+01:00")}`))).toEqual(["0.4"]);
  });

  it("shows those of one effect", async () => {
    expect(callsOf(await list("?effect=deny"))).toEqual(["0.4", "0.2"]);
  });

  it("refuses a moment that is none, a cursor that no page gave, an effect that is none and a limit beyond the most", async () => {
    const cursors = ["no|place", "2026-03-01T00:00:00.000Z|'", `x|${"0".repeat(36)}`].map((text) => toCursor(text));
    const queries = ["since=7d", "since=2026-13-01T00:00:00Z", "effect=maybe", "limit=101", "cursor=%20"];
    for (const query of [...queries, ...cursors.map((cursor) => `cursor=${cursor}`)]) {
      expect((await answerOf(askAs(key, `/api/v1/decisions?${query}`, { via }))).status, query).toBe(400);
    }
  });

  it("is for the tenant alone, and for those who may read what happened", async () => {
    const other = await makeTenant("decisions-other");
    const auditor = await makeKey(other, ["auditor"]);
    expect((await list("", auditor.key)).items).toEqual([]);
    const operator = await makeKey(tenant, ["operator"]);
    expect((await answerOf(askAs(operator.key, "/api/v1/decisions", { via }))).status).toBe(403);
  });

  it("has what was denied at a door: a call of the API, and a pack", async () => {
    const own = await makeTenant("decisions-doors");
    const auditor = (await makeKey(own, ["auditor", "operator"])).key;
    const denied: Decision = {
      ...{
        effect: "deny",
        reasons: [{ rule: "no_packs", message: "No." }],
        obligations: [],
        policy: "p",
        isEnforced: true,
      },
    };
    const module = { module: policyModule, digest: DEFAULT_POLICY.digest, log: memoryLog() };
    const told: Promise<void>[] = [];
    const write = createDecisionWriter(db, memoryLog());
    const onDenied: AccessPorts["onDenied"] = (of, made) => void told.push(write(of, made));
    const doors = guarded({
      access: createAccessCheck({ engine: createEmbeddedPolicy(module), region: null, clock: systemClock, onDenied }),
      policy: { engine: { decide: async () => denied }, region: null },
      onPolicyDenied: onDenied,
    });
    const asked = (path: string, options = {}) => answerOf(askAs(auditor, path, { via: doors, ...options }));
    expect((await asked("/api/v1/secrets")).body.code).toBe("FORBIDDEN");
    await publishShared("decided");
    const run = await asked("/api/v1/agents/decided/run", { key: newKey(), body: { input: "Hello" } });
    expect([run.status, run.body.detail]).toEqual([403, "No."]);
    await Promise.all(told);
    const { items } = await list("", auditor);
    const common = { effect: "deny", task_id: null, call_id: null, trace_id: null };
    expect(items.toSorted((a, b) => (a.action < b.action ? -1 : 1))).toMatchObject([
      { ...common, action: "api.call", reasons: [{ rule: "default" }], input: { scope: "secrets:write", tenant: own } },
      { ...common, action: "pack.use", reasons: [{ rule: "no_packs" }], input: { pack: { id: "decided" } } },
    ]);
  });

  it("takes the longest name of another engine, also beside a policy that nobody knows", async () => {
    const own = await makeTenant("decisions-names");
    const auditor = (await makeKey(own, ["auditor"])).key;
    const named = `opa:${"r".repeat(124)}`;
    const names = [`${named}+unknown`, `${named}+${"d".repeat(64)}`, named, `${named}s`];
    const decided = names.map((policy): Decision => ({ ...ALLOWED, policy }));
    const records = await Promise.all(
      decided.map((decision, callIndex) =>
        toDecisionRecord(
          { at: DAY + callIndex, question: toolQuestion({ tenant: own }), decision },
          { taskId: "t", step: 0, callIndex, traceId: "trace-1" },
        ),
      ),
    );
    expect((await db.batch(tenantNamed(own), decisionStatements(own, records))).ok).toBe(true);
    const kept = (await list("", auditor)).items.map(({ policy }) => policy);
    expect(kept.toReversed()).toEqual([...names.slice(0, 3), named]);
  });

  it("goes on behind what was denied at a door, page by page", async () => {
    const own = await makeTenant("decisions-door-pages");
    const auditor = (await makeKey(own, ["auditor"])).key;
    const write = createDecisionWriter(db, memoryLog());
    const decision: Decision = { effect: "deny", reasons: [], obligations: [], policy: "p", isEnforced: true };
    for (const n of [0, 1, 1]) {
      await write(tenantNamed(own), { at: DAY + n * HOUR_MS, question: toolQuestion({ tenant: own }), decision });
    }
    const seen: string[] = [];
    let cursor: string | null = "";
    for (let page = 0; page < 3; page++) {
      const { items, next_cursor } = await list(`?limit=1${cursor === "" ? "" : `&cursor=${cursor}`}`, auditor);
      seen.push(...items.map(({ id }) => id));
      cursor = next_cursor;
    }
    expect([new Set(seen).size, cursor]).toEqual([3, null]);
  });

  it("is 503 without a database", async () => {
    const without = guarded({ decisions: createDecisionReader(null) });
    expect((await answerOf(askAs(key, "/api/v1/decisions", { via: without }))).status).toBe(503);
  });
});
