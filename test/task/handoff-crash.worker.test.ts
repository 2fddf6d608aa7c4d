/**
 * A handoff with a crash at every write and every wait of its parent. The parent is the rig's; the child is a real task
 * in its own object, which lives through all of it. However often the parent dies, there is one child and one result.
 */
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { createObjectMemory } from "../../src/memory/index.ts";
import { assert, createLog } from "../../src/platform/index.ts";
import type { PolicyEngine, PolicyQuestion } from "../../src/policy/index.ts";
import { type CreateTask, isEnded, type TaskEvent, type TaskView } from "../../src/task/index.ts";
import { TaskObject, type TaskServices } from "../../src/task/object.ts";
import { collectTools, compileCatalog, createToolHost } from "../../src/tool/index.ts";
import { composeConfig } from "../tool/samples.ts";
import { ACCEPTED, Crash, clockOf, defaultPolicy, Fate, indexOf, mortal, routerOf, type World } from "./crash-rig.ts";
import { handingTo, stubOf } from "./handoffs.ts";
import { env, publish } from "./harness.ts";
import { call } from "./history.ts";
import { ALLOW, DENY, policyServer } from "./policy-server.ts";

const TENANT = ACCEPTED.tenant;

type Story = {
  readonly view: TaskView;
  readonly events: readonly TaskEvent[];
  readonly moments: number;
  /** Ids of every child that was created, once for each time. */
  readonly created: readonly string[];
};

type Plot = {
  readonly crashAt: number;
  readonly childInput: string;
  /** Who brings the child's end: its own word, or the parent's question. */
  readonly way: "told" | "asked";
  /** The parent is cancelled once it was killed, or once it waits. */
  readonly isCancelled: boolean;
  /** What decides about the parent's calls and handoffs; the default policy when absent. */
  readonly policy?: PolicyEngine;
};

async function servicesOf(world: World, fate: Fate, plot: Plot, created: string[]): Promise<TaskServices> {
  const { digest } = await publish("counting");
  const config = await composeConfig(handingTo({ counting: "minimal" }, ""));
  const clock = clockOf(world);
  const log = createLog({}, () => undefined);
  const tools = collectTools(config);
  const catalog = compileCatalog(tools);
  const runnerFor = () => ({
    run: async () => {
      throw new Error("no tool runs here");
    },
  });
  /** Dead on the way there, and dead on the way back. */
  const far = async <T>(work: () => Promise<T>): Promise<T> => {
    fate.moment();
    const result = await work();
    fate.moment();
    return result;
  };
  return {
    clock,
    random: () => 0,
    log,
    router: routerOf(world, fate, [call("handoff", { agent: "counting", input: plot.childInput })]),
    loadPack: () => far(async () => config),
    renderPrompt: () => "",
    toolsFor: () => ({ catalog, host: createToolHost({ tools, catalog, runnerFor, clock, log }) }),
    memory: createObjectMemory({ objectOf: (space) => env.SESSION_MEMORY.getByName(space), clock }),
    policy: { engine: plot.policy ?? defaultPolicy, region: null },
    filesOf: async () => null,
    listRemoteTools: async () => [],
    handoff: {
      resolve: () =>
        far(async () => ({
          pack_version: "1.0.0",
          pack_digest: digest,
          pack_owner: "_shared",
          tier: "tier-2",
          isAllowed: true,
          inputMaxLength: 10_000,
        })),
      start: (child) =>
        far(async () => {
          const { kind } = await stubOf(TENANT, child.task_id).create(child);
          if (kind === "created") created.push(child.task_id);
          await stubOf(TENANT, child.task_id).kick();
          return kind;
        }),
      taskOf: (tenant, taskId) => ({
        create: (args) => far(async () => stubOf(tenant, taskId).create(args)),
        cancel: () => far(async () => stubOf(tenant, taskId).cancel()),
        childReport: () => far(async () => stubOf(tenant, taskId).childReport()),
        childEnded: (report) => far(async () => stubOf(tenant, taskId).childEnded(report)),
      }),
    },
    projection: null,
    indexOf: () => indexOf(fate),
    retentionMs: 30 * 86_400_000,
  };
}

