/**
 * What a task knows of its session, in the real runtime: real objects, real memory, and a router that also notes what
 * the model was shown.
 */
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { createObjectMemory, type Exchange, remember, type ShortTermMemory } from "../../src/memory/index.ts";
import type { Message } from "../../src/model/index.ts";
import { SHARED_SHELF } from "../../src/pack/index.ts";
import {
  assert,
  type Clock,
  deriveTaskId,
  parseIdempotencyKey,
  parseTenantId,
  systemClock,
} from "../../src/platform/index.ts";
import { broughtOf } from "../../src/task/guarded/brought.ts";
import type { CreateTask, TaskView } from "../../src/task/index.ts";
import { SESSION_FILES_MS_MAX } from "../../src/task/limits.ts";
import { TaskObject, type TaskServices } from "../../src/task/object.ts";
import { taskServices } from "../../src/wire.ts";
import { patientClock } from "../api/ports.ts";
import { env, publish, readUntil, TENANT } from "./harness.ts";

const memory = createObjectMemory({ objectOf: (name) => env.SESSION_MEMORY.getByName(name), clock: patientClock });

type Options = {
  readonly session?: string | null;
  readonly tenant?: string;
  readonly pack?: string;
  readonly extra?: string;
  readonly replay?: CreateTask["replay"];
};

async function toTask(input: string, options: Options = {}): Promise<CreateTask> {
  const pack = options.pack ?? "talker";
  const { digest, config } = await publish(pack, options.extra);
  const tenant = parseTenantId(options.tenant ?? TENANT);
  const key = parseIdempotencyKey(crypto.randomUUID());
  assert(tenant !== undefined && key !== undefined, "test ids are valid");
  return {
    tenant,
    task_id: await deriveTaskId(tenant, key),
    pack_id: pack,
    pack_version: config.version,
    pack_digest: digest,
    pack_owner: SHARED_SHELF,
    input,
    session_id: options.session ?? null,
    metadata: {},
    tier: "tier-2",
    idempotency_key: key,
    fingerprint: `print-${input}`,
    trace_id: "trace-1",
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    requested_by: null,
    replay: options.replay ?? null,
  };
}

/** The task's object with other services, on the storage of the real one. */
function inObject<T>(
  args: CreateTask,
  change: (services: TaskServices) => Partial<TaskServices>,
  work: (make: () => TaskObject) => Promise<T>,
): Promise<T> {
  const { tenant, task_id } = args;
  return runInDurableObject(env.TASK.getByName(`${tenant}/${task_id}`), (_object, state) => {
    const services = taskServices(env, state);
    return work(() => new TaskObject(state, env, { ...services, ...change(services) }));
  });
}

/** Every conversation the model is shown, in order. */
const noting =
  (seen: (readonly Message[])[], other: Partial<TaskServices> = {}) =>
  (services: TaskServices): Partial<TaskServices> => ({
    router: {
      isAllowed: (tenant, tier) => services.router.isAllowed(tenant, tier),
      modelOf: (tier) => services.router.modelOf(tier),
      complete: (request, context) => {
        seen.push(request.messages);
        return services.router.complete(request, context);
      },
    },
    ...other,
  });

/** A task from its creation to its end: what it became, and what the model was shown first. */
async function talk(
  input: string,
  options: Options & Partial<Pick<TaskServices, "memory" | "filesOf" | "clock">> = {},
) {
  const args = await toTask(input, options);
  const seen: (readonly Message[])[] = [];
  const { memory: space = memory, filesOf, clock } = options;
  const other = { memory: space, ...(filesOf && { filesOf }), ...(clock && { clock }) };
  const { view, exported } = await inObject(args, noting(seen, other), async (make) => {
    const object = make();
    await object.create(args);
    await object.alarm();
    return { view: await object.view(), exported: await object.exportJournal(0) };
  });
  assert(view !== null && exported !== null, "the task is there");
  return { args, view, journal: exported.journal, seen: seen[0] ?? [] };
}

const turns = (...exchanges: readonly Pick<TaskView, "input" | "output">[]) =>
  exchanges.flatMap(({ input, output }) => [
    { role: "user", text: input },
    { role: "assistant", text: output, toolCalls: [] },
  ]);
