/**
 * Every route and every RPC against everybody who may not: no credential, a wrong one, a revoked one, an expired one,
 * a lower scope, the bare header, another tenant's key. Generated from what is served: a route without a row here fails.
 */
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { ROLE_NAMES, ROLES, type Role } from "../../src/api/access.ts";
import type { KeyFacts } from "../../src/api/key-record.ts";
import { checksumOf, digestOf, makeKey as makeText } from "../../src/api/key-text.ts";
import type { Route } from "../../src/api/route.ts";
import { ROUTES } from "../../src/api/routes.ts";
import { RPC_NEEDS } from "../../src/api/rpc-agent.ts";
import { AgentService } from "../../src/gen/proto/vasini/agent/v1/agent_pb.js";
import { assert, newWebhookId, parseTenantId } from "../../src/platform/index.ts";
import { buryLetter, RECEIVER } from "../event/database.ts";
import { answerOf, env, type Json, manifest, newKey, ORIGIN } from "./gateway.ts";
import { askAs, isolate, makeKey, makeTenant, PEPPER } from "./guarded.ts";

const CANARY = "canary-7f3a";
const PACK = "private-pack";
const OWN_PACK = "own-pack";
const ASKING_PACK = "asking-pack";
const packOf = (id: string, goal: string): Json => ({
  pack: id,
  files: { [`${id}/profession-pack.yaml`]: manifest(id, { goal }) },
});
const NO_TASK = "00000000-0000-8000-8000-000000000000";

/** What stands where in a path or a message: something of the victim, or nothing at all. */
type Names = {
  readonly taskId: string;
  readonly packId: string;
  readonly keyId: string;
  readonly approvalId: string;
  readonly webhookId: string;
  /** Of a secret. */
  readonly name: string;
  readonly letterId: string;
  /** Of a file. */
  readonly path: string;
  readonly tenant: string;
};

/** What another tenant's key must meet. */
type Stranger =
  /** 404, in the bytes of what never was. */
  | "not found"
  /** 403, in the bytes it gives for a tenant that never was. */
  | "no tenant of yours"
  /** Its own things alone. */
  | "own"
  | "forbidden";

type Row = {
  readonly stranger: Stranger;
  readonly body?: (names: Names) => Json;
  readonly headers?: Readonly<Record<string, string>>;
  /** For a route that makes what its path names: another name, so that nothing of the victim's name comes to be. */
  readonly names?: Partial<Names>;
};

/** By operation. A new route needs a row, and thereby an answer to what a stranger may see of it. */
const ROWS: Readonly<Record<string, Row>> = {
  runAgent: { stranger: "not found", body: () => ({ input: "Hello" }) },
  getAgentStatus: { stranger: "not found" },
  listTasks: { stranger: "own" },
  getTask: { stranger: "not found" },
  followTask: { stranger: "not found" },
  listTaskFiles: { stranger: "not found" },
  readTaskFile: { stranger: "not found" },
  cancelTask: { stranger: "not found" },
  replayTask: { stranger: "not found", body: () => ({}) },
  listApprovals: { stranger: "own" },
  getApproval: { stranger: "not found" },
  decideApproval: { stranger: "not found", body: () => ({ decision: "approve", args_hash: "0".repeat(64) }) },
  listPacks: { stranger: "own" },
  getPack: { stranger: "not found" },
  listPackVersions: { stranger: "not found" },
  publishPack: {
    stranger: "own",
    body: () => packOf(OWN_PACK, "Mine"),
  },
  createTenant: { stranger: "forbidden", body: ({ tenant }) => ({ tenant_id: tenant, name: "Taken over" }) },
  createKey: {
    stranger: "no tenant of yours",
    body: ({ tenant }) => ({ tenant_id: tenant, name: "mine now", roles: ["viewer"] }),
  },
  listKeys: { stranger: "own" },
  revokeKey: { stranger: "not found" },
  createWebhook: { stranger: "own", body: () => ({ url: RECEIVER }) },
  listWebhooks: { stranger: "own" },
  getWebhook: { stranger: "not found" },
  updateWebhook: { stranger: "not found", body: () => ({ description: "mine now", state: "disabled" }) },
  deleteWebhook: { stranger: "not found" },
  rotateWebhook: { stranger: "not found" },
  testWebhook: { stranger: "not found" },
  listDeliveries: { stranger: "not found" },
  putSecret: {
    stranger: "own",
    names: { name: "mine" },
    body: () => ({ value: "my-own-value", host: "api.example.com" }),
  },
  listSecrets: { stranger: "own" },
  getSecret: { stranger: "not found" },
  deleteSecret: { stranger: "not found" },
  mcp: {
    stranger: "own",
    body: () => ({ jsonrpc: "2.0", id: 1, method: "tools/list" }),
    headers: { accept: "application/json, text/event-stream" },
  },
  listDeadLetters: { stranger: "own" },
  replayDeadLetter: { stranger: "not found" },
  listAudit: { stranger: "own" },
  listDecisions: { stranger: "own" },
  publishPolicy: { stranger: "own", body: () => ({ wasm: inject("policies").careful }) },
  listPolicies: { stranger: "own" },
  activatePolicy: { stranger: "not found", body: () => ({ digest: theirPolicy }) },
  deactivatePolicy: { stranger: "not found" },
  getAuditHead: { stranger: "own" },
  getAuditKey: { stranger: "own" },
};

