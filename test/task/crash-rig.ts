/**
 * A task's object over the real SQLite of a durable object, with a crash where the test wants one: at any write, before
 * or after it is in, and at any moment the object waits for something else. What is dead writes nothing more. The clock,
 * the model and the tool's isolate are the test's; everything in between is the program.
 */
import { runInDurableObject } from "cloudflare:test";
import { createObjectMemory } from "../../src/memory/index.ts";
import type { ToolCall } from "../../src/model/index.ts";
import { type Clock, createLog } from "../../src/platform/index.ts";
import { createEmbeddedPolicy, DEFAULT_POLICY, type PolicyEngine } from "../../src/policy/index.ts";
import { policyModule } from "../../src/policy/object.ts";
import type { ApprovalView, CreateTask, Decide, TaskEvent, TaskView } from "../../src/task/index.ts";
import { BrokenStore } from "../../src/task/journal/broken-store.ts";
import type { BrokenCall } from "../../src/task/loop/broken-call.ts";
import type { TaskServices, TenantIndexPort } from "../../src/task/object.ts";
import { TaskObject } from "../../src/task/object.ts";
import {
  collectTools,
  compileCatalog,
  createToolHost,
  type RemoteServer,
  type RunnerAnswer,
  type RunnerStub,
  type ToolCatalog,
  type ToolRefusal,
} from "../../src/tool/index.ts";
import { composeWith, type PackFile, SCOPED, tool, tools } from "../tool/samples.ts";
import { env } from "./harness.ts";
import { call } from "./history.ts";

export class Crash extends Error {
  override name = "Crash";
}

/** Moments at which the process can die, counted through one life of the object. */
export class Fate {
  moments = 0;
  isDead = false;
  readonly #at: number;
  /** @param at the moment of death, from 1; 0 lives. */
  constructor(at: number) {
    this.#at = at;
  }
  moment(): void {
    if (this.isDead) throw new Crash("dead already");
    this.moments += 1;
    if (this.moments !== this.#at) return;
    this.isDead = true;
    throw new Crash(`died at moment ${this.moments}`);
  }
}

export type World = {
  /** Executions by the key the tool was handed. */
  readonly executions: string[];
  /** What the model was offered at each of its turns, and told beside its prompt. */
  readonly offers: { readonly tools: readonly string[]; readonly note: string }[];
  /** The moment of its life at which each judge replied. */
  readonly judgements: number[];
  now: number;
};

/** A counter in the world outside: that is what must not be counted twice. */
function counter(world: World, fate: Fate): (key: string) => RunnerAnswer {
  return (key) => {
    fate.moment();
    world.executions.push(key);
    fate.moment();
    return { kind: "answer", json: JSON.stringify({ ok: true, result: { counted: true }, changes: [] }) };
  };
}

export const clockOf = (world: World): Clock => ({
  now: () => world.now,
  sleep: (_ms, signal) =>
    new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { once: true })),
});

const usage = { inputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 1 };
const TURN = {
  usage,
  costMicros: 0,
  model: "test/scripted",
  attempts: 1,
};

/** What each turn asks for. A turn of several calls is followed by as many places that nobody comes to, less one. */
type Script = readonly (ToolCall | readonly ToolCall[])[];

/** The calls of the script, a turn each, then an answer. */
export const routerOf = (world: World, fate: Fate, script: Script, judgement = ""): TaskServices["router"] => ({
  isAllowed: () => true,
  modelOf: () => "test/scripted",
  complete: async ({ messages, tools, systemStable, systemVariable }) => {
    fate.moment();
    // Packs have no prompt here: only a judge is told anything.
    if (systemStable !== "") {
      await Promise.resolve();
      fate.moment();
      world.judgements.push(fate.moments);
      return {
        ok: true,
        value: { ...TURN, reply: { usage, text: judgement, toolCalls: [], finishReason: "stop" } },
      };
    }
    world.offers.push({ tools: tools.map(({ id }) => id), note: systemVariable });
    await Promise.resolve();
    fate.moment();
    const next = script[messages.filter(({ role }) => role === "tool").length];
    return {
      ok: true,
      value: {
        ...TURN,
        reply:
          next === undefined
            ? { usage, text: "counted", toolCalls: [], finishReason: "stop" }
            : { usage, text: "", toolCalls: [next].flat(), finishReason: "tool_calls" },
      },
    };
  },
});

export const LIST = call("file_manager", { action: "list", path: "/workspace" });

/** A tenant with room for everybody. */
export function indexOf(fate: Fate): TenantIndexPort {
  const told = async (): Promise<void> => fate.moment();
  const granted = async (): Promise<boolean> => {
    fate.moment();
    return true;
  };
  return { register: told, acquire: granted, renew: told, release: told, reportApprovals: granted, forget: told };
}

