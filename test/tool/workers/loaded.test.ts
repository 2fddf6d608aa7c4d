/**
 * A tool that is loaded once in an isolate and one that is loaded in every call are the same tool. That a load was left out
 * shows in the time it takes: a slow one has no place in a call that is given a millisecond.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { WorkerResponse } from "../../../src/tool/contract.ts";
import { instantiate } from "../../../src/tool/workers/code-executor/binding.ts";
import { Engine } from "../../../src/tool/workers/code-executor/engine.ts";
import { callTool } from "../../../src/tool/workers/code-executor/pack-tool/call.ts";
import { findLoaded, load } from "../../../src/tool/workers/code-executor/pack-tool/loaded.ts";
import { TOOL_HOOKS } from "../../../src/tool/workers/code-executor/pack-tool/protocol.ts";
import { keepSpare, takeInstance } from "../../../src/tool/workers/code-executor/spare.ts";
import type { Image } from "../../../src/tool/workers/image.ts";
import { SPARE_BYTES_MAX, STACK_BYTES_MAX } from "../../../src/tool/workers/limits.ts";
import { builtToolParts, testPace } from "./built.ts";
import { request } from "./request.ts";

const MIB = 1024 * 1024;
const MEMORY_BYTES = 16 * MIB;
const { wasm, image } = builtToolParts();

const HOOKS = Object.values(TOOL_HOOKS);
const LIMITS = { stackBytes: STACK_BYTES_MAX, tick: () => 0, randomBytes: (into: Uint8Array) => void into.fill(7) };

/** Of one tenant, one code and one policy; what it keeps is known by its image. */
const isolate = (): Image => ({ ...image });

type Options = {
  readonly args?: Readonly<Record<string, unknown>>;
  readonly seed?: number;
  readonly timeoutMs?: number;
  readonly memoryBytes?: number;
};

function call(of: Image, bundle: string, options: Options = {}): Promise<WorkerResponse> {
  const { args = {}, seed = 7, timeoutMs = 5_000, memoryBytes = MEMORY_BYTES } = options;
  const send = async () => ({ ok: true, status: 200, headers: {}, body: "hello" }) as const;
  const randomBytes = (into: Uint8Array) => void into.fill(seed);
  const parts = { wasm, image: of, bundle, pace: testPace(), randomBytes, send };
  return callTool(request(args, { "/workspace/a.txt": "alpha" }, { timeoutMs, memoryBytes }), parts);
}

async function result(...of: Parameters<typeof call>): Promise<unknown> {
  const response = await call(...of);
  if (!response.ok) throw new Error(`${response.error.code}: ${response.error.message}`);
  return response.result;
}

const tool = (top: string, body = "return 1"): string =>
  `${top}\nvar __tool = { default: { async run(args, context) { ${body} } } };`;

/** Some ticks, of which a call has two a millisecond. */
const SLOW = "for (let n = 0; n < 1e6; n++);";
const BRIEF = { timeoutMs: 1 };
const STOPPED = { ok: false, error: { code: "TOOL_TIMEOUT" } };

/** Whether the second call of an isolate goes without the load. */
async function isLoadedOnce(top: string, body?: string): Promise<boolean> {
  const [mine, bundle] = [isolate(), tool(`${SLOW} ${top}`, body)];
  expect(await call(mine, bundle)).toMatchObject({ ok: true });
  const second = await call(mine, bundle, BRIEF);
  if (!second.ok) expect(second).toMatchObject(STOPPED);
  return second.ok;
}

