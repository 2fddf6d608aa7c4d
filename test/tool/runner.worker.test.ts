/** Tool calls as a task's object makes them, in the real runtime: real entrypoint, real loader, real isolates. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Bindings } from "../../src/bindings.ts";
import { createLog, systemClock } from "../../src/platform/index.ts";
import { type Engine, keepEngine, loadEngine } from "../../src/tool/engine.ts";
import {
  collectTools,
  compileCatalog,
  createToolHost,
  type RunnerCall,
  type RunnerStub,
  type ToolCallRequest,
  type ToolRunnerProps,
} from "../../src/tool/index.ts";
import { askIsolate, type IsolateBindings } from "../../src/tool/isolate.ts";
import { ANSWER_PIECE_BYTES } from "../../src/tool/limits.ts";
import { gatedRunner, runnerFor } from "./call-tool.ts";
import { composeConfig, SCOPED, tool, tools, WITH_SKILL } from "./samples.ts";

const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const TENANT = "tenant-123";

type Setup = { readonly sandbox?: string; readonly blocks?: readonly string[] };

async function hostFor({ sandbox = SCOPED, blocks = [] }: Setup = {}) {
  const available = tools([tool("code_executor", sandbox), tool("file_manager", sandbox)]);
  const config = await composeConfig(available, ...blocks);
  const lines: Record<string, unknown>[] = [];
  const log = createLog({}, (_, line) => void lines.push(JSON.parse(line)));
  const had = collectTools(config);
  const host = createToolHost({ tools: had, catalog: compileCatalog(had), runnerFor, clock: systemClock, log });
  return { host, lines };
}

const callOf = (more: Partial<ToolCallRequest>): ToolCallRequest => ({
  tenant: TENANT,
  taskId: "task-1",
  toolId: "code_executor",
  arguments: {},
  key: "key-1",
  files: () => [],
  traceparent: TRACEPARENT,
  ...more,
});

async function run(more: Partial<ToolCallRequest>, setup?: Setup) {
  const { host, lines } = await hostFor(setup);
  const outcome = await host.execute(callOf(more), new AbortController().signal);
  host.close();
  return { ...outcome, result: JSON.parse(outcome.resultJson), lines };
}
const js = (code: string, more: Partial<ToolCallRequest> = {}, setup?: Setup) =>
  run({ arguments: { language: "javascript", code }, ...more }, setup);

describe("a call", () => {
  it("runs code in an isolate and gives its result", async () => {
    const outcome = await js("console.log('hello'); 6 * 7");
    expect(outcome).toMatchObject({
      success: true,
      result: { stdout: "hello\n", stderr: "", exit_code: 0, value: 42 },
      error: null,
      changes: [],
    });
    expect(outcome.durationMs).toBeGreaterThanOrEqual(0);
  });

  it("runs TypeScript", async () => {
    const code = "const n: number = 2; enum E { A = 1 }; n + E.A";
    expect((await run({ arguments: { language: "typescript", code } })).result.value).toBe(3);
  });

  it("carries the trace and the key into the isolate", async () => {
    const { result } = await js("[process.env.TRACEPARENT, process.env.IDEMPOTENCY_KEY]");
    expect(result.value).toEqual([TRACEPARENT, "key-1"]);
  });

  it("works on files through the file manager", async () => {
    const files = () => [{ path: "/workspace/a.txt", text: "one two" }];
    const edit = { action: "edit", path: "/workspace/a.txt", old: "two", new: "2" };
    expect(await run({ toolId: "file_manager", arguments: edit, files })).toMatchObject({
      success: true,
      changes: [{ kind: "put", path: "/workspace/a.txt", text: "one 2" }],
    });
  });

  it("reads a skill without an isolate", async () => {
    const { result } = await run({ toolId: "skill", arguments: { id: "review" } }, { blocks: [WITH_SKILL] });
    expect(result).toMatch(/^# Review\n\nRead everything twice\./);
  });

  it("is logged with tool, tenant, task, trace, outcome and duration, and without content", async () => {
    const { lines } = await js("'secret of the user'");
    expect(lines).toEqual([
      {
        level: "info",
        event: "tool.called",
        tenant_id: TENANT,
        task_id: "task-1",
        trace_id: "0af7651916cd43dd8448eb211c80319c",
        tool_id: "code_executor",
        tool_name: "Name of code_executor",
        calls: 1,
        failed: 0,
        duration_ms: expect.any(Number),
        duration_max_ms: expect.any(Number),
        result_bytes: expect.any(Number),
        files_changed: 0,
        egress_requests: 0,
        egress_denied: 0,
      },
    ]);
    expect(JSON.stringify(lines)).not.toContain("secret");
  });
});

describe("a call that fails", () => {
  for (const [name, request, code] of [
    ["an unknown tool", { toolId: "nope" }, "TOOL_UNKNOWN"],
    ["a skill the pack does not have", { toolId: "skill", arguments: { id: "nope" } }, "TOOL_ARGUMENTS"],
    ["a missing file", { toolId: "file_manager", arguments: { action: "read", path: "/workspace/x" } }, "TOOL_FAILED"],
    ["a path out of scope", { toolId: "file_manager", arguments: { action: "read", path: "/etc/x" } }, "PATH_DENIED"],
    ["a language that is not there", { arguments: { language: "ruby", code: "1" } }, "TOOL_ARGUMENTS"],
  ] as const) {
    it(`by ${name} is ${code}, with nothing staged`, async () => {
      const outcome = await run(request, { blocks: [WITH_SKILL] });
      expect(outcome).toMatchObject({ success: false, resultJson: "null", error: { code }, changes: [] });
      const { toolId = "code_executor" } = request as Partial<ToolCallRequest>;
      expect(outcome.lines).toMatchObject([
        { event: "tool.failed", tool_id: toolId, error_code: code },
        { event: "tool.called", tool_id: toolId, calls: 1, failed: 1 },
      ]);
    });
  }

  it("does not run a tool that needs approval, even when the catalogue was not asked", async () => {
    const config = await composeConfig(tools([tool("code_executor", "", "requires_approval: true")]));
    const had = collectTools(config);
    const host = createToolHost({
      tools: had,
      catalog: compileCatalog(had),
      runnerFor,
      clock: systemClock,
      log: createLog({}, () => undefined),
    });
    const request = callOf({ arguments: { language: "javascript", code: "1" } });
    expect(await host.execute(request, new AbortController().signal)).toMatchObject({ error: { code: "TOOL_DENIED" } });
  });

  it("does not run a tool with network: full without the operator's switch, even when the catalogue was not asked", async () => {
    expect(await js("1", {}, { sandbox: 'network: "full"' })).toMatchObject({ error: { code: "TOOL_DENIED" } });
  });

  it("is an exit code when only the program failed", async () => {
    expect(await js("throw new Error('mine')")).toMatchObject({
      success: true,
      result: { exit_code: 1, stderr: expect.stringMatching(/^Error: mine/) },
    });
  });
});

describe("files", () => {
  const files = () => [
    { path: "/workspace/a.txt", text: "mine" },
    { path: "/data/b.txt", text: "other" },
  ];

  it("outside of the scopes are not even shown to the isolate", async () => {
    const code = "const fs = require('fs'); [fs.existsSync('/workspace/a.txt'), fs.existsSync('/data/b.txt')]";
    expect((await js(code, { files })).result.value).toEqual([true, false]);
  });

  it("may all be read and none written when the filesystem is read_only", async () => {
    const code = "const fs = require('fs'); fs.readFileSync('/data/b.txt', 'utf8') + fs.readFileSync('a.txt', 'utf8')";
    const setup = { sandbox: 'filesystem: "read_only"' };
    expect((await js(code, { files }, setup)).result.value).toBe("othermine");
    const write = await js("require('fs').writeFileSync('a.txt', '')", { files }, setup);
    expect(write).toMatchObject({ result: { exit_code: 1 }, changes: [] });
  });

  it("are none when the filesystem is none", async () => {
    const setup = { sandbox: 'filesystem: "none"' };
    expect((await js("require('fs').readFileSync('a.txt')", { files }, setup)).result.stderr).toMatch(/EACCES/);
  });

  it("are staged, not written: another call sees what its own request holds", async () => {
    expect((await js("require('fs').writeFileSync('new.txt', '1')")).changes).toEqual([
      { kind: "put", path: "/workspace/new.txt", text: "1" },
    ]);
    expect((await js("require('fs').existsSync('new.txt')")).result.value).toBe(false);
  });
});

describe("what a worker of ours answers", () => {
  for (const [name, text, status] of [
    ["in the head of its response when it is short", "short", 204],
    ["in a body when it is long", "x".repeat(10_000), 200],
    ["in a body when it has other letters", "\u00e9", 200],
  ] as const) {
    it(`is ${name}, to a call in a head and to one in a body alike`, async () => {
      const files = [{ path: "/workspace/a.txt", text }];
      const request = {
        ...{ arguments: { action: "read", path: "/workspace/a.txt" }, files, access: "read", scopes: ["/workspace"] },
        ...{
          timeoutMs: 10_000,
          memoryBytes: 0,
          quota: { fileBytes: 1e6, totalBytes: 1e6, files: 10 },
          key: "k",
          traceparent: TRACEPARENT,
        },
      };
      const json = JSON.stringify(request).replace("\u00e9", "\\u00e9");
      const call: RunnerCall = {
        engine: "file-manager",
        policyDigest: "answers",
        timeoutMs: 10_000,
        cpuMs: 1_000,
        requestJson: json,
      };
      for (const init of [{ headers: { call: json } }, { method: "POST", body: json }]) {
        const answered = await askIsolate(env as unknown as IsolateBindings, TENANT, call, async (entrypoint) => {
          const response = await entrypoint.fetch("http://tool/", init);
          expect(response.status).toBe(status);
          return response.headers.get("answer") ?? response.text();
        });
        expect(answered).toMatchObject({ kind: "answer", json: expect.stringContaining(text) });
      }
    });
  }
});

/** A worker in the place of an engine, to see from inside what becomes of one: its timers and its state. */
const PROBE = `
import { WorkerEntrypoint } from "cloudflare:workers";
let beats = 0;
let calls = 0;
let crumbs = 0;
let heard = 0;
const nap = () => new Promise((done) => setTimeout(done, 5));
export default class extends WorkerEntrypoint {
  async fetch(request) {
    const head = request.headers.get("call");
    const json = head ?? (await request.text());
    const [mode, count] = String(JSON.parse(json).mode).split(" ");
    switch (mode) {
      case "way": return new Response(request.method + " " + (head === null ? "body" : "head") + " " + json.length);
      case "leave": void this.run('{"mode":"beat"}'); return new Response(null, { status: 204, headers: { answer: "left" } });
      case "refuse": void this.run('{"mode":"beat"}'); return new Response(new ReadableStream(), { status: 500 });
      case "listen": request.signal.addEventListener("abort", () => heard++); return new Response(await this.run('{"mode":"beat"}'));
      case "crumbs": return new Response(new ReadableStream({
        pull: (body) => { if (crumbs++ < Number(count)) body.enqueue(Uint8Array.of(120)); else body.close(); },
      }));
    }
    return new Response(await this.run(json));
  }
  async run(json) {
    const { mode, arguments: args } = JSON.parse(json);
    // Called by a host rather than by the test itself: answers in the host's words.
    if (args) return JSON.stringify({ ok: true, result: await this.run(JSON.stringify(args)), changes: [] });
    calls++;
    switch (mode) {
      case "beat": for (;;) { beats++; await nap(); }
      case "started": while (beats === 0) await nap(); return "";
      case "watch": { const before = beats; for (let n = 0; n < 20; n++) await nap(); return String(beats - before); }
      case "calls": return String(calls);
      case "heard": return String(heard);
    }
  }
}`;

