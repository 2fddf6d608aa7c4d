/** Programs in the real engine: what they can do, how they end, and what stops them. */
import { describe, expect, it } from "vitest";
import type { WorkerRequest } from "../../../src/tool/contract.ts";
import { runProgram } from "../../../src/tool/workers/code-executor/program.ts";
import { OUTPUT_BYTES_MAX } from "../../../src/tool/workers/limits.ts";
import { builtParts, testPace } from "./built.ts";
import { request } from "./request.ts";

const FILES = {
  "/workspace/a.txt": "alpha",
  "/workspace/lib.js": "exports.five = () => 5;",
  "/workspace/data.json": '{"n": 2}',
};

type Options = Partial<WorkerRequest> & {
  readonly language?: string;
  readonly stdin?: string;
  readonly randomBytes?: (into: Uint8Array) => void;
};

/** Ends within its budget whatever the code: the test clock moves a little at each look. */
async function run(code: string, { language = "javascript", stdin = "", randomBytes, ...more }: Options = {}) {
  const pace = testPace(0.1);
  const parts = { ...builtParts(), pace, ...(randomBytes === undefined ? {} : { randomBytes }) };
  const response = await runProgram(request({ language, code, stdin }, FILES, more), parts);
  return { response, pauses: pace.pauses() };
}

async function result(code: string, options: Options = {}) {
  const { response } = await run(code, options);
  if (!response.ok) throw new Error(response.error.message);
  const { stdout, stderr, exit_code, value } = response.result as Record<string, unknown>; // the worker's own shape
  return { stdout: String(stdout), stderr: String(stderr), exit_code, value, changes: response.changes };
}

describe("the value of a program", () => {
  for (const [name, code, value] of [
    ["an expression", "40 + 2", 42],
    ["the last of several statements", "const a = [1]; a.push(2); a", [1, 2]],
    ["an awaited promise", "await Promise.resolve({ ok: true })", { ok: true }],
    ["what an async function returns", "async function main() { return 'done' } main();", "done"],
    ["null", "null", null],
    ["what a timer gave", "await new Promise((done) => setTimeout(() => done(7), 20))", 7],
  ] as const) {
    it(`is ${name}`, async () => {
      expect(await result(code)).toMatchObject({ value, exit_code: 0, stderr: "" });
    });
  }

  for (const [name, code] of [
    ["undefined", "undefined"],
    ["a function", "() => 1"],
    ["a cycle", "const a = {}; a.a = a; a"],
    ["a BigInt", "10n"],
    ["a getter that throws", "({ get a() { throw 1 } })"],
  ] as const) {
    it(`is absent for ${name}, which JSON cannot say`, async () => {
      const outcome = await result(code);
      expect(outcome).toMatchObject({ exit_code: 0 });
      expect(outcome.value).toBeUndefined();
    });
  }

  it("is left out when it is too large, and standard error says so", async () => {
    expect(await result("'x'.repeat(100_000)")).toMatchObject({
      value: undefined,
      stderr: expect.stringMatching(/the value is 100002 bytes/),
    });
  });
});

describe("TypeScript", () => {
  it("loses its types, keeps enums, and has a value like any program", async () => {
    const code = "interface A { x: number }\nenum E { P = 3 }\nconst a: A = { x: E.P };\na.x as number";
    expect(await result(code, { language: "typescript" })).toMatchObject({ value: 3 });
  });

  it("may import, statically and dynamically", async () => {
    const code =
      "import { join } from 'node:path';\nimport type { X } from './x';\nconst p = await import('path');\n" +
      "[join('a', 'b'), p.default.basename('/c/d')] as string[]";
    expect(await result(code, { language: "typescript" })).toMatchObject({ value: ["a/b", "d"] });
  });

  it("that does not parse is an uncaught error of the program", async () => {
    expect(await result("const x: = 4", { language: "typescript" })).toMatchObject({
      exit_code: 1,
      stderr: expect.stringMatching(/SyntaxError.*1:10/),
    });
  });
});

