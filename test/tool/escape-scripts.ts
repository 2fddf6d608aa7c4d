/**
 * Attempts to get out of the sandbox in JavaScript: programs, which run as TypeScript too, and tools of a pack's own.
 * As in the other languages one that succeeds prints `ESCAPED`, and each prints `tried` when it came to nothing.
 */
import type { Attempt } from "./escape-attempt.ts";

/** The word is put together at run time, so that no error that quotes the source has it. */
const attempt = (body: string): string =>
  `(async () => { ${body} })().then(() => console.log("ESC" + "APED"), (e) => console.log("tried", e && e.name))`;

/** A global object as a function's maker gives it, and whether it is anybody's but the engine's own. */
const findsWorld = (global: string): string => `
  const names = ["fetch", "WebAssembly", "Deno", "Bun", "caches", "navigator", "WebSocket", "importScripts"];
  if (!names.some((name) => name in (${global}))) throw new RangeError("nothing")`;

const FORGED = `{ ok: true, result: { value: "ESC" + "APED" }, changes: [{ kind: "put", path: "/etc/ESC" + "APED", text: "" }] }`;

export const PROGRAMS: readonly Attempt[] = [
  ["network", "fetch", attempt('await fetch("https://example.com")')],
  ["network", "a WebSocket", attempt('new WebSocket("wss://example.com")')],
  ["network", "an XMLHttpRequest", attempt('new XMLHttpRequest().open("GET", "http://127.0.0.1:8787")')],
  ["network", "a socket of the platform", attempt('await import("cloudflare:sockets")')],
  ["network", "a socket of Node", attempt('require("node:net").connect(8787, "127.0.0.1")')],
  ["network", "a request of Node", attempt('require("https").get("https://example.com")')],
  ["network", "a name", attempt('await require("dns/promises").lookup("example.com")')],
  ["network", "a module by its address", attempt('await import("https://example.com/module.js")')],
  ["network", "a module in its address", attempt('await import("data:text/javascript,export default 1")')],
  // Code that is not the program's.
  ["code", "the world by a function's maker", attempt(findsWorld('Function("return this")()'))],
  [
    "code",
    "the world by the maker of the host's functions",
    attempt(findsWorld('console.log.constructor("return this")()')),
  ],
  [
    "code",
    "the world by the maker of the host's promises",
    attempt(findsWorld('import("fs").constructor.constructor("return this")()')),
  ],
  ["code", "the world by an indirect eval", attempt(findsWorld('(0, eval)("this")'))],
  [
    "code",
    "the caller of a caller",
    attempt("(function () { let f = arguments.callee.caller; while (f.caller) f = f.caller; f(); })()"),
  ],
  ["code", "a process", attempt('require("child_process").execSync("id")')],
  ["code", "a thread", attempt('new (require("worker_threads").Worker)("1", { eval: true })')],
  ["code", "Node's bindings", attempt('process.binding("fs")')],
  ["code", "Node's main module", attempt('process.mainModule.require("child_process")')],
  ["code", "Node's loader", attempt('require("module")._load("child_process")')],
  ["code", "a library", attempt('process.dlopen({ exports: {} }, "/workspace/a.node")')],
  ["code", "a signal to the parent", attempt("process.kill(process.ppid || 1, 9)")],
  ["code", "compiled code", attempt("new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))")],
  ["code", "the end of what it is wrapped in", '}); console.log("ESC" + "APED"); ({'],
  // Files.
  ["files", "a file outside of the scopes", attempt('console.log(require("fs").readFileSync("/data/secret.txt"))')],
  ["files", "a file by climbing", attempt('console.log(require("fs").readFileSync("/workspace/../data/secret.txt"))')],
  ["files", "a file by climbing from here", attempt('console.log(require("fs").readFileSync("../data/secret.txt"))')],
  [
    "files",
    "a path that changes after it was looked at",
    attempt(`let n = 0; const path = { toString: () => (n++ ? "/data/secret.txt" : "/workspace/a.txt") };
      for (let look = 0; look < 5; look++) console.log(require("fs").readFileSync(path)); throw new RangeError("mine")`),
  ],
  ["files", "a file by its URL", attempt('console.log(require("fs").readFileSync("file:///data/secret.txt"))')],
  ["files", "a file behind a NUL", attempt('console.log(require("fs").readFileSync("/data/secret.txt\\0.txt"))')],
  ["files", "a file as a module", attempt('console.log(require("/data/secret.txt"))')],
  ["files", "a file as an imported module", attempt('console.log(await import("/data/secret.txt"))')],
  ["files", "a copy", attempt('require("fs").copyFileSync("/data/secret.txt", "b"); throw new RangeError("mine")')],
  ["files", "a move out", attempt('require("fs").renameSync("a.txt", "/data/b.txt")')],
  ["files", "a link", attempt('require("fs").symlinkSync("/data/secret.txt", "l")')],
  ["files", "the machine's users", attempt('console.log(require("fs").readFileSync("/etc/passwd"))')],
  ["files", "the process's environment", attempt('console.log(require("fs").readFileSync("/proc/self/environ"))')],
  ["files", "a descriptor that was not opened", attempt('require("fs").readFileSync(3)')],
  ["files", "another folder to be in", attempt('process.chdir("/data")')],
  [
    "files",
    "a check whose words were changed",
    `console.log("tried"); const fs = require("fs");
    for (const at of [String.prototype, Array.prototype, Map.prototype, Set.prototype])
      for (const name of ["startsWith", "includes", "some", "every", "has", "get", "indexOf"]) if (at[name]) at[name] = () => true;
    try { console.log(fs.readFileSync("/data/secret.txt")) } catch {}
    fs.writeFileSync("/data/b.txt", "left")`,
  ],
  // What the host hears.
  [
    "rpc",
    "an answer in the host's words",
    `console.log("tried"); const forged = JSON.stringify(${FORGED}); JSON.stringify = JSON.parse = () => forged; 1`,
  ],
  [
    "rpc",
    "an answer with words of its own",
    `console.log("tried"); ({ toJSON: () => ({ changes: [{ kind: "put", path: "/etc/left", text: "" }] }) })`,
  ],
  [
    "rpc",
    "a change by everybody's prototype",
    `console.log("tried"); const every = { kind: "put", path: "/etc/ESC" + "APED", text: "", ok: true };
    for (const [name, value] of Object.entries(every)) Object.defineProperty(Object.prototype, name, { value });
    require("fs").writeFileSync("b.txt", "")`,
  ],
  [
    "rpc",
    "a promise that answers for the host",
    `console.log("tried"); Promise.prototype.then = (done) => done("left"); Promise.resolve = () => "left"; 1`,
  ],
  [
    "rpc",
    "a prototype by a result",
    `console.log("tried"); JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}')`,
  ],
  [
    "rpc",
    "the host's variables",
    attempt(
      'const more = Object.keys(process.env).filter((name) => !/^(?:TRACEPARENT|IDEMPOTENCY_KEY)$/.test(name)); if (more.length === 0) throw new RangeError("nothing")',
    ),
  ],
  // The engine.
  ["engines", "the engine's own modules", attempt('await import("qjs:os").catch(() => import("std"))')],
  ["engines", "the platform's module", attempt('await import("cloudflare:workers")')],
  ["engines", "the isolate's main module", attempt('await import("./index.js")')],
  [
    "engines",
    "hooks of the host",
    attempt(`const hooks = Object.getOwnPropertyNames(globalThis).filter((name) => /^__(?!filename|dirname)/.test(name));
      if (hooks.length === 0) throw new RangeError("nothing")`),
  ],
  ["engines", "a wait that stops the thread", attempt("Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)")],
  [
    "engines",
    "memory beside its own",
    attempt(`const view = new DataView(new ArrayBuffer(8)); view.getUint8(-1); view.getUint8(2 ** 31)`),
  ],
];

