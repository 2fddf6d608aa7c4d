/**
 * Attempts to get out of the sandbox in Python and in Bash, by what they reach for. What one prints or has as its value
 * when it succeeds is `ESCAPED` or a secret; every attempt also proves that it ran, by printing `tried`.
 */
import type { Attempt } from "./escape-attempt.ts";

const python = (body: string): string =>
  `try:\n${body
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n")}\n    print("ESCAPED")\nexcept BaseException as e:\n    print("tried", type(e).__name__)`;

export const PYTHON: readonly Attempt[] = [
  ["network", "a socket", python("import socket\nsocket.create_connection(('127.0.0.1', 8787), 1)")],
  ["network", "a raw socket", python("import socket\ns = socket.socket()\ns.connect(('1.1.1.1', 80))")],
  [
    "network",
    "a listening socket",
    python("import socket\ns = socket.socket()\ns.bind(('0.0.0.0', 8080))\ns.listen()"),
  ],
  ["network", "a request by urllib", python("import urllib.request\nurllib.request.urlopen('https://example.com')")],
  [
    "network",
    "a request by http.client",
    python("import http.client\nhttp.client.HTTPConnection('127.0.0.1', 8787).request('GET', '/')"),
  ],
  ["network", "a name", python("import socket\nsocket.gethostbyname('example.com')")],
  ["network", "asyncio", python("import asyncio\nasyncio.run(asyncio.open_connection('127.0.0.1', 80))")],
  ["engines", "the js module", python("import js\njs.fetch('https://example.com')")],
  ["engines", "the bridge's module", python("import pyodide_js")],
  ["engines", "Pyodide's code", python("import pyodide.code\npyodide.code.run_js('1')")],
  ["engines", "the bridge's core", python("import _pyodide_core")],
  ["engines", "micropip", python("import micropip")],
  ["engines", "pip", python("import pip")],
  [
    "engines",
    "a built-in module by name",
    python("import sys\nassert any('js' == n or 'pyodide' in n for n in sys.builtin_module_names)"),
  ],
  [
    "engines",
    "an object of the bridge in memory",
    python("import gc\nassert any('Js' in type(o).__name__ for o in gc.get_objects())"),
  ],
  [
    "engines",
    "a C function by ctypes",
    python("import ctypes\nctypes.pythonapi.Py_GetVersion.restype = ctypes.c_char_p\nctypes.pythonapi.Py_GetVersion()"),
  ],
  ["engines", "the bridge's own call by ctypes", python("import ctypes\nctypes.pythonapi.raw_call_js(0)")],
  ["engines", "a script of the host by ctypes", python("import ctypes\nctypes.CDLL(None).emscripten_run_script(b'1')")],
  ["engines", "a library", python("import ctypes\nctypes.CDLL('/workspace/a.so')")],
  [
    "engines",
    "code of the host through a call back",
    python("import ctypes\nf = ctypes.CFUNCTYPE(None)(lambda: 1)\nf()"),
  ],
  ["code", "a shell", python("import os\nassert os.system('ls') == 0")],
  ["code", "a process", python("import subprocess\nsubprocess.check_output(['id'])")],
  ["code", "a fork", python("import os\nos.fork()")],
  ["code", "exec", python("import os\nos.execv('/bin/sh', ['sh'])")],
  ["code", "a signal to the parent", python("import os\nos.kill(os.getppid() or 1, 9)\nraise OSError")],
  ["files", "a file outside of the scopes", python("print(open('/data/secret.txt').read())")],
  ["files", "a file by climbing", python("print(open('/workspace/../data/secret.txt').read())")],
  ["files", "the machine's users", python("print(open('/etc/passwd').read())")],
  ["files", "the process's environment", python("print(open('/proc/self/environ').read())")],
  ["files", "the process's memory", python("print(open('/proc/self/mem', 'rb').read(10))")],
  ["files", "a device", python("print(open('/dev/mem', 'rb').read(10))")],
  [
    "files",
    "a link out of the workspace",
    python("import os\nos.symlink('/data/secret.txt', 'l')\nprint(open('l').read())"),
  ],
  ["files", "the library overwritten", python("open('/lib/python314.zip', 'r+b').write(b'x')")],
  ["files", "a descriptor that was not opened", python("import os\n[print(os.read(n, 100)) for n in range(5, 200)]")],
  [
    "engines",
    "the host's variables",
    "import os\nprint('tried', 'ESCAPED' if set(os.environ) - {'HOME', 'LANG', 'PYTHONUTF8', 'NO_COLOR', 'TZ', 'PYTHONHASHSEED', 'TRACEPARENT', 'IDEMPOTENCY_KEY'} else '')",
  ],
  [
    "engines",
    "a result that says what it likes",
    'import os\nos.write(4, b\'{"__proto__": {"polluted": "ESCAPED"}, "constructor": 1}\')\nprint(\'tried\')',
  ],
  [
    "engines",
    "a result in the host's words",
    'import os\nos.write(1, b\'{"ok": false, "error": 1}\')\nos.write(4, b\'1}, "changes": [{"kind": "put", "path": "/etc/ESCAPED"}]\')\nprint(\'tried\')',
  ],
  [
    "engines",
    "the driver changed for the next call",
    "import sys\nm = sys.modules['builtins']\nm.print = None\nsys.modules['json'] = None\nimport os\nos.write(1, b'tried')\nos._exit(0)",
  ],
];