/** More than any story takes; over it the task is stuck. */
const ROUNDS_MAX = 40;

async function live(name: string, number: number, plot: Plot): Promise<Story> {
  const accepted = {
    ...ACCEPTED,
    task_id: `00000000-0000-8000-8000-${name}${String(number).padStart(8, "0")}`,
  };
  return runInDurableObject(stubOf(TENANT, `rig-${accepted.task_id}`), async (_, state) => {
    const world: World = { executions: [], offers: [], judgements: [], now: 1_800_000_000_000 };
    const created: string[] = [];
    const own = state.storage;
    const born = async (fate: Fate): Promise<TaskObject> => {
      Object.defineProperty(state, "storage", { value: mortal(own, fate), configurable: true });
      return new TaskObject(state, env, await servicesOf(world, fate, plot, created));
    };
    const first = new Fate(plot.crashAt);
    let fate = first;
    let object = await born(first);
    let isSettled = false;
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const wasKilled = first.isDead;
      if (fate.isDead) {
        fate = new Fate(0);
        object = await born(fate);
      }
      try {
        const view = await object.view();
        const events = (await object.events(0, 1_000))?.events ?? [];
        if (view === null) await object.create(accepted);
        // One more look after the end: what is left to be told is told by the alarm.
        else if (isEnded(view.state) && isSettled) return { view, events, moments: first.moments, created };
        else if (isEnded(view.state)) {
          await object.alarm();
          isSettled = true;
        } else if (plot.isCancelled && (wasKilled || view.state === "waiting")) await object.cancel();
        else if (view.state === "waiting") await bringEnd(object, events, plot);
        else await object.alarm();
      } catch (thrown) {
        if (!(thrown instanceof Crash)) throw thrown;
      }
      world.now += 60_000;
    }
    throw new Error(`the task never ended: ${JSON.stringify(await object.view())}`);
  });
}

async function bringEnd(object: TaskObject, events: readonly TaskEvent[], { way }: Plot): Promise<void> {
  const started = events.find(({ type }) => type === "handoff.started");
  assert(started !== undefined, "it waits for a child");
  const child = () => stubOf(TENANT, String(started.data.task_id));
  while (!isEnded((await child().view())?.state ?? "queued")) await scheduler.wait(1);
  if (way === "asked") return object.alarm();
  const report = await child().childReport();
  assert(report !== null && report !== "going", "the child has ended");
  await object.childEnded(report);
}

/** The life without a crash first, then one for each of its moments. */
async function everyCrash(name: string, plot: Omit<Plot, "crashAt">): Promise<Story[]> {
  const unharmed = await live(name, 0, { ...plot, crashAt: 0 });
  expect(unharmed.moments).toBeGreaterThan(20);
  const stories = [unharmed];
  for (let crashAt = 1; crashAt <= unharmed.moments; crashAt++) {
    stories.push(await live(name, crashAt, { ...plot, crashAt }));
  }
  return stories;
}

const count = ({ events }: Story, type: string): number => events.filter((event) => event.type === type).length;

