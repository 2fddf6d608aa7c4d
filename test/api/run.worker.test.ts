/** Running, reading, listing, cancelling and replaying through REST, in the real runtime. */
import { beforeAll, describe, expect, it } from "vitest";
import { Accepted, Finished, ReplayAccepted, Status, Task, TaskList } from "../../src/api/schema.ts";
import { createExternalPolicy, logOnly } from "../../src/policy/index.ts";
import {
  accept,
  answerOf,
  ask,
  env,
  finished,
  follow,
  framesOf,
  newKey,
  publishShared,
  run,
  TENANT,
  typeOf,
  workerWith,
} from "./gateway.ts";

const write = (content: string): string =>
  `@tool file_manager {"action":"write","path":"/workspace/a.txt","content":"${content}"}`;
const TOOLS = `
tools:
  available:
    - { id: "file_manager", name: "File Manager", sandbox: { timeout: "10s", filesystem: "scoped", scoped_paths: ["/workspace"] } }
`;

beforeAll(async () => {
  await publishShared("tester", { more: TOOLS });
  await publishShared("brief", { more: "guardrails: { input: { max_length: 10 } }" });
});

describe("running an agent", () => {
  it("accepts a task and says where it is", async () => {
    const response = await run("Write a Python function");
    const body = Accepted().parse(await response.clone().json());
    expect(response.status).toBe(202);
    expect(body).toMatchObject({ status: "queued", pack_id: "tester" });
    expect(response.headers.get("location")).toBe(`/api/v1/tasks/${body.task_id}`);
    expect(response.headers.get("retry-after")).toBe("1");
    expect(response.headers.get("idempotent-replayed")).toBeNull();
  });

  it("runs it to done, and the task tells the whole story", async () => {
    const input = "Héllo 😀 \u202e e\u0301";
    const key = newKey();
    const headers = { "x-request-id": "trace-run-1" };
    const more = { session_id: "session-1", metadata: { origin: "test" } };
    const task = Task().parse(await finished(await accept(input, { key, headers, more })));
    expect(task).toMatchObject({
      state: "done",
      pack_id: "tester",
      pack_version: "1.0.0",
      input,
      session_id: "session-1",
      metadata: { origin: "test" },
      trace_id: "trace-run-1",
      error: null,
      finish_reason: "stop",
      attempt: 0,
    });
    expect(task.output).toContain("offline");
    expect(task.finished_at).not.toBeNull();
  });

  it("answers the state alone at the plan's address", async () => {
    const taskId = await accept("Hello");
    await finished(taskId);
    const { status, body } = await answerOf(ask(`/api/v1/agents/status/${taskId}`));
    expect(status).toBe(200);
    expect(Status().parse(body)).toEqual({ task_id: taskId, state: "done", pack_id: "tester", pack_version: "1.0.0" });
    expect(Object.keys(body)).toHaveLength(4);
  });

  it("waits for the end when asked to", async () => {
    const response = await run("Hello", { headers: { prefer: "wait=20" } });
    expect(response.status).toBe(200);
    expect(response.headers.get("preference-applied")).toBe("wait=20");
    expect(Finished().parse(await response.json())).toMatchObject({ state: "done", status: "done" });
  });

  it("answers one who waits no later for a task that has ended already, and with all that it has", async () => {
    const key = newKey();
    const taskId = await accept("Hello", { key });
    await finished(taskId);
    const response = await run("Hello", { key, headers: { prefer: "wait=30" } });
    expect([response.status, response.headers.get("idempotent-replayed")]).toEqual([200, "true"]);
    const task = await (await ask(`/api/v1/tasks/${taskId}`)).json<object>();
    expect(await response.json()).toEqual({ ...task, status: "done" });
  });

  it("tells the run queue, and does not wait for that with its answer", async () => {
    const told: string[] = [];
    const via = workerWith(() => ({
      dispatch: ({ taskId }) => {
        told.push(taskId);
        return new Promise(() => undefined);
      },
    }));
    const taskId = await accept("Hello", { via });
    expect(told).toEqual([taskId]);
    expect(await finished(taskId)).toMatchObject({ state: "done" });
  });

  it("accepts the task though the queue could not be told: its alarm starts it", async () => {
    const via = workerWith(() => ({ dispatch: () => Promise.reject(new Error("the queue is down")) }));
    expect((await run("Hello", { via })).status).toBe(202);
  });

  it("refuses an input over the pack's limit", async () => {
    const { status, body } = await answerOf(run("eleven long", { pack: "brief" }));
    expect([status, body.code]).toEqual([400, "INPUT_TOO_LONG"]);
    expect((await run("ten chars.", { pack: "brief" })).status).toBe(202);
  });

  for (const [asks, more, tier] of [
    ["the pack's own tier when the request names none", {}, "tier-3"],
    ["the request's tier before the pack's", { tier: "tier-1" }, "tier-1"],
  ] as const) {
    it(`runs on ${asks}`, async () => {
      await publishShared("thrifty", { more: "model: { tier: tier-3 }" });
      const taskId = await accept("Hello", { pack: "thrifty", more });
      const journal = await env.TASK.getByName(`${TENANT}/${taskId}`).exportJournal(0);
      expect(journal?.request.tier).toBe(tier);
    });
  }

  it("refuses a tier that the tenant may not use, the default tier included", async () => {
    const via = workerWith(({ router }) => ({
      router: { modelOf: (tier) => router.modelOf(tier), isAllowed: (_tenant, tier) => tier === "tier-3" },
    }));
    const refused = await answerOf(run("Hello", { via, more: { tier: "tier-1" } }));
    expect([refused.status, refused.body.code]).toEqual([403, "MODEL_NOT_ALLOWED"]);
    expect((await run("Hello", { via })).status).toBe(403);
    expect((await run("Hello", { via, more: { tier: "tier-3" } })).status).toBe(202);
  });

  /** A Worker whose policy is a server that answers so; null: it cannot be reached. */
  const underPolicy = (effect: "allow" | "ask" | "deny" | null, asked: unknown[] = [], isOnTrial = false) =>
    workerWith(({ clock, log }) => {
      const engine = createExternalPolicy({
        ...{ url: "https://opa.example", clock, log },
        fetch: async (_, init) => {
          asked.push(JSON.parse(String(init?.body)).input);
          if (effect === null) throw new TypeError("connection refused");
          const reasons = [{ rule: "mine", message: "Not for this tenant." }];
          return Response.json({ result: { effect, reasons, obligations: [] } });
        },
      });
      return { policy: { engine: isOnTrial ? logOnly(engine) : engine, region: "eu" } };
    });

  it("refuses a pack that the policy keeps from the tenant, in the policy's words", async () => {
    const asked: unknown[] = [];
    for (const effect of ["deny", "ask"] as const) {
      const { status, body } = await answerOf(run("Hello", { via: underPolicy(effect, asked) }));
      expect([status, body.code, body.detail]).toEqual([403, "FORBIDDEN", "Not for this tenant."]);
    }
    expect(asked[0]).toMatchObject({ action: "pack.use", tenant: TENANT, pack: { id: "tester" }, region: "eu" });
    expect((await run("Hello", { via: underPolicy("allow") })).status).toBe(202);
    expect((await run("Hello", { via: underPolicy("deny", [], true) })).status).toBe(202);
  });

  it("answers 503 while the policy cannot be asked, and gives an accepted task to its key all the same", async () => {
    const key = newKey();
    const away = underPolicy(null);
    expect((await answerOf(run("Hello", { key, via: away }))).body.code).toBe("UNAVAILABLE");
    const accepted = await answerOf(run("Hello", { key }));
    const again = await answerOf(run("Hello", { key, via: away }));
    expect([again.status, again.body.task_id]).toEqual([202, accepted.body.task_id]);
  });

  it("knows no pack and no version that was not published", async () => {
    for (const options of [{ pack: "no-such-pack" }, { more: { version: "9.9.9" } }]) {
      const { status, body } = await answerOf(run("Hello", options));
      expect([status, body.code]).toEqual([404, "PACK_NOT_FOUND"]);
    }
  });

  it("says which pack was meant, and which version there is", async () => {
    const told = async (options: Parameters<typeof run>[1]) => (await answerOf(run("Hello", options))).body.detail;
    expect(await told({ pack: "testr" })).toBe('There is no pack testr. Did you mean "tester"?');
    expect(await told({ more: { version: "9.9.9" } })).toMatch(
      /There is no pack tester 9\.9\.9\. The newest version is \d/,
    );
  });
});