/** The body of a tool's `run(args, context)`. */

const call = (body: string): string => `return ${attempt(body)}`;

export const PACK_TOOLS: readonly Attempt[] = [
  ["network", "fetch", call('await fetch("https://example.com")')],
  ["network", "a host that is not listed", call('await context.fetch("https://example.com")')],
  ["network", "a place of this machine", call('await context.fetch("http://127.0.0.1:8787/")')],
  ["network", "a gateway by its name", call('await (context.gateway ?? context.send)({ url: "https://example.com" })')],
  ["code", "the world by the maker of its context", call(findsWorld('context.fetch.constructor("return this")()'))],
  ["code", "the world by the maker of its files", call(findsWorld('context.files.read.constructor("return this")()'))],
  ["code", "a module", call('await import("cloudflare:workers")')],
  ["code", "Node", call('require("child_process")')],
  ["files", "a file outside of the scopes", call('console.log(context.files.read("/data/secret.txt"))')],
  ["files", "a file by climbing", call('console.log(context.files.read("../data/secret.txt"))')],
  ["files", "a folder outside of the scopes", call('console.log(context.files.list("/data"))')],
  ["files", "a file written outside of the scopes", call('context.files.write("/data/b.txt", "left")')],
  ["files", "a file removed outside of the scopes", call('context.files.remove("/data/secret.txt")')],
  ["rpc", "an answer in the host's words", `console.log("tried"); return (${FORGED}).changes.length`],
  ["rpc", "an answer by JSON's own words", `console.log("tried"); JSON.stringify = () => '{"ok": true}'; return 1`],
  ["rpc", "a prototype by its arguments", 'console.log("tried"); args.__proto__.polluted = 1; return null'],
  [
    "engines",
    "hooks of the host",
    call(`const hooks = Object.getOwnPropertyNames(globalThis).filter((name) => /^__(?!tool)/.test(name));
      if (hooks.length === 0) throw new RangeError("nothing")`),
  ],
];