export type Tool = {
  readonly needsApproval: boolean;
  /** What the catalogue says of it: a tool that can do something twice, or one that cannot. Absent: what the real one says. */
  readonly mayRepeat?: boolean;
  /** It is a remote server's, which says that it may be repeated; believing that is what `mayRepeat` says. */
  readonly isRemote?: boolean;
  /** What the model asks for; one call of the tool when absent. */
  readonly script?: Script;
  /** The pack's tools, instead of the one. */
  readonly available?: readonly string[];
  /** What a judge says, where the pack has one. */
  readonly judgement?: string;
  /** More of the pack, in YAML. */
  readonly pack?: string;
  /** More of the pack, by path. */
  readonly files?: readonly PackFile[];
  /** That a call was handed over is not written down, as in a runtime that knows results only. */
  readonly isLedgerOff?: boolean;
  /** What the catalogue says of a call before its own word; nothing when absent. */
  readonly refuses?: () => ToolRefusal | null;
  /** What decides about calls; the default policy when absent. */
  readonly policy?: PolicyEngine;
  /** What runs a call; a counter when absent. */
  readonly runner?: RunnerStub["run"];
  /** Where the task is told to; nowhere when absent. */
  readonly projection?: TaskServices["projection"];
};

export const defaultPolicy = createEmbeddedPolicy({
  module: policyModule,
  digest: DEFAULT_POLICY.digest,
  log: createLog({}, () => undefined),
});

const SERVER: RemoteServer = {
  id: "docs",
  tools: [{ name: "count", description: "", parameters: { type: "object" }, isReadOnly: false, isIdempotent: true }],
  leftOut: [{ name: "gone", reason: "the server does not have it" }],
  error: null,
  egress: [],
};

const packOf = ({ needsApproval, mayRepeat = false, isRemote = false, available }: Tool): string => {
  const asked = `requires_approval: ${needsApproval}`;
  if (!isRemote) return tools(available ?? [tool("file_manager", SCOPED, asked)]);
  const more = `${asked}, trust_annotations: ${mayRepeat}`;
  return tools([], `mcp_servers: [{ id: docs, url: "https://docs.example.com/mcp", tools: [count, gone], ${more} }]`);
};

export async function servicesOf(world: World, fate: Fate, story: Tool): Promise<TaskServices> {
  const { script = [story.isRemote === true ? call("docs__count") : LIST], pack = "", policy = defaultPolicy } = story;
  const { mayRepeat, files = [] } = story;
  const config = await composeWith(files, packOf(story), pack);
  const clock = clockOf(world);
  const log = createLog({}, () => undefined);
  const says = story.isRemote === true || mayRepeat === undefined ? {} : { mayRepeat: () => mayRepeat };
  const run = counter(world, fate);
  const runnerFor = () => ({
    run:
      story.runner ?? (async (call: Parameters<RunnerStub["run"]>[0]) => run(String(JSON.parse(call.requestJson).key))),
  });
  return {
    clock,
    random: () => 0,
    log,
    router: routerOf(world, fate, script, story.judgement),
    loadPack: async () => {
      fate.moment();
      return config;
    },
    renderPrompt: () => "",
    policy: { engine: policy, region: null },
    toolsFor: (_, remote) => {
      const tools = collectTools(config, undefined, remote);
      const compiled = compileCatalog(tools);
      const admit: ToolCatalog["admit"] = (asked) => story.refuses?.() ?? compiled.admit(asked);
      const catalog = { ...compiled, ...says, admit };
      return { catalog, host: createToolHost({ tools, catalog, runnerFor, clock, log }) };
    },
    listRemoteTools: async () => {
      fate.moment();
      await Promise.resolve();
      fate.moment();
      return [SERVER];
    },
    memory: createObjectMemory({ objectOf: (space) => env.SESSION_MEMORY.getByName(space), clock }),
    filesOf: async () => null,
    handoff: NOWHERE,
    projection: story.projection ?? null,
    indexOf: () => indexOf(fate),
    retentionMs: 86_400_000,
  };
}

const nowhere = (): never => {
  throw new Error("nothing is handed over here");
};
const NOWHERE: TaskServices["handoff"] = { resolve: async () => null, start: nowhere, taskOf: nowhere };

