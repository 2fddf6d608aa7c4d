/** Approvals over REST: from the first question to the last refusal, with keys of several people. */
import { beforeAll, describe, expect, it } from "vitest";
import type { Role } from "../../src/api/access.ts";
import { Approval, ApprovalList } from "../../src/api/approval-schema.ts";
import { WAIT_POLL_MS, WAIT_POLLS_MAX } from "../../src/api/limits.ts";
import { answerOf, ask, env, framesOf, type Json, manifest, newKey, workerWith } from "./gateway.ts";
import { askAs, makeKey, makeTenant } from "./guarded.ts";

const PACK = "asks";
const FOUR_EYES = "four-eyes";
const BRIEF = "brief";
const tools =
  'tools: { available: [{ id: "file_manager", name: "File Manager", requires_approval: true, sandbox: { filesystem: "scoped", scoped_paths: ["/workspace"] } }] }';
const ARGUMENTS = { action: "write", path: "/workspace/a.txt", content: "kept" };
const INPUT = `@tool file_manager ${JSON.stringify(ARGUMENTS)}`;

let tenant: string;
let requester: string;
let approver: string;
let viewer: string;

beforeAll(async () => {
  tenant = await makeTenant("asking");
  const keyOf = async (...roles: readonly Role[]): Promise<string> => (await makeKey(tenant, roles)).key;
  [requester, approver, viewer] = await Promise.all([keyOf("admin"), keyOf("approver"), keyOf("viewer")]);
  for (const [pack, more] of [
    [PACK, tools],
    [BRIEF, `${tools}\nguardrails: { behavioral: { approval_ttl: 1ms } }`],
    [FOUR_EYES, `${tools}\nguardrails: { behavioral: { four_eyes: true } }`],
  ] as const) {
    const files = { [`${pack}/profession-pack.yaml`]: manifest(pack, { more }) };
    expect((await askAs(requester, "/api/v1/packs", { body: { pack, files } })).status).toBe(201);
  }
});

const eventsOf = (taskId: string): Promise<string[]> =>
  framesOf(askAs(requester, `/api/v1/tasks/${taskId}/events?limit=1000`, { headers: { accept: "application/json" } }));

/** A task of the requester's that waits. */
async function waiting(pack = PACK): Promise<{ readonly taskId: string; readonly id: string }> {
  const path = `/api/v1/agents/${pack}/run`;
  const { body } = await answerOf(askAs(requester, path, { key: newKey(), body: { input: INPUT } }));
  const taskId = String(body.task_id);
  for (;;) {
    const status = await answerOf(askAs(requester, `/api/v1/agents/status/${taskId}`));
    if (status.body.state === "waiting") return { taskId, id: `${taskId}.1` };
    await scheduler.wait(1);
  }
}

const read = async (id: string) => Approval().parse((await answerOf(askAs(viewer, `/api/v1/approvals/${id}`))).body);
const decide = (credential: string, id: string, body: Json) =>
  answerOf(askAs(credential, `/api/v1/approvals/${id}/decision`, { body }));
const endOf = async (taskId: string): Promise<Json> => {
  for (;;) {
    const { body } = await answerOf(askAs(requester, `/api/v1/tasks/${taskId}`));
    if (body.state === "done") return body;
    await scheduler.wait(1);
  }
};

describe("an approval", () => {
  it("is read with the whole of what it is for, and by whoever may read", async () => {
    const { taskId, id } = await waiting();
    const approval = await read(id);
    expect(approval).toMatchObject({ approval_id: id, task_id: taskId, state: "pending", arguments: ARGUMENTS });
    expect(approval.requested_by).toMatch(/^key:/);
  });

  it("is given by an approver, and the task comes to its end", async () => {
    const { taskId, id } = await waiting();
    const { args_hash } = await read(id);
    const decided = await decide(approver, id, { decision: "approve", args_hash, reason: "fine" });
    expect(decided.status).toBe(200);
    expect(Approval().parse(decided.body)).toMatchObject({
      state: "decided",
      decision: "approve",
      decision_reason: "fine",
    });
    await endOf(taskId);
    const page = JSON.parse((await eventsOf(taskId)).join("")) as { events: { type: string; data: Json }[] };
    const results = page.events.filter(({ type }) => type === "tool.result");
    expect(results.map(({ data }) => data.success)).toEqual([true]);
    expect((await read(id)).used_at).not.toBeNull();
  });

  it("is listed while it is pending, for whoever may read, and then among what is decided", async () => {
    const { id } = await waiting();
    const listed = async (state: string) =>
      ApprovalList()
        .parse((await answerOf(askAs(viewer, `/api/v1/approvals${state}`))).body)
        .items.map(({ approval_id }) => approval_id);
    while (!(await listed("")).includes(id)) await scheduler.wait(1);
    const { args_hash } = await read(id);
    expect((await decide(approver, id, { decision: "reject", args_hash })).status).toBe(200);
    while (!(await listed("?state=decided")).includes(id)) await scheduler.wait(1);
    expect(await listed("?state=pending")).not.toContain(id);
    expect(await listed("?state=all")).toContain(id);
  });

  it("is listed in pages, each with the way to the next", async () => {
    for (let at = 0; at < 3; at++) await waiting();
    const first = await answerOf(askAs(viewer, "/api/v1/approvals?state=all&limit=2"));
    const cursor = String(first.body.next_cursor);
    const second = await answerOf(askAs(viewer, `/api/v1/approvals?state=all&limit=2&cursor=${cursor}`));
    const [a, b] = [ApprovalList().parse(first.body).items, ApprovalList().parse(second.body).items];
    expect(a).toHaveLength(2);
    expect(b.map(({ approval_id }) => approval_id)).not.toContain(a[0]?.approval_id);
    expect((await askAs(viewer, "/api/v1/approvals?cursor=nonsense")).status).toBe(400);
  });

  it("is listed while the database is away: nothing of the list is asked of it", async () => {
    const away = workerWith(() => ({ index: () => ({ list: () => Promise.reject(new Error("away")) }) }));
    expect((await ask("/api/v1/approvals", { via: away })).status).toBe(200);
  });
});

