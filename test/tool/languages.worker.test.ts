/** The languages of `code_executor` as a task's object calls them, in the real runtime: what runs, what is shared and what ends. */
import { describe, expect, it } from "vitest";
import { FILES, LANGUAGES, type Language, runCode as run } from "./call-tool.ts";
import { SCOPED } from "./samples.ts";

describe("a call", () => {
  it("runs Python in an isolate", async () => {
    const outcome = await run(
      "python",
      "import sys\nopen('b.txt', 'w').write(open('a.txt').read())\nprint('hi')\n6 * 7",
      { files: FILES },
    );
    expect(outcome).toMatchObject({ success: true, error: null });
    expect(outcome.result).toEqual({ stdout: "hi\n", stderr: "", exit_code: 0, value: 42 });
    expect(outcome.changes).toEqual([{ kind: "put", path: "/workspace/b.txt", text: "mine" }]);
  });

  it("runs Bash in an isolate", async () => {
    const outcome = await run("bash", "cat a.txt | tr m M > b.txt; echo hi; sleep 0.01; exit 3", { files: FILES });
    expect(outcome.result).toEqual({ stdout: "hi\n", stderr: "", exit_code: 3 });
    expect(outcome.changes).toEqual([{ kind: "put", path: "/workspace/b.txt", text: "Mine" }]);
  });

  it("waits in Python by the real clock", async () => {
    const code = "import time\nt = time.time()\ntime.sleep(0.2)\ntime.time() - t >= 0.2";
    expect((await run("python", code)).result.value).toBe(true);
  });
});

describe("two calls share nothing", () => {
  const LEAVE_SCRIPT =
    "globalThis.left = 'left'; Object.prototype.left = 'left'; JSON.stringify = Array.prototype.map = null; setTimeout(() => {}, 5)";
  const LOOK_SCRIPT = "console.log(String(globalThis.left), 'left' in {}, JSON.stringify([1].map((n) => n + 1)))";
  const LEAVE: Readonly<Record<Language, string>> = {
    javascript: LEAVE_SCRIPT,
    typescript: LEAVE_SCRIPT,
    python:
      "import sys, os, json, builtins\nbuiltins.left = sys.left = json.left = 'left'\nos.environ['LEFT'] = 'left'\nopen('/tmp/left', 'w').write('left')\nsys.path.append('/left')\nos.chdir('/tmp')\njson.dumps = None",
    bash: "left=left; export left; left() { echo left; }; alias left='echo left'; echo left > /tmp/left; cd /tmp; set -f; shopt -s extglob; printf left > /bin/ls",
  };
  const LOOK: Readonly<Record<Language, string>> = {
    javascript: LOOK_SCRIPT,
    typescript: LOOK_SCRIPT,
    python:
      "import sys, os, json, builtins\nprint([hasattr(m, 'left') for m in (builtins, sys, json)], 'LEFT' in os.environ, os.path.exists('/tmp/left'), '/left' in sys.path, os.getcwd(), json.dumps({}))",
    bash: 'echo "[$left]" $(pwd) $(ls /tmp | wc -l) $-; type left >/dev/null 2>&1 && echo left; ls',
  };
  const CLEAN: Readonly<Record<Language, string>> = {
    javascript: "undefined false [2]\n",
    typescript: "undefined false [2]\n",
    python: "[False, False, False] False False False /workspace {}\n",
    bash: "[] /workspace 0 hBs\n",
  };
  const DRAW: Readonly<Record<Language, string>> = {
    javascript: "console.log(Math.random())",
    typescript: "console.log(Math.random() as number)",
    python: "import random\nprint(random.random())",
    bash: "echo $RANDOM$RANDOM$RANDOM",
  };
  for (const language of LANGUAGES) {
    it(`not even their random numbers: ${language}`, async () => {
      const draw = async () => (await run(language, DRAW[language])).result.stdout;
      expect(await draw()).not.toBe(await draw());
    });
    it(`of one tenant: ${language}`, async () => {
      await run(language, LEAVE[language]);
      expect((await run(language, LOOK[language])).result.stdout).toBe(CLEAN[language]);
    });
    it(`of two tenants: ${language}`, async () => {
      await run(language, LEAVE[language], { tenant: "tenant-a" });
      expect((await run(language, LOOK[language], { tenant: "tenant-b" })).result.stdout).toBe(CLEAN[language]);
    });
    it(`at the same time: ${language}`, async () => {
      const [, seen] = await Promise.all([run(language, LEAVE[language]), run(language, LOOK[language])]);
      expect(seen.result.stdout).toBe(CLEAN[language]);
    });
  }
});