/** The object's storage with a moment before and after each write; its alarm is the test's to sound. */
export function mortal(storage: DurableObjectStorage, fate: Fate): DurableObjectStorage {
  let isInTransaction = false;
  /** A transaction is in or not as a whole, and so is a statement by itself. */
  const exec: SqlStorage["exec"] = (query, ...bindings) => {
    if (isInTransaction || /^\s*SELECT/i.test(query)) return storage.sql.exec(query, ...bindings);
    fate.moment();
    const result = storage.sql.exec<never>(query, ...bindings);
    fate.moment();
    return result;
  };
  return new Proxy(storage, {
    get(target, name) {
      if (name === "setAlarm" || name === "deleteAlarm") return async () => undefined;
      if (name === "sync") {
        // Nobody waits for the delivery, so nobody hears of a death in it.
        return async () => {
          try {
            fate.moment();
          } catch {}
        };
      }
      if (name === "transactionSync") {
        return <T>(write: () => T): T => {
          fate.moment();
          isInTransaction = true;
          try {
            const result = target.transactionSync(write);
            fate.moment();
            return result;
          } finally {
            isInTransaction = false;
          }
        };
      }
      if (name === "sql") return { exec };
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

/** The storage of a journal without intents: those are thrown away, and everything else is kept. */
function withoutIntents(storage: DurableObjectStorage): DurableObjectStorage {
  const exec: SqlStorage["exec"] = (query, ...bindings) =>
    query.startsWith("INSERT INTO started") ? sql.exec("SELECT 1 WHERE FALSE") : sql.exec(query, ...bindings);
  const { sql } = storage;
  const forgetful = new Proxy(sql, {
    get: (target, name) => (name === "exec" ? exec : Reflect.get(target, name, target)),
  });
  return new Proxy(storage, {
    get(target, name) {
      const member: unknown = name === "sql" ? forgetful : Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

/** What a person does with a question. */
export type Person = (question: ApprovalView, world: World) => Pick<Decide, "decision" | "result">;

export type Story = {
  readonly view: TaskView;
  readonly events: readonly TaskEvent[];
  readonly world: World;
  /** Moments of the life that was to end; how many there are without an end. */
  readonly moments: number;
  /** The same of each later life. */
  readonly recoveries: readonly number[];
  readonly questions: readonly ApprovalView[];
  /** Attempts at calls that came to no result. */
  readonly broken: readonly BrokenCall[];
};

/** More than any story takes; over it the task is stuck. */
const ROUNDS_MAX = 40;

type Plot = Tool & {
  /** Moment at which the first life ends; 0 for none. */
  readonly crashAt: number;
  /** The same of the second one, which the first one's end began. */
  readonly crashAgainAt?: number;
  readonly person: Person;
};

/** A task from its acceptance to its end, killed on the way. */
export async function live(name: string, options: Plot): Promise<Story> {
  const stub = env.TASK.getByName(`crashed/${name}`);
  return runInDurableObject(stub, async (_, state) => {
    const world: World = { executions: [], offers: [], judgements: [], now: 1_800_000_000_000 };
    const own = options.isLedgerOff === true ? withoutIntents(state.storage) : state.storage;
    const born = async (fate: Fate): Promise<TaskObject> => {
      // Own properties hide those of the platform's object: only this instance sees them.
      Object.defineProperty(state, "storage", { value: mortal(own, fate), configurable: true });
      return new TaskObject(state, env, await servicesOf(world, fate, options));
    };
    const first = new Fate(options.crashAt);
    const later: Fate[] = [];
    let fate = first;
    let object = await born(first);
    const questions: ApprovalView[] = [];
    for (let round = 0; round < ROUNDS_MAX; round++) {
      if (fate.isDead) {
        fate = new Fate(later.length === 0 ? (options.crashAgainAt ?? 0) : 0);
        later.push(fate);
        object = await born(fate);
      }
      try {
        const view = await object.view();
        if (view === null) await object.create(ACCEPTED);
        else if (view.state === "done") {
          const { events } = (await object.events(0, 1_000)) ?? { events: [] };
          const recoveries = later.map(({ moments }) => moments);
          const broken = new BrokenStore(own.sql).all();
          return { view, events, world, moments: first.moments, recoveries, questions, broken };
        } else if (view.state === "waiting") await answer(object, world, options.person, questions);
        else await object.alarm();
      } catch (thrown) {
        if (!(thrown instanceof Crash)) throw thrown;
      }
      world.now += 60_000;
    }
    throw new Error(`the task never ended: ${JSON.stringify(await object.view())}`);
  });
}

async function answer(object: TaskObject, world: World, person: Person, questions: ApprovalView[]): Promise<void> {
  for (let n = 1; ; n++) {
    const question = await object.approval(n);
    if (question === null) return;
    if (question.state !== "pending") continue;
    questions.push(question);
    const given = person(question, world);
    const request = { by: "key:person", reason: null, args_hash: question.args_hash, request_key: `r${world.now}` };
    await object.decide(n, { ...request, ...given });
  }
}

export const ACCEPTED: CreateTask = {
  tenant: "crashed",
  task_id: "00000000-0000-8000-8000-00000000c0de",
  pack_id: "tester",
  pack_version: "1.0.0",
  pack_digest: "0".repeat(64),
  pack_owner: "shared",
  input: "count once",
  session_id: null,
  metadata: {},
  tier: "tier-2",
  idempotency_key: "key",
  fingerprint: "print",
  trace_id: "trace-1",
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  requested_by: "key:starter",
  replay: null,
};
