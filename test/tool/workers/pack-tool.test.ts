/** A pack's own tool in the real engine: what it is given, what becomes of what it returns, and what stops it. */
import { describe, expect, it } from "vitest";
import type { WorkerRequest } from "../../../src/tool/contract.ts";
import { callTool, type Parts } from "../../../src/tool/workers/code-executor/pack-tool/call.ts";
import { FETCHES_PENDING_MAX, OUTPUT_BYTES_MAX } from "../../../src/tool/workers/limits.ts";
import { builtToolParts, testPace } from "./built.ts";
import { request } from "./request.ts";

const FILES = { "/workspace/a.txt": "alpha", "/workspace/d/b.txt": "beta" };
const answer = (body: string, status = 200) => ({ ok: true, status, headers: { "x-a": "1" }, body }) as const;

type Options = Partial<WorkerRequest> & { readonly args?: object } & Partial<Pick<Parts, "send" | "randomBytes">>;

/** Ends within its budget whatever the code: the test clock moves a little at each look. */
async function call(body: string, { args = {}, send = async () => answer("hello"), ...more }: Options = {}) {
  const bundle = `var __tool = (() => ({ default: { async run(args, context) { ${body} } } }))();`;
  return callBundle(bundle, { args, send, ...more });
}

function callBundle(
  bundle: string,
  { args = {}, send = async () => answer(""), randomBytes = (into) => void into.fill(7), ...more }: Options = {},
) {
  const parts = { ...builtToolParts(), bundle, pace: testPace(0.1), send, randomBytes };
  return callTool(request({ ...args }, FILES, more), parts);
}

async function result(body: string, options: Options = {}) {
  const response = await call(body, options);
  if (!response.ok) throw new Error(`${response.error.code}: ${response.error.message}`);
  return response.result;
}