/** A call that is over at once, and what it prints. */
const NEXT: Readonly<Record<Language, string>> = {
  javascript: "console.log('next')",
  typescript: "console.log('next' as string)",
  python: "print('next')",
  bash: "echo next",
};
const next = async (language: Language): Promise<string> => (await run(language, NEXT[language])).result.stdout;

type Bomb = readonly [what: string, code: string];
/** Of both, since one is the other without its types. */
const SCRIPT_LOOPS: readonly Bomb[] = [
  ["an endless loop", "for (;;) {}"],
  ["a catastrophic regular expression", "/^(a+)+$/.test('a'.repeat(40) + 'b')"],
  ["a loop in the engine's own code", "new Array(4294967295).indexOf(1)"],
  ["endless promises", "(async () => { for (;;) await 1 })()"],
  ["a stream that never ends", "setInterval(() => process.stdout.write('y'), 0)"],
  ["output that never ends", "for (;;) console.log('x'.repeat(1000))"],
];
const LOOPS: Readonly<Record<Language, readonly Bomb[]>> = {
  javascript: SCRIPT_LOOPS,
  typescript: SCRIPT_LOOPS,
  python: [
    ["an endless loop", "while True: pass"],
    ["a catastrophic regular expression", "import re\nre.match('(a+)+$', 'a' * 40 + 'b')"],
    ["a loop of C code", "10 ** 10000000"],
    ["a stream that never ends", "import itertools\nfor _ in itertools.count(): print('y', flush=True)"],
    ["output that never ends", "while True: print('x' * 1000)"],
  ],
  bash: [
    ["an endless loop", "while :; do :; done"],
    ["a stream that never ends", "while :; do echo y; done | head -1"],
  ],
};

for (const language of LANGUAGES) {
  describe(`what never ends in ${language} is TOOL_TIMEOUT, and another call is answered meanwhile`, () => {
    it.each(LOOPS[language])("%s", async (_what, code) => {
      // Of the same isolate as the calls beside it, which are made after it: a loop that gave no way to them would end first.
      await next(language);
      const order: string[] = [];
      const stop = new AbortController();
      const endless = run(language, code, { signal: stop.signal }).then(
        () => order.push("ended"),
        () => order.push("stopped"),
      );
      for (let call = 0; call < 3; call++) order.push(await next(language));
      stop.abort();
      await endless;
      expect(order).toEqual(["next\n", "next\n", "next\n", "stopped"]);
      const limited = await run(language, code, { sandbox: `timeout: "1s", ${SCOPED}` });
      expect(limited).toMatchObject({ success: false, error: { code: "TOOL_TIMEOUT" }, changes: [] });
      expect(await next(language)).toBe("next\n");
    });
  });
}

/** Catastrophic for an engine that goes back and tries again. Those of Bash do not: each has an answer, and this is it. */
const EXPRESSIONS: readonly (readonly [where: string, code: string, stdout: string])[] = [
  ["[[ =~ ]]", "[[ $x =~ ^(a+)+$ ]]; echo $?", "1\n"],
  ["case, with extended patterns", "shopt -s extglob; case $x in +(+(a))) echo yes;; *) echo no;; esac", "no\n"],
  ["grep -E", "echo $x | grep -cE '^(a+)+$'", "0\n"],
  ["grep -P", "echo $x | grep -cP '^(a+)+$'", "0\n"],
  ["sed", "echo $x | sed -E 's/^(a+)+$/found/' | grep -c found", "0\n"],
  ["awk", "echo $x | awk '/^(a+)+$/ { n++ } END { print n + 0 }'", "0\n"],
  ["jq", 'echo "\\"$x\\"" | jq \'test("^(a+)+$")\'', "false\n"],
];