const GUARDED = ROUTES.filter(({ audience }) => audience !== "open");
const rowOf = ({ operation }: Route): Row => {
  const row = ROWS[operation];
  assert(row !== undefined, `${operation} has a row`);
  return row;
};

let victim: Names;
let owner: string;
let stranger: string;
/** Digest of a policy that the victim alone has. */
let theirPolicy: string;
let revoked: string;
let expired: string;
/** The victim's own keys by role, each with less than all. */
const byRole = new Map<Role, string>();

/** A key as it will be when its time is over. */
async function makeExpired(tenant: string): Promise<string> {
  const id = parseTenantId(tenant);
  assert(id !== undefined, "it is a tenant");
  const made = makeText("test");
  const facts: KeyFacts = {
    id: made.id,
    tenant: id,
    name: "old",
    roles: ["admin"],
    createdAt: 1,
    expiresAt: 2,
    revokedAt: null,
    lastUsedAt: null,
  };
  await env.KEY.getByName(made.id).create(facts, await digestOf(made.secret, PEPPER));
  return made.text;
}

/** A task of the owner's that waits for a person. */
async function makeApproval(): Promise<string> {
  const asking = 'tools: { available: [{ id: "file_manager", name: "File Manager", requires_approval: true }] }';
  const files = { [`${ASKING_PACK}/profession-pack.yaml`]: manifest(ASKING_PACK, { more: asking }) };
  await askAs(owner, "/api/v1/packs", { body: { pack: ASKING_PACK, files } });
  const input = `@tool file_manager ${JSON.stringify({ action: "list", path: `/workspace/${CANARY}` })}`;
  const run = await answerOf(askAs(owner, `/api/v1/agents/${ASKING_PACK}/run`, { key: newKey(), body: { input } }));
  assert(typeof run.body.task_id === "string", "the task is accepted");
  const id = `${run.body.task_id}.1`;
  while ((await askAs(owner, `/api/v1/approvals/${id}`)).status !== 200) await scheduler.wait(1);
  return id;
}

