/**
 * Bindings -> the services each room asks for. Built once per isolate (what depends on variables alone) or once per
 * object; no decision is taken here.
 */
import { waitUntil } from "cloudflare:workers";
import {
  type ApiDeps,
  createApi,
  createAuthWitness,
  createCredentials,
  createRateLimiter,
  createTellRefusedKey,
  createTenantProjection,
  createUpstashCounter,
  kindOf,
  toPolicies,
} from "./api/index.ts";
import type { KeyServices, SecretServices, TenantServices } from "./api/object.ts";
import { createAuditReader, createAuditSink } from "./audit/index.ts";
import type { AuditServices } from "./audit/object.ts";
import type { Bindings } from "./bindings.ts";
import { type Config, parseConfig } from "./env.ts";
import { createPass, createWebhooks, type Webhooks } from "./event/index.ts";
import type { DoorbellServices, WebhookServices } from "./event/object.ts";
import { createEvents, type Events, toWebhookPorts } from "./events.ts";
import { createObjectMemory, createRedisAccess, createUpstashMemory, type ShortTermMemory } from "./memory/index.ts";
import { createBreakerClient, createModelRouter } from "./model/index.ts";
import { type AgentConfig, createPackRegistry, renderSystemPrompt } from "./pack/index.ts";
import {
  createDb,
  createLog,
  createSeal,
  type Db,
  err,
  SharedTimer,
  systemClock,
  systemRandom,
} from "./platform/index.ts";
import { createPolicy } from "./policies.ts";
import { createDecisionReader } from "./policy/index.ts";
import { createReadiness } from "./ready.ts";
import { RunQueue } from "./run-queue.ts";
import { createProjection, databaseList } from "./task/index.ts";
import type {
  ApprovalsReport,
  HandoffPort,
  IndexReport,
  IndexServices,
  TaskServices,
  TenantIndexPort,
} from "./task/object.ts";
import {
  collectTools,
  compileCatalog,
  createRunners,
  createToolHost,
  listRemoteTools,
  type RunnerStub,
  type ToolRunnerProps,
  toolGateName,
} from "./tool/index.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

const log = createLog();

/** The parsed configuration of this isolate, or every fault as one sentence. */
let parsed: ReturnType<typeof parseConfig> | null = null;
export const configOf = (env: Bindings): ReturnType<typeof parseConfig> => {
  parsed ??= parseConfig(env);
  return parsed;
};

/** Objects and consumers run only in a Worker whose front door is open, so a fault here is a bug or a bad deploy. */
function requireConfig(env: Bindings): Config {
  const config = configOf(env);
  if (!config.ok) throw new Error(`bad configuration: ${config.error.join(" ")}`);
  return config.value;
}

const breakerOf = (env: Bindings) =>
  createBreakerClient({ objectFor: (name) => env.BREAKER.getByName(name), clock: systemClock, log });

let policy: ReturnType<typeof createPolicy> | null = null;
const policyOf = (env: Bindings) => {
  policy ??= createPolicy(env, requireConfig(env).policy, { db: dbOf(env), log });
  return policy;
};

let router: ReturnType<typeof createModelRouter> | null = null;
const routerOf = (env: Bindings) => {
  router ??= createModelRouter({
    config: requireConfig(env),
    breaker: breakerOf(env),
    random: systemRandom,
    log,
  });
  return router;
};

let registry: ReturnType<typeof createPackRegistry> | null = null;
export const registryOf = (env: Bindings) => {
  registry ??= createPackRegistry({ bucket: env.PACKS, clock: systemClock });
  return registry;
};

export const taskStub = (env: Bindings, tenant: string, taskId: string) => env.TASK.getByName(`${tenant}/${taskId}`);

/** An index stub bound to its tenant. */
function indexPort(env: Bindings, tenant: string): TenantIndexPort {
  const stub = () => env.TENANT_INDEX.getByName(tenant);
  return {
    register: (report: IndexReport) => stub().register(tenant, report),
    acquire: (report: IndexReport) => stub().acquire(tenant, report),
    renew: (taskId: string) => stub().renew(tenant, taskId),
    release: (report: IndexReport) => stub().release(tenant, report),
    reportApprovals: (report: ApprovalsReport) => stub().reportApprovals(tenant, report),
    forget: (taskId: string) => stub().forget(tenant, taskId),
  };
}

/** The prompt of a pack is the same for every task: rendered once per isolate. */
const prompts = new WeakMap<AgentConfig, string>();
function promptOf(config: AgentConfig): string {
  const known = prompts.get(config);
  if (known !== undefined) return known;
  const prompt = renderSystemPrompt(config);
  prompts.set(config, prompt);
  return prompt;
}

/** This Worker's own entrypoints, as the platform hands them to an object. */
type Loopback = { readonly ToolRunner: (options: { readonly props: ToolRunnerProps }) => RunnerStub };

/** Redis when it is configured; null when the objects do its work. */
function redisOf(env: Bindings) {
  const { upstash } = requireConfig(env);
  return upstash === null ? null : createRedisAccess({ ...upstash, clock: systemClock });
}