const asked = (input: string) => ({ role: "user", text: input });

let count = 0;
const newSession = (): string => `session-${++count}`;

describe("a task of a session", () => {
  it("sees input and output of those before it, oldest first", async () => {
    const session = newSession();
    const first = await talk("My name is Ada.", { session });
    const second = await talk("I like chess.", { session });
    const third = await talk("Who am I?", { session });
    expect(first.seen).toEqual([asked("My name is Ada.")]);
    expect(third.seen).toEqual([...turns(first.view, second.view), asked("Who am I?")]);
  });

  it("sees nothing of another session, of another tenant, of another pack, nor without one", async () => {
    const session = newSession();
    await talk("A secret.", { session });
    for (const other of [
      { session: newSession() },
      { session, tenant: "tenant-456" },
      { session, pack: "stranger" },
      { session: null },
    ]) {
      expect((await talk("Anything?", other)).seen).toEqual([asked("Anything?")]);
    }
  });

  it("does not remember what failed", async () => {
    const session = newSession();
    const failed = await talk("@fail 401", { session });
    expect(failed.view.state).toBe("failed");
    expect((await talk("Go on.", { session })).seen).toEqual([asked("Go on.")]);
  });

  it("is told of the newest only, as many as the pack keeps", async () => {
    const options = { session: newSession(), pack: "short", extra: "memory: { short_term: { max_entries: 2 } }" };
    await talk("One.", options);
    const second = await talk("Two.", options);
    const third = await talk("Three.", options);
    expect((await talk("Four.", options)).seen).toEqual([...turns(second.view, third.view), asked("Four.")]);
  });

  it("is told of nothing by a pack that switched it off", async () => {
    const off = { session: newSession(), pack: "off", extra: "memory: { short_term: { enabled: false } }" };
    await talk("One.", off);
    expect((await talk("Two.", off)).seen).toEqual([asked("Two.")]);
  });

  it("is remembered for as long as the pack says, and a day unless it does", async () => {
    const kept: number[] = [];
    const noted: ShortTermMemory = {
      ...memory,
      append: (space, entry, retention) => {
        kept.push(retention.ttlMs);
        return memory.append(space, entry, retention);
      },
    };
    const extra = 'memory: { short_term: { ttl: "1h" } }';
    await talk("One.", { session: newSession(), pack: "brief", extra, memory: noted });
    await talk("One.", { session: newSession(), memory: noted });
    expect(kept).toEqual([3_600_000, 86_400_000]);
  });
});

describe("a run that is resumed", () => {
  it("sees the conversation its first run saw, whatever the session became since", async () => {
    const session = newSession();
    const before = await talk("Before.", { session });
    const args = await toTask("Now.", { session });
    let reached = (_messages: readonly Message[]): void => undefined;
    const first = new Promise<readonly Message[]>((resolve) => {
      reached = resolve;
    });
    let release = (): void => undefined;
    const hanging = (services: TaskServices): Partial<TaskServices> => ({
      router: {
        ...noting([])(services).router,
        complete: (request) => {
          reached(request.messages);
          return new Promise((_, reject) => {
            release = () => reject(new Error("this run is long over"));
          });
        },
      } as TaskServices["router"], // the three methods of the port, one of them replaced
    });
    const seen: (readonly Message[])[] = [];
    const view = await inObject(args, hanging, async (make) => {
      const stuck = make();
      await stuck.create(args);
      const running = stuck.alarm();
      await first;
      const space = { tenant: args.tenant, agent: args.pack_id, session };
      const retention = { ttlMs: 60_000, maxEntries: 100 };
      await remember(memory, space, { taskId: "other", at: 1, input: "Later.", output: "Yes." }, retention);
      const resumed = await inObject(args, noting(seen), async (again) => {
        const object = again();
        await object.alarm();
        return object.view();
      });
      release();
      await running;
      return resumed;
    });
    expect(view?.state).toBe("done");
    expect(await first).toEqual([...turns(before.view), asked("Now.")]);
    expect(seen).toEqual([await first]);
  });
});