beforeAll(async () => {
  const [tenant, rival] = await Promise.all([makeTenant("victim"), makeTenant("rival")]);
  const [own, other, old] = await Promise.all([
    makeKey(tenant, ["admin"]),
    makeKey(rival, ["admin"]),
    makeKey(tenant, ["admin"]),
  ]);
  [owner, stranger, revoked] = [own.key, other.key, old.key];
  expired = await makeExpired(tenant);
  await askAs(owner, `/api/v1/keys/${old.id}`, { method: "DELETE" });
  for (const role of ROLE_NAMES) byRole.set(role, (await makeKey(tenant, [role])).key);
  const published = await askAs(owner, "/api/v1/packs", { body: packOf(PACK, CANARY) });
  assert(published.status === 201, "the pack is published");
  const run = await answerOf(askAs(owner, `/api/v1/agents/${PACK}/run`, { key: newKey(), body: { input: CANARY } }));
  assert(typeof run.body.task_id === "string", "the task is accepted");
  await (await askAs(owner, `/api/v1/tasks/${run.body.task_id}/events`)).text();
  const hook = { url: `${RECEIVER}/${CANARY}`, description: CANARY };
  const { body: webhook } = await answerOf(askAs(owner, "/api/v1/webhooks", { body: hook }));
  assert(typeof webhook.id === "string", "the webhook is made");
  const name = "victims-secret";
  const secret = { value: CANARY, host: `${CANARY}.example.com` };
  assert((await askAs(owner, `/api/v1/secrets/${name}`, { method: "PUT", body: secret })).ok, "the secret is kept");
  const wasm = inject("policies").standard;
  const { body: policy } = await answerOf(askAs(owner, "/api/v1/policies", { body: { wasm, name: CANARY } }));
  theirPolicy = String(policy.digest);
  const letterId = await buryLetter(tenant, CANARY);
  const ids = { approvalId: await makeApproval(), webhookId: webhook.id, letterId, name, path: "workspace/theirs.txt" };
  victim = { taskId: run.body.task_id, packId: PACK, keyId: own.id, ...ids, tenant };
});

const MISSING = (): Names => ({
  taskId: NO_TASK,
  packId: "no-such-pack",
  keyId: makeText("test").id,
  approvalId: `${NO_TASK.replace(/0$/, "1")}.1`,
  webhookId: newWebhookId(),
  name: "no-such-secret",
  letterId: "0".repeat(36),
  path: "workspace/nothing.txt",
  tenant: "no-such-tenant",
});

const TRACE = "the-same-trace";