describe("a pack's tool", () => {
  it("is given its arguments, its key and its trace, and its result comes back", async () => {
    const { key, traceparent } = request({});
    expect(await result("return [args.n + 1, context.key, context.traceparent]", { args: { n: 1 } })).toEqual([
      2,
      key,
      traceparent,
    ]);
  });

  it("has nothing for a result when it returns nothing", async () => {
    expect(await result("")).toBeNull();
  });

  it("reads, lists, writes and removes files, and its changes are staged", async () => {
    const body = `
      const { files } = context;
      const before = [files.read("a.txt"), files.list(), files.exists("nope"), files.exists("/workspace/d")];
      files.write("out/c.txt", "gamma");
      files.remove("/workspace/d");
      return [...before, files.list()];`;
    const response = await call(body);
    expect(response).toMatchObject({
      ok: true,
      result: ["alpha", ["a.txt", "d/"], false, true, ["a.txt", "out/"]],
      changes: [
        { kind: "delete", path: "/workspace/d/b.txt" },
        { kind: "put", path: "/workspace/out/c.txt", text: "gamma" },
      ],
    });
  });

  it("waits for timers and promises", async () => {
    expect(
      await result(
        "return new Promise((done) => setTimeout(() => done(await0()), 20)); function await0() { return 7 }",
      ),
    ).toBe(7);
  });

  it("has its console kept beside its result, and beside its error", async () => {
    expect(await call("console.log('a', { b: 1 }); console.error('c')")).toMatchObject({ console: "a { b: 1 }\nc\n" });
    expect(await call("console.log('before'); throw new Error('x')")).toMatchObject({
      ok: false,
      console: expect.stringMatching(/^before\n/),
    });
  });

  it("has only so much console", async () => {
    const response = await call("for (let n = 0; n < 3000; n++) console.log('x'.repeat(100))");
    expect(response.console?.length).toBeLessThan(OUTPUT_BYTES_MAX + 100);
    expect(response.console).toMatch(/\[truncated/);
  });

  it("finds nothing of its host: no way out, no engine hooks, no state of an earlier call", async () => {
    const body = `
      const found = Object.getOwnPropertyNames(globalThis).filter((name) => name.startsWith("__") && name !== "__tool");
      const names = ["process", "require", "fetch", "WebAssembly", "Deno", "caches", "navigator"];
      const here = names.filter((name) => name in globalThis);
      const before = globalThis.left;
      globalThis.left = 1;
      return [found, here, before ?? null];`;
    expect([await result(body), await result(body)]).toEqual([
      [[], [], null],
      [[], [], null],
    ]);
  });
});

describe("two calls of a tool", () => {
  it("have random numbers of their own", async () => {
    const draw = (seed: number) => result("return Math.random()", { randomBytes: (into) => void into.fill(seed) });
    const [first, second, again] = [await draw(1), await draw(2), await draw(1)];
    expect(second).not.toBe(first);
    expect(again).toBe(first);
  });

  it("share nothing that one of them broke, neither afterwards nor at the same time", async () => {
    const body = `
      const seen = [globalThis.left ?? null, JSON.stringify({}), typeof setTimeout, typeof console.log, [].concat([1])];
      globalThis.left = 1;
      setTimeout(() => {}, 1e9);
      JSON.stringify = Array.prototype.concat = globalThis.setTimeout = console.log = null;
      return seen;`;
    const clean = [null, "{}", "function", "function", [1]];
    expect(await Promise.all([result(body), result(body)])).toEqual([clean, clean]);
    expect(await result(body)).toEqual(clean);
  });
});

describe("a request of a tool", () => {
  it("goes out as it was made, and its answer comes back", async () => {
    const seen: unknown[] = [];
    const send: Parts["send"] = async (outbound) => {
      seen.push(outbound);
      return answer('{"n": 1}', 201);
    };
    const body = `
      const response = await context.fetch("https://api.example/x", { method: "POST", headers: { "X-B": "2" }, body: "hi" });
      return [response.status, response.ok, response.headers["x-a"], response.text(), response.json()];`;
    expect(await result(body, { send })).toEqual([201, true, "1", '{"n": 1}', { n: 1 }]);
    expect(seen).toEqual([{ url: "https://api.example/x", method: "POST", headers: { "X-B": "2" }, body: "hi" }]);
  });

  it("that is refused is an error with its code, which the tool may catch", async () => {
    const send: Parts["send"] = async () => ({ ok: false, code: "EGRESS_DENIED", message: "not on the list" });
    expect(await result("return context.fetch('https://b.example').catch((e) => e.code)", { send })).toBe(
      "EGRESS_DENIED",
    );
    expect(await call("return (await context.fetch('https://b.example')).status", { send })).toMatchObject({
      error: { code: "EGRESS_DENIED", message: expect.stringMatching(/not on the list/) },
    });
  });

  it("may be one of several at once, answered in any order", async () => {
    const held = Promise.withResolvers<void>();
    const send: Parts["send"] = async ({ url }) => {
      if (url.endsWith("1")) await held.promise;
      else held.resolve();
      return answer(url);
    };
    const body = "return Promise.all(['1', '2'].map(async (n) => (await context.fetch(n)).text()))";
    expect(await result(body, { send })).toEqual(["1", "2"]);
  });

  it("is one of so many at most", async () => {
    const body = `
      const all = Array.from({ length: ${FETCHES_PENDING_MAX + 1} }, () => context.fetch("u"));
      return (await Promise.allSettled(all)).filter(({ status }) => status === "rejected").length;`;
    expect(await result(body)).toBe(1);
  });
});

const FAILURES = [
  ["an error of its own", "throw new Error('mine')", "TOOL_FAILED", /^Error: mine$/],
  [
    "a failure by its code",
    "throw Object.assign(new Error('no'), { name: 'ToolFailure', code: 'TOOL_ARGUMENTS' })",
    "TOOL_ARGUMENTS",
    /^no$/,
  ],
  [
    "a code that only the host may give",
    "throw Object.assign(new Error('no'), { name: 'ToolFailure', code: 'TOOL_DENIED' })",
    "TOOL_FAILED",
    /^no$/,
  ],
  ["something that is no error", "throw 'text'", "TOOL_FAILED", /Uncaught "text"/],
  ["what the engine throws when its memory is full", "throw null", "TOOL_LIMIT", /null.* memory is full/],
  ["a path out of scope", "context.files.read('/etc/passwd')", "PATH_DENIED", /outside of what this tool may use/],
  ["a path with a NUL", "context.files.write('z\\0.txt', 'a')", "TOOL_FAILED", /EINVAL: a path holds no NUL/],
  [
    "a file over the quota",
    "for (const n of [1, 2]) context.files.write('z' + n, 'x'.repeat(6e6))",
    "TOOL_LIMIT",
    /EFBIG/,
  ],
  ["a result that JSON cannot say", "return () => 1", "TOOL_FAILED", /nothing that JSON can say/],
  ["a result with a cycle", "const a = {}; a.a = a; return a", "TOOL_FAILED", /circular/],
  ["a promise that never comes back", "return new Promise(() => {})", "TOOL_FAILED", /never came back/],
  ["an endless loop", "for (;;) {}", "TOOL_TIMEOUT", /longer than 10 ms/],
  ["an endless loop of promises", "for (;;) await 1", "TOOL_TIMEOUT", /longer than/],
  ["endless timers", "return new Promise(() => { setInterval(() => {}, 1) })", "TOOL_TIMEOUT", /longer than/],
  ["a catastrophic regular expression", "return /^(a+)+$/.test('a'.repeat(40) + 'b')", "TOOL_TIMEOUT", /longer than/],
  ["a loop in the engine's own code", "return new Array(4294967295).indexOf(1)", "TOOL_TIMEOUT", /longer than/],
  ["an answer that never comes", "return context.fetch('u')", "TOOL_TIMEOUT", /longer than/],
  ["a heap bomb", "const a = []; for (;;) a.push(new Array(1000).fill(7))", "TOOL_LIMIT", /memory/],
  [
    "a heap bomb of small pieces",
    "const m = new Map(); for (let n = 0; ; n++) m.set('k' + n, { n })",
    "TOOL_LIMIT",
    /memory/,
  ],
  [
    "a heap bomb that is kept",
    "globalThis.m = new Map(); for (let n = 0; ; n++) m.set('k' + n, { n })",
    "TOOL_LIMIT",
    /memory/,
  ],
  ["deep recursion", "function f() { return f() + 1 } return f()", "TOOL_LIMIT", /stack overflow/],
] as const;

describe("a tool that fails", () => {
  for (const [name, body, code, message] of FAILURES) {
    it(`by ${name} is ${code}, with nothing staged`, async () => {
      const send: Parts["send"] = () => new Promise(() => undefined);
      const response = await call(`context.files.write("left.txt", "x"); ${body}`, {
        send,
        timeoutMs: code === "TOOL_TIMEOUT" ? 10 : 1_000,
      });
      expect(response).toMatchObject({ ok: false, error: { code, message: expect.stringMatching(message) } });
      expect(response).not.toHaveProperty("changes");
    });
  }

  it("is not said to have been stopped, and one that its engine ended is", async () => {
    expect(await call("throw new Error('no')")).not.toHaveProperty("wasStopped");
    expect(await call("return new Promise(() => {})")).toMatchObject({ ok: false, wasStopped: true });
    const full = "globalThis.m = null; for (;;) globalThis.m = { next: globalThis.m }";
    const outOfMemory = { code: "TOOL_LIMIT", message: "out of memory" };
    expect(await call(full)).toMatchObject({ ok: false, wasStopped: true, error: outOfMemory });
  });

  for (const [name, bundle] of [
    ["throws", "throw new Error('no')"],
    ["is no script", "const = 1"],
  ] as const) {
    it(`while it is loaded, because it ${name}, is TOOL_FAILED`, async () => {
      expect(await callBundle(bundle)).toMatchObject({ ok: false, error: { code: "TOOL_FAILED" } });
    });
  }

  for (const [name, bundle] of [
    ["nothing", ""],
    ["no tool", "var __tool = { default: 7 };"],
    ["a tool without run", "var __tool = { default: {} };"],
  ] as const) {
    it(`because its file exports ${name} says so`, async () => {
      expect(await callBundle(bundle)).toMatchObject({ error: { message: expect.stringMatching(/no run function/) } });
    });
  }

  it("stays what it first came to, whatever it does afterwards", async () => {
    expect(await result("const then = Promise.prototype.then; Promise.prototype.then = () => 0; return 1")).toBe(1);
    expect(await result("JSON.stringify = () => '2'; return 1")).toBe(1);
  });

  it("may use no files when its policy gives it none", async () => {
    const none = { access: "none", scopes: [] } as const;
    expect(await call("context.files.read('a.txt')", none)).toMatchObject({ error: { code: "PATH_DENIED" } });
  });
});