describe("an idempotency key", () => {
  it("gives fifty parallel requests one task", async () => {
    const key = newKey();
    const answers = await Promise.all(Array.from({ length: 50 }, () => run("Hello", { key })));
    const ids = await Promise.all(answers.map(async (answer) => (await answer.json<{ task_id: string }>()).task_id));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 202));
    expect(new Set(ids).size).toBe(1);
    const replayed = answers.filter((answer) => answer.headers.get("idempotent-replayed") === "true");
    expect(replayed).toHaveLength(49);
    const [id] = ids;
    const started = (await framesOf(follow(id ?? ""))).filter((frame) => typeOf(frame) === "task.queued");
    expect(started).toHaveLength(1);
  });

  it("gives the same answer again, after the task has ended too", async () => {
    const key = newKey();
    const first = await answerOf(run("Hello", { key }));
    await finished(String(first.body.task_id));
    const again = await run("Hello", { key });
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect({ status: again.status, body: await again.json() }).toEqual(first);
  });

  const others: [string, Parameters<typeof run>[1] & { input?: string }][] = [
    ["input", { input: "Goodbye" }],
    ["pack", { pack: "brief" }],
    ["session", { more: { session_id: "s" } }],
    ["metadata", { more: { metadata: { a: "1" } } }],
    ["version", { more: { version: "1.0.0" } }],
    ["tier", { more: { tier: "tier-1" } }],
  ];
  it.each(others)("refuses another %s", async (_name, { input, ...options }) => {
    const key = newKey();
    await accept("Hello", { key });
    const { status, body } = await answerOf(run(input ?? "Hello", { key, ...options }));
    expect([status, body.code]).toEqual([422, "IDEMPOTENCY_KEY_REUSED"]);
  });

  it("may come under either name, or both when they agree", async () => {
    const key = newKey();
    const id = await accept("Hello", { key });
    const draft = await answerOf(
      ask("/api/v1/agents/tester/run", { body: { input: "Hello" }, headers: { "idempotency-key": key } }),
    );
    expect(draft.body.task_id).toBe(id);
    const both = await answerOf(run("Hello", { key, headers: { "idempotency-key": key } }));
    expect(both.body.task_id).toBe(id);
  });

  it("belongs to its tenant", async () => {
    const key = newKey();
    const mine = await accept("Hello", { key });
    expect(await accept("Hello", { key, tenant: "tenant-456" })).not.toBe(mine);
  });

  it("is not used up by a request that was refused", async () => {
    const key = newKey();
    expect((await run("Hello", { key, pack: "no-such-pack" })).status).toBe(404);
    expect((await run("Hello", { key })).status).toBe(202);
  });

  it("finds its task though the pack is gone and the tier no longer allowed", async () => {
    const key = newKey();
    const id = await accept("Hello", { key });
    const gone = workerWith(({ registry }) => ({ registry: { ...registry, resolve: async () => null } }));
    const barred = workerWith(() => ({ router: { isAllowed: () => false, modelOf: () => "none" } }));
    for (const via of [gone, barred]) {
      const again = await run("Hello", { key, via });
      expect([again.status, again.headers.get("idempotent-replayed")]).toEqual([202, "true"]);
      expect(await again.json()).toMatchObject({ task_id: id });
      expect((await run("Goodbye", { key, via })).status).toBe(422);
      expect((await run("Hello", { via })).status).toBeGreaterThanOrEqual(403);
    }
  });
});

