/** RunAgent over streams that break, end early, and wait: what only a fault of the platform brings about. */
import { describe, expect, it } from "vitest";
import type { ApiDeps } from "../../src/api/index.ts";
import { RPC_RESUME_ATTEMPTS_MAX } from "../../src/api/limits.ts";
import { followAsMessages } from "../../src/api/rpc-stream.ts";
import { AppError, parseTaskId, parseTenantId, utf8 } from "../../src/platform/index.ts";
import type { TaskState, TaskStub, TaskView } from "../../src/task/index.ts";
import { accessWith } from "./access-rig.ts";
import { keyring } from "./keyring.ts";
import { hastyClock, memoryLog, roomsBehind } from "./ports.ts";
import { limiterInMemory } from "./rate-memory.ts";

const TASK = "00000000-0000-8000-8000-000000000001";
const AT = "2026-01-02T03:04:05.000Z";

const VIEW: Omit<TaskView, "state"> = {
  task_id: TASK,
  pack_id: "hello",
  pack_version: "1.0.0",
  pack_digest: "0".repeat(64),
  session_id: null,
  input: "Hello",
  output: null,
  finish_reason: null,
  error: null,
  steps_taken: 0,
  attempt: 0,
  usage: { input_tokens: 0, cache_read_tokens: 0, cache_write_tokens: 0, output_tokens: 0 },
  cost_usd: null,
  created_at: AT,
  updated_at: AT,
  started_at: null,
  finished_at: null,
  trace_id: "t",
  metadata: {},
};

const frame = (seq: number, type: string, data: object = {}): string =>
  `id: ${seq}\nevent: ${type}\ndata: ${JSON.stringify({ seq, type, at: AT, data })}\n\n`;
const text = (seq: number, value: string): string => frame(seq, "text.delta", { step: 0, text: value });

/** What one subscription does: frames, then an end, a break, or nothing more. */
type Script = { readonly frames: readonly string[]; readonly outcome: "end" | "break" | "hang" };

function platform(scripts: readonly Script[], state: TaskState) {
  const subscribed: number[] = [];
  const cancelled: number[] = [];
  const subscribe = async (after: number): Promise<ReadableStream<Uint8Array>> => {
    const index = subscribed.push(after) - 1;
    const { frames, outcome } = scripts[Math.min(index, scripts.length - 1)] ?? { frames: [], outcome: "end" };
    const left = [...frames];
    return new ReadableStream<Uint8Array>({
      pull: (controller) => {
        const next = left.shift();
        if (next !== undefined) controller.enqueue(utf8(next));
        else if (outcome === "end") controller.close();
        else if (outcome === "break") controller.error(new Error("the object was reset"));
        else return new Promise(() => undefined);
      },
      cancel: () => {
        cancelled.push(index);
      },
    });
  };
  const unused = () => Promise.reject(new Error("not asked for here"));
  const stub: TaskStub = {
    subscribe,
    follow: unused,
    ended: unused,
    view: async () => ({ ...VIEW, state }),
    create: unused,
    events: unused,
    cancel: unused,
    approval: unused,
    decide: unused,
    kick: unused,
    exportJournal: unused,
    listFiles: unused,
    readFile: unused,
  };
  const nothing = (): never => {
    throw new Error("nothing else should be reached");
  };
  const deps: ApiDeps = {
    config: {
      environment: "development",
      authMode: "dev",
      defaultTier: "tier-2",
      corsOrigins: [],
      bodyBytesMax: 1024,
      startsItself: true,
    },
    credentials: keyring().credentials,
    access: accessWith(),
    ...roomsBehind(nothing),
    tasks: () => stub,
    limiter: limiterInMemory(),
    // Only the sleeps between two subscriptions end: the timer of a call must not.
    clock: {
      now: () => 0,
      sleep: (ms, signal) => (ms < 1000 ? hastyClock().sleep(ms, signal) : new Promise(() => undefined)),
    },
    random: () => 0,
    log: memoryLog(),
    ready: async () => ({ checks: {}, database: null }),
  };
  return { deps, subscribed, cancelled };
}

