/** Messages to the run queue: which of them go together, and that each goes once. */
import { describe, expect, it } from "vitest";
import { seeded } from "../scripts/draw.ts";
import type { RunMessage } from "../src/env.ts";
import { type Clock, createLog, parseTaskId, parseTenantId } from "../src/platform/index.ts";
import {
  COLLECT_MS,
  consumeRuns,
  MESSAGES_AT_ONCE_MAX,
  QUEUE_NET_SECONDS,
  type RunPorts,
  RunQueue,
} from "../src/run-queue.ts";
import { ManualClock } from "./case/model-wire/clock.ts";

const message = (n: number): RunMessage => {
  const [tenant, task_id] = [
    parseTenantId("acme"),
    parseTaskId(`00000000-0000-8000-8000-${String(n).padStart(12, "0")}`),
  ];
  if (tenant === undefined || task_id === undefined) throw new Error("these are ids");
  return { tenant, task_id, traceparent: "" };
};
const messages = (count: number, from = 0): RunMessage[] => Array.from({ length: count }, (_, n) => message(from + n));

type Sent = { readonly body: RunMessage; readonly delaySeconds?: number };

function setUp(ways: "alarm" | "both" | "queue" = "both", toSleep?: (clock: ManualClock) => Clock["sleep"]) {
  const clock = new ManualClock();
  const sent: (readonly Sent[])[] = [];
  const lines: { readonly event: string; readonly task_id: string }[] = [];
  const state = { isDown: false, isHanging: false };
  const queue = new RunQueue({
    ways,
    clock: { now: () => clock.now(), sleep: toSleep?.(clock) ?? ((ms) => clock.sleep(ms)) },
    log: createLog({}, (_, line) => void lines.push(JSON.parse(line))),
    queue: {
      sendBatch: async (batch) => {
        if (state.isDown) throw new Error("the queue is down");
        if (state.isHanging) await new Promise(() => undefined);
        sent.push(
          [...batch].map(({ body, delaySeconds }) => ({
            body,
            ...(delaySeconds === undefined ? {} : { delaySeconds }),
          })),
        );
        return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
      },
    },
  });
  return { queue, clock, sent, lines, state, bodies: () => sent.map((batch) => batch.map(({ body }) => body)) };
}

describe("messages for a queue that does not answer", () => {
  it("hold up nobody for long: each task starts itself, and the log names it", async () => {
    const { queue, clock, lines, state } = setUp();
    state.isHanging = true;
    const sending = queue.send(...messages(2));
    await clock.advance(10_000);
    await sending;
    expect(lines.map(({ event, task_id }) => [event, task_id])).toEqual(
      messages(2).map(({ task_id }) => ["dispatch.failed", task_id]),
    );
  });
});