describe("reading tasks", () => {
  it("finds no task of another tenant", async () => {
    const taskId = await accept("Hello");
    const paths: [string, string][] = [
      ["GET", `/api/v1/tasks/${taskId}`],
      ["GET", `/api/v1/agents/status/${taskId}`],
      ["GET", `/api/v1/tasks/${taskId}/events`],
      ["HEAD", `/api/v1/tasks/${taskId}/events`],
      ["POST", `/api/v1/tasks/${taskId}/cancel`],
      ["POST", `/api/v1/tasks/${taskId}/replay`],
    ];
    for (const [method, path] of paths) {
      const response = await ask(path, { method, tenant: "tenant-456", key: newKey() });
      expect(response.status, path).toBe(404);
      if (method !== "HEAD") expect(await response.json(), path).toMatchObject({ code: "TASK_NOT_FOUND" });
    }
    expect((await finished(taskId)).state).toBe("done");
  });

  it("lists the tenant's tasks, newest first, page by page", async () => {
    const tenant = "tenant-list";
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.push(await accept(`Hello ${n}`, { tenant }));
    const seen: string[] = [];
    let path: string | null = "/api/v1/tasks?limit=2";
    while (path !== null) {
      const response = await ask(path, { tenant });
      const page = TaskList().parse(await response.json());
      seen.push(...page.items.map(({ task_id }) => task_id));
      expect(page.items.length).toBeLessThanOrEqual(2);
      const link = /^<([^>]+)>; rel="next"$/.exec(response.headers.get("link") ?? "")?.[1] ?? null;
      expect(link !== null).toBe(page.next_cursor !== null);
      path = link;
    }
    expect(seen.toSorted()).toEqual(ids.toSorted());
    expect(seen).toHaveLength(5);
  });

  it("lists by state and by pack", async () => {
    const tenant = "tenant-filter";
    const done = await accept("Hello", { tenant });
    const brief = await accept("Hello", { tenant, pack: "brief" });
    await Promise.all([finished(done, { tenant }), finished(brief, { tenant })]);
    const idsOf = async (query: string) => {
      const { body } = await answerOf(ask(`/api/v1/tasks?${query}`, { tenant }));
      return TaskList()
        .parse(body)
        .items.map(({ task_id }) => task_id);
    };
    expect(await idsOf("pack_id=brief")).toEqual([brief]);
    expect(await idsOf("state=cancelled")).toEqual([]);
  });

  it("has an empty list for a tenant that ran nothing", async () => {
    const { status, body } = await answerOf(ask("/api/v1/tasks", { tenant: "tenant-nobody" }));
    expect([status, body]).toEqual([200, { items: [], next_cursor: null }]);
  });
});

