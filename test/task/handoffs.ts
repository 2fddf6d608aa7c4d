/** Tasks that hand work to other packs, in the real runtime: two packs, a parent, and what became of its children. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { assert } from "../../src/platform/index.ts";
import { isEnded, type TaskEvent, type TaskStub } from "../../src/task/index.ts";
import { accept, env, publish, readUntil, TOOLS } from "./harness.ts";

/** A pack that may hand over to the others, with what it tells each. */
export const handingTo = (agents: Readonly<Record<string, "full" | "summary" | "minimal">>, more = TOOLS): string =>
  `${more}
workflow:
  handoffs:
${Object.entries(agents)
  .map(([id, transfer]) => `    - { target_agent: "${id}", conditions: ["always"], context_transfer: "${transfer}" }`)
  .join("\n")}
`;

/** One directive: a turn that hands over. */
export const handoff = (agent: string, input: string): string => `@tool handoff ${JSON.stringify({ agent, input })}`;

export const stubOf = (tenant: string, taskId: string) => env.TASK.getByName(`${tenant}/${taskId}`);

/** A parent that was accepted, beside a pack `helper` that does what it is asked. */
export async function handing(input: string, options: Parameters<typeof accept>[1] = {}) {
  await publish("helper");
  return accept(input, { pack: "lead", extra: handingTo({ helper: "minimal" }), ...options });
}

/** Every event to the end, through all waits. */
export async function untilEnded(stub: () => TaskStub): Promise<TaskEvent[]> {
  const events: TaskEvent[] = [];
  for (;;) {
    events.push(...(await readUntil(stub(), undefined, events.length)));
    const view = await stub().view();
    assert(view !== null, "the task is there");
    if (isEnded(view.state)) return [...events, ...(await readUntil(stub(), undefined, events.length))];
    await scheduler.wait(1);
  }
}

/** To its end by its alarm alone, for a clock that the runtime does not know. */
export async function drivenToEnd(stub: () => ReturnType<typeof stubOf>): Promise<TaskEvent[]> {
  while (!isEnded((await stub().view())?.state ?? "queued")) {
    await runDurableObjectAlarm(stub());
    await scheduler.wait(1);
  }
  return untilEnded(stub);
}

/** A helper of its own, which the parent hands the work to. */
export async function handingToOwn(
  id: string,
  extra: string,
  input: string,
  options: Parameters<typeof accept>[1] = {},
) {
  await publish(id, extra);
  return accept(handoff(id, input), { pack: `lead-of-${id}`, extra: handingTo({ [id]: "minimal" }), ...options });
}

/** The object hears of no child's end, until it is given its ear back. */
export const deafen = (stub: ReturnType<typeof stubOf>) =>
  runInDurableObject(stub, (object) => {
    Object.defineProperty(object, "childEnded", { value: null, configurable: true });
  });
export const undeafen = (stub: ReturnType<typeof stubOf>) =>
  runInDurableObject(stub, (object) => {
    Reflect.deleteProperty(object, "childEnded");
  });

/** Micros that the parent set aside for it. */
export const limitOf = (tenant: string, taskId: string): Promise<number> =>
  runInDurableObject(stubOf(tenant, taskId), (_, { storage }) => {
    const { request } = storage.sql.exec<{ request: string }>("SELECT request FROM task").one();
    return JSON.parse(request).parent.cost_limit_micros;
  });

/** Once the parent waits for its child. */
export const untilAway = (stub: () => TaskStub): Promise<TaskEvent[]> =>
  readUntil(stub(), ({ type }) => type === "task.waiting");

/** Ids of the children, in the order in which they were begun. */
export const childrenOf = (events: readonly TaskEvent[]): string[] =>
  events.filter(({ type }) => type === "handoff.started").map(({ data }) => String(data.task_id));

export const resultsOf = (events: readonly TaskEvent[]) =>
  events.filter(({ type }) => type === "tool.result").map(({ data }) => data);