describe("a regular expression that takes other engines for ever is answered in bash", () => {
  it.each(EXPRESSIONS)("%s", async (_where, code, stdout) => {
    const { result } = await run("bash", `x=$(printf 'a%.0s' {1..5000})b; ${code}`);
    expect(result).toMatchObject({ stdout, stderr: "" });
  });
});

type Excess = readonly [what: string, code: string, ending: object];
const failing = (stderr: RegExp): object => ({ exit_code: 1, stderr: expect.stringMatching(stderr) });
const stopped = { exit_code: expect.toSatisfy((code) => code > 0) };
const cut = { exit_code: 0, stdout: expect.stringMatching(/\[truncated/) };
const SCRIPT_EXCESSES: readonly Excess[] = [
  ["a heap bomb", "const a = []; for (;;) a.push(new Array(1000).fill(7))", failing(/out of memory/)],
  ["a huge text", "'a'.repeat(2 ** 29).padEnd(2 ** 30)", failing(/out of memory|invalid/)],
  ["deep recursion", "function f() { return f() + 1 } f()", failing(/stack overflow/)],
  ["deep recursion in the engine", "JSON.parse('['.repeat(1e6))", failing(/stack overflow/)],
  [
    "a fork of promises",
    "const all = []; const fork = async () => { all.push(new Array(1000).fill(7)); await 1; all.push(fork(), fork()) }; fork()",
    failing(/out of memory|the engine stopped/),
  ],
  ["a fork of timers", "const fork = () => { setTimeout(fork); setTimeout(fork) }; fork()", failing(/timers/)],
  ["50 MB of output", "for (let n = 0; n < 500; n++) console.log('x'.repeat(100000))", cut],
];
const EXCESSES: Readonly<Record<Language, readonly Excess[]>> = {
  javascript: SCRIPT_EXCESSES,
  typescript: SCRIPT_EXCESSES,
  python: [
    ["a heap bomb", "a = []\nwhile True: a.append('x' * 100000)", failing(/MemoryError/)],
    ["a huge text", "'a' * 10**10", { exit_code: 1 }],
    ["deep recursion", "import sys\nsys.setrecursionlimit(10**9)\ndef f(): return f()\nf()", { exit_code: 1 }],
    ["deep recursion in the interpreter", "a = []\nfor _ in range(10**5): a = [a]\nrepr(a)", { exit_code: 1 }],
    ["a fork bomb", "import os\nwhile True: os.fork()", { exit_code: 1 }],
    ["threads", "import threading\nwhile True: threading.Thread(target=print).start()", { exit_code: 1 }],
    [
      "a fork of coroutines",
      "kept = []\nasync def fork():\n    kept.append('x' * 100000)\n    await fork()\nfork().send(None)",
      { exit_code: 1 },
    ],
    [
      "a fork of generators",
      "kept = []\ndef fork():\n    yield 'x' * 100000\ntodo = [fork()]\nwhile todo:\n    kept.append(next(todo.pop()))\n    todo += [fork(), fork()]",
      failing(/MemoryError/),
    ],
    ["50 MB of output", "for _ in range(500): print('x' * 100000)", cut],
    [
      "a file that grows",
      "f = open('/tmp/x', 'w')\nwhile True: f.write('x' * 100000)",
      failing(/File too large|No space left/),
    ],
  ],
  bash: [
    ["a heap bomb", "x=xx; while :; do x=$x$x; done", stopped],
    ["deep recursion", "f() { f; }; f", { exit_code: 126 }],
    ["a fork bomb", ":(){ :|:& };:", { exit_code: 126 }],
    ["50 MB of output", "printf '%100000d' 0 > k; while :; do cat k k k k; done", stopped],
  ],
};

for (const language of LANGUAGES) {
  describe(`what takes too much in ${language} fails by itself`, () => {
    it.each(EXCESSES[language])("%s", async (_what, code, ending) => {
      expect((await run(language, code)).result).toMatchObject(ending);
      expect(await next(language)).toBe("next\n");
    });
  });
}