const usingProbe = () => {
  let real: Engine;
  beforeAll(async () => {
    real = await loadEngine((env as unknown as Bindings).ASSETS, "file-manager"); // the bindings of wrangler.toml
    keepEngine("file-manager", { digest: "probe", mainModule: "index.js", modules: { "index.js": { js: PROBE } } });
  });
  afterAll(() => keepEngine("file-manager", real));
};

const RUNNERS: Readonly<Record<string, (props: ToolRunnerProps) => RunnerStub>> = {
  "the runner of a call that reaches nothing": (props) => runnerFor(props, false),
  ToolRunner: gatedRunner,
};

describe.each(Object.entries(RUNNERS))("%s", (runner, stubOf) => {
  usingProbe();

  type Options = { readonly tenant?: string; readonly cancelled?: () => Promise<void> } & Partial<RunnerCall>;
  /** As the host calls it: the call back is settled once the answer is there. */
  async function probe(mode: string, { tenant = TENANT, cancelled, ...more }: Options = {}) {
    const over = Promise.withResolvers<void>();
    const call: RunnerCall = {
      engine: "file-manager",
      timeoutMs: 20_000,
      cpuMs: 1_000,
      requestJson: JSON.stringify({ mode }),
      ...more,
      // Each has isolates of its own here.
      policyDigest: `${runner}/${more.policyDigest}`,
    };
    const stub = stubOf({ tenant, taskId: "task-1", toolId: "file_manager" });
    try {
      return await stub.run(call, cancelled ?? (() => over.promise));
    } finally {
      over.resolve();
    }
  }
  const answer = (json: string) => ({ kind: "answer", json });

  it("stops the isolate at the time limit: its timers beat no more", async () => {
    expect(await probe("beat", { timeoutMs: 60, policyDigest: "late" })).toEqual({ kind: "timeout" });
    await probe("watch", { policyDigest: "late" }); // the end of an invocation reaches the isolate a moment later
    expect(await probe("watch", { policyDigest: "late" })).toEqual(answer("0"));
  });

  it("stops the isolate when the caller gives up: its timers beat no more", async () => {
    const gone = Promise.withResolvers<void>();
    const beating = probe("beat", { policyDigest: "gone", cancelled: () => gone.promise });
    await probe("started", { policyDigest: "gone" });
    gone.resolve();
    expect(await beating).toEqual({ kind: "cancelled" });
    await probe("watch", { policyDigest: "gone" });
    expect(await probe("watch", { policyDigest: "gone" })).toEqual(answer("0"));
  });

  it("stops the isolate when the object that made the call dies: its timers beat no more", async () => {
    const object = (env as unknown as Bindings).TOOL_GATE.getByName(`dies beside ${runner}`);
    const death = runInDurableObject(object, async (_object, state) => {
      const beating = probe("beat", { policyDigest: "orphan" });
      await probe("started", { policyDigest: "orphan" });
      state.abort("dies");
      await beating;
    });
    expect(await death.catch(String)).toMatch(/dies/);
    await probe("watch", { policyDigest: "orphan" });
    expect(await probe("watch", { policyDigest: "orphan" })).toEqual(answer("0"));
  });

  it("lets an isolate beat while it is wanted, so the silence above means something", async () => {
    const gone = Promise.withResolvers<void>();
    const beating = probe("beat", { policyDigest: "alive", cancelled: () => gone.promise });
    await probe("started", { policyDigest: "alive" });
    expect(await probe("watch", { policyDigest: "alive" })).not.toEqual(answer("0"));
    gone.resolve();
    await beating;
  });

  it("shares an isolate between calls of one tenant, code and policy", async () => {
    const first = { policyDigest: "shared" };
    expect([await probe("calls", first), await probe("calls", first)]).toEqual([answer("1"), answer("2")]);
  });

  for (const [name, other] of [
    ["two tenants", { tenant: "tenant-456", policyDigest: "apart" }],
    ["two policies", { policyDigest: "apart-2" }],
  ] as const) {
    it(`never shares an isolate between ${name}`, async () => {
      await probe("calls", { policyDigest: "apart" });
      expect(await probe("calls", other)).toEqual(answer("1"));
    });
  }

  // What follows is said of requests.
  if (stubOf === gatedRunner) return;

  it("stops the isolate behind an answer that nobody reads: its timers beat no more", async () => {
    expect(await probe("refuse", { policyDigest: "unread" })).toEqual({ kind: "failed" });
    await probe("watch", { policyDigest: "unread" });
    expect(await probe("watch", { policyDigest: "unread" })).toEqual(answer("0"));
  });

  it("stops an isolate that has answered in the head of its response and goes on: its timers beat no more", async () => {
    expect(await probe("leave", { policyDigest: "left" })).toEqual(answer("left"));
    await probe("watch", { policyDigest: "left" });
    expect(await probe("watch", { policyDigest: "left" })).toEqual(answer("0"));
  });

  const LONGEST = 8_192;
  const padded = (length: number, filler = "x") => {
    const bare = JSON.stringify({ mode: "way", filler: "" }).length;
    return JSON.stringify({ mode: "way", filler: filler.repeat(length - bare) });
  };
  for (const [name, requestJson, way] of [
    ["short one in the head of its request", padded(100), "GET head 100"],
    ["longest of these", padded(LONGEST), `GET head ${LONGEST}`],
    ["longer one in a body", padded(LONGEST + 1), `POST body ${LONGEST + 1}`],
    ["one with other letters than a head has", padded(100, "\u00e9"), "POST body 100"],
    ["one with what a head must not have", padded(100, "\u007f"), "POST body 100"],
  ] as const) {
    it(`sends a call: the ${name}`, async () => {
      expect(await probe("", { requestJson, policyDigest: "way" })).toEqual(answer(way));
    });
  }

  it("tells the isolate that its call is taken back, so that it can let go of an engine that waits", async () => {
    const gone = Promise.withResolvers<void>();
    const listening = probe("listen", { policyDigest: "told", cancelled: () => gone.promise });
    await probe("started", { policyDigest: "told" });
    gone.resolve();
    expect(await listening).toEqual({ kind: "cancelled" });
    await probe("watch", { policyDigest: "told" });
    expect(await probe("heard", { policyDigest: "told" })).toEqual(answer("1"));
    expect(await probe("watch", { policyDigest: "told" })).toEqual(answer("0"));
  });

  it.each([2_000, ANSWER_PIECE_BYTES, 2 * ANSWER_PIECE_BYTES + 1])(
    "reads an answer that comes in %d single bytes by the piece, and all of it",
    async (bytes) => {
      const decode = vi.spyOn(TextDecoder.prototype, "decode");
      try {
        expect(await probe(`crumbs ${bytes}`, { policyDigest: `crumbs ${bytes}` })).toEqual(answer("x".repeat(bytes)));
        expect(decode.mock.calls.length).toBeLessThan(8);
      } finally {
        decode.mockRestore();
      }
    },
  );
});

