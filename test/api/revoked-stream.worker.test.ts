/** Streams that were open when their key was revoked: over within 60 s, whatever the task does. */
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { beforeAll, describe, expect, it } from "vitest";
import { READMIT_EVERY_MS } from "../../src/api/limits.ts";
import { AgentService } from "../../src/gen/proto/vasini/agent/v1/agent_pb.js";
import type { CancelSignal, Clock } from "../../src/platform/index.ts";
import { type Fetch, newKey, ORIGIN, publishShared } from "./gateway.ts";
import { askAs, asOperator, guarded, type MadeKey, makeKey, makeTenant } from "./guarded.ts";

const REVOCATION_MS_MAX = 60_000;
/** Longer than any of these tests may take. */
const LONG = "@say first\n@sleep 10m";

let tenant = "";
beforeAll(async () => {
  await publishShared("tester");
  tenant = await makeTenant("streamer");
});

type Elsewhere = {
  readonly via: Fetch;
  /** The time is over: whoever is about to ask for its credential again does. */
  readonly pass: () => void;
  readonly made: MadeKey;
};

/** A key, and an isolate that is not the one that revokes it. Of its sleeps only those end that such a stream is about. */
async function elsewhere(): Promise<Elsewhere> {
  let ahead = 0;
  let isPast = Promise.withResolvers<void>();
  const ends = (ms: number): Promise<void> =>
    ms === READMIT_EVERY_MS ? isPast.promise : Promise.withResolvers<void>().promise;
  const clock: Clock = {
    now: () => Date.now() + ahead,
    sleep: (ms, signal) => Promise.race([ends(ms), rejectionOf(signal)]),
  };
  const pass = () => {
    ahead = REVOCATION_MS_MAX;
    isPast.resolve();
    isPast = Promise.withResolvers();
  };
  return { via: guarded({ clock }), pass, made: await makeKey(tenant, ["operator"]) };
}

const rejectionOf = (signal: CancelSignal | undefined): Promise<never> =>
  new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { once: true }));

const revoke = (id: string): Promise<Response> => asOperator(`/api/v1/keys/${id}`, { method: "DELETE" });

async function startTask({ via, made }: Elsewhere): Promise<string> {
  const run = await askAs(made.key, "/api/v1/agents/tester/run", { via, key: newKey(), body: { input: LONG } });
  return (await run.json<{ task_id: string }>()).task_id;
}

const stateOf = async (taskId: string): Promise<string> => {
  const { key } = await makeKey(tenant, ["operator"]);
  const task = await (await askAs(key, `/api/v1/tasks/${taskId}`)).json<{ state: string }>();
  await askAs(key, `/api/v1/tasks/${taskId}/cancel`, { method: "POST" });
  return task.state;
};

describe("a key that is revoked while", () => {
  it("its event stream is open ends the stream, and not the task", async () => {
    const one = await elsewhere();
    const taskId = await startTask(one);
    const stream = await askAs(one.made.key, `/api/v1/tasks/${taskId}/events`, { via: one.via });
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
    let seen = "";
    while (!seen.includes("first")) seen += (await reader?.read())?.value ?? "";
    await revoke(one.made.id);
    one.pass();
    for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) seen += read.value;
    expect(seen).not.toMatch(/event: task\.(?:done|failed|cancelled)/);
    const again = await askAs(one.made.key, `/api/v1/tasks/${taskId}/events`, { via: one.via });
    expect(again.status).toBe(401);
    expect(await stateOf(taskId)).toBe("running");
  });

  it("RunAgent streams ends the call as Unauthenticated, and not the task", async () => {
    const one = await elsewhere();
    const client = createClient(
      AgentService,
      createConnectTransport({
        baseUrl: ORIGIN,
        fetch: ((input: RequestInfo, init?: RequestInit) => {
          // The browser client sets members of fetch that only browsers have.
          const { method, headers, body, signal } = init ?? {};
          const request = new Request(String(input), { method, headers, body, signal } as RequestInit);
          request.headers.set("authorization", `Bearer ${one.made.key}`);
          return one.via(request);
        }) as typeof fetch,
      }),
    );
    let taskId = "";
    const onHeader = (headers: Headers): void => {
      taskId = headers.get("task_id") ?? "";
    };
    const message = { packId: "tester", input: LONG, idempotencyKey: newKey() };
    const follow = async (): Promise<void> => {
      for await (const { payload } of client.runAgent(message, { onHeader })) {
        if (payload.case !== "textChunk") continue;
        await revoke(one.made.id);
        one.pass();
      }
    };
    const ended = await follow().catch((thrown: unknown) => thrown);
    expect(ended instanceof ConnectError && ended.code).toBe(Code.Unauthenticated);
    expect(await stateOf(taskId)).toBe("running");
  });
});

describe("a key that is revoked while an MCP client waits for its tool", () => {
  it("ends the answer, and not the task", async () => {
    const one = await elsewhere();
    const idempotency_key = newKey();
    const body = {
      ...{ jsonrpc: "2.0", id: 1, method: "tools/call" },
      params: { name: "tester", arguments: { input: LONG, idempotency_key } },
    };
    const headers = { accept: "application/json, text/event-stream" };
    const answer = askAs(one.made.key, "/mcp", { via: one.via, body, headers });
    // The same request as a run is the same task: it tells when it is under way.
    const again = { via: one.via, key: idempotency_key, body: { input: LONG } };
    const stream = await answer;
    const run = await askAs(one.made.key, "/api/v1/agents/tester/run", again);
    const { task_id } = await run.json<{ task_id: string }>();
    await revoke(one.made.id);
    one.pass();
    expect(await stream.text()).not.toContain('"result"');
    expect(["queued", "running"]).toContain(await stateOf(task_id));
  });
});

describe("a key that stays good", () => {
  it("has its stream to the task's end, in the bytes of any other reader", async () => {
    const one = await elsewhere();
    const input = { input: "Hello" };
    const run = await askAs(one.made.key, "/api/v1/agents/tester/run", { via: one.via, key: newKey(), body: input });
    const { task_id } = await run.json<{ task_id: string }>();
    const read = (via: Fetch) => askAs(one.made.key, `/api/v1/tasks/${task_id}/events`, { via });
    const open = await read(one.via);
    one.pass();
    const frames = async (response: Response) =>
      (await response.text()).split("\n\n").filter((frame) => !frame.startsWith(":"));
    const seen = await frames(open);
    expect(seen.join()).toContain("task.done");
    expect(seen).toEqual(await frames(await read(guarded())));
  });
});
