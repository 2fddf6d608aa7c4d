/** What the audit log is told through the doors, by whom it is read, and what holds while it can take nothing. */
import { runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";
import { createAuthWitness, createTellRefusedKey } from "../../src/api/index.ts";
import { checksumOf, makeKey as makeKeyText } from "../../src/api/key-text.ts";
import { type AuditEntry, createAuditReader, createAuditSink, verifyExport } from "../../src/audit/index.ts";
import { BUFFER_ENTRIES_MAX, DENIALS_PER_MINUTE_MAX } from "../../src/audit/limits.ts";
import { AuditObject, type AuditServices } from "../../src/audit/object.ts";
import type { AuditRow } from "../../src/audit/row.ts";
import { assert, parseTenantId, systemClock } from "../../src/platform/index.ts";
import { SEED } from "../audit/log.ts";
import { databaseOf } from "../event/database.ts";
import { answerOf, env, type Fetch, type Json, manifest, newKey } from "./gateway.ts";
import { askAs, guarded, makeKey, makeTenant } from "./guarded.ts";
import { manualClock, memoryLog } from "./ports.ts";

const db = databaseOf();
const toPostgres = createAuditSink(db, memoryLog());
const auditLog = createAuditReader(db);

/** The real objects of the binding, over the real database. */
const within = <T>(
  tenant: string,
  work: (object: AuditObject) => Promise<T>,
  clock: AuditServices["clock"] = systemClock,
) =>
  runInDurableObject(env.AUDIT.getByName(tenant), (_object, state: DurableObjectState) =>
    work(new AuditObject(state, env, { clock, random: () => 0, log: memoryLog(), sink: toPostgres })),
  );
const auditAt = (clock: AuditServices["clock"]) => (tenant: string) => ({
  append: (named: string, entries: readonly AuditEntry[]) =>
    within(tenant, (object) => object.append(named, entries), clock),
});
const audit = auditAt(systemClock);

/** A door whose log is read below; it sees each credential as if for the first time. */
const door = (clock = manualClock()): Fetch =>
  guarded({ audit: auditAt(clock), auditLog, auditSigningKey: SEED, witness: createAuthWitness(clock) });

/** Everything in a tenant's log by now. */
async function logOf(tenant: string): Promise<readonly AuditRow[]> {
  await within(tenant, (object) => object.alarm());
  const id = parseTenantId(tenant);
  assert(id !== undefined, "a tenant");
  return (await auditLog(id, { after: 0, limit: 500, action: null })).items;
}
const changesOf = async (tenant: string): Promise<string[]> =>
  (await logOf(tenant))
    .filter(({ action }) => !action.startsWith("auth."))
    .map(({ action, resource, result, details_json }) => `${action} ${resource} ${result}${details_json ?? ""}`);

type Party = { readonly tenant: string; readonly key: string; readonly id: string };
async function newParty(name: string): Promise<Party> {
  const tenant = await makeTenant(name);
  return { tenant, ...(await makeKey(tenant, ["admin"])) };
}

const PACK = "audited-pack";
let via: Fetch;
let own: Party;
beforeAll(async () => {
  via = door();
  own = await newParty("audited");
  const files = { [`${PACK}/profession-pack.yaml`]: manifest(PACK) };
  const published = await askAs(own.key, "/api/v1/packs", { body: { pack: PACK, files }, via });
  assert(published.status === 201, "the pack is published");
});

async function newTask(input = "@sleep 1h"): Promise<string> {
  const { body } = await answerOf(askAs(own.key, `/api/v1/agents/${PACK}/run`, { key: newKey(), body: { input } }));
  assert(typeof body.task_id === "string", "accepted");
  return body.task_id;
}

describe("a change", () => {
  it("is recorded before it is made and after it, with who made it", async () => {
    const taskId = await newTask();
    const { body } = await answerOf(askAs(own.key, "/api/v1/keys", { body: { name: "n", roles: ["viewer"] }, via }));
    await askAs(own.key, `/api/v1/keys/${body.id}`, { method: "DELETE", via });
    await askAs(own.key, `/api/v1/tasks/${taskId}/cancel`, { method: "POST", via });
    const replay = { method: "POST", body: {}, key: newKey(), via };
    await askAs(own.key, `/api/v1/tasks/${taskId}/replay`, replay);
    const both = (what: string) => [`${what} intended`, `${what} done`];
    const changes = await changesOf(own.tenant);
    expect(changes.slice(0, 2).join(" ")).toMatch(
      /^pack\.published pack:audited-pack@\w+ intended pack\.published .* done$/,
    );
    expect(changes.slice(2)).toEqual([
      ...both(`key.created key:${body.id}`),
      ...both(`key.revoked key:${body.id}`),
      ...both(`task.cancelled task:${taskId}`),
      ...both(`task.replayed task:${taskId}`),
    ]);
    expect(new Set((await logOf(own.tenant)).map(({ actor }) => actor))).toEqual(new Set([`key:${own.id}`]));
  });

  it("that fails is recorded as failed, with its code", async () => {
    const missing = "00000000-0000-8000-8000-000000000000";
    await askAs(own.key, `/api/v1/tasks/${missing}/cancel`, { method: "POST", via });
    expect((await changesOf(own.tenant)).slice(-2)).toEqual([
      `task.cancelled task:${missing} intended`,
      `task.cancelled task:${missing} failed{"code":"TASK_NOT_FOUND"}`,
    ]);
  });

  it("is also a decision on an approval, with what was decided, whether it counted or not", async () => {
    const party = await newParty("deciding");
    const pack = "asking";
    const tools = 'tools: { available: [{ id: "file_manager", name: "Files", requires_approval: true }] }';
    const files = { [`${pack}/profession-pack.yaml`]: manifest(pack, { more: tools }) };
    await askAs(party.key, "/api/v1/packs", { body: { pack, files } });
    const input = '@tool file_manager {"action":"list","path":"/workspace"}';
    const run = await answerOf(askAs(party.key, `/api/v1/agents/${pack}/run`, { key: newKey(), body: { input } }));
    const id = `${run.body.task_id}.1`;
    const path = `/api/v1/approvals/${id}`;
    while ((await askAs(party.key, path)).status !== 200) await scheduler.wait(1);
    const { args_hash } = (await answerOf(askAs(party.key, path))).body;
    for (const decision of [{ decision: "retry" }, { decision: "reject", args_hash }]) {
      await askAs(party.key, `${path}/decision`, { body: decision, via });
    }
    expect((await changesOf(party.tenant)).slice(-4)).toEqual([
      `approval.decided approval:${id} intended{"decision":"retry"}`,
      `approval.decided approval:${id} failed{"decision":"retry","code":"DECISION_INVALID"}`,
      `approval.decided approval:${id} intended{"decision":"reject"}`,
      `approval.decided approval:${id} done{"decision":"reject"}`,
    ]);
  });

  it("does not happen when it opens something and cannot be recorded, and is let through when it stops something", async () => {
    const taskId = await newTask();
    const fill = Array.from(
      { length: 100 },
      (): AuditEntry => ({
        ...{ id: crypto.randomUUID(), at: 0, action: "key.revoked", actor: "key:a", resource: "key:b", result: "done" },
      }),
    );
    for (let taken = 0; taken < BUFFER_ENTRIES_MAX; taken += fill.length) {
      const some = fill.map((entry) => ({ ...entry, id: crypto.randomUUID() }));
      await within(own.tenant, (object) => object.append(own.tenant, some));
    }
    const newKeyVia = () => answerOf(askAs(own.key, "/api/v1/keys", { body: { name: "n", roles: ["viewer"] }, via }));
    const before = await answerOf(askAs(own.key, "/api/v1/keys", { via }));
    expect(await newKeyVia()).toMatchObject({ status: 503, body: { code: "UNAVAILABLE" } });
    expect((await answerOf(askAs(own.key, "/api/v1/keys", { via }))).body).toEqual(before.body);
    const stopped = await answerOf(askAs(own.key, `/api/v1/tasks/${taskId}/cancel`, { method: "POST", via }));
    expect(stopped).toMatchObject({ status: 202, body: { state: "cancelled" } });
    // The database is back.
    await within(own.tenant, (object) => object.alarm());
    expect((await newKeyVia()).status).toBe(201);
  });
});

describe("a credential", () => {
  const authOf = async (tenant: string): Promise<string[]> =>
    (await logOf(tenant))
      .filter(({ action }) => action.startsWith("auth."))
      .map(({ action, actor, resource, details_json }) =>
        [action, actor, resource, details_json ?? ""].join(" ").trim(),
      );

  it("that is good is recorded once in a minute, not with every request", async () => {
    const party = await newParty("busy");
    const clock = manualClock();
    const watched = door(clock);
    for (let n = 0; n < 5; n++) await askAs(party.key, "/api/v1/packs", { via: watched });
    expect(await authOf(party.tenant)).toEqual([`auth.succeeded key:${party.id} GET /api/v1/packs`]);
    clock.advance(60_000);
    await askAs(party.key, "/api/v1/packs", { via: watched });
    expect(await authOf(party.tenant)).toHaveLength(2);
  });

  it("that may not do what it asks is recorded in its own tenant, and never in the one it named", async () => {
    const [party, victim] = [await newParty("curious"), await newParty("victim")];
    const weak = await makeKey(party.tenant, ["viewer"]);
    const headers = { "x-tenant-id": victim.tenant };
    await askAs(weak.key, "/api/v1/keys", { via });
    await askAs(weak.key, "/api/v1/packs", { via, headers });
    expect(await authOf(party.tenant)).toEqual([
      `auth.failed key:${weak.id} GET /api/v1/keys {"code":"FORBIDDEN"}`,
      `auth.failed key:${weak.id} GET /api/v1/packs {"code":"TENANT_MISMATCH"}`,
    ]);
    expect(await logOf(victim.tenant)).toEqual([]);
  });

  it("that is refused again and again fills no log: the rest of a minute is a number in the next one", async () => {
    const party = await newParty("loud");
    const weak = await makeKey(party.tenant, ["viewer"]);
    const clock = manualClock();
    const watched = door(clock);
    for (let n = 0; n < 65; n++) await askAs(weak.key, "/api/v1/keys", { via: watched });
    expect(await authOf(party.tenant)).toHaveLength(60);
    clock.advance(60_000);
    await askAs(weak.key, "/api/v1/keys", { via: watched });
    expect((await authOf(party.tenant)).at(-1)).toContain('"unrecorded":5');
  });

  it("that opens nothing is recorded in its own tenant with the reason, and a key of nobody's in none", async () => {
    const party = await newParty("ended");
    const [revoked, expired] = [
      await makeKey(party.tenant, ["viewer"]),
      await makeKey(party.tenant, ["viewer"], { expires_at: "2999-01-01T00:00:00Z" }),
    ];
    await askAs(party.key, `/api/v1/keys/${revoked.id}`, { method: "DELETE" });
    await runInDurableObject(env.KEY.getByName(expired.id), (_object, { storage }: DurableObjectState) => {
      const stored = storage.kv.get<{ readonly facts: object }>("key");
      storage.kv.put("key", { ...stored, facts: { ...stored?.facts, expiresAt: 1 } });
    });
    const { ask: askWith, told } = refusing();
    const nobody = makeKeyText("test");
    for (const key of [otherSecretOf(party), revoked.key, expired.key, nobody.text]) {
      expect((await askWith(key)).status).toBe(401);
    }
    await told();
    expect(await authOf(party.tenant)).toEqual([
      `auth.failed key:${party.id} key:${party.id} {"reason":"wrong_secret"}`,
      `auth.failed key:${revoked.id} key:${revoked.id} {"reason":"revoked"}`,
      `auth.failed key:${expired.id} key:${expired.id} {"reason":"expired"}`,
    ]);
  });

  it("that is guessed again and again is told a bounded number of times", async () => {
    const party = await newParty("guessed");
    const { ask: askWith, told } = refusing();
    for (let n = 0; n < DENIALS_PER_MINUTE_MAX + 5; n++) await askWith(otherSecretOf(party));
    expect(await told()).toBe(DENIALS_PER_MINUTE_MAX);
    expect(await authOf(party.tenant)).toHaveLength(DENIALS_PER_MINUTE_MAX);
  });
});

/** The key's id with a secret that is not its own. */
function otherSecretOf(party: Party): string {
  const text = `vas_test_${party.id}_${makeKeyText("test").secret}`;
  return text + checksumOf(text);
}

/** A door that tells of keys which open nothing; `told` waits for it and says how often it had to. */
function refusing() {
  const clock = manualClock();
  const tell = createTellRefusedKey({ keys: (id) => env.KEY.getByName(id), audit, clock, log: memoryLog() });
  const telling: Promise<void>[] = [];
  const door = guarded({
    audit,
    auditLog,
    clock,
    onKeyRefused: (keyId, digest) => {
      const told = tell(keyId, digest);
      if (told !== null) telling.push(told);
    },
  });
  return {
    ask: (key: string) => askAs(key, "/api/v1/packs", { via: door }),
    told: async () => (await Promise.all(telling)).length,
  };
}

describe("the log", () => {
  it("is read in pages by its tenant, filtered by action, and an export of it verifies", async () => {
    const rows: Json[] = [];
    for (let after = 0; ; ) {
      const { status, body } = await answerOf(askAs(own.key, `/api/v1/audit?after=${after}&limit=3`, { via }));
      assert(status === 200 && Array.isArray(body.items), "a page");
      if (body.items.length === 0) break;
      rows.push(...(body.items as Json[]));
      after = Number(body.next);
    }
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + 1));
    const { body: head } = await answerOf(askAs(own.key, "/api/v1/audit/head", { via }));
    const lines = [...rows, head].map((line) => JSON.stringify(line));
    expect(await verifyExport(lines, String(head.public_key))).toMatchObject({
      ok: true,
      value: { rows: rows.length },
    });
    const some = await answerOf(askAs(own.key, "/api/v1/audit?action=pack.published", { via }));
    expect(some.body.items).toHaveLength(2);
  });

  it("shows the key that checks its head to whoever may read it", async () => {
    const { body: head } = await answerOf(askAs(own.key, "/api/v1/audit/head", { via }));
    const auditor = await makeKey(own.tenant, ["auditor"]);
    const { body } = await answerOf(askAs(auditor.key, "/api/v1/audit/key", { via }));
    expect(body).toEqual({ algorithm: "Ed25519", public_key: head.public_key });
  });

  it("is another one for another tenant", async () => {
    const other = await newParty("neighbour");
    expect((await answerOf(askAs(other.key, "/api/v1/audit", { via }))).body.items).toEqual([]);
  });

  it("asks for a query it understands", async () => {
    for (const query of ["after=-1", "limit=0", "limit=501", "action=no.such"]) {
      expect((await answerOf(askAs(own.key, `/api/v1/audit?${query}`, { via }))).status, query).toBe(400);
    }
  });

  it("is 503 while the database is away, and without a signing key has no head and no key", async () => {
    const without = guarded({ audit, auditLog: createAuditReader(null), auditSigningKey: null });
    expect((await askAs(own.key, "/api/v1/audit", { via: without })).status).toBe(503);
    const unsigned = guarded({ audit, auditLog, auditSigningKey: null });
    for (const path of ["head", "key"]) {
      expect((await answerOf(askAs(own.key, `/api/v1/audit/${path}`, { via: unsigned }))).body.code).toBe(
        "UNAVAILABLE",
      );
    }
  });
});