/** One call of a route, as exact as it can be. */
async function call(route: Route, credential: string | null, asked: Names, headers: Record<string, string> = {}) {
  const names = { ...asked, ...rowOf(route).names };
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(Reflect.get(names, name)));
  const body = rowOf(route).body?.(names);
  const response = await askAs(credential, path, {
    method: route.method,
    ...(body === undefined ? {} : { body }),
    ...(route.needsKey ? { key: newKey() } : {}),
    headers: { "x-request-id": TRACE, ...rowOf(route).headers, ...headers },
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

type Got = Awaited<ReturnType<typeof call>>;

/** What is left of an answer without the names that were asked for, and without what differs between any two. */
function bytesOf(got: Got, names: Names): string {
  let text = `${got.status}\n${got.text}`;
  for (const [name, value] of Object.entries(names)) text = text.replaceAll(value, `<${name}>`);
  const kept = [...got.headers].filter(([name]) => !["traceparent", "ratelimit", "retry-after", "date"].includes(name));
  return `${text}\n${JSON.stringify(kept)}`;
}

const problemOf = (got: Got): string => `${got.status} ${(JSON.parse(got.text) as Json).code}`; // a problem is an object

function expectNoLeak(got: Got): void {
  const all = got.text + JSON.stringify([...got.headers]);
  expect(all).not.toContain(CANARY);
  expect(all).not.toContain(victim.tenant);
}

describe("the matrix", () => {
  it("has a row for every route that is not open, and no other", () => {
    expect(Object.keys(ROWS).toSorted()).toEqual(GUARDED.map(({ operation }) => operation).toSorted());
  });

  it("holds the open routes to be these", () => {
    const open = ROUTES.filter(({ audience }) => audience === "open").map(({ path }) => path);
    expect(open).toEqual(["/health", "/ready"]);
  });

  it("finds a scope on every route that is not open, and on no other", () => {
    for (const { needs, audience, path } of ROUTES) expect(needs !== null, path).toBe(audience !== "open");
  });
});

const NOBODIES: [name: string, credential: () => string | null, headers: () => Record<string, string>][] = [
  ["no credential", () => null, () => ({})],
  ["the bare tenant header", () => null, () => ({ "x-tenant-id": victim.tenant })],
  ["a revoked key", () => revoked, () => ({})],
  ["an expired key", () => expired, () => ({})],
  ["a key that never was", () => makeText("test").text, () => ({})],
  ["a key of production", () => makeText("live").text, () => ({})],
  ["another secret under the owner's id", () => forge(owner), () => ({})],
  ["noise", () => "noise", () => ({ "x-tenant-id": victim.tenant })],
  ["basic authentication", () => null, () => ({ authorization: `Basic ${btoa(`admin:${owner}`)}` })],
];

/** The key's id under another secret, with the checksum that fits: whoever forges a key can make one. */
function forge(key: string): string {
  const [vas, kind, id] = key.split("_");
  const body = `${vas}_${kind}_${id}_${makeText("test").secret}`;
  return body + checksumOf(body);
}

describe.each(GUARDED.map((route) => [`${route.method} ${route.path}`, route] as const))("%s", (_name, route) => {
  it.each(NOBODIES)("is 401 for %s, for what is there and for what is not", async (_who, credential, headers) => {
    for (const names of [victim, MISSING()]) {
      const got = await call(route, credential(), names, headers());
      expect(problemOf(got)).toBe("401 UNAUTHENTICATED");
      expect(got.headers.get("www-authenticate")).toBe("Bearer");
      expect(got.text).not.toContain(CANARY);
    }
  });

  it("is 403 for the owner's keys whose roles lack its scope, and for no others", async () => {
    const { needs } = route;
    assert(needs !== null, "it is guarded");
    for (const [role, key] of byRole) {
      const has = (ROLES[role] as readonly string[]).includes(needs);
      // Nothing is asked for that is there: a role that may must not change the victim.
      const got = await call(route, key, { ...MISSING(), tenant: victim.tenant });
      if (has) expect(got.status, role).not.toBe(403);
      else expect(problemOf(got), role).toBe("403 FORBIDDEN");
      if (!has) expect(got.text, role).toContain(needs);
    }
  });

  it("shows a stranger nothing of the victim", async () => {
    const missing = MISSING();
    const [there, gone] = [await call(route, stranger, victim), await call(route, stranger, missing)];
    expect(there.text).not.toContain(CANARY);
    const expected = rowOf(route).stranger;
    if (expected === "own") {
      expect(there.status).toBeLessThan(300);
      return expectNoLeak(there);
    }
    const codes = { "not found": /^404 /, "no tenant of yours": /^403 TENANT_MISMATCH$/, forbidden: /^403 FORBIDDEN$/ };
    expect(problemOf(there)).toMatch(codes[expected]);
    expect(bytesOf(there, victim)).toBe(bytesOf(gone, missing));
  });

  it("does not let a stranger pick the victim by header", async () => {
    if (route.audience === "operator") return;
    const missing = MISSING();
    const there = await call(route, stranger, victim, { "x-tenant-id": victim.tenant });
    const gone = await call(route, stranger, missing, { "x-tenant-id": missing.tenant });
    expect(problemOf(there)).toBe("403 TENANT_MISMATCH");
    expect(bytesOf(there, victim)).toBe(bytesOf(gone, missing));
  });
});

const clientWith = (credential: string | null, headers: Record<string, string> = {}) =>
  createClient(
    AgentService,
    createConnectTransport({
      baseUrl: ORIGIN,
      fetch: ((input: RequestInfo, init?: RequestInit) => {
        // The browser client sets members of fetch that only browsers have.
        const { method, headers: own, body, signal } = init ?? {};
        const request = new Request(String(input), { method, headers: own, body, signal } as RequestInit);
        if (credential !== null) request.headers.set("authorization", `Bearer ${credential}`);
        for (const [name, value] of Object.entries(headers)) request.headers.set(name, value);
        return isolate(request);
      }) as typeof fetch,
    }),
  );

type Client = ReturnType<typeof clientWith>;

/** By method; a new method does not compile without a row. */
const CALLS: Readonly<Record<keyof typeof AgentService.method, (client: Client, names: Names) => Promise<unknown>>> = {
  runAgent: async (client, { packId, tenant }) => {
    const messages: string[] = [];
    const message = { packId, tenantId: tenant, input: "Hello", idempotencyKey: newKey() };
    for await (const one of client.runAgent(message)) messages.push(one.payload.case ?? "none");
    return messages;
  },
  getAgentStatus: (client, { taskId, tenant }) => client.getAgentStatus({ taskId, tenantId: tenant }),
  cancelAgent: (client, { taskId, tenant }) => client.cancelAgent({ taskId, tenantId: tenant }),
};

async function errorOf(asked: Promise<unknown>): Promise<ConnectError> {
  const outcome = await asked.catch((thrown: unknown) => thrown);
  assert(outcome instanceof ConnectError, `the call did not fail: ${JSON.stringify(outcome)}`);
  return outcome;
}

/** Everything a client is told. */
const toldBy = (error: ConnectError, names: Names): string => {
  const metadata = [...error.metadata].filter(([name]) => /^(?:tenant|task|agent)_id$/.test(name));
  let text = JSON.stringify([error.code, error.rawMessage, error.details, metadata]);
  for (const [name, value] of Object.entries(names)) text = text.replaceAll(value, `<${name}>`);
  return text;
};

describe.each(Object.entries(CALLS))("%s over RPC", (method, ask) => {
  const needs = Object.entries(RPC_NEEDS).find(([name]) => name === method)?.[1] ?? "";
  const fromCredential = (names: Names): Names => ({ ...names, tenant: "" });

  it.each(NOBODIES)("is Unauthenticated for %s", async (_who, credential, headers) => {
    for (const names of [victim, MISSING()]) {
      const error = await errorOf(ask(clientWith(credential(), headers()), names));
      expect(error.code).toBe(Code.Unauthenticated);
    }
  });

  it("is PermissionDenied for the owner's keys whose roles lack its scope, and for no others", async () => {
    for (const [role, key] of byRole) {
      const error = await errorOf(ask(clientWith(key), fromCredential(MISSING())));
      const has = (ROLES[role] as readonly string[]).includes(needs);
      expect(error.code, role).toBe(has ? Code.NotFound : Code.PermissionDenied);
    }
  });

  it("finds nothing of the victim for a stranger, in the words for what never was", async () => {
    const missing = MISSING();
    const there = await errorOf(ask(clientWith(stranger), fromCredential(victim)));
    const gone = await errorOf(ask(clientWith(stranger), fromCredential(missing)));
    expect(there.code).toBe(Code.NotFound);
    expect(toldBy(there, { ...victim, tenant: "-" })).toBe(toldBy(gone, { ...missing, tenant: "-" }));
  });

  it("does not let a stranger name the victim, by message or by header", async () => {
    const missing = MISSING();
    const there = await errorOf(ask(clientWith(stranger), victim));
    expect(there.code).toBe(Code.PermissionDenied);
    expect(toldBy(there, victim)).toBe(toldBy(await errorOf(ask(clientWith(stranger), missing)), missing));
    const client = clientWith(stranger, { "x-tenant-id": victim.tenant });
    expect((await errorOf(ask(client, fromCredential(victim)))).code).toBe(Code.PermissionDenied);
  });
});

describe("after all of it", () => {
  it("what the victim has is as it was", async () => {
    const task = await answerOf(askAs(owner, `/api/v1/tasks/${victim.taskId}`));
    expect(task).toMatchObject({ status: 200, body: { state: "done", input: CANARY } });
    expect((await askAs(owner, "/api/v1/keys")).status).toBe(200);
    const approval = await answerOf(askAs(owner, `/api/v1/approvals/${victim.approvalId}`));
    expect(approval).toMatchObject({ status: 200, body: { state: "pending", decision: null } });
    const webhook = await answerOf(askAs(owner, `/api/v1/webhooks/${victim.webhookId}`));
    expect(webhook).toMatchObject({ status: 200, body: { description: CANARY, state: "enabled" } });
    const secret = await answerOf(askAs(owner, `/api/v1/secrets/${victim.name}`));
    expect(secret).toMatchObject({ status: 200, body: { host: `${CANARY}.example.com` } });
    // A pack of the same name is another pack.
    const versions = () => askAs(owner, `/api/v1/packs/${PACK}/versions`).then((response) => response.text());
    const before = await versions();
    expect((await askAs(stranger, "/api/v1/packs", { body: packOf(PACK, "Taken over") })).status).toBe(201);
    expect(await versions()).toBe(before);
    const packs = await (await askAs(owner, `/api/v1/packs/${PACK}/versions`)).json<{ items: unknown[] }>();
    expect(packs.items).toHaveLength(1);
  });

  it("the owner reads over RPC without naming a tenant", async () => {
    const status = await clientWith(owner).getAgentStatus({ taskId: victim.taskId });
    expect(status).toMatchObject({ taskId: victim.taskId, packId: PACK });
  });
});