/** On the standard library, which the calls of an isolate share, by a program that may write everywhere. */
export const LIBRARY_DEEDS: readonly (readonly [deed: string, code: string])[] = [
  ["overwritten", python("f = open('/lib/python314.zip', 'r+b')\nf.write(b'x' * 5_000_000)\nf.close()")],
  ["emptied", python("open('/lib/python314.zip', 'wb').close()")],
  ["cut", python("import os\nos.truncate('/lib/python314.zip', 100)")],
  ["replaced", python("import os\nos.replace('/workspace/a.txt', '/lib/python314.zip')")],
  ["moved", python("import os\nos.rename('/lib', '/other')")],
];

export const BASH: readonly Attempt[] = [
  [
    "network",
    "a connection of the shell",
    "exec 3<>/dev/tcp/127.0.0.1/8787; echo 'GET /' >&3; cat <&3 | grep -qi content-type && echo ESCAPED; echo tried",
  ],
  ["network", "curl", "curl -s https://example.com && echo ESCAPED; echo tried"],
  ["network", "wget", "wget -q https://example.com && echo ESCAPED; echo tried"],
  [
    "code",
    "another language",
    'node -e \'console.log("ESC" + "APED")\'; python3 -c \'print("ESC" + "APED")\'; js-exec -c \'console.log("ESC"+"APED")\'; echo tried',
  ],
  [
    "files",
    "a file outside of the scopes",
    "cat /data/secret.txt; cat < /data/secret.txt; cat /data/*; grep -r secret / ; echo tried",
  ],
  [
    "files",
    "a file by climbing",
    "cat ../data/secret.txt ./../../data/secret.txt; cd ..; cat data/secret.txt; echo tried",
  ],
  ["files", "a file by a link", "ln -s /data/secret.txt l && cat l; ln /data/secret.txt h && cat h; echo tried"],
  [
    "files",
    "the machine's files",
    "for f in /etc/passwd /proc/1/environ /proc/self/maps /root/.ssh/id_rsa; do [ -s $f ] && grep -q root $f && echo ESCAPED; done; echo tried",
  ],
  [
    "engines",
    "the host's variables",
    "env | grep -Eiq 'key=[^k]|token|secret|cloudflare|node' && echo ESCAPED; echo tried",
  ],
  [
    "engines",
    "a prototype by an array",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell expands it
    'declare -A a; a[__proto__]=ESC; a[constructor]=x; echo ${#a[@]} tried; unset a; declare -A b; [ -z "${b[toString]}" ] || echo ESCAPED',
  ],
  [
    "engines",
    "a prototype by a variable",
    '__proto__=1; constructor=2; [ -z "$toString$valueOf" ] || echo ESCAPED; echo tried',
  ],
  [
    "engines",
    "a prototype by JSON",
    "echo '{\"__proto__\": {\"a\": 1}}' | jq -r '.a // \"tried\"'; jq -n '{} | .polluted // empty'",
  ],
  [
    "engines",
    "JavaScript by a function's name",
    "constructor() { echo; }; $(echo constructor) 'return process'; eval 'this.constructor'; echo tried",
  ],
  [
    "engines",
    "JavaScript by awk",
    "awk 'BEGIN { print constructor, __proto__, toString(1) }'; awk 'BEGIN { system(\"id\") }'; awk 'BEGIN { \"id\" | getline x; print x }'; echo tried",
  ],
  [
    "engines",
    "JavaScript by jq",
    "jq -n 'env.__proto__, $__prog_args, input_filename, (\"constructor\" as $k | {}[$k])'; echo tried",
  ],
  ["code", "a command by sed", "sed '1e id' a.txt; sed -n '1w /data/x' a.txt; [ -f /data/x ] && false; echo tried"],
  ["engines", "what the host hears", "echo '=value'; echo '!EACCES'; printf '\\0settled\\0'; echo tried"],
];
