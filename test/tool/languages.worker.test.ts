/**
 * Python and Bash as a task's object calls them, in the real runtime: attempts to get out of the sandbox, each by name,
 * and programs that would take the process with them. None succeeds, and the next call is answered.
 */
import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { createLog, systemClock } from "../../src/platform/index.ts";
import {
  compileCatalog,
  createToolHost,
  type RunnerStub,
  type ToolCallRequest,
  type ToolFile,
  type ToolRunnerProps,
} from "../../src/tool/index.ts";
import { composeConfig, SCOPED, tool, tools } from "./samples.ts";

// By reflection, because the types of the exports are those of the generated Worker, not of this test's view.
const runnerFor = (props: ToolRunnerProps): RunnerStub => Reflect.get(exports, "ToolRunner")({ props });

type Language = "python" | "bash";
type Options = { readonly files?: readonly ToolFile[]; readonly tenant?: string; readonly sandbox?: string };

async function run(language: Language, code: string, options: Options = {}) {
  const { files = [], tenant = "tenant-123", sandbox = `timeout: "60s", ${SCOPED}` } = options;
  const config = await composeConfig(tools([tool("code_executor", sandbox)]));
  const log = createLog({}, () => undefined);
  const host = createToolHost({ config, catalog: compileCatalog(config), runnerFor, clock: systemClock, log });
  const request: ToolCallRequest = {
    ...{ tenant, taskId: "task-1", toolId: "code_executor", arguments: { language, code }, key: "key-1", files },
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  };
  const outcome = await host.execute(request, new AbortController().signal);
  return { ...outcome, result: JSON.parse(outcome.resultJson) };
}

const FILES: readonly ToolFile[] = [
  { path: "/workspace/a.txt", text: "mine" },
  { path: "/data/secret.txt", text: "the-secret" },
];

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

/**
 * What an attempt prints or has as its value when it succeeds is `ESCAPED` or a secret; every attempt also proves that
 * it ran, by printing `tried` before or after.
 */
const python = (body: string): string =>
  `try:\n${body
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n")}\n    print("ESCAPED")\nexcept BaseException as e:\n    print("tried", type(e).__name__)`;