function follow({ deps }: { readonly deps: ApiDeps }, signal = new AbortController().signal) {
  const [tenant, taskId] = [parseTenantId("tenant-123"), parseTaskId(TASK)];
  if (tenant === undefined || taskId === undefined) throw new TypeError("a fixture is wrong");
  return followAsMessages({ deps, log: deps.log, tenant, taskId, signal });
}

async function toEnd(given: { readonly deps: ApiDeps }): Promise<unknown[]> {
  const seen: unknown[] = [];
  try {
    for await (const { payload } of follow(given)) {
      seen.push(payload?.case === "status" ? `status ${payload.value?.state}` : payload?.value);
    }
  } catch (thrown) {
    seen.push(thrown instanceof AppError ? thrown.code : thrown);
  }
  return seen;
}

describe("following a task", () => {
  it("takes a broken stream up where it broke", async () => {
    const given = platform(
      [
        { frames: [frame(1, "task.queued"), text(2, "a")], outcome: "break" },
        { frames: [text(3, "b")], outcome: "end" },
        { frames: [frame(4, "task.done")], outcome: "end" },
      ],
      "done",
    );
    expect(await toEnd(given)).toEqual(["a", "b", "status 4"]);
    expect(given.subscribed).toEqual([0, 2, 3]);
  });

  it("does not take up a stream that told of the end before it broke", async () => {
    const given = platform(
      [
        { frames: [text(1, "a"), frame(2, "task.done")], outcome: "break" },
        { frames: [], outcome: "end" },
      ],
      "done",
    );
    expect(await toEnd(given)).toEqual(["a", "status 4"]);
    expect(given.subscribed).toEqual([0, 2]);
  });

  it("gives up on a stream that brings nothing, and names the way on", async () => {
    const given = platform([{ frames: [], outcome: "break" }], "running");
    expect(await toEnd(given)).toEqual(["UNAVAILABLE"]);
    expect(given.subscribed).toHaveLength(RPC_RESUME_ATTEMPTS_MAX + 1);
  });

  it("is as patient with a stream that breaks after each event as with the first", async () => {
    const breaks = Array.from(
      { length: 20 },
      (_, index): Script => ({ frames: [text(index + 1, "x")], outcome: "break" }),
    );
    const given = platform([...breaks, { frames: [frame(21, "task.done")], outcome: "end" }], "done");
    expect(await toEnd(given)).toHaveLength(21);
  });

  it("has the burial in its status, not the failure before it", async () => {
    const given = platform(
      [{ frames: [frame(1, "task.failed"), frame(2, "task.dead_letter")], outcome: "end" }],
      "dead_letter",
    );
    expect(await toEnd(given)).toEqual(["status 7"]);
  });

  it("ends with a task that waits for a person", async () => {
    const given = platform([{ frames: [text(1, "a"), frame(2, "task.waiting")], outcome: "hang" }], "waiting");
    expect(await toEnd(given)).toEqual(["a", "status 8"]);
    expect(given.cancelled).toEqual([0]);
  });

  it("goes past a wait that is over", async () => {
    const frames = [frame(1, "task.waiting"), text(2, "a"), frame(3, "task.done")];
    expect(await toEnd(platform([{ frames, outcome: "end" }], "done"))).toEqual(["a", "status 4"]);
  });

  it("lets go of the stream when its call ends", async () => {
    const given = platform([{ frames: [text(1, "a")], outcome: "hang" }], "running");
    const abort = new AbortController();
    const reason = new Error("deadline");
    const reading = (async () => {
      for await (const _ of follow(given, abort.signal)) queueMicrotask(() => abort.abort(reason));
    })();
    await expect(reading).rejects.toBe(reason);
    expect(given.cancelled).toEqual([0]);
  });
});
