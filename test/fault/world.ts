/**
 * A simulated world: the real objects, loops, ports and statements of the rooms, and around them a clock, a network, queues,
 * a database, a provider and isolates that one seed decides about. Wiring alone; what happens in it is the actors' doing.
 */

import { LimiterObject } from "../../src/api/object.ts";
import { createRateLimiter, type RateLimiter, toPolicies } from "../../src/api/rate-limiter.ts";
import {
  buryOutbox,
  type Consumer,
  consumeDeadEvents,
  consumeEvents,
  createPublisher,
  doorbellNames,
  doorbellOf,
  usageConsumer,
} from "../../src/event/index.ts";
import { DoorbellObject } from "../../src/event/object.ts";
import { createObjectMemory } from "../../src/memory/index.ts";
import { SessionMemoryObject } from "../../src/memory/object.ts";
import { type BreakerAnswer, createBreakerClient, createModelRouter, type ModelConfig } from "../../src/model/index.ts";
import { BreakerObject } from "../../src/model/object.ts";
import { createLog, newTraceId, type TenantId } from "../../src/platform/index.ts";
import { consumeRuns } from "../../src/run-queue.ts";
import type { CreateOutcome, CreateTask, TaskState } from "../../src/task/index.ts";
import { createProjection, isEnded } from "../../src/task/index.ts";
import { ALARM_LATE_MS } from "../../src/task/limits.ts";
import {
  DirectoryObject,
  type HandoffPort,
  TaskObject,
  type TaskServices,
  TenantIndexObject,
  type TenantIndexPort,
  type Watched,
} from "../../src/task/object.ts";
import { collectTools, compileCatalog, createToolHost, toolGateName } from "../../src/tool/index.ts";
import { ToolGateObject } from "../../src/tool/object.ts";
import { embedded } from "../policy/default.ts";
import { type DatabasePorts, databaseOf } from "./database-port.ts";
import type { Faults } from "./faults.ts";
import { Witness } from "./ledger.ts";
import { type Fate, Life } from "./life.ts";
import { createModelPort } from "./model-port.ts";
import { Objects } from "./objects.ts";
import { type Pack, SERVERS } from "./packs.ts";
import type { Postgres } from "./postgres.ts";
import type { Program } from "./program.ts";
import { Queue } from "./queues.ts";
import type { Simulation } from "./simulation.ts";
import type { Store } from "./storage.ts";
import { createToolPort } from "./tool-port.ts";
import { toTraffic } from "./traffic.ts";

export type WorldOptions = {
  readonly simulation: Simulation;
  readonly faults: Faults;
  readonly fate: Fate;
  readonly postgres: Postgres;
  readonly programs: ReadonlyMap<string, Program>;
  /** Every version that was published, oldest first, by pack. */
  readonly shelf: Map<string, Pack[]>;
  /** Slots of a tenant. */
  readonly maxRunning: number;
  readonly startsItself: boolean;
};

/** Whoever reads this anywhere has read a secret. */
export const PROVIDER_KEY = "a-key-that-nobody-may-see";
/** The one that comes with the product, loaded once for all worlds. */
const POLICY = embedded();
const RETENTION_MS = 30 * 24 * 60 * 60 * 1_000;
const CLAUDE = { provider: "anthropic", model: "claude-sonnet-4-5" } as const;
const MODELS: ModelConfig = {
  anthropic: { apiKey: PROVIDER_KEY, baseUrl: null },
  openai: null,
  ollama: null,
  tiers: { "tier-1": CLAUDE, "tier-2": CLAUDE, "tier-3": CLAUDE },
  defaultTier: "tier-2",
  fallbackChain: [],
  tenantTierAllowlist: new Map(),
};

/** Writes each effect down, so that one too many shows. */
const recorder: Consumer = {
  name: "recorder",
  effect: (ready, { tenant, aggregateId }) => [
    {
      text: `INSERT INTO test_effects (tenant_id, consumer, aggregate_id, aggregate_seq)
        SELECT r.tenant_id, r.consumer, r.aggregate_id, r.aggregate_seq FROM ${ready} r ORDER BY r.aggregate_seq`,
      params: [tenant, "recorder", aggregateId],
    },
  ],
};
const CONSUMERS = [usageConsumer, recorder];

