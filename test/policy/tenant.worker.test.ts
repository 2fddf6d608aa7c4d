/** A tenant's own policy through the front door, in the real runtime: published, chosen, and in the way of its tasks. */
import { afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { Policy, PolicyList, PublishedPolicy } from "../../src/api/policy-schema.ts";
import {
  assert,
  fromBase64,
  parseTenantId,
  sha256Hex,
  systemClock,
  type TenantId,
  toBase64,
} from "../../src/platform/index.ts";
import { OWN_TIMEOUT_MS, POLICIES_KEPT_MAX } from "../../src/policy/limits.ts";
import { type Ask, accept, answerOf, ask, env, follow, type Json, publishShared, run } from "../api/gateway.ts";
import { patientClock } from "../api/ports.ts";
import { ANSWER, handMade, LOOP } from "./hand-made.ts";

const PATH = "/api/v1/policies";
const ACTIVE = `${PATH}/active`;
const { careful, standard } = inject("policies");

const SCOPED = `sandbox: { timeout: "10s", filesystem: "scoped", scoped_paths: ["/workspace"] }`;
const TOOLS = `
tools:
  available:
    - { id: "code_executor", name: "Code", ${SCOPED} }
    - { id: "file_manager", name: "Files", ${SCOPED} }
    - { id: "git", name: "Git", risk_level: "critical", ${SCOPED} }
`;
const CALLS = {
  code_executor: { language: "javascript", code: "6 * 7" },
  file_manager: { action: "list", path: "/workspace" },
  git: { action: "status" },
} as const;

let tenant: TenantId;
let tenants = 0;
beforeAll(() => publishShared("careful", { more: TOOLS }));
beforeEach(() => {
  const id = parseTenantId(`policies-${++tenants}`);
  assert(id !== undefined, "it is a tenant");
  tenant = id;
  // A busy machine is no slow policy: what ends one that loops is its fuel, and who is too slow is in tenant-engine.test.ts.
  const sleep = systemClock.sleep.bind(systemClock);
  vi.spyOn(systemClock, "sleep").mockImplementation((ms, signal) =>
    ms === OWN_TIMEOUT_MS ? patientClock.sleep(ms, signal) : sleep(ms, signal),
  );
});
afterEach(() => void vi.restoreAllMocks());

const call = (path: string, options: Ask = {}) => answerOf(ask(path, { tenant, ...options }));
const publish = (wasm: string, more: Json = {}) => call(PATH, { body: { wasm, ...more } });
const activate = (digest: unknown, more: Json = {}) => call(ACTIVE, { method: "PUT", body: { digest, ...more } });
/** Published and active from the tenant's first question on. */
async function enforce(wasm: string, more: Json = {}): Promise<void> {
  const { body } = await publish(wasm);
  expect((await activate(body.digest, more)).status).toBe(200);
}

/** The events of a task that calls one tool, up to where it ends or waits. */
async function callTool(id: keyof typeof CALLS, of: string = tenant): Promise<{ type: string; data: Json }[]> {
  const taskId = await accept(`@tool ${id} ${JSON.stringify(CALLS[id])}`, { pack: "careful", tenant: of });
  const response = await follow(taskId, { tenant: of });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) {
    text += read.value;
    if (/^event: task\.(?:waiting|done|failed)$/m.test(text) && text.endsWith("\n\n")) break;
  }
  await reader?.cancel();
  return text.split("\n\n").flatMap((frame) => {
    const [, type = "", data = ""] = /^event: (.*)\ndata: (.*)$/m.exec(frame) ?? [];
    return type === "" ? [] : [{ type, data: JSON.parse(data).data as Json }]; // an event as it is sent
  });
}
/** Of the call's result; null when it succeeded. */
function errorOf(events: Awaited<ReturnType<typeof callTool>>): unknown {
  const result = events.find(({ type }) => type === "tool.result");
  assert(result !== undefined, "the call has a result");
  return result.data.error ?? null;
}