/** What needs neither the host nor the clock nor a random number. */
const PURE = {
  nothing: "",
  "functions and data":
    "class A { #b = [1]; get b() { return this.#b } } const all = new Map([[new A(), Symbol.for('a')]]);",
  "expressions and text": "const words = /(a+)b/g.exec('aab'); 'x'.repeat(1000).split('').sort().join();",
  "a date of a given time": "const day = new Date(Date.UTC(2020, 1, 1)).toISOString();",
  "an error that it catches": "try { null.x } catch (error) { globalThis.stack = error.stack }",
  "all of its stack": "const f = () => f() + 1; try { f() } catch {}",
  "more than its memory": "try { 'x'.repeat(1e9) } catch {}",
  "references that may be gone": "const weak = new WeakRef({}); new FinalizationRegistry(() => 0).register({}, 1);",
  "a promise": "Promise.resolve().then(() => 1); import('nothing').catch(() => 0);",
  "a timer that it takes back": "clearTimeout(1);",
};

const IMPURE = {
  "the time": "Date.now();",
  "today's date": "new Date();",
  "local time": "new Date(0).getHours();",
  "a random number": "Math.random();",
  "the console": "console.log('loaded');",
  "a timer": "setTimeout(() => 0, 1);",
};

describe("a tool is loaded once in an isolate", () => {
  for (const [name, top] of Object.entries(PURE)) {
    it(`when its load needs ${name}`, async () => {
      expect(await isLoadedOnce(top)).toBe(true);
    });
  }

  it("whatever its calls ask for", async () => {
    const body = "console.log(1); setTimeout(() => 0, 1); return [Date.now(), new Date().getHours(), Math.random()]";
    expect(await isLoadedOnce("", body)).toBe(true);
  });

  it("when its load makes the memory grow", async () => {
    expect(await isLoadedOnce("globalThis.kept = 'x'.repeat(1.5e6);", "return kept.length")).toBe(true);
  });

  it("and again in another isolate, for other code and for another limit of memory", async () => {
    const [mine, bundle] = [isolate(), tool(SLOW)];
    await call(mine, bundle);
    expect(await call(isolate(), bundle, BRIEF)).toMatchObject(STOPPED);
    expect(await call(mine, tool(SLOW, "return 2"), BRIEF)).toMatchObject(STOPPED);
    expect(await call(mine, bundle, { ...BRIEF, memoryBytes: 8 * MIB })).toMatchObject(STOPPED);
    expect(await result(mine, bundle, BRIEF)).toBe(1);
  });

  it("by each of two calls that come first together, and by none that comes later", async () => {
    const [mine, bundle] = [isolate(), tool(`${SLOW} let n = 0;`, "return ++n")];
    expect(await Promise.all([result(mine, bundle), result(mine, bundle)])).toEqual([1, 1]);
    expect(await Promise.all([result(mine, bundle, BRIEF), result(mine, bundle, BRIEF)])).toEqual([1, 1]);
  });

  it("when the first load was stopped, by the first that comes to its end", async () => {
    const [mine, bundle] = [isolate(), tool(SLOW)];
    expect(await call(mine, bundle, BRIEF)).toMatchObject(STOPPED);
    expect(await result(mine, bundle)).toBe(1);
    expect(await result(mine, bundle, BRIEF)).toBe(1);
  });
});