describe("a decision is refused", () => {
  it("to whoever has no say, in the words of every other route", async () => {
    const { id } = await waiting();
    const { args_hash } = await read(id);
    expect(await decide(viewer, id, { decision: "approve", args_hash })).toMatchObject({
      status: 403,
      body: { code: "FORBIDDEN" },
    });
  });

  it("under four eyes to whoever started the task, and taken from another", async () => {
    const { id } = await waiting(FOUR_EYES);
    const { args_hash } = await read(id);
    const body = { decision: "approve", args_hash };
    expect(await decide(requester, id, body)).toMatchObject({ status: 409, body: { code: "APPROVAL_SELF" } });
    expect((await decide(approver, id, body)).status).toBe(200);
  });

  it("for other arguments, for another kind, a second time, and once it was used: each by its code", async () => {
    const { taskId, id } = await waiting();
    const { args_hash } = await read(id);
    const codeOf = async (body: Json): Promise<string> => {
      const { status, body: problem } = await decide(approver, id, body);
      return `${status} ${problem.code}`;
    };
    expect(await decide(approver, id, { decision: "approve" })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: "/args_hash", message: expect.stringMatching(/^is missing/) }] },
    });
    expect(await codeOf({ decision: "approve", args_hash: "0".repeat(64) })).toBe("409 APPROVAL_ARGS_CHANGED");
    expect(await codeOf({ decision: "retry" })).toBe("409 DECISION_INVALID");
    expect((await decide(approver, id, { decision: "approve", args_hash })).status).toBe(200);
    expect(await codeOf({ decision: "reject", args_hash })).toMatch(/^409 APPROVAL_(?:ALREADY_DECIDED|USED)$/);
    await endOf(taskId);
    expect(await codeOf({ decision: "approve", args_hash })).toBe("409 APPROVAL_USED");
  });

  it("after its time with APPROVAL_EXPIRED, and the task goes on without the call", async () => {
    const path = `/api/v1/agents/${BRIEF}/run`;
    const { body } = await answerOf(askAs(requester, path, { key: newKey(), body: { input: INPUT } }));
    const id = `${body.task_id}.1`;
    await endOf(String(body.task_id));
    const { args_hash, state } = await read(id);
    expect(state).toBe("expired");
    expect(await decide(approver, id, { decision: "approve", args_hash })).toMatchObject({
      status: 409,
      body: { code: "APPROVAL_EXPIRED" },
    });
  });

  it("on a cancelled task with ALREADY_TERMINAL", async () => {
    const { taskId, id } = await waiting();
    const { args_hash } = await read(id);
    expect((await askAs(requester, `/api/v1/tasks/${taskId}/cancel`, { method: "POST" })).status).toBe(202);
    expect(await decide(approver, id, { decision: "approve", args_hash })).toMatchObject({
      status: 409,
      body: { code: "ALREADY_TERMINAL" },
    });
    expect((await read(id)).state).toBe("withdrawn");
  });

  const BODIES: readonly (readonly [string, Json, string])[] = [
    ["without the hash of what was shown", { decision: "approve" }, "/args_hash"],
    ["with a hash that is none", { decision: "reject", args_hash: "abc" }, "/args_hash"],
    ["with a word that is no decision", { decision: "maybe" }, "/decision"],
    ["with a result of what has not happened", { decision: "did_not_happen", result: 1 }, "/result"],
    ["with a result that is too long", { decision: "happened", result: "x".repeat(300_000) }, "/result"],
    ["with a reason that is too long", { decision: "retry", reason: "x".repeat(2_001) }, "/reason"],
    ["with a member that is not known", { decision: "retry", force: true }, "/force"],
  ];
  it.each(BODIES)("%s, and the problem points there", async (_name, body, pointer) => {
    const { id } = await waiting();
    const { status, body: problem } = await decide(approver, id, body);
    expect([status, problem.code]).toEqual([400, "INVALID_REQUEST"]);
    expect(problem.errors).toMatchObject([{ pointer }]);
  });

  const FORGED = ["x", "x.1", ".1", "00000000-0000-8000-8000-000000000000.0", "00000000-0000-8000-8000-000000000000.1"];
  it.each([...FORGED, "00000000-0000-8000-8000-000000000000.-1"])("for the forged id %s with 404", async (id) => {
    expect(await decide(approver, id, { decision: "retry" })).toMatchObject({
      status: 404,
      body: { code: "NOT_FOUND" },
    });
    expect(await answerOf(askAs(viewer, `/api/v1/approvals/${id}`))).toMatchObject({
      status: 404,
      body: { code: "NOT_FOUND", message: "There is no such approval." },
    });
  });
});