describe("publishing", () => {
  it("keeps a policy under the digest of what was sent, once", async () => {
    const first = await publish(careful, { name: "careful" });
    expect(first.status).toBe(201);
    const policy = PublishedPolicy().parse(first.body);
    expect(policy).toMatchObject({ name: "careful", mode: null, published_by: "header", undecided: [] });
    const again = await publish(careful, { name: "renamed" });
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect(PolicyList().parse((await call(PATH)).body).items).toHaveLength(1);
    expect((await env.PACKS.head(`${tenant}/policies/${policy.digest}.wasm`))?.size).toBe(policy.bytes);
  });

  it("goes on where a crash has left it: with the module kept, and nothing that names it", async () => {
    const { body } = await publish(careful);
    const other = parseTenantId("policies-crashed");
    assert(other !== undefined, "it is a tenant");
    const key = `${other}/policies/${body.digest}.wasm`;
    await env.PACKS.put(key, fromBase64(careful) ?? "");
    expect((await call(PATH, { tenant: other })).body.items).toEqual([]);
    expect((await call(PATH, { tenant: other, body: { wasm: careful } })).status).toBe(201);
  });

  it("says which kinds of questions a policy has no answer to", async () => {
    const silent = handMade({ body: ANSWER, answer: "[]" });
    expect((await publish(toBase64(silent))).body.undecided).toEqual(["pack.use", "tool.call", "handoff"]);
  });

  it.each([
    ["is no module", btoa("no module"), /no WebAssembly module/],
    ["does not compile", toBase64(handMade({ body: [0x1a] })), /cannot be loaded: .*not enough arguments/s],
    ["loops for ever", toBase64(handMade({ body: LOOP })), /broke off/],
    [
      "needs functions that it has not",
      toBase64(handMade({ body: ANSWER, builtins: { sprintf: 0 } })),
      /compiled in: sprintf/,
    ],
    ["decides something else", toBase64(handMade({ body: ANSWER, entries: { other: 0 } })), /no entry point/],
    ["gives no decision", toBase64(handMade({ body: ANSWER, answer: '[{"result":true}]' })), /no decision/],
  ])("refuses what %s, and keeps nothing of it", async (_name, wasm, why) => {
    const { status, body } = await publish(wasm);
    expect([status, body.code, body.detail]).toEqual([422, "POLICY_INVALID", expect.stringMatching(why)]);
    expect((await call(PATH)).body.items).toEqual([]);
    expect((await env.PACKS.list({ prefix: `${tenant}/policies/` })).objects).toEqual([]);
  });

  it("refuses what is no Base64, and what is larger than a policy may be", async () => {
    for (const wasm of ["?", "A".repeat(700_000)]) {
      expect((await publish(wasm)).body.code).toBe("INVALID_REQUEST");
    }
  });

  it("keeps so many and no more: the oldest that is not active makes room", async () => {
    const object = env.POLICY.getByName(tenant);
    const facts = (n: number) => ({
      ...{ digest: n.toString(16).padStart(64, "0"), name: null, bytes: 1, publishedAt: n, publishedBy: "header" },
    });
    const keyOf = (n: number) => `${tenant}/policies/${facts(n).digest}.wasm`;
    for (let n = 1; n <= POLICIES_KEPT_MAX; n++) {
      await env.PACKS.put(keyOf(n), "");
      await object.add(tenant, facts(n));
    }
    await object.activate(tenant, { digest: facts(1).digest, mode: "log" });
    const { body } = await publish(careful);
    const { items } = PolicyList().parse((await call(PATH)).body);
    expect(items).toHaveLength(POLICIES_KEPT_MAX);
    expect(items.map(({ digest }) => digest)).toContain(facts(1).digest);
    expect(items.map(({ digest }) => digest)).not.toContain(facts(2).digest);
    expect(items[0]?.digest).toBe(body.digest);
    const left = await Promise.all([1, 2, 3].map(async (n) => (await env.PACKS.head(keyOf(n))) !== null));
    expect(left).toEqual([true, false, true]);
  });
});

describe("choosing", () => {
  it("makes one policy the active one, puts another in its place, and takes it back", async () => {
    const [first, second] = [await publish(careful), await publish(standard)];
    expect(Policy().parse((await activate(first.body.digest, { mode: "log" })).body).mode).toBe("log");
    await activate(second.body.digest);
    const modes = async () =>
      new Map(
        PolicyList()
          .parse((await call(PATH)).body)
          .items.map(({ digest, mode }) => [digest, mode]),
      );
    expect([...(await modes()).values()].toSorted()).toEqual(["enforce", null]);
    expect((await ask(ACTIVE, { tenant, method: "DELETE" })).status).toBe(204);
    expect([...(await modes()).values()]).toEqual([null, null]);
    expect((await ask(ACTIVE, { tenant, method: "DELETE" })).status).toBe(404);
  });

  it("finds no policy of another tenant", async () => {
    const { body } = await call(PATH, { tenant: "policies-owner", body: { wasm: careful } });
    expect((await activate(body.digest)).body.code).toBe("NOT_FOUND");
  });
});

describe("a task of the tenant", () => {
  it("is denied the call that the tenant's policy denies, in its words; others are not", async () => {
    await enforce(careful);
    expect(errorOf(await callTool("file_manager"))).toEqual({
      code: "TOOL_DENIED",
      message: "Our agents write no files.",
    });
    expect(errorOf(await callTool("file_manager", "policies-nobodys"))).toBeNull();
  });

  it("is denied what the tenant's policy cannot decide", async () => {
    await enforce(careful);
    expect(errorOf(await callTool("code_executor"))).toMatchObject({ code: "TOOL_DENIED" });
  });

  it("still waits for the person that the operator's policy asks, whatever its own allows", async () => {
    await enforce(careful);
    expect((await callTool("git")).at(-1)?.type).toBe("task.waiting");
  });

  it("goes on as before while the tenant's policy is on trial", async () => {
    await enforce(careful, { mode: "log" });
    expect(errorOf(await callTool("file_manager"))).toBeNull();
  });

  /** Active without having been tried, as a module that loops for some questions only would be. */
  async function smuggle(module: Uint8Array<ArrayBuffer>): Promise<string> {
    const digest = await sha256Hex(module);
    const key = `${tenant}/policies/${digest}.wasm`;
    await env.PACKS.put(key, module);
    const object = env.POLICY.getByName(tenant);
    await object.add(tenant, { digest, name: null, bytes: 1, publishedAt: 1, publishedBy: "header" });
    await object.activate(tenant, { digest, mode: "enforce" });
    return key;
  }
  const start = async () => (await answerOf(run("Hello", { pack: "careful", tenant }))).body;

  it("is not accepted, nor held up, by a policy that loops", async () => {
    await smuggle(handMade({ body: LOOP }));
    expect((await start()).code).toBe("UNAVAILABLE");
  });

  it("is not accepted while the module of its policy is gone, or is another one, and is once it is back", async () => {
    const module = handMade({ body: ANSWER });
    const key = await smuggle(module);
    await env.PACKS.delete(key);
    expect((await start()).code).toBe("UNAVAILABLE");
    await env.PACKS.put(key, handMade({ body: LOOP }));
    expect((await start()).code).toBe("UNAVAILABLE");
    await env.PACKS.put(key, module);
    expect((await start()).status).toBe("queued");
  });
});