describe("output", () => {
  it("goes where each console function sends it", async () => {
    const code =
      "console.log('a'); console.info('b'); console.warn('c'); console.error('d'); process.stdout.write('e')";
    expect(await result(code)).toMatchObject({ stdout: "a\nb\ne", stderr: "c\nd\n", value: true });
  });

  it("shows values as a console does", async () => {
    const code = "console.log('%s is %d', 'x', 1, { a: [1, { b: new Map([[1, 'y']]) }], f() {} }, null, undefined, 1n)";
    expect((await result(code)).stdout).toBe(
      "x is 1 { a: [ 1, { b: Map(1) { 1 => 'y' } } ], f: [Function: f] } null undefined 1n\n",
    );
  });

  it("is cut at its limit, and says so, while the program goes on", async () => {
    const outcome = await result("for (let n = 0; n < 2000; n++) console.log('x'.repeat(100)); 'end'");
    expect(outcome.value).toBe("end");
    expect(outcome.stdout).toMatch(/\[truncated: only the first 65536 bytes are kept\]\n$/);
    expect(outcome.stdout.length).toBeLessThan(OUTPUT_BYTES_MAX + 100);
  });

  it("of control characters counts as what it costs as JSON", async () => {
    expect((await result("console.log('\\u0001'.repeat(60_000))")).stdout.length).toBeLessThan(
      OUTPUT_BYTES_MAX / 6 + 100,
    );
  });

  it("of one huge string is cut too", async () => {
    expect((await result("console.log('x'.repeat(4_000_000))")).stdout).toMatch(/truncated/);
  });

  it("shows a NUL instead of ending at it", async () => {
    expect((await result("console.log('a\\0b')")).stdout).toBe("a\ufffdb\n");
  });
});

