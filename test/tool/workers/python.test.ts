/** Programs in the real interpreter: what they can do, how they end, and what stops them. */
import { describe, expect, it } from "vitest";
import type { WorkerRequest } from "../../../src/tool/contract.ts";
import { runPython } from "../../../src/tool/workers/code-executor/python/program.ts";
import { OUTPUT_BYTES_MAX } from "../../../src/tool/workers/limits.ts";
import { builtPython, testPace } from "./built.ts";
import { request, SMALL } from "./request.ts";

const FILES = {
  "/workspace/a.txt": "alpha\nbeta\n",
  "/workspace/data.json": '{"n": [1, 2]}',
  "/workspace/lib.py": "def five():\n    return 5\n",
};

type Options = Partial<WorkerRequest> & { readonly stdin?: string };

/** Ends within its budget whatever the program: the test clock moves a little at each look. */
async function run(code: string, { stdin = "", ...more }: Options = {}) {
  const pace = testPace(0.1);
  const given = request({ language: "python", code, stdin }, FILES, more);
  const response = await runPython(given, { ...builtPython(), pace });
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
    ["the last of several statements", "a = [1]\na.append(2)\n{'a': a, 'b': None}", { a: [1, 2], b: null }],
    ["text beyond ASCII", "'h€llo' + chr(0x1F40D)", "h€llo🐍"],
    ["what a tuple becomes", "(1, 2.5, True)", [1, 2.5, true]],
    ["what a lambda's caller gives", "sorted([3, 1, 2], key=lambda n: -n)", [3, 2, 1]],
  ] as const) {
    it(`is ${name}`, async () => {
      expect(await result(code)).toMatchObject({ value, exit_code: 0, stderr: "" });
    });
  }

  for (const [name, code] of [
    ["None", "None"],
    ["a statement", "x = 1"],
    ["a function", "print"],
    ["a cycle", "a = []\na.append(a)\na"],
    ["not a number", "float('nan')"],
    ["an empty program", ""],
    ["a program that wrote nonsense in its place", "import os\n_ = os.write(4, b'}{')"],
  ] as const) {
    it(`is absent for ${name}`, async () => {
      const outcome = await result(code);
      expect(outcome).toMatchObject({ exit_code: 0, stderr: "" });
      expect(outcome.value).toBeUndefined();
    });
  }

  it("is left out when it is too large, and standard error says so", async () => {
    expect(await result("'x' * 100_000")).toMatchObject({
      value: undefined,
      stderr: expect.stringMatching(/the value is more than 65536 bytes/),
    });
  });
});

describe("the standard library", () => {
  for (const [name, code, value] of [
    ["json and re", "import json, re\nre.findall(r'\\d', json.dumps([1, 2]))", ["1", "2"]],
    ["datetime, in UTC", "import datetime as d\nstr(d.datetime.fromtimestamp(86400))", "1970-01-02 00:00:00"],
    [
      "time",
      "import time\n[time.gmtime(0).tm_year, time.mktime((2024, 2, 30, 0, 0, 0, 0, 0, 0)), time.tzname]",
      [1970, 1709251200, ["UTC", "UTC"]],
    ],
    ["hashes", "import hashlib\nhashlib.sha256(b'abc').hexdigest()[:8]", "ba7816bf"],
    [
      "decimal and fractions",
      "from decimal import Decimal\nfrom fractions import Fraction\n[str(Decimal('0.1') * 3), str(Fraction(1, 3) + 1)]",
      ["0.3", "4/3"],
    ],
    ["sqlite, in memory", "import sqlite3\nsqlite3.connect(':memory:').execute('select 1 + 1').fetchone()[0]", 2],
    ["what the image does not hold", "import xml.etree.ElementTree as e\ne.fromstring('<a><b/></a>')[0].tag", "b"],
    [
      "asyncio, as far as it needs no socket",
      "import asyncio\nasync def f():\n    return 7\nc = f()\ntry:\n    c.send(None)\nexcept StopIteration as s:\n    n = s.value\nn",
      7,
    ],
    [
      "randomness that is not the image's",
      "import random, uuid, os\nlen({random.random(), uuid.uuid4(), os.urandom(4)})",
      3,
    ],
  ] as const) {
    it(`has ${name}`, async () => {
      expect(await result(code)).toMatchObject({ value, exit_code: 0, stderr: "" });
    });
  }

  it("gives two programs different random numbers", async () => {
    const draw = async () => (await result("import random, uuid\n[random.random(), str(uuid.uuid4())]")).value;
    expect(await draw()).not.toEqual(await draw());
  });

  it("waits without work, by the clock of the call", async () => {
    const { response, pauses } = await run("import time\nt = time.time()\ntime.sleep(2)\nround(time.time() - t)");
    expect(response).toMatchObject({ ok: true, result: { value: 2 } });
    expect(pauses).toBeLessThan(20);
  });
});