describe("a crash at every moment of a parent", () => {
  for (const [name, way] of [
    ["1000", "told"],
    ["2000", "asked"],
  ] as const) {
    it(`that is ${way === "told" ? "told its child's end" : "asking for its child's end"} makes one child and one result`, async () => {
      const stories = await everyCrash(name, { childInput: "@say counted", way, isCancelled: false });
      for (const story of stories) {
        expect(story.view).toMatchObject({ state: "done", output: "counted" });
        expect(story.created).toHaveLength(1);
        expect(count(story, "handoff.started")).toBe(1);
        expect(count(story, "tool.result")).toBe(1);
        expect(story.events.every(({ seq }, position) => seq === position + 1)).toBe(true);
      }
    });
  }

  it("that is cancelled then leaves no child at work", async () => {
    const stories = await everyCrash("3000", { childInput: "@sleep 10m", way: "asked", isCancelled: true });
    let children = 0;
    for (const story of stories) {
      expect(story.created.length).toBeLessThanOrEqual(1);
      for (const id of story.created) {
        children += 1;
        expect((await stubOf(TENANT, id).view())?.state).toBe("cancelled");
      }
    }
    expect(children).toBeGreaterThan(5);
  });
});

describe("a policy that forbids a handoff", () => {
  it("makes no child, and the model is told why", async () => {
    const asked: PolicyQuestion[] = [];
    const policy = policyServer((question) => {
      asked.push(question);
      return question.action === "handoff" ? DENY : ALLOW;
    });
    const story = await live("5000", 0, {
      ...{ crashAt: 0, childInput: "@say counted", way: "told", isCancelled: false, policy },
    });
    expect([story.created, count(story, "handoff.started")]).toEqual([[], 0]);
    const [told] = story.events.filter(({ type }) => type === "tool.result");
    expect(told?.data.error).toEqual({ code: "TOOL_DENIED", message: "Not on a Sunday." });
    expect(asked.map(({ action }) => action)).toEqual(["tool.call", "handoff"]);
    expect(asked[1]).toMatchObject({
      ...{ tenant: TENANT, depth: 1, pack: { id: "tester", handoffs: ["counting"] } },
      target: { tenant: TENANT, pack_id: "counting" },
    });
  });

  it("takes back none that is under way, whenever it begins to", async () => {
    const changing = (): PolicyEngine => {
      let count = 0;
      return policyServer(({ action }) => (action === "tool.call" && ++count > 1 ? DENY : ALLOW));
    };
    const plot = { childInput: "@say counted", way: "told", isCancelled: false } as const;
    const { moments } = await live("6000", 0, { ...plot, crashAt: 0, policy: changing() });
    for (let crashAt = 1; crashAt <= moments; crashAt++) {
      const story = await live("6000", crashAt, { ...plot, crashAt, policy: changing() });
      const [told] = story.events.filter(({ type }) => type === "tool.result");
      expect([told?.data.success, count(story, "handoff.started")]).toEqual(
        count(story, "handoff.started") === 1 ? [true, 1] : [false, 0],
      );
    }
  });
});

describe("a parent that is cancelled while it creates its child", () => {
  it("leaves none at work, however late the creation comes", async () => {
    await runInDurableObject(stubOf(TENANT, "rig-late"), async (_, state) => {
      const plot: Plot = { crashAt: 0, childInput: "@sleep 10m", way: "asked", isCancelled: true };
      const world: World = { executions: [], offers: [], judgements: [], now: 1_800_000_000_000 };
      const created: string[] = [];
      const services = await servicesOf(world, new Fate(0), plot, created);
      const asked = Promise.withResolvers<CreateTask>();
      const released = Promise.withResolvers<void>();
      const start: TaskServices["handoff"]["start"] = async (child) => {
        asked.resolve(child);
        await released.promise;
        return services.handoff.start(child);
      };
      const object = new TaskObject(state, env, { ...services, handoff: { ...services.handoff, start } });
      await object.create({ ...ACCEPTED, task_id: "00000000-0000-8000-8000-400000000000" });
      const running = object.alarm();
      const { task_id } = await asked.promise;
      await object.cancel();
      const stateOf = async () => (await stubOf(TENANT, task_id).view())?.state;
      while ((await stateOf()) !== "cancelled") await scheduler.wait(1);
      released.resolve();
      await running;
      expect(created).toEqual([]);
      expect(await stateOf()).toBe("cancelled");
      expect((await object.view())?.state).toBe("cancelled");
    });
  });
});