describe("a tool is loaded in each call", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: 1_000 }));
  afterEach(() => void vi.useRealTimers());

  for (const [name, top] of Object.entries(IMPURE)) {
    it(`when its load needs ${name}`, async () => {
      expect(await isLoadedOnce(top)).toBe(false);
    });
  }

  it("and has its own call's time from then", async () => {
    const [mine, bundle] = [isolate(), tool("const at = Date.now();", "return at")];
    for (const now of [1_000, 2_000, 3_000]) {
      vi.setSystemTime(now);
      expect(await result(mine, bundle)).toBe(now);
    }
  });

  it("and has its own call's random numbers from then", async () => {
    const [mine, bundle] = [isolate(), tool("const drawn = Math.random();", "return drawn")];
    const [first, other, again] = await Promise.all([7, 9, 7].map((seed) => result(mine, bundle, { seed })));
    const later = [await result(mine, bundle, { seed: 9 }), await result(mine, bundle, { seed: 7 })];
    expect(later).toEqual([other, first]);
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  it("and has what it printed in each call's console", async () => {
    const [mine, bundle] = [isolate(), tool("console.log('loaded')")];
    for (const _ of [1, 2, 3]) expect(await call(mine, bundle)).toMatchObject({ ok: true, console: "loaded\n" });
  });

  it("and its timers run in each call", async () => {
    const [mine, bundle] = [
      isolate(),
      tool("const ran = new Promise((done) => setTimeout(done, 5, 'ran'))", "return ran"),
    ];
    for (const _ of [1, 2, 3]) expect(await result(mine, bundle)).toBe("ran");
  });

  it("and fails in each call when it throws", async () => {
    const mine = isolate();
    const failed = { ok: false, error: { code: "TOOL_FAILED", message: "the tool failed while it was loaded" } };
    for (const _ of [1, 2, 3]) expect(await call(mine, "throw new Error('no')")).toMatchObject(failed);
  });

  it("when what it leaves is too large to be kept", async () => {
    const bundle = tool(`${SLOW} globalThis.kept = 'x'.repeat(${SPARE_BYTES_MAX / 2});`, "return kept.length");
    const mine = isolate();
    for (const _ of [1, 2]) expect(await result(mine, bundle)).toBe(SPARE_BYTES_MAX / 2);
    expect(await call(mine, bundle, BRIEF)).toMatchObject(STOPPED);
  });
});

describe("an engine", () => {
  it("keeps no copy of a source that it has read", async () => {
    const of = { image: isolate(), memoryBytes: MEMORY_BYTES };
    const one = await takeInstance({ wasm, ...of });
    keepSpare(of.image, one);
    const source = `1 // ${" ".repeat(MIB / 8)}`;
    await Engine.resume({ wasm, ...of, hooks: HOOKS, ...LIMITS }, [], async (engine) => {
      for (let n = 0; n < 40; n++) await engine.evaluate(source, { file: "a.js", async: false });
      expect(one.heap.bytes().length).toBe(image.memoryBytes);
    });
  });

  it("is told nothing by a memory that grows, and something by one that cannot", async () => {
    const { heap, told } = await instantiate(wasm, { image, memoryBytes: MEMORY_BYTES });
    const [allocate, before] = [(bytes: number) => heap.withoutTicks(() => heap.allocate(bytes)), told()];
    expect(allocate(4 * MIB)).toBeGreaterThan(0);
    expect([heap.bytes().length > image.memoryBytes, told()]).toEqual([true, before]);
    expect(allocate(1024 * MIB)).toBe(0);
    expect(told()).toBeGreaterThan(before);
  });
});