describe("the end of a program", () => {
  for (const [name, code, exitCode, stderr] of [
    [
      "an uncaught error",
      "def f():\n    raise ValueError('no')\nf()",
      1,
      /^Traceback.*\n {2}File "\/workspace\/main.py", line 3, in <module>\n {4}f\(\)[\s\S]*ValueError: no\n$/,
    ],
    ["a syntax error", "x = = 1", 1, /File "\/workspace\/main.py", line 1\n[\s\S]*SyntaxError/],
    [
      "an error that cannot be shown",
      "class E(Exception):\n    def __str__(self): raise E\nraise E",
      1,
      /E: <exception str\(\) failed>/,
    ],
    ["sys.exit", "import sys\nsys.exit(3)", 3, /^$/],
    ["sys.exit with words", "import sys\nsys.exit('bye')", 1, /^bye\n$/],
    ["os._exit", "import os\nos._exit(7)", 7, /^$/],
    ["abort", "import os\nos.abort()", 134, /the interpreter stopped/],
    ["deep recursion", "def f(): return f()\nf()", 1, /RecursionError/],
    [
      "recursion without its guard",
      "import sys\nsys.setrecursionlimit(10**9)\ndef f(): return f()\nf()",
      1,
      /RecursionError|MemoryError/,
    ],
    ["recursion inside the interpreter", "a = []\nfor _ in range(10**5): a = [a]\nrepr(a)", 1, /RecursionError/],
    ["a nested program", "eval('(' * 10**5)", 1, /\(\(\(\(/],
    ["input that is not there", "input()", 1, /EOFError/],
    ["a thread", "import threading\nthreading.Thread(target=print).start()", 1, /can't start new thread/],
    ["another process", "import subprocess\nsubprocess.run(['ls'])", 1, /OSError|does not support processes/],
    ["a fork", "import os\nos.fork()", 1, /AttributeError|OSError/],
    ["a socket", "import socket\nsocket.create_connection(('127.0.0.1', 80))", 1, /error/],
    ["a pack of PyPI", "import numpy", 1, /No module named 'numpy'/],
  ] as const) {
    it(`by ${name} is exit code ${exitCode}, not a failed tool`, async () => {
      const outcome = await result(code, { timeoutMs: 60_000 });
      expect(outcome).toMatchObject({ exit_code: exitCode, stderr: expect.stringMatching(stderr) });
    });
  }

  it("keeps what was printed and written before it", async () => {
    const outcome = await result("open('b.txt', 'w').write('b')\nprint('out')\nraise SystemError('x')");
    expect(outcome).toMatchObject({ exit_code: 1, stdout: "out\n", changes: [{ kind: "put", text: "b" }] });
  });
});

describe("output and input", () => {
  it("are what the program reads and prints", async () => {
    const code = "import sys\nn = input()\nfor line in sys.stdin: print(n, line.strip())\nprint('e', file=sys.stderr)";
    expect(await result(code, { stdin: "h€\none\ntwo" })).toMatchObject({ stdout: "h€ one\nh€ two\n", stderr: "e\n" });
  });

  it("is cut at its limit, and says so, while the program goes on", async () => {
    const outcome = await result("for n in range(2000): print('x' * 100)\n'end'");
    expect(outcome.value).toBe("end");
    expect(outcome.stdout).toMatch(/\[truncated: only the first 65536 bytes are kept\]\n$/);
    expect(outcome.stdout.length).toBeLessThan(OUTPUT_BYTES_MAX + 100);
  });

  it("of bytes that are no text shows what is", async () => {
    expect(
      (
        await result(
          "import sys\n_ = sys.stdout.buffer.write(b'a\\xff\\xe2\\x82')\nsys.stdout.flush()\n_ = sys.stdout.buffer.write(b'\\xacb')",
        )
      ).stdout,
    ).toBe("a\ufffd€b");
  });
});

describe("what runs too long is stopped", () => {
  for (const [name, code] of [
    ["an endless loop", "while True: pass"],
    [
      "an endless loop that catches everything",
      "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    ],
    ["an endless generator", "sum(1 for _ in iter(int, 1))"],
    ["a catastrophic regular expression", "import re\nre.match('(a+)+$', 'a' * 40 + 'b')"],
    ["a loop of C code", "(0 for _ in ()) in __import__('itertools').count()"],
    ["a huge number", "10 ** 10000000"],
    ["a huge number as text", "import sys\nsys.set_int_max_str_digits(0)\nstr(3 ** 3000000)"],
    [
      "a sort that never agrees",
      "class A:\n    def __lt__(self, other): return True\nwhile True: sorted([A() for _ in range(1000)])",
    ],
    [
      "a comparison of hashes that collide",
      "class A:\n    def __hash__(self): return 1\n    def __eq__(self, other): return False\n{A() for _ in range(10**6)}",
    ],
    [
      "a query of sqlite",
      "import sqlite3\nsqlite3.connect(':memory:').execute('with recursive t(n) as (select 1 union all select n + 1 from t) select count(*) from t').fetchone()",
    ],
    ["a destructor", "class A:\n    def __del__(self):\n        while True: pass\nA()\n1"],
    ["a value whose keys take for ever", "class A(dict):\n    def items(self):\n        while True: pass\nA(a=1)"],
    ["a wait", "import time\ntime.sleep(10**6)"],
    ["a wait for a lock", "import threading\nl = threading.Lock()\nl.acquire()\nl.acquire(timeout=10**6)"],
    ["output without end", "while True: print('x' * 1000)"],
  ] as const) {
    it(name, async () => {
      const { response } = await run(code, { timeoutMs: 15 });
      expect(response).toEqual({
        ok: false,
        error: { code: "TOOL_TIMEOUT", message: "the program was stopped: it ran longer than 15 ms" },
      });
      expect((await result("'next'")).value).toBe("next");
    });
  }

  it("by its work when the clock stands still", async () => {
    const pace = testPace();
    const args = { language: "python", code: "while True: pass" };
    const response = await runPython(request(args, {}, { timeoutMs: 10 }), { ...builtPython(), pace });
    expect(response).toMatchObject({ ok: false, error: { code: "TOOL_TIMEOUT" } });
    expect(pace.pauses()).toBeGreaterThan(0);
  });

  it("after it gave way to the rest of the process again and again", async () => {
    expect((await run("while True: pass", { timeoutMs: 15 })).pauses).toBeGreaterThan(1);
  });
});

describe("what takes too much memory is an error of the program", () => {
  for (const [name, code, stderr] of [
    ["a long text", "'a' * 10**9", /MemoryError/],
    ["a text longer than any memory", "'a' * 10**10", /OverflowError|MemoryError/],
    ["a list that grows", "a = []\nwhile True: a.append('x' * 10000)", /MemoryError/],
    ["a text that doubles", "a = 'x'\nwhile True: a += a", /MemoryError/],
    ["bytes", "bytearray(10**9)", /MemoryError/],
    [
      "a compressed bomb",
      "import zlib\nzlib.decompress(zlib.compress(b'0' * 10**7) * 1, bufsize=10**9)",
      /MemoryError/,
    ],
  ] as const) {
    it(name, async () => {
      const outcome = await result(code, { timeoutMs: 60_000 });
      expect(outcome).toMatchObject({ exit_code: 1, stderr: expect.stringMatching(stderr) });
    });
  }
});

describe("files", () => {
  it("are read, written, listed, moved and removed", async () => {
    const code = `
import os, pathlib, shutil
os.makedirs("d/e")
with open("d/e/f.txt", "w") as f:
    f.write("one\\n")
with open("/workspace/d/e/f.txt", "a+") as f:
    f.write("two\\n"); f.seek(0); lines = f.readlines()
with open("d/e/f.txt", "r+") as f:
    f.seek(3); f.write("!"); f.truncate()
os.rename("a.txt", "d/a.txt")
shutil.copytree("d", "copy")
shutil.rmtree("d/e")
pathlib.Path("data.json").unlink()
os.chmod("lib.py", 0o700); os.utime("lib.py")
[lines, sorted(os.listdir(".")), os.path.getsize("copy/e/f.txt"), os.path.isdir("d"), sorted(os.walk("copy"))[0][1]]`;
    const outcome = await result(code);
    expect(outcome).toMatchObject({ stderr: "", exit_code: 0 });
    expect(outcome.value).toEqual([["one\n", "two\n"], ["copy", "d", "lib.py"], 4, true, ["e"]]);
    expect(outcome.changes).toEqual([
      { kind: "delete", path: "/workspace/a.txt" },
      { kind: "put", path: "/workspace/copy/a.txt", text: "alpha\nbeta\n" },
      { kind: "put", path: "/workspace/copy/e/f.txt", text: "one!" },
      { kind: "put", path: "/workspace/d/a.txt", text: "alpha\nbeta\n" },
      { kind: "delete", path: "/workspace/data.json" },
    ]);
  });

  it("can be modules of the program", async () => {
    expect((await result("import lib\nlib.five()")).value).toBe(5);
  });

  it("under /tmp hold bytes and end with the call", async () => {
    const code =
      "import tempfile, sqlite3\nf = tempfile.NamedTemporaryFile()\nf.write(bytes(300))\nf.flush()\nd = sqlite3.connect('/tmp/x.db')\nd.execute('create table t(a)')\nd.commit()\n";
    expect(await result(`${code}open(f.name, 'rb').read() == bytes(300)`)).toMatchObject({ value: true, changes: [] });
    expect((await result("import os\nos.listdir('/tmp')")).value).toEqual([]);
  });

  it("that are no text are kept as bytes, and come back as bytes", async () => {
    const outcome = await result(
      "open('x.bin', 'wb').write(b'\\xff')\nopen('y.txt', 'w').write('y\\0')\nopen('z.txt', 'w').write('z')\n1",
    );
    expect(outcome.changes).toEqual([
      { kind: "put", path: "/workspace/x.bin", text: "/w==", encoding: "base64" },
      { kind: "put", path: "/workspace/y.txt", text: "eQA=", encoding: "base64" },
      { kind: "put", path: "/workspace/z.txt", text: "z" },
    ]);
    expect(outcome).toMatchObject({ exit_code: 0, value: 1, stderr: "" });
    const files = [{ path: "/workspace/x.bin", text: "AP+A", encoding: "base64" } as const];
    const read = await result("list(open('x.bin', 'rb').read())", { files });
    expect(read).toMatchObject({ value: [0, 255, 128], changes: [] });
  });

  for (const [name, code, message, options] of [
    ["outside of the scopes", "open('/workspace/other', 'w')", /PermissionError/, { scopes: ["/workspace/src"] }],
    ["outside of everything", "open('/etc/passwd', 'w')", /FileNotFoundError|PermissionError/, {}],
    ["of the library", "open('/lib/python314.zip', 'ab')", /PermissionError/, {}],
    ["by climbing", "open('../../../etc/passwd')", /FileNotFoundError/, {}],
    [
      "that may only be read",
      "open('a.txt').read()\nopen('a.txt', 'w')",
      /PermissionError/,
      { access: "read", scopes: ["/"] },
    ],
    [
      "removed where they may only be read",
      "import os\nos.remove('a.txt')",
      /PermissionError/,
      { access: "read", scopes: ["/"] },
    ],
    ["moved out of the workspace and back as another", "import os\nos.symlink('a.txt', 'l')", /PermissionError/, {}],
    ["over the size of one", "open('z', 'w').write('x' * 2_000_000)", /File too large/, { quota: SMALL }],
    ["that are long and hollow", "f = open('z', 'wb')\nf.seek(10**9)\nf.write(b'1')\nf.flush()", /File too large/, {}],
    ["cut to a length beyond all", "import os\nos.truncate('a.txt', 10**12)", /File too large|Invalid/, {}],
    ["over the size of /tmp", "for n in range(99): open(f'/tmp/{n}', 'w').write('x' * 10**6)", /No space left/, {}],
    ["over their number", "for n in range(2000): open(f'/tmp/{n}', 'w').close()", /No space left/, {}],
    ["with names longer than a folder can say", "open('x' * 300, 'w')", /name too long/, {}],
    ["with paths that have no end", "import os\nos.stat('/tmp/' + 'a/' * 5000)", /name too long/, {}],
    ["opened without end", "a = [open('a.txt') for _ in range(1000)]", /Too many open files|No file descriptors/, {}],
    ["as folders that hold themselves", "import os\nos.mkdir('d')\nos.rename('d', 'd/e')", /Invalid argument/, {}],
  ] as const) {
    it(`${name} are an error of the program`, async () => {
      const outcome = await result(code, options);
      expect(outcome).toMatchObject({ exit_code: 1, stderr: expect.stringMatching(message) });
      expect(outcome.changes.filter(({ path }) => path !== "/workspace/z")).toEqual([]);
    });
  }

  it("are not there for a tool without files", async () => {
    expect(
      (await result("import os\n[os.path.exists('/workspace/a.txt')]", { access: "none", scopes: [], files: [] }))
        .value,
    ).toEqual([false]);
  });
});

describe("arguments", () => {
  for (const [name, args, message] of [
    ["another language", { language: "ruby", code: "1" }, /python or bash/],
    ["no code", { language: "python" }, /code must be text/],
    ["standard input that is no text", { language: "python", code: "1", stdin: 1 }, /stdin must be text/],
    ["a NUL", { language: "python", code: "1\0" }, /NUL/],
  ] as const) {
    it(`with ${name} are TOOL_ARGUMENTS`, async () => {
      const response = await runPython(request(args), { ...builtPython(), pace: testPace() });
      expect(response).toMatchObject({
        ok: false,
        error: { code: "TOOL_ARGUMENTS", message: expect.stringMatching(message) },
      });
    });
  }
});