describe("a replay", () => {
  it("asks anew: an approval is for one task", async () => {
    const { taskId, id } = await waiting();
    const { args_hash } = await read(id);
    await decide(approver, id, { decision: "approve", args_hash });
    await endOf(taskId);
    const path = `/api/v1/tasks/${taskId}/replay`;
    const { body } = await answerOf(askAs(requester, path, { key: newKey(), body: {} }));
    const replayed = `${body.task_id}.1`;
    while ((await askAs(viewer, `/api/v1/approvals/${replayed}`)).status !== 200) await scheduler.wait(1);
    expect(await read(replayed)).toMatchObject({ state: "pending", args_hash });
  });
});

describe("a stream of a task that waits", () => {
  /** Looks at a waiting task come at once; nothing else is hurried. */
  const hurried = (look: () => Promise<void>) =>
    workerWith(({ clock }) => ({
      clock: {
        now: () => clock.now(),
        sleep: async (ms, signal) => {
          if (ms !== WAIT_POLL_MS) return clock.sleep(ms, signal);
          await look();
        },
      },
    }));

  it("holds no stream of the object, shows life, and has the bytes of an undisturbed one after the decision", async () => {
    const { taskId, id } = await waiting();
    const object = env.TASK.getByName(`${tenant}/${taskId}`);
    // The object itself ends its streams: there is nothing that could keep it in memory.
    const own = await new Response((await object.subscribe(0)) as ReadableStream).text();
    expect(own).toMatch(/event: approval.requested\n.*\n\nid: \d+\nevent: task.waiting\n.*\n\n$/);
    const polled = Promise.withResolvers<void>();
    const decided = Promise.withResolvers<void>();
    const via = hurried(() => {
      polled.resolve();
      return decided.promise;
    });
    const path = `/api/v1/tasks/${taskId}/events`;
    const text = ask(path, { via, tenant }).then((response) => response.text());
    await polled.promise;
    const { args_hash } = await read(id);
    await decide(approver, id, { decision: "approve", args_hash });
    decided.resolve();
    const whole = (await text).replaceAll(": ping\n\n", "");
    await endOf(taskId);
    expect(whole).toBe(await (await ask(path, { tenant })).text());
    expect(whole.startsWith(own)).toBe(true);
    expect(whole).toContain("event: task.done");
  });

  it("ends by itself when nobody decides, and is resumed by reconnecting", async () => {
    const { taskId, id } = await waiting();
    let looks = 0;
    const via = hurried(async () => {
      looks += 1;
    });
    const path = `/api/v1/tasks/${taskId}/events`;
    const text = await (await ask(path, { via, tenant })).text();
    expect(looks).toBe(WAIT_POLLS_MAX);
    expect(text).toContain(": ping\n\n");
    const last = [...text.matchAll(/^id: (\d+)$/gm)].at(-1)?.[1] ?? "";
    const { args_hash } = await read(id);
    await decide(approver, id, { decision: "reject", args_hash });
    const rest = await (await ask(path, { via, tenant, headers: { "last-event-id": last } })).text();
    expect(rest).toMatch(/^(?:: ping\n\n)?id: \d+\nevent: approval.decided\n/);
    expect(rest).toContain("event: task.done");
  });

  it("is no reason to wait for `Prefer: wait`: a person may take days", async () => {
    const body = { input: INPUT };
    const headers = { prefer: "wait=30" };
    const run = await answerOf(askAs(requester, `/api/v1/agents/${PACK}/run`, { key: newKey(), body, headers }));
    expect(run).toMatchObject({ status: 202, body: { status: "queued" } });
  });
});