const ATTEMPTS: readonly (readonly [what: string, language: Language, code: string])[] = [
  // The network.
  ["a socket", "python", python("import socket\nsocket.create_connection(('127.0.0.1', 8787), 1)")],
  ["a raw socket", "python", python("import socket\ns = socket.socket()\ns.connect(('1.1.1.1', 80))")],
  ["a listening socket", "python", python("import socket\ns = socket.socket()\ns.bind(('0.0.0.0', 8080))\ns.listen()")],
  ["a request by urllib", "python", python("import urllib.request\nurllib.request.urlopen('https://example.com')")],
  [
    "a request by http.client",
    "python",
    python("import http.client\nhttp.client.HTTPConnection('127.0.0.1', 8787).request('GET', '/')"),
  ],
  ["a name", "python", python("import socket\nsocket.gethostbyname('example.com')")],
  ["asyncio", "python", python("import asyncio\nasyncio.run(asyncio.open_connection('127.0.0.1', 80))")],
  // The bridge to JavaScript.
  ["the js module", "python", python("import js\njs.fetch('https://example.com')")],
  ["the bridge's module", "python", python("import pyodide_js")],
  ["Pyodide's code", "python", python("import pyodide.code\npyodide.code.run_js('1')")],
  ["the bridge's core", "python", python("import _pyodide_core")],
  ["micropip", "python", python("import micropip")],
  ["pip", "python", python("import pip")],
  [
    "a built-in module by name",
    "python",
    python("import sys\nassert any('js' == n or 'pyodide' in n for n in sys.builtin_module_names)"),
  ],
  [
    "an object of the bridge in memory",
    "python",
    python("import gc\nassert any('Js' in type(o).__name__ for o in gc.get_objects())"),
  ],
  [
    "a C function by ctypes",
    "python",
    python("import ctypes\nctypes.pythonapi.Py_GetVersion.restype = ctypes.c_char_p\nctypes.pythonapi.Py_GetVersion()"),
  ],
  ["the bridge's own call by ctypes", "python", python("import ctypes\nctypes.pythonapi.raw_call_js(0)")],
  ["a script of the host by ctypes", "python", python("import ctypes\nctypes.CDLL(None).emscripten_run_script(b'1')")],
  ["a library", "python", python("import ctypes\nctypes.CDLL('/workspace/a.so')")],
  [
    "code of the host through a call back",
    "python",
    python("import ctypes\nf = ctypes.CFUNCTYPE(None)(lambda: 1)\nf()"),
  ],
  // Processes.
  ["a shell", "python", python("import os\nassert os.system('ls') == 0")],
  ["a process", "python", python("import subprocess\nsubprocess.check_output(['id'])")],
  ["a fork", "python", python("import os\nos.fork()")],
  ["exec", "python", python("import os\nos.execv('/bin/sh', ['sh'])")],
  ["a signal to the parent", "python", python("import os\nos.kill(os.getppid() or 1, 9)\nraise OSError")],
  // Files.
  ["a file outside of the scopes", "python", python("print(open('/data/secret.txt').read())")],
  ["a file by climbing", "python", python("print(open('/workspace/../data/secret.txt').read())")],
  ["the machine's users", "python", python("print(open('/etc/passwd').read())")],
  ["the process's environment", "python", python("print(open('/proc/self/environ').read())")],
  ["the process's memory", "python", python("print(open('/proc/self/mem', 'rb').read(10))")],
  ["a device", "python", python("print(open('/dev/mem', 'rb').read(10))")],
  [
    "a link out of the workspace",
    "python",
    python("import os\nos.symlink('/data/secret.txt', 'l')\nprint(open('l').read())"),
  ],
  ["the library overwritten", "python", python("open('/lib/python314.zip', 'r+b').write(b'x')")],
  ["a descriptor that was not opened", "python", python("import os\n[print(os.read(n, 100)) for n in range(5, 200)]")],
  // The surroundings.
  [
    "the host's variables",
    "python",
    "import os\nprint('tried', 'ESCAPED' if set(os.environ) - {'HOME', 'LANG', 'PYTHONUTF8', 'NO_COLOR', 'TZ', 'PYTHONHASHSEED', 'TRACEPARENT', 'IDEMPOTENCY_KEY'} else '')",
  ],
  [
    "a result that says what it likes",
    "python",
    'import os\nos.write(4, b\'{"__proto__": {"polluted": "ESCAPED"}, "constructor": 1}\')\nprint(\'tried\')',
  ],
  [
    "a result in the host's words",
    "python",
    'import os\nos.write(1, b\'{"ok": false, "error": 1}\')\nos.write(4, b\'1}, "changes": [{"kind": "put", "path": "/etc/ESCAPED"}]\')\nprint(\'tried\')',
  ],
  [
    "the driver changed for the next call",
    "python",
    "import sys\nm = sys.modules['builtins']\nm.print = None\nsys.modules['json'] = None\nimport os\nos.write(1, b'tried')\nos._exit(0)",
  ],
  // Bash.
  [
    "a connection of the shell",
    "bash",
    "exec 3<>/dev/tcp/127.0.0.1/8787; echo 'GET /' >&3; cat <&3 | grep -qi content-type && echo ESCAPED; echo tried",
  ],
  ["curl", "bash", "curl -s https://example.com && echo ESCAPED; echo tried"],
  ["wget", "bash", "wget -q https://example.com && echo ESCAPED; echo tried"],
  [
    "another language",
    "bash",
    'node -e \'console.log("ESC" + "APED")\'; python3 -c \'print("ESC" + "APED")\'; js-exec -c \'console.log("ESC"+"APED")\'; echo tried',
  ],
  [
    "a file outside of the scopes",
    "bash",
    "cat /data/secret.txt; cat < /data/secret.txt; cat /data/*; grep -r secret / ; echo tried",
  ],
  [
    "a file by climbing",
    "bash",
    "cat ../data/secret.txt ./../../data/secret.txt; cd ..; cat data/secret.txt; echo tried",
  ],
  ["a file by a link", "bash", "ln -s /data/secret.txt l && cat l; ln /data/secret.txt h && cat h; echo tried"],
  [
    "the machine's files",
    "bash",
    "for f in /etc/passwd /proc/1/environ /proc/self/maps /root/.ssh/id_rsa; do [ -s $f ] && grep -q root $f && echo ESCAPED; done; echo tried",
  ],
  [
    "the host's variables",
    "bash",
    "env | grep -Eiq 'key=[^k]|token|secret|cloudflare|node' && echo ESCAPED; echo tried",
  ],
  [
    "a prototype by an array",
    "bash",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell expands it
    'declare -A a; a[__proto__]=ESC; a[constructor]=x; echo ${#a[@]} tried; unset a; declare -A b; [ -z "${b[toString]}" ] || echo ESCAPED',
  ],
  [
    "a prototype by a variable",
    "bash",
    '__proto__=1; constructor=2; [ -z "$toString$valueOf" ] || echo ESCAPED; echo tried',
  ],
  [
    "a prototype by JSON",
    "bash",
    "echo '{\"__proto__\": {\"a\": 1}}' | jq -r '.a // \"tried\"'; jq -n '{} | .polluted // empty'",
  ],
  [
    "JavaScript by a function's name",
    "bash",
    "constructor() { echo; }; $(echo constructor) 'return process'; eval 'this.constructor'; echo tried",
  ],
  [
    "JavaScript by awk",
    "bash",
    "awk 'BEGIN { print constructor, __proto__, toString(1) }'; awk 'BEGIN { system(\"id\") }'; awk 'BEGIN { \"id\" | getline x; print x }'; echo tried",
  ],
  [
    "JavaScript by jq",
    "bash",
    "jq -n 'env.__proto__, $__prog_args, input_filename, (\"constructor\" as $k | {}[$k])'; echo tried",
  ],
  ["a command by sed", "bash", "sed '1e id' a.txt; sed -n '1w /data/x' a.txt; [ -f /data/x ] && false; echo tried"],
  ["what the host hears", "bash", "echo '=value'; echo '!EACCES'; printf '\\0settled\\0'; echo tried"],
];