describe("the end of a program", () => {
  for (const [name, code, exitCode, stderr] of [
    [
      "an uncaught error",
      "function f() { throw new TypeError('no') }\nf()",
      1,
      /^TypeError: no\n +at f \(.*main.js:1:/,
    ],
    ["a rejected top-level promise", "await Promise.reject(new Error('r'))", 1, /^Error: r/],
    ["a thrown text", "throw 'text'", 1, /Uncaught "text"/],
    ["a thrown null", "throw null", 1, /Uncaught null, which .* memory is full/],
    ["an error in a timer", "setTimeout(() => { throw new Error('late') }, 5)", 1, /^Error: late/],
    ["a syntax error", "let x = ;", 1, /^SyntaxError: .*\n +at .*main.js:1:/],
    ["process.exit", "console.error('bye'); process.exit(3); console.error('never')", 3, /^bye\n$/],
    ["process.exitCode", "process.exitCode = 4", 4, /^$/],
    ["an await that never comes back", "await new Promise(() => {})", 13, /never came back/],
    [
      "a heap full of what is kept",
      "globalThis.m = new Map(); for (let n = 0; ; n++) m.set(n, { n })",
      1,
      /out of memory/,
    ],
    ["deep recursion", "function f() { return f() + 1 } f()", 1, /stack overflow/],
    ["recursion inside the engine", "JSON.parse('['.repeat(1e6))", 1, /stack overflow/],
    ["a full heap", "const a = []; for (;;) a.push(new Array(1000).fill(7))", 1, /out of memory/],
    ["a string without end", "let s = 'x'; for (;;) s += s", 1, /string too long|out of memory/],
    ["an array too large", "new Uint8Array(1e9)", 1, /out of memory/],
  ] as const) {
    it(`by ${name} is exit code ${exitCode}, not a failed tool`, async () => {
      const outcome = await result(code);
      expect(outcome.exit_code).toBe(exitCode);
      expect(outcome.stderr).toMatch(stderr);
      expect(outcome.stderr.length).toBeLessThan(2_000);
    });
  }

  it("is not by an error in a promise that nobody awaits, and is by the same one awaited", async () => {
    const main = "async function main() { throw new Error('boom') }";
    expect(await result(`${main} main(); console.log('on')`)).toMatchObject({ exit_code: 0, stderr: "" });
    expect(await result(`${main} await main(); 1`)).toMatchObject({
      exit_code: 1,
      stderr: expect.stringMatching(/boom/),
    });
  });

  it("keeps what was printed and written before it", async () => {
    const outcome = await result("require('fs').writeFileSync('b.txt', 'b'); console.log('out'); throw new Error('x')");
    expect(outcome).toMatchObject({
      exit_code: 1,
      stdout: "out\n",
      changes: [{ kind: "put", path: "/workspace/b.txt" }],
    });
  });
});

describe("what runs too long", () => {
  const ENDLESS = [
    ["an endless loop", "for (;;) {}"],
    ["a loop of promises", "(async () => { for (;;) await 1 })()"],
    ["a fork of promises", "const f = () => { Promise.resolve().then(f) }; f(); await new Promise(() => {})"],
    ["an interval", "setInterval(() => {}, 10)"],
    ["a timer far away", "setTimeout(() => {}, 1e9)"],
    ["a catastrophic regular expression", "/^(a+)+$/.test('a'.repeat(40) + 'b')"],
    ["a loop in the engine's own code over a sparse array", "new Array(4294967295).indexOf(1)"],
    ["the same over something like an array", "Array.prototype.some.call({ length: 2 ** 53 - 1 }, (x) => x)"],
    ["a huge number as text", "(2n ** 900000n).toString()"],
    ["a getter in the value", "({ get a() { for (;;) {} } })"],
    ["an error's own text", "throw { get name() { for (;;) {} }, __proto__: Error.prototype }"],
  ] as const;
  for (const [name, code] of ENDLESS) {
    it(`is stopped: ${name}`, async () => {
      const { response } = await run(code, { timeoutMs: 20 });
      expect(response).toEqual({
        ok: false,
        error: { code: "TOOL_TIMEOUT", message: "the program was stopped: it ran longer than 20 ms" },
      });
    });
  }

  it("is stopped in the parser that strips types as well", async () => {
    const code = `${"(a=".repeat(40)}1${")=>1".repeat(40)}`; // each level is parsed twice: 2 to the 40
    const { response } = await run(code, { language: "typescript", timeoutMs: 20 });
    expect(response).toMatchObject({ ok: false, error: { code: "TOOL_TIMEOUT" } });
  });

  it("gives way to the rest of the process again and again", async () => {
    expect((await run("for (;;) {}", { timeoutMs: 20 })).pauses).toBeGreaterThan(1);
  });

  it("is stopped by its work when the clock stands still", async () => {
    const pace = testPace();
    const args = { language: "javascript", code: "for (;;) {}" };
    const response = await runProgram(request(args, {}, { timeoutMs: 10 }), { ...builtParts(), pace });
    expect(response).toMatchObject({ ok: false, error: { code: "TOOL_TIMEOUT" } });
    expect(pace.pauses()).toBeGreaterThan(0);
  });
});

describe("files", () => {
  it("are read, written, listed and removed with fs", async () => {
    const code = `
      const fs = require("fs");
      fs.mkdirSync("d/e", { recursive: true });
      fs.writeFileSync("d/e/f.txt", "x");
      fs.appendFileSync("/workspace/d/e/f.txt", "y");
      fs.renameSync("data.json", "d/data.json");
      fs.unlinkSync("a.txt");
      [fs.readdirSync("."), fs.existsSync("a.txt"), fs.statSync("d").isDirectory(), fs.statSync("d/e/f.txt").size,
       fs.readFileSync("d/e/f.txt", "utf8")]`;
    const outcome = await result(code);
    expect(outcome.value).toEqual([["d", "lib.js"], false, true, 2, "xy"]);
    expect(outcome.changes).toEqual([
      { kind: "delete", path: "/workspace/a.txt" },
      { kind: "put", path: "/workspace/d/data.json", text: FILES["/workspace/data.json"] },
      { kind: "put", path: "/workspace/d/e/f.txt", text: "xy" },
      { kind: "delete", path: "/workspace/data.json" },
    ]);
  });

  it("are there for node:fs, fs/promises and import alike", async () => {
    const code = `
      import { readFileSync } from "node:fs";
      const { readFile, writeFile } = await import("node:fs/promises");
      await writeFile("new.txt", "n");
      [readFileSync("a.txt", "utf8"), await readFile("/workspace/new.txt", "utf8")]`;
    expect((await result(code)).value).toEqual(["alpha", "n"]);
  });

  it("can be modules of the program", async () => {
    expect((await result("require('./lib').five() + require('/workspace/data.json').n")).value).toBe(7);
  });

  for (const [name, code, message] of [
    [
      "outside of the scopes",
      "require('fs').writeFileSync('/etc/x', '1')",
      /EACCES.*outside of what this tool may use/,
    ],
    ["by climbing", "require('fs').readFileSync('../../etc/passwd', 'utf8')", /EACCES/],
    ["that are not there", "require('fs').readFileSync('nope')", /ENOENT: no such file: \/workspace\/nope/],
    ["with a NUL", "require('fs').writeFileSync('z', 'a\\0b')", /EINVAL/],
    ["with a NUL in their path", "require('fs').writeFileSync('z\\0.txt', 'a')", /EINVAL: a path holds no NUL/],
    ["over the quota", "require('fs').writeFileSync('z', 'x'.repeat(9e6))", /EFBIG/],
    ["as bytes", "require('fs').writeFileSync('z', new Uint8Array(3))", /only text can be written/],
  ] as const) {
    it(`${name} are an error inside the program`, async () => {
      expect(await result(code)).toMatchObject({ exit_code: 1, stderr: expect.stringMatching(message), changes: [] });
    });
  }

  it("cannot be changed by a tool that may only read them", async () => {
    const code = "const fs = require('fs'); fs.readFileSync('a.txt'); fs.writeFileSync('a.txt', '')";
    expect((await result(code, { access: "read", scopes: ["/"] })).stderr).toMatch(
      /EACCES.*may read files but not change/,
    );
  });

  it("have an error code that a program can test for", async () => {
    expect((await result("try { require('fs').statSync('nope') } catch (e) { e.code }")).value).toBe("ENOENT");
  });
});

describe("standard input", () => {
  for (const [name, code] of [
    ["as a file", "require('fs').readFileSync(0, 'utf8').trim().split(' ').length"],
    ["as an iteration", "let t = ''; for await (const c of process.stdin) t += c; t.trim().split(' ').length"],
    [
      "by events",
      "await new Promise((done) => { let t = ''; process.stdin.on('data', (c) => { t += c }).on('end', () => done(t)) })" +
        ".then((t) => t.trim().split(' ').length)",
    ],
  ] as const) {
    it(`is read ${name}`, async () => {
      expect((await result(code, { stdin: "a b c\n" })).value).toBe(3);
    });
  }
});

describe("the world of a program", () => {
  it("has no way out of the engine", async () => {
    const code = `
      const global = (() => {}).constructor("return this")();
      const names = ["fetch", "WebAssembly", "Deno", "Bun", "navigator", "XMLHttpRequest", "WebSocket", "caches", "crypto"];
      [names.filter((name) => name in global), Object.getOwnPropertyNames(global).filter((name) => /^__(?!filename|dirname)/.test(name))]`;
    expect((await result(code)).value).toEqual([[], []]);
  });

  it("is a new one for every call", async () => {
    await result("globalThis.left = 1; Array.prototype.left = 1; Object.prototype.left = 1");
    expect((await result("[typeof left, [].left, ({}).left]")).value).toEqual(["undefined", null, null]);
  });

  for (const [name, leave] of [
    ["its files and modules", "require('./lib').five = null; require('fs').writeFileSync('a.txt', '')"],
    ["the built-in modules", "require('path').join = require('fs').readFileSync = require('util').inspect = null"],
    ["its process", "process.env.KEY = process.left = 1; process.exitCode = 3"],
    ["its timers and promises", "setTimeout(() => {}, 1e9); new Promise(() => {}); process.exit(3)"],
    ["what is built into the language", "Object.assign(JSON, { stringify: null }); Promise.prototype.then = null"],
    ["an end in the middle", "for (;;) globalThis.left = 1"],
  ] as const) {
    it(`leaves nothing to another call: ${name}`, async () => {
      const look = `const { join } = require("path"); const fs = require("fs");
        console.log([typeof left, require("./lib").five(), fs.readFileSync("a.txt", "utf8"), join("a", "b"), typeof process.left,
          Object.keys(process.env).length, JSON.stringify({})].join());
        await new Promise((done) => setTimeout(done, 1))`;
      const [, during] = await Promise.all([run(leave, { timeoutMs: 20 }), result(look)]);
      for (const seen of [during, await result(look)]) {
        expect(seen).toMatchObject({ stdout: "undefined,5,alpha,a/b,undefined,2,{}\n", exit_code: 0 });
      }
    });
  }

  it("has random numbers of its own in every call", async () => {
    const draw = async (seed: number) => {
      const randomBytes = (into: Uint8Array) => void into.fill(seed);
      return (await result("[Math.random(), Math.random()]", { randomBytes })).value;
    };
    const drawn = [await draw(1), await draw(2), await draw(0)].flat();
    expect(new Set(drawn).size).toBe(6);
    expect(drawn.filter((number) => Number(number) >= 0 && Number(number) < 1)).toHaveLength(6);
    expect(await draw(1)).toEqual(drawn.slice(0, 2));
  });

  it("has the engine's own Math.random", async () => {
    expect((await result("Math.random.toString()")).value).toMatch(/\[native code\]/);
  });

  it("knows its key and its trace, and nothing else of its surroundings", async () => {
    expect((await result("process.env")).value).toEqual({
      IDEMPOTENCY_KEY: "0123456789abcdef",
      TRACEPARENT: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    });
  });

  it("says which modules there are when another is asked for", async () => {
    expect((await result("require('child_process')")).stderr).toMatch(
      /Cannot find module 'child_process'. Available: assert, fs/,
    );
    expect((await result("await import('net')")).stderr).toMatch(/net/);
  });

  it("survives a program that breaks its own tools", async () => {
    const code =
      "JSON.stringify = () => '}'; Promise.prototype.then = null; globalThis.console = null; process.exit(0)";
    expect((await result(code)).exit_code).toBe(0);
  });
});

describe("arguments", () => {
  for (const [name, args, message] of [
    ["another language", { language: "python", code: "1" }, /python or bash/],
    ["no code", { language: "javascript" }, /code must be text/],
    ["a NUL", { language: "javascript", code: "1\0" }, /NUL/],
  ] as const) {
    it(`with ${name} are TOOL_ARGUMENTS`, async () => {
      const response = await runProgram(request(args), { ...builtParts(), pace: testPace() });
      expect(response).toMatchObject({
        ok: false,
        error: { code: "TOOL_ARGUMENTS", message: expect.stringMatching(message) },
      });
    });
  }
});