/** As the journal wrote it; null when there is no task in it. */
export function storedStateOf(store: Store): TaskState | null {
  const [known] = store.rows("SELECT name FROM sqlite_master WHERE name = 'task'");
  const [row] = known === undefined ? [] : store.rows("SELECT json_extract(body, '$.state') AS state FROM task");
  return row === undefined ? null : (String(row.state) as TaskState); // the column that the journal wrote
}

export class World {
  readonly witness = new Witness();
  readonly objects: Objects;
  readonly runQueue: Queue;
  readonly eventQueue: Queue;
  readonly simulation: Simulation;
  readonly faults: Faults;
  readonly options: WorldOptions;
  /** Until then the database, or the providers, or the bucket answer nobody. */
  databaseAwayUntil = 0;
  providersDownUntil = 0;
  readonly #database: DatabasePorts;
  readonly #fate: Fate;
  /** No line is kept: what goes wrong shows in what comes out. */
  readonly #log = createLog({}, (_, line) => {
    if (line.includes(PROVIDER_KEY)) this.witness.breaches.push("I13: a line of the log holds the provider's key");
  });

  constructor(options: WorldOptions) {
    const { simulation, faults, fate, postgres } = options;
    this.options = options;
    this.simulation = simulation;
    this.faults = faults;
    this.#fate = fate;
    this.#database = { postgres, simulation, faults, isAway: (now) => now < this.databaseAwayUntil };
    this.objects = new Objects({
      ...{ simulation, fate, traffic: toTraffic(faults, simulation.random, (name) => this.#hasEnded(name)) },
      makers: {
        task: (ctx, life) => new TaskObject(ctx, {}, this.#taskServices(life)),
        index: (ctx, life) => new TenantIndexObject(ctx, {}, this.#indexServices(life)),
        directory: (ctx) => new DirectoryObject(ctx, {}),
        doorbell: (ctx, life) =>
          new DoorbellObject(ctx, {}, { clock: life.clock, log: this.#log, publish: this.#publisher(life) }),
        limiter: (ctx, life) => new LimiterObject(ctx, {}, { clock: life.clock }),
        session: (ctx, life) => new SessionMemoryObject(ctx, {}, { clock: life.clock }),
        gate: (ctx, life) => new ToolGateObject(ctx, {}, { clock: life.clock }),
        breaker: (ctx) => new BreakerObject(ctx, {}),
      },
    });
    const queue = { simulation, faults, isolate: (name: string) => this.isolate(name) };
    this.runQueue = new Queue({
      ...{ ...queue, name: "runs", batch: 100, attempts: 4 },
      consume: (life, messages) =>
        consumeRuns(messages, {
          ...{ clock: life.clock, log: this.#log },
          kick: (tenant, taskId) => this.kick(life, tenant, taskId),
          stillAmong: (tenant, taskIds) => this.objects.call(life, "index", tenant, "stillAmong", [taskIds]),
        }),
    });
    this.eventQueue = new Queue({
      ...{ ...queue, name: "events", batch: 100, attempts: 101 },
      consume: (life, messages) => {
        const ports = { db: databaseOf(this.#database, life), consumers: CONSUMERS, clock: life.clock, log: this.#log };
        return consumeEvents(messages, ports);
      },
    });
  }

  /** @param name of a task's object. */
  #hasEnded(name: string): boolean {
    const state = storedStateOf(this.objects.store("task", name.slice("task/".length)));
    return state !== null && isEnded(state);
  }

  /** Something without a storage. */
  isolate(name: string): Life {
    return new Life({ name, simulation: this.simulation, draft: null, fate: this.#fate });
  }

  /** A life that stands outside of what can fail. */
  actor(name: string): Life {
    return new Life({ name: `actor/${name}`, simulation: this.simulation, draft: null, fate: () => false });
  }

  kick(from: Life, tenant: string, taskId: string): Promise<TaskState | null> {
    return this.objects.call(from, "task", `${tenant}/${taskId}`, "kick", []);
  }

  /** The queue's message, as the doors and parents give it; it may be lost. */
  async dispatch(from: Life, tenant: string, taskId: string): Promise<void> {
    const delayMs = this.options.startsItself ? ALARM_LATE_MS + 1_000 : 0;
    const told = from.ask("runs.send", () => this.runQueue.put([{ tenant, task_id: taskId }], delayMs));
    await told.catch(() => undefined); // lost: the task's own alarm is the net
  }

  limiterOf(life: Life): RateLimiter {
    const { simulation, faults } = this;
    return createRateLimiter({
      policies: toPolicies({ requests: 1_000, windowSeconds: 60 }),
      objectOf: (tenant, policy) => ({
        take: (ask) => this.objects.call(life, "limiter", `${tenant}/${policy}`, "take", [ask]),
      }),
      shared: async () => {
        if (!faults.strikes(29, 0.5)) return { isAllowed: true, remaining: 1, resetMs: 0 };
        if (simulation.random() < 0.5) await life.clock.sleep(300);
        throw new Error("the shared counter is away");
      },
      clock: life.clock,
      random: simulation.random,
      log: this.#log,
    });
  }

  /** What the cron does each minute. */
  async sweep(life: Life): Promise<void> {
    const tenants: string[] = await this.objects.call(life, "directory", "directory", "nextTurn", []);
    await Promise.allSettled([
      ...tenants.map((tenant) => this.objects.call(life, "index", tenant, "sweep", [tenant])),
      ...doorbellNames.map((name) => this.objects.call(life, "doorbell", name, "sweep", [false])),
    ]);
  }

  /** What the queue of dead events would come to. */
  async buryDead(life: Life): Promise<void> {
    const ports = { db: databaseOf(this.#database, life), clock: life.clock, log: this.#log };
    const messages = this.eventQueue.dead.map((body, at) => ({
      ...{ id: String(at), body, attempts: 101 },
      ack: () => undefined,
      retry: () => undefined,
    }));
    await consumeDeadEvents(messages, ports);
  }

  #publisher(life: Life) {
    const { simulation, faults } = this;
    const db = databaseOf(this.#database, life);
    return createPublisher({
      publisherBatch: db.publisherBatch,
      send: async (messages) => {
        if (faults.strikes(17, 0.1)) throw new Error("the queue refuses");
        await life.ask("events.send", () => this.eventQueue.put(messages));
      },
      bury: buryOutbox(db, life.clock),
      ...{ newToken: newTraceId, clock: life.clock, random: simulation.random, log: this.#log },
    });
  }

  #indexServices(life: Life) {
    return {
      ...{ clock: life.clock, log: this.#log, maxRunning: this.options.maxRunning },
      kick: (tenant: string, taskId: string): Promise<Watched | null> =>
        this.objects.call(life, "task", `${tenant}/${taskId}`, "lookAfter", []),
      enlist: (tenant: string): Promise<void> => this.objects.call(life, "directory", "directory", "add", [tenant]),
      delist: (tenant: string): Promise<void> => this.objects.call(life, "directory", "directory", "remove", [tenant]),
    };
  }

  #taskServices(life: Life): TaskServices {
    const { simulation, faults, objects, witness, options } = this;
    const { random } = simulation;
    const { clock } = life;
    const ring = (tenant: TenantId): Promise<void> => objects.call(life, "doorbell", doorbellOf(tenant), "ring", []);
    const model = {
      ...{ programs: options.programs, witness, faults, random },
      now: () => simulation.now,
      isDown: () => simulation.now < this.providersDownUntil,
    };
    const runnerFor = createToolPort({ witness, faults, random, now: () => simulation.now }, life);
    const gateFor = (tenant: string, toolId: string) => ({
      enter: (wish: object): Promise<boolean> =>
        objects.call(life, "gate", toolGateName(tenant, toolId), "enter", [wish]),
      leave: (key: string): Promise<void> => objects.call(life, "gate", toolGateName(tenant, toolId), "leave", [key]),
    });
    return {
      ...{ clock, random, log: this.#log, retentionMs: RETENTION_MS },
      router: createModelRouter({
        ...{ config: MODELS, random, log: this.#log },
        breaker: createBreakerClient({
          objectFor: (name) => ({
            ask: (): Promise<BreakerAnswer> => objects.call(life, "breaker", name, "ask", []),
            report: (report): Promise<BreakerAnswer> => objects.call(life, "breaker", name, "report", [report]),
          }),
          ...{ clock, log: this.#log },
        }),
        providers: new Map([["anthropic", createModelPort(model, life)]]),
      }),
      loadPack: (_owner, digest) =>
        life.ask("bucket", () => {
          if (faults.strikes(56, 0.08)) throw new Error("the bucket is away");
          const all = [...options.shelf.values()].flat();
          return all.find((pack) => pack.digest === digest)?.config ?? null;
        }),
      renderPrompt: (config) => [...options.shelf.values()].flat().find((pack) => pack.config === config)?.prompt ?? "",
      toolsFor: (config, remote) => {
        const tools = collectTools(config, undefined, remote);
        const catalog = compileCatalog(tools);
        return { catalog, host: createToolHost({ ...{ tools, catalog, runnerFor, gateFor, clock, log: this.#log } }) };
      },
      listRemoteTools: (_config, _request, signal) => life.ask("servers", () => SERVERS, { signal }),
      policy: { engine: POLICY, region: null },
      memory: createObjectMemory({
        objectOf: (name) => ({
          set: (...args) => objects.call(life, "session", name, "set", args),
          get: (...args) => objects.call(life, "session", name, "get", args),
          delete: (...args) => objects.call(life, "session", name, "delete", args),
          append: (...args) => objects.call(life, "session", name, "append", args),
          list: () => objects.call(life, "session", name, "list", []),
          clear: () => objects.call(life, "session", name, "clear", []),
        }),
        clock,
      }),
      filesOf: (tenant, taskId) => objects.call(life, "task", `${tenant}/${taskId}`, "exportFiles", []),
      handoff: this.#handoffPort(life),
      projection: createProjection(databaseOf(this.#database, life), this.#log, ring),
      indexOf: (tenant) => this.#indexPort(life, tenant),
    };
  }

  #indexPort(life: Life, tenant: string): TenantIndexPort {
    const call = <T>(method: string, ...args: readonly unknown[]): Promise<T> =>
      this.objects.call(life, "index", tenant, method, [tenant, ...args]);
    return {
      register: (report) => call("register", report),
      acquire: (report) => call("acquire", report),
      renew: (taskId) => call("renew", taskId),
      release: (report) => call("release", report),
      reportApprovals: (report) => call("reportApprovals", report),
      forget: (taskId) => call("forget", taskId),
    };
  }

  #handoffPort(life: Life): HandoffPort {
    const { objects, options } = this;
    const call = <T>(tenant: string, taskId: string, method: string, args: readonly unknown[]): Promise<T> =>
      objects.call(life, "task", `${tenant}/${taskId}`, method, args);
    return {
      resolve: (_tenant, packId) =>
        life.ask("bucket", () => {
          const pack = options.shelf.get(packId)?.at(-1);
          if (pack === undefined) return null;
          return {
            ...{ pack_version: pack.version, pack_digest: pack.digest, pack_owner: "_shared", tier: "tier-2" as const },
            ...{ isAllowed: true, inputMaxLength: 50_000 },
          };
        }),
      start: async (child) => {
        const { kind } = await call<CreateOutcome>(child.tenant, child.task_id, "create", [
          { ...child, starts_itself: this.options.startsItself },
        ]);
        if (kind === "created") await this.dispatch(life, child.tenant, child.task_id);
        return kind;
      },
      taskOf: (tenant, taskId) => ({
        create: (args: CreateTask) => call(tenant, taskId, "create", [args]),
        cancel: () => call(tenant, taskId, "cancel", []),
        childReport: () => call(tenant, taskId, "childReport", []),
        childEnded: (report) => call(tenant, taskId, "childEnded", [report]),
      }),
    };
  }
}