function memoryOf(env: Bindings): ShortTermMemory {
  const redis = redisOf(env);
  if (redis !== null) return createUpstashMemory(redis);
  return createObjectMemory({ objectOf: (name) => env.SESSION_MEMORY.getByName(name), clock: systemClock });
}

let db: Db | null = null;
/** Null without a database. */
function dbOf(env: Bindings): Db | null {
  const { database, outboxDatabaseUrl } = requireConfig(env);
  if (database === null) return null;
  db ??= createDb({ database, outboxDatabaseUrl, clock: systemClock, random: systemRandom });
  return db;
}

let events: Events | null = null;
/** Null without a database. */
export function eventsOf(env: Bindings): Events | null {
  const database = dbOf(env);
  if (database === null) return null;
  events ??= createEvents(env, { db: database, redis: redisOf(env), webhooks: webhookPortsOf(env), log });
  return events;
}

/** Whether anything leaves the outbox: that takes a role of its own. */
export const isPublishing = (env: Bindings): boolean => requireConfig(env).outboxDatabaseUrl !== null;

export const isDevelopment = (env: Bindings): boolean => requireConfig(env).environment === "development";

function projectionOf(env: Bindings) {
  const database = dbOf(env);
  if (database === null) return null;
  return createProjection(database, log, isPublishing(env) ? (eventsOf(env)?.ring ?? null) : null);
}

/** Null without a database, or without the key that secrets are sealed under. */
function webhookPortsOf(env: Bindings) {
  const { secretsMasterKey, egressLocalOrigins: localOrigins } = requireConfig(env);
  const database = dbOf(env);
  if (database === null || secretsMasterKey === null) return null;
  return toWebhookPorts(env, { db: database, seal: createSeal(secretsMasterKey), localOrigins, log });
}

function webhooksOf(env: Bindings): Webhooks | null {
  const ports = webhookPortsOf(env);
  return ports === null ? null : createWebhooks(ports);
}

export function webhookServices(env: Bindings): WebhookServices {
  const ports = webhookPortsOf(env);
  const nowhere = err({ reason: "unavailable", message: "no database", sqlstate: null } as const);
  const pass = ports === null ? async () => nowhere : createPass(ports);
  return { pass, clock: systemClock, random: systemRandom, log };
}
export const doorbellServices = (env: Bindings): DoorbellServices => ({
  clock: systemClock,
  log,
  publish: isPublishing(env) ? (eventsOf(env)?.publish ?? null) : null,
});

function handoffPort(env: Bindings): HandoffPort {
  return {
    resolve: async (tenant, packId) => {
      const resolved = await registryOf(env).resolve(tenant, packId, null);
      if (resolved === null) return null;
      const { record, owner } = resolved;
      const tier = record.tier ?? requireConfig(env).defaultTier;
      return {
        pack_version: record.version,
        pack_digest: record.digest,
        pack_owner: owner,
        tier,
        isAllowed: routerOf(env).isAllowed(tenant, tier),
        inputMaxLength: record.input_max_length,
      };
    },
    start: async (child) => {
      const { tenant, task_id, traceparent } = child;
      const { startsItself: starts_itself } = requireConfig(env);
      const { kind } = await taskStub(env, tenant, task_id).create({ ...child, starts_itself });
      if (kind === "created") await runQueueOf(env).send({ tenant, task_id, traceparent });
      return kind;
    },
    taskOf: (tenant, taskId) => taskStub(env, tenant, taskId),
  };
}

export function taskServices(env: Bindings, ctx: DurableObjectState): TaskServices {
  // The platform's type of `exports` needs a generated declaration of this Worker; index.ts exports exactly this.
  const loopback = ctx.exports as unknown as Loopback;
  const clock = new SharedTimer();
  const runnerFor = createRunners(env, (props) => loopback.ToolRunner({ props }), clock);
  const gateFor = (tenant: string, toolId: string) => env.TOOL_GATE.getByName(toolGateName(tenant, toolId));
  return {
    clock,
    random: systemRandom,
    log,
    router: routerOf(env),
    loadPack: (owner, digest) => registryOf(env).load(owner, digest),
    renderPrompt: promptOf,
    toolsFor: (config, remote) => {
      const { allowFullNetwork, egressLocalOrigins: localOrigins } = requireConfig(env);
      const tools = collectTools(config, { allowFullNetwork }, remote);
      const catalog = compileCatalog(tools);
      const common = { tools, catalog, runnerFor, gateFor, localOrigins };
      return { catalog, host: createToolHost({ ...common, clock, log }) };
    },
    listRemoteTools: (config, request, signal) => {
      const { egressLocalOrigins: localOrigins } = requireConfig(env);
      return listRemoteTools({ config, runnerFor, localOrigins, log }, request, signal);
    },
    policy: policyOf(env),
    memory: memoryOf(env),
    filesOf: async (tenant, taskId) => taskStub(env, tenant, taskId).exportFiles(),
    handoff: handoffPort(env),
    projection: projectionOf(env),
    indexOf: (tenant) => indexPort(env, tenant),
    retentionMs: requireConfig(env).taskRetentionDays * DAY_MS,
  };
}