describe("cancelling", () => {
  it("ends a running task, and says so again when asked again", async () => {
    const taskId = await accept("@sleep 60s");
    for (let time = 0; time < 2; time++) {
      const { status, body } = await answerOf(ask(`/api/v1/tasks/${taskId}/cancel`, { method: "POST" }));
      expect([status, body]).toEqual([202, { task_id: taskId, state: "cancelled" }]);
    }
    expect((await framesOf(follow(taskId))).map(typeOf).at(-1)).toBe("task.cancelled");
    expect((await finished(taskId)).state).toBe("cancelled");
  });

  it("comes too late for a task that is done", async () => {
    const taskId = await accept("Hello");
    await finished(taskId);
    const { status, body } = await answerOf(ask(`/api/v1/tasks/${taskId}/cancel`, { method: "POST" }));
    expect([status, body.code]).toEqual([409, "ALREADY_TERMINAL"]);
  });
});

describe("replaying", () => {
  const INPUT = ["a", "b", "c"].map(write).join("\n");
  const replay = (taskId: string, body: object, options: { key?: string } = {}) =>
    ask(`/api/v1/tasks/${taskId}/replay`, { key: newKey(), ...options, body });

  it("makes a new task from a step on, and repeats neither for the same key", async () => {
    const source = await accept(INPUT);
    await finished(source);
    const key = newKey();
    const response = await replay(source, { from_step: 2 }, { key });
    const accepted = ReplayAccepted().parse(await response.json());
    expect(response.status).toBe(202);
    expect(accepted).toMatchObject({ replay_of: source, pack_id: "tester" });
    expect(accepted.task_id).not.toBe(source);
    expect(Task().parse(await finished(accepted.task_id))).toMatchObject({
      state: "done",
      replay_of: source,
      input: INPUT,
    });
    const again = await replay(source, { from_step: 2 }, { key });
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(await again.json()).toMatchObject({ task_id: accepted.task_id });
    expect((await replay(source, { from_step: 1 }, { key })).status).toBe(422);
    expect((await run(INPUT, { key })).status).toBe(422);
  });

  it("needs a key", async () => {
    const source = await accept("Hello");
    const { status, body } = await answerOf(ask(`/api/v1/tasks/${source}/replay`, { body: {} }));
    expect([status, body.code]).toEqual([400, "MISSING_IDEMPOTENCY_KEY"]);
  });

  it("starts at a step the task has", async () => {
    const source = await accept("Hello");
    await finished(source);
    const { status, body } = await answerOf(replay(source, { from_step: 7 }));
    expect([status, body.code]).toEqual([400, "INVALID_REQUEST"]);
    expect(body.errors).toEqual([expect.objectContaining({ pointer: "/from_step" })]);
  });

  it("takes the version it is asked for, if there is one", async () => {
    const source = await accept("Hello");
    await finished(source);
    const { status, body } = await answerOf(replay(source, { version: "9.9.9" }));
    expect([status, body.code]).toEqual([404, "PACK_NOT_FOUND"]);
  });

  it("takes no body for a replay from the start", async () => {
    const source = await accept("Hello");
    await finished(source);
    const { status } = await answerOf(ask(`/api/v1/tasks/${source}/replay`, { method: "POST", key: newKey() }));
    expect(status).toBe(202);
  });
});