describe("a replay", () => {
  it("sees what its source saw, and is no part of the session itself", async () => {
    const session = newSession();
    const before = await talk("Before.", { session });
    const source = await talk("Now.", { session });
    await talk("After.", { session });
    const plan = { source_task_id: source.args.task_id, from_step: 0, dry_run: false, journal: source.journal };
    const replay = await talk("Now.", { session, replay: plan });
    expect(replay.seen).toEqual([...turns(before.view), asked("Now.")]);
    const inputs = (await memory.list({ tenant: TENANT, agent: "talker", session })).map(
      (text) => (JSON.parse(text) as Exchange).input, // what remember wrote
    );
    expect(inputs).toEqual(["Before.", "Now.", "After."]);
  });
});

describe("memory that cannot be reached", () => {
  it("costs a task its past, never its end", async () => {
    const gone = async () => Promise.reject(new Error("nobody is there"));
    const broken: ShortTermMemory = { set: gone, get: gone, delete: gone, append: gone, list: gone, clear: gone };
    const { view, seen } = await talk("Hello.", { session: newSession(), memory: broken });
    expect(view.state).toBe("done");
    expect(seen).toEqual([asked("Hello.")]);
  });
});

describe("what a task of a session begins with", () => {
  it("is asked for at once: its files wait for no conversation, nor the other way round", async () => {
    let arrived = 0;
    let meet = (): void => undefined;
    const both = new Promise<void>((resolve) => {
      meet = resolve;
    });
    const arrive = (): Promise<void> => {
      arrived += 1;
      if (arrived === 2) meet();
      return both;
    };
    const shared: ShortTermMemory = {
      ...memory,
      get: (space, key) => arrive().then(() => memory.get(space, key)),
      list: (space) => arrive().then(() => memory.list(space)),
    };
    expect((await talk("Hello.", { session: newSession(), memory: shared })).view.state).toBe("done");
  });

  it("is no file of a task that does not hand them over in time", async () => {
    const session = newSession();
    await talk("Hello.", { session });
    const clock: Clock = {
      ...systemClock,
      sleep: (ms, signal) => (ms === SESSION_FILES_MS_MAX ? Promise.resolve() : systemClock.sleep(ms, signal)),
    };
    const asked: string[] = [];
    const filesOf = (_: string, taskId: string) => {
      asked.push(taskId);
      return new Promise<never>(() => undefined);
    };
    expect((await talk("Go on.", { session, clock, filesOf })).view.state).toBe("done");
    expect(asked).toHaveLength(1);
  });
});

describe("files of a session of before their taint was told", () => {
  const ANY = ["reads_untrusted", "reads_private"];

  it("are of any origin to the task that takes them over", async () => {
    const session = newSession();
    await talk("Hello.", { session });
    const files = [{ path: "/workspace/a.txt", text: "a" }];
    const { journal } = await talk("Go on.", { session, filesOf: async () => files });
    expect(JSON.parse(journal)).toMatchObject({ files: [{ path: "/workspace/a.txt" }], taint: ANY });
  });

  for (const [name, mark, taint] of [
    ["are of any origin to a task that had taken them over", "source", ANY],
    ["are none of a task that took over none", "", []],
  ] as const) {
    it(name, async () => {
      const { task_id } = await toTask("Hello.");
      await runInDurableObject(env.TASK.getByName(`${TENANT}/${task_id}`), (_, { storage }) => {
        storage.kv.put("workspace_of", mark);
        expect(broughtOf(storage)?.taint).toEqual(taint);
        storage.kv.delete("workspace_of");
      });
    });
  }
});

describe("through its own binding", () => {
  it("a finished task is in its session before anybody sees its end", async () => {
    const session = newSession();
    const args = await toTask("Hello.", { session });
    const stub = env.TASK.getByName(`${TENANT}/${args.task_id}`);
    await stub.create(args);
    await stub.kick();
    await readUntil(stub, ({ type }) => type === "task.done");
    expect(await memory.list({ tenant: TENANT, agent: "talker", session })).toHaveLength(1);
  });
});