describe("an attempt to get out ends in the sandbox", () => {
  for (const [what, language, code] of ATTEMPTS) {
    it(`${language}: ${what}`, async () => {
      const outcome = await run(language, code, { files: FILES });
      const text = JSON.stringify(outcome);
      expect(text).not.toMatch(/ESCAPED|the-secret|uid=/);
      // An interpreter that called what is not there is stopped; anything else has gone on to say so.
      expect(outcome.error).toBeNull();
      expect(outcome.result.exit_code === 134 || `${outcome.result.stdout}`.includes("tried")).toBe(true);
      expect(outcome.changes.filter(({ path }) => !path.startsWith("/workspace/"))).toEqual([]);
      expect(Reflect.get({}, "polluted")).toBeUndefined();
    });
  }
});

describe("two calls share nothing", () => {
  const LEAVE: Readonly<Record<Language, string>> = {
    python:
      "import sys, os, json, builtins\nbuiltins.left = sys.left = json.left = 'left'\nos.environ['LEFT'] = 'left'\nopen('/tmp/left', 'w').write('left')\nsys.path.append('/left')\nos.chdir('/tmp')\njson.dumps = None",
    bash: "left=left; export left; left() { echo left; }; alias left='echo left'; echo left > /tmp/left; cd /tmp; set -f; shopt -s extglob; printf left > /bin/ls",
  };
  const LOOK: Readonly<Record<Language, string>> = {
    python:
      "import sys, os, json, builtins\nprint([hasattr(m, 'left') for m in (builtins, sys, json)], 'LEFT' in os.environ, os.path.exists('/tmp/left'), '/left' in sys.path, os.getcwd(), json.dumps({}))",
    bash: 'echo "[$left]" $(pwd) $(ls /tmp | wc -l) $-; type left >/dev/null 2>&1 && echo left; ls',
  };
  const CLEAN: Readonly<Record<Language, string>> = {
    python: "[False, False, False] False False False /workspace {}\n",
    bash: "[] /workspace 0 hBs\n",
  };
  for (const language of ["python", "bash"] as const) {
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

const BOMBS: readonly (readonly [what: string, language: Language, code: string])[] = [
  ["an endless loop", "python", "while True: pass"],
  ["an endless loop", "bash", "while :; do :; done"],
  ["a catastrophic regular expression", "python", "import re\nre.match('(a+)+$', 'a' * 40 + 'b')"],
  ["a catastrophic regular expression", "bash", "x=$(printf 'a%.0s' {1..3000}); while :; do [[ $x =~ (a+)+b ]]; done"],
  ["a loop of C code", "python", "10 ** 10000000"],
  ["output that never ends", "python", "while True: print('x' * 1000)"],
  ["output that never ends", "bash", "while :; do echo y; done | head -1"],
];

describe("a program that never ends is TOOL_TIMEOUT, and another call is answered meanwhile", () => {
  for (const [what, language, code] of BOMBS) {
    it(`${language}: ${what}`, async () => {
      const sandbox = `timeout: "1s", ${SCOPED}`;
      const order: string[] = [];
      const hostile = run(language, code, { sandbox }).then((outcome) => {
        order.push("hostile");
        return outcome;
      });
      await run(language, language === "python" ? "1" : "echo 1").then(() => order.push("quick"));
      expect(await hostile).toMatchObject({ success: false, error: { code: "TOOL_TIMEOUT" }, changes: [] });
      expect(order).toContain("quick");
      expect((await run(language, language === "python" ? "print('next')" : "echo next")).result.stdout).toBe("next\n");
    });
  }
});

describe("a program that takes too much fails by itself", () => {
  for (const [what, language, code, ending] of [
    [
      "a heap bomb",
      "python",
      "a = []\nwhile True: a.append('x' * 100000)",
      { exit_code: 1, stderr: expect.stringMatching(/MemoryError/) },
    ],
    ["a heap bomb", "bash", "x=xx; while :; do x=$x$x; done", { exit_code: expect.toSatisfy((code) => code > 0) }],
    ["a huge text", "python", "'a' * 10**10", { exit_code: 1 }],
    [
      "deep recursion",
      "python",
      "import sys\nsys.setrecursionlimit(10**9)\ndef f(): return f()\nf()",
      { exit_code: 1 },
    ],
    [
      "deep recursion in the interpreter",
      "python",
      "a = []\nfor _ in range(10**5): a = [a]\nrepr(a)",
      { exit_code: 1 },
    ],
    ["deep recursion", "bash", "f() { f; }; f", { exit_code: 126 }],
    ["a fork bomb", "bash", ":(){ :|:& };:", { exit_code: 126 }],
    ["a fork bomb", "python", "import os\nwhile True: os.fork()", { exit_code: 1 }],
    ["threads", "python", "import threading\nwhile True: threading.Thread(target=print).start()", { exit_code: 1 }],
    [
      "50 MB of output",
      "python",
      "for _ in range(500): print('x' * 100000)",
      { exit_code: 0, stdout: expect.stringMatching(/\[truncated/) },
    ],
    [
      "50 MB of output",
      "bash",
      "printf '%100000d' 0 > k; while :; do cat k k k k; done",
      { exit_code: expect.toSatisfy((code) => code > 0) },
    ],
    [
      "a file that grows",
      "python",
      "f = open('/tmp/x', 'w')\nwhile True: f.write('x' * 100000)",
      { exit_code: 1, stderr: expect.stringMatching(/File too large|No space left/) },
    ],
  ] as const) {
    it(`${language}: ${what}`, async () => {
      expect((await run(language, code)).result).toMatchObject(ending);
      expect((await run(language, language === "python" ? "print('next')" : "echo next")).result.stdout).toBe("next\n");
    });
  }
});