/** Tools that leave something behind in each call, or whose load does. */
const TOOLS = {
  "keeps what it can": tool(
    "let calls = 0; const seen = []; globalThis.all = new Set(); class Counter { static n = 0 }",
    `seen.push(args.n); all.add(args.n); this.n = (this.n ?? 0) + 1; Counter.n++; Symbol.for("left"); Object.prototype.left = 1;
     return [++calls, seen, [...all], this.n, Counter.n, [].left];`,
  ),
  "breaks what it can": tool(
    "const { stringify } = JSON;",
    `const clean = [stringify({}), typeof setTimeout, typeof console.log, [1].concat([2])];
     JSON.stringify = Array.prototype.concat = globalThis.setTimeout = console.log = null; globalThis.__tool = null;
     return clean;`,
  ),
  "queues jobs while it is loaded": tool(
    "const order = []; Promise.resolve().then(() => order.push('job')); import('x').catch(() => order.push('import'));",
    "order.push('run'); await null; await new Promise((done) => setTimeout(done, 1)); return order",
  ),
  "draws in a job that its load queued": tool(
    "let drawn; Promise.resolve().then(() => { drawn = Math.random(); console.log('drawn', drawn); });",
    "await null; return drawn",
  ),
  "draws and tells the time": tool("", "return [Math.random(), Math.random(), new Date(0).toString()]"),
  "holds references that may be gone": tool(
    "const gone = []; const registry = new FinalizationRegistry((n) => gone.push(n)); const weak = [];" +
      "for (let n = 0; n < 50; n++) { const a = {}; a.self = a; registry.register(a, n); weak.push(new WeakRef(a)); }",
    `const before = weak.filter((ref) => ref.deref()).length;
     for (let n = 0; n < args.n * 1000; n++) { const a = { n }; a.self = a; }
     await new Promise((done) => setTimeout(done, 1));
     return [before, weak.filter((ref) => ref.deref()).length, gone];`,
  ),
  "says where it failed": tool("const fail = () => { throw new RangeError('deep') };", "console.log(args.n); fail();"),
  "fills its memory": tool(
    "globalThis.kept = Array.from({ length: 20000 }, (_, n) => ({ n, text: 'text ' + n }));",
    "let n = 0; const all = []; try { for (; ; n++) all.push('x'.repeat(1000) + n) } catch { all.length = 0 } return [n, kept.length]",
  ),
  "comes to the end of its stack": tool(
    "let depth = 0; const down = () => { depth++; down(); };",
    "try { down() } catch {} return depth",
  ),
  "uses files and requests": tool(
    "const asked = [];",
    "asked.push((await context.fetch('https://a.example/' + args.n)).text()); context.files.write('b.txt', asked.join()); return context.files.list()",
  ),
  "has its console written to by its load": tool(
    "console.log('loaded', Math.random())",
    "console.log('called'); return args",
  ),
  "has no run": "var __tool = { default: {} };",
  "is changed by a getter": "let n = 0; var __tool = { get default() { n++; return { run: () => n } } };",
};

describe("a call of a tool that", () => {
  for (const [name, bundle] of Object.entries(TOOLS)) {
    it(`${name} comes to the same, whether it is the first in its isolate or not`, async () => {
      const mine = isolate();
      for (const n of [1, 2, 3, 4]) {
        const given = { args: { n }, seed: n };
        const [later, first] = [await call(mine, bundle, given), await call(isolate(), bundle, given)];
        expect(JSON.stringify(later)).toBe(JSON.stringify(first));
      }
    });
  }
});

/** Comments are nothing that an engine keeps, but the copy that it reads from has them. */
const REMARK = "a remark that nobody needs twice";
const LOADS = {
  "has hardly any code": tool(`/* ${REMARK} */`),
  "makes the memory grow": tool(
    `/* ${REMARK.repeat(1000)} */ globalThis.kept = Array.from({ length: 15000 }, (_, n) => ({ n, text: "text " + n }));`,
  ),
};

describe("the image of an engine after a load that", () => {
  for (const [name, bundle] of Object.entries(LOADS)) {
    it(`${name} is that engine to the last byte, and so is the instance that waits`, async () => {
      const of = { image: isolate(), bundle, memoryBytes: MEMORY_BYTES };
      const one = await takeInstance({ wasm, ...of });
      keepSpare(of.image, one);
      const after = await Engine.resume({ wasm, ...of, hooks: HOOKS, ...LIMITS }, [() => "="], async (engine) => {
        expect(await load(engine, of)).toBe(true);
        const copy = Buffer.from(one.heap.bytes());
        await engine.evaluate("globalThis.later = 'of this call'; Math.random()", { file: "a.js", async: false });
        return copy;
      });
      const image = findLoaded(of) ?? of.image;
      expect(image === of.image).toBe(false);
      const made = await instantiate(wasm, { image, memoryBytes: MEMORY_BYTES });
      const waits = await takeInstance({ wasm, image, memoryBytes: MEMORY_BYTES });
      expect(waits === one).toBe(true);
      expect([made, waits].map(({ heap }) => Buffer.compare(after, heap.bytes()))).toEqual([0, 0]);
      expect(after.includes(REMARK)).toBe(false);
    });
  }
});