describe("messages of a moment", () => {
  it("go together, when the first has waited for them, behind the net's time", async () => {
    const { queue, clock, sent, bodies } = setUp();
    const all = messages(5);
    const [first] = all.map((one) => queue.collect(one));
    await clock.advance(COLLECT_MS - 1);
    expect(sent).toEqual([]);
    await clock.advance(1);
    await first;
    expect(bodies()).toEqual([all]);
    expect(sent[0]?.every(({ delaySeconds }) => delaySeconds === QUEUE_NET_SECONDS)).toBe(true);
  });

  it("hold up only the request of the first", async () => {
    const { queue, clock } = setUp();
    const first = queue.collect(message(0));
    await Promise.all(messages(5, 1).map((one) => queue.collect(one)));
    await clock.advance(COLLECT_MS);
    await first;
  });

  it("do not wait for more than a queue takes at once", async () => {
    const { queue, clock, bodies } = setUp();
    const all = messages(MESSAGES_AT_ONCE_MAX + 5);
    const collected = all.map((one) => queue.collect(one));
    await clock.advance(0);
    expect(bodies()).toEqual([all.slice(0, MESSAGES_AT_ONCE_MAX)]);
    await clock.advance(COLLECT_MS);
    await Promise.all(collected);
    expect(bodies().flat()).toEqual(all);
  });

  it("are sent by the next one, when whoever was to send them was cut off", async () => {
    let isGone = false;
    // The first invocation is gone, and with it its timer.
    const { queue, clock, bodies } = setUp(
      "both",
      (manual) => (ms) => (isGone ? manual.sleep(ms) : new Promise(() => undefined)),
    );
    void queue.collect(message(0));
    isGone = true;
    await queue.collect(message(1));
    await clock.advance(2 * COLLECT_MS);
    expect(bodies()).toEqual([]);
    const next = queue.collect(message(2));
    await clock.advance(COLLECT_MS);
    await next;
    expect(bodies()).toEqual([messages(3)]);
  });

  it("that could not be sent are told of in the log, and the next ones are sent", async () => {
    const { queue, clock, bodies, lines, state } = setUp();
    state.isDown = true;
    const lost = messages(2).map((one) => queue.collect(one));
    await clock.advance(COLLECT_MS);
    await Promise.all(lost);
    expect(lines).toMatchObject(
      messages(2).map(({ task_id }) => ({ event: "dispatch.failed", tenant_id: "acme", task_id })),
    );
    state.isDown = false;
    const next = queue.collect(message(2));
    await clock.advance(COLLECT_MS);
    await next;
    expect(bodies()).toEqual([[message(2)]]);
  });

  it("are each sent once, whenever they come", async () => {
    for (let seed = 0; seed < 50; seed++) {
      const { queue, clock, bodies } = setUp();
      const random = seeded(seed);
      const all = messages(500);
      const collected: Promise<void>[] = [];
      for (const one of all) {
        collected.push(queue.collect(one));
        if (random() < 0.1) await clock.advance(Math.floor(random() * COLLECT_MS));
      }
      await clock.advance(2 * COLLECT_MS);
      await Promise.all(collected);
      expect(bodies().flat(), `seed ${seed}`).toEqual(all);
      expect(Math.max(...bodies().map(({ length }) => length))).toBeLessThanOrEqual(MESSAGES_AT_ONCE_MAX);
    }
  });
});

describe("a message", () => {
  it("that starts its task goes at once, and without delay", async () => {
    const { queue, sent } = setUp("queue");
    await queue.collect(message(0));
    expect(sent).toEqual([[{ body: message(0) }]]);
  });

  it("is none where a task starts by its alarm alone", async () => {
    const { queue, clock, sent } = setUp("alarm");
    await queue.collect(message(0));
    await queue.send(message(1));
    await clock.advance(COLLECT_MS);
    expect(sent).toEqual([]);
  });

  it("of whoever cannot wait goes at once", async () => {
    const { queue, sent } = setUp();
    await queue.send(message(0));
    expect(sent).toEqual([[{ body: message(0), delaySeconds: QUEUE_NET_SECONDS }]]);
  });
});

describe("the consumer", () => {
  function receive(stillAmong: RunPorts["stillAmong"]) {
    const clock = new ManualClock();
    const [kicked, acked, lines]: [string[], string[], Record<string, unknown>[]] = [[], [], []];
    const bodies = ["acme", "globex"].flatMap((tenant) => [1, 2].map((n) => ({ ...message(n), tenant })));
    const received = [...bodies, "nothing that can be read"].map((body, index) => ({
      ...{ id: `m${index}`, attempts: 1, body },
      ack: () => void acked.push(`m${index}`),
      retry: () => undefined,
    }));
    const done = consumeRuns(received, {
      ...{ clock, stillAmong, log: createLog({}, (_, line) => void lines.push(JSON.parse(line))) },
      kick: async (tenant, taskId) => void kicked.push(`${tenant} ${Number(taskId.slice(-12))}`),
    });
    return { clock, kicked, acked, lines, done };
  }

  it("wakes who is not over, by the word of each tenant's index", async () => {
    const { done, kicked, acked } = receive(async (tenant, [first = ""]) => (tenant === "acme" ? [first] : []));
    await done;
    expect(kicked.sort()).toEqual(["acme 2", "globex 1", "globex 2"]);
    expect(acked.sort()).toEqual(["m0", "m1", "m2", "m3", "m4"]);
  });

  it("is not held up by an index that hangs, whose tenant's tasks are all asked in the end", async () => {
    const { clock, done, kicked, lines } = receive((tenant, all) =>
      tenant === "acme" ? new Promise(() => undefined) : Promise.resolve(all.slice(1)),
    );
    await clock.advance(0);
    expect(kicked).toEqual(["globex 1"]);
    await clock.advance(1_000);
    await done;
    expect(kicked).toEqual(["globex 1", "acme 1", "acme 2"]);
    expect(lines).toContainEqual(expect.objectContaining({ event: "queue.index_silent", tenant_id: "acme", tasks: 2 }));
  });
});