describe("a call whose signal aborts", () => {
  usingProbe();

  it("rejects with the signal's reason, and its isolate stops", async () => {
    const { host } = await hostFor({ sandbox: `timeout: "1m", ${SCOPED}` });
    const aborter = new AbortController();
    const reason = new Error("cancelled by the user");
    const probe = (mode: string, signal: AbortSignal) =>
      host.execute(callOf({ toolId: "file_manager", arguments: { mode } }), signal);
    const beating = probe("beat", aborter.signal).catch((thrown: unknown) => thrown);
    const { signal } = new AbortController();
    await probe("started", signal);
    aborter.abort(reason);
    expect(await beating).toBe(reason);
    await probe("watch", signal);
    expect(await probe("watch", signal)).toMatchObject({ success: true, resultJson: '"0"' });
  });

  it("stops a program in the middle of its loop", async () => {
    const { host } = await hostFor({ sandbox: `timeout: "1m", ${SCOPED}` });
    const aborter = new AbortController();
    const endless = callOf({ arguments: { language: "javascript", code: "for (;;) {}" } });
    const call = host.execute(endless, aborter.signal).catch((thrown: unknown) => thrown);
    expect(await js("1")).toMatchObject({ success: true });
    aborter.abort("enough");
    expect(await call).toBe("enough");
  });

  it("does not start when it is aborted already", async () => {
    const { host, lines } = await hostFor();
    const thrown = await host.execute(callOf({}), AbortSignal.abort("early")).catch((reason: unknown) => reason);
    expect(thrown).toBe("early");
    expect(lines).toEqual([]);
  });
});