export function indexServices(env: Bindings): IndexServices {
  const directory = () => env.DIRECTORY.getByName("directory");
  return {
    clock: systemClock,
    log,
    maxRunning: requireConfig(env).tenantMaxRunning,
    kick: async (tenant, taskId) => taskStub(env, tenant, taskId).lookAfter(),
    enlist: async (tenant) => directory().add(tenant),
    delist: async (tenant) => directory().remove(tenant),
  };
}

let runQueue: RunQueue | null = null;
/** One for this isolate: it collects. */
function runQueueOf(env: Bindings): RunQueue {
  const { dispatch: ways } = requireConfig(env);
  runQueue ??= new RunQueue({ queue: env.RUN_QUEUE, ways, clock: systemClock, log });
  return runQueue;
}

export function keyServices(env: Bindings): KeyServices {
  return {
    clock: systemClock,
    log,
    used: async (tenant, id, at) => env.TENANT.getByName(tenant).touchKey(tenant, id, at),
  };
}

export function tenantServices(env: Bindings): TenantServices {
  const database = dbOf(env);
  return {
    clock: systemClock,
    random: systemRandom,
    log,
    changed: ({ kind, tenant, ...facts }) =>
      log.info(kind, { tenant_id: tenant, ...("keyId" in facts ? { key_id: facts.keyId } : {}) }),
    projection: database && createTenantProjection({ db: database, log, kind: kindOf(requireConfig(env)) }),
  };
}

export function secretServices(env: Bindings): SecretServices {
  const { secretsMasterKey, egressLocalOrigins: localOrigins } = requireConfig(env);
  const seal = secretsMasterKey === null ? null : createSeal(secretsMasterKey);
  return { clock: systemClock, log, seal, localOrigins };
}

function limiterOf(env: Bindings) {
  const redis = redisOf(env);
  return createRateLimiter({
    policies: toPolicies(requireConfig(env).rateLimit),
    objectOf: (tenant, policy) => env.LIMITER.getByName(`${tenant}/${policy}`),
    shared: redis === null ? null : createUpstashCounter({ redis, clock: systemClock }),
    clock: systemClock,
    random: systemRandom,
    log,
  });
}

export function auditServices(env: Bindings): AuditServices {
  const database = dbOf(env);
  const sink = database === null ? null : createAuditSink(database, log);
  return { clock: systemClock, random: systemRandom, log, sink };
}

/** Told beside the request, which waits for nothing of it. */
function onKeyRefused(env: Bindings): (keyId: string, digest: Uint8Array) => void {
  const tell = createTellRefusedKey({
    keys: (id) => env.KEY.getByName(id),
    audit: (tenant) => env.AUDIT.getByName(tenant),
    clock: systemClock,
    log,
  });
  return (keyId, digest) => {
    const told = tell(keyId, digest);
    if (told !== null) waitUntil(told);
  };
}

export function apiDeps(env: Bindings, config: Config): ApiDeps {
  return {
    config,
    tasks: (tenant, task) => taskStub(env, tenant, task),
    index: (tenant) => {
      const database = dbOf(env);
      return database === null ? env.TENANT_INDEX.getByName(tenant) : databaseList(database, tenant);
    },
    // Never the database: what waits for a person must be found while it is away.
    approvals: (tenant) => env.TENANT_INDEX.getByName(tenant),
    credentials: createCredentials({
      config,
      keys: (id) => env.KEY.getByName(id),
      clock: systemClock,
      random: systemRandom,
      log,
      fetch: (input, init) => fetch(input, init),
      onKeyRefused: onKeyRefused(env),
    }),
    audit: (tenant) => env.AUDIT.getByName(tenant),
    auditLog: createAuditReader(dbOf(env)),
    decisions: createDecisionReader(dbOf(env)),
    policy: policyOf(env),
    ...policyOf(env).doors,
    auditSigningKey: config.auditSigningKey,
    witness: createAuthWitness(systemClock),
    keys: (id) => env.KEY.getByName(id),
    tenants: (tenant) => env.TENANT.getByName(tenant),
    webhooks: webhooksOf(env),
    secrets: (tenant) => env.SECRET.getByName(tenant),
    deadLetters: eventsOf(env)?.deadLetters ?? null,
    limiter: limiterOf(env),
    registry: registryOf(env),
    router: routerOf(env),
    dispatch: ({ tenant, taskId: task_id, traceparent }) => runQueueOf(env).collect({ tenant, task_id, traceparent }),
    assets: (path) => env.ASSETS.fetch(`http://assets${path}`),
    clock: systemClock,
    random: systemRandom,
    log,
    ready: createReadiness({
      parts: {
        objects: () => env.DIRECTORY.getByName("directory").ping(),
        registry: () => env.PACKS.head("_ready"),
      },
      db: dbOf(env),
      hasOutbox: config.outboxDatabaseUrl !== null,
      clock: systemClock,
    }),
  };
}

export { createApi };
