/** Scripts in the real shell: what they can do, how they end, and what stops them. */
import { describe, expect, it } from "vitest";
import type { WorkerRequest } from "../../../src/tool/contract.ts";
import { runShell } from "../../../src/tool/workers/code-executor/bash/program.ts";
import { OUTPUT_BYTES_MAX } from "../../../src/tool/workers/limits.ts";
import { builtShell, testPace } from "./built.ts";
import { request, SMALL } from "./request.ts";

const FILES = {
  "/workspace/a.txt": "alpha\nbeta\n",
  "/workspace/data.json": '{"n": [1, 2]}',
  "/workspace/src/one.ts": "// TODO one\n",
};

type Options = Partial<WorkerRequest> & { readonly stdin?: string };

/** Ends within its budget whatever the script: the test clock moves a little at each look. */
async function run(code: string, { stdin = "", ...more }: Options = {}) {
  const pace = testPace(0.1);
  const response = await runShell(request({ language: "bash", code, stdin }, FILES, more), { ...builtShell(), pace });
  return { response, pauses: pace.pauses() };
}

async function result(code: string, options: Options = {}) {
  const { response } = await run(code, options);
  if (!response.ok) throw new Error(response.error.message);
  const { stdout, stderr, exit_code, ...more } = response.result as Record<string, unknown>; // the worker's own shape
  return { stdout: String(stdout), stderr: String(stderr), exit_code, more, changes: response.changes };
}

describe("a script", () => {
  for (const [name, code, stdout] of [
    ["prints", "echo hello; printf '%03d\\n' 7", "hello\n007\n"],
    ["pipes", "seq 1 10 | awk '{ s += $1 } END { print s }'", "55\n"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell expands it
    ["has arrays, arithmetic and loops", "a=(1 2 3); s=0; for i in ${a[@]}; do ((s += i * i)); done; echo $s", "14\n"],
    [
      "has functions, cases and tests",
      "f() { case $1 in a*) echo A;; *) echo B;; esac; }; f abc; [[ x == x ]] && f b",
      "A\nB\n",
    ],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell expands it
    ["matches regular expressions", "[[ abc =~ b(.) ]] && echo ${BASH_REMATCH[1]}", "c\n"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell expands it
    ["substitutes and expands", "x=$(echo a.tar.gz); echo ${x%%.*} {1..3} $((2 ** 10))", "a 1 2 3 1024\n"],
    ["has heredocs", "cat <<END\n$((1 + 1))\nEND", "2\n"],
    ["reads JSON", "jq -c '.n | map(. + 1)' data.json", "[2,3]\n"],
    ["searches", "grep -rn TODO . ; find . -name '*.json'", "src/one.ts:1:// TODO one\n./data.json\n"],
    ["edits streams", "sed -E 's/(al)(pha)/\\2\\1/' a.txt", "phaal\nbeta\n"],
    ["hashes", "printf abc | sha256sum | cut -c1-8; printf abc | sha1sum | cut -c1-8", "ba7816bf\na9993e36\n"],
    ["hashes what takes two blocks", "printf '%0100d' 0 | sha256sum | cut -c1-8", "134e6543\n"],
    ["turns text into base64 and back", "printf 'h€llo' | base64 | tee /dev/stderr | base64 -d", "h€llo"],
    ["counts bytes, not characters", "printf 'h€llo' | wc -c", "7\n"],
    ["finds its commands", "command -v jq; which ls", "/bin/jq\n/bin/ls\n"],
    ["throws away what goes to /dev/null", "echo x > /dev/null; cat /dev/null", ""],
    ["waits", "sleep 2; echo later", "later\n"],
    ["has a random number of its own", "[[ $RANDOM -gt 0 ]] && echo yes", "yes\n"],
  ] as const) {
    it(name, async () => {
      expect(await result(code)).toMatchObject({ stdout, exit_code: 0 });
    });
  }

  it("reads standard input", async () => {
    expect((await result('read first; echo "<$first>"; wc -l', { stdin: "one\ntwo\nthree\n" })).stdout).toMatch(
      /^<one>\n\s*2\n$/,
    );
  });

  it("gives three things and no more", async () => {
    expect((await result("export SECRET=1; echo done")).more).toEqual({});
  });

  it("knows its key and its trace", async () => {
    expect((await result("echo $IDEMPOTENCY_KEY $TRACEPARENT $HOME")).stdout).toBe(
      "0123456789abcdef 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 /workspace\n",
    );
  });
});

describe("the end of a script", () => {
  for (const [name, code, exitCode, stderr] of [
    ["exit", "exit 3; echo never", 3, /^$/],
    ["its last command", "true; false", 1, /^$/],
    ["set -e", "set -e; false; echo never", 1, /^$/],
    ["a syntax error", "if true; then", 2, /syntax error/],
    ["an unknown command", "frobnicate", 127, /frobnicate: command not found/],
    ["a command that needs a network", "curl http://example.com", 127, /curl: command not found/],
    ["another language", "python3 -c 1 || node -e 1", 127, /python3: command not[\s\S]*node: command not found/],
    ["recursion", "f() { f; }; f", 126, /recursion depth/],
    ["a fork bomb", ":(){ :|:& };:", 126, /recursion depth/],
    ["nested substitutions", `${"$(echo ".repeat(40)}x${")".repeat(40)}`, 126, /depth|nesting/],
    ["what is nested deeper than the engine goes", `${"$(echo ".repeat(300)}x${")".repeat(300)}`, 134, /shell stopped/],
  ] as const) {
    it(`by ${name} is exit code ${exitCode}, not a failed tool`, async () => {
      const outcome = await result(code, { timeoutMs: 100_000 });
      expect(outcome).toMatchObject({ exit_code: exitCode, stderr: expect.stringMatching(stderr) });
    });
  }
});

describe("output", () => {
  it("is cut at its limit, and says so", async () => {
    const outcome = await result("printf 'x%.0s' {1..5000} > /tmp/x; for i in {1..20}; do cat /tmp/x; done");
    expect(outcome.stdout).toMatch(/\[truncated: only the first 65536 bytes are kept\]\n$/);
    expect(outcome.stdout.length).toBeLessThan(OUTPUT_BYTES_MAX + 100);
  });
});

describe("what a script may not spend is refused or stopped", () => {
  for (const [name, code] of [
    ["an endless loop", "while :; do :; done"],
    ["an endless loop that prints", "while :; do echo y; done"],
    ["an endless loop into a pipe that nobody reads", "while :; do echo y; done | head -1"],
    ["a loop that ignores a time-out of its own", "timeout 1 bash -c 'while :; do :; done'; while :; do :; done"],
    ["a regular expression of grep", "printf 'a%.0s' {1..5000} | grep -P '^(a+)+$(?=b)|(a|a)*c'; while :; do :; done"],
    ["a regular expression of sed", "printf 'a%.0s' {1..3000} | sed -E ':x; s/(a|aa)+$/&/; tx'"],
    [
      "a regular expression of awk",
      'awk \'BEGIN { s = "a"; while (length(s) < 9999) s = s "a"; while (1) s ~ /(a|a)*b/ }\'',
    ],
    ["a loop of awk", "awk 'BEGIN { for (i = 0; i < 9e9; i++) s = s i }'"],
    ["a regular expression of the shell", "x=$(printf 'a%.0s' {1..3000}); while :; do [[ $x =~ (a+)+b ]]; done"],
    ["a program of jq", "jq -n '[range(1e9)] | length'; jq -n 'def f: f; f'; while :; do :; done"],
    ["a string that doubles", "x=xx; while :; do x=$x$x; done"],
    ["an array that grows", "a=(); while :; do a+=(x x x x x x x x); done"],
    ["a file that grows", "while :; do cat a.txt a.txt a.txt >> /tmp/big; cat /tmp/big >> a.txt; done"],
    ["braces", "echo {1..100000}{1..100000}{1..100000} | wc -c; while :; do :; done"],
    ["a wait without end", "sleep infinity; sleep 999999999"],
    ["jobs in the background", "while :; do sleep 1 & done; wait"],
    ["heredocs in a loop", "while :; do cat <<A >> /tmp/h\n$(cat /tmp/h 2>/dev/null)\nlong\nA\ndone"],
    ["50 MB of output", "printf '%1000d' 0 > /tmp/k; while :; do cat /tmp/k /tmp/k /tmp/k /tmp/k; done"],
    ["a sort of everything", "for i in {1..9999}; do seq 1 1000; done | sort -rn | uniq -c"],
    ["eval of eval", 'x=\'eval "$x"\'; eval "$x"'],
    ["xargs of itself", "f=/tmp/x.sh; echo 'bash /tmp/x.sh; bash /tmp/x.sh' > $f; bash $f"],
  ] as const) {
    it(name, async () => {
      const { response, pauses } = await run(code, { timeoutMs: 10 });
      if (response.ok) expect(response.result).toMatchObject({ exit_code: expect.toSatisfy((code) => code !== 0) });
      else expect(response.error.code).toBe("TOOL_TIMEOUT");
      expect(pauses).toBeLessThan(10_000);
      expect((await result("echo next")).stdout).toBe("next\n");
    });
  }

  it("gives way to the rest of the process again and again", async () => {
    expect((await run("while :; do :; done", { timeoutMs: 20 })).pauses).toBeGreaterThan(1);
  });

  it("is stopped by its work when the clock stands still", async () => {
    const pace = testPace();
    const args = { language: "bash", code: "while :; do :; done" };
    const response = await runShell(request(args, {}, { timeoutMs: 10 }), { ...builtShell(), pace });
    expect(response).toMatchObject({ ok: false, error: { code: "TOOL_TIMEOUT" } });
    expect(pace.pauses()).toBeGreaterThan(0);
  });
});

describe("files", () => {
  it("are written, moved, copied, listed and removed", async () => {
    const outcome = await result(`
      mkdir -p d/e && echo one > d/e/f.txt && echo two >> d/e/f.txt
      mv a.txt d/ && cp -r d copy && rm -r d/e && sed -i 's/alpha/ALPHA/' d/a.txt
      touch empty; chmod +x empty; ls copy copy/e`);
    expect(outcome).toMatchObject({ stderr: "", exit_code: 0, stdout: "copy:\na.txt\ne\n\ncopy/e:\nf.txt\n" });
    expect(outcome.changes).toEqual([
      { kind: "delete", path: "/workspace/a.txt" },
      { kind: "put", path: "/workspace/copy/a.txt", text: "alpha\nbeta\n" },
      { kind: "put", path: "/workspace/copy/e/f.txt", text: "one\ntwo\n" },
      { kind: "put", path: "/workspace/d/a.txt", text: "ALPHA\nbeta\n" },
      { kind: "put", path: "/workspace/empty", text: "" },
    ]);
  });

  it("move between the workspace and /tmp, where bytes may be", async () => {
    const outcome = await result(
      "cp a.txt /tmp/x; printf '\\0' >> /tmp/x; mv data.json /tmp; mv /tmp/data.json b.json; wc -c < /tmp/x",
    );
    expect(outcome).toMatchObject({ stdout: "12\n", exit_code: 0 });
    expect(outcome.changes.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      "put /workspace/b.json",
      "delete /workspace/data.json",
    ]);
  });

  for (const [name, code, message, options] of [
    [
      "outside of the scopes",
      "echo x > /workspace/other",
      /outside of what this tool may use/,
      { scopes: ["/workspace/src"] },
    ],
    [
      "that may only be read",
      "cat a.txt > /dev/null; echo x > a.txt",
      /may read files but not change/,
      { access: "read", scopes: ["/"] },
    ],
    ["over the quota", "printf '%1100000d' 0 > big", /a file holds 1048576/, { timeoutMs: 100_000, quota: SMALL }],
    ["with a NUL", "printf 'a\\0b' > z", /only text/, {}],
    ["as links", "ln -s a.txt l", /cannot be stored|link/, {}],
  ] as const) {
    it(`${name} are an error of the script, and none of it is staged`, async () => {
      const outcome = await result(code, options);
      expect(outcome.exit_code).not.toBe(0);
      expect(outcome.stderr).toMatch(message);
      // As in any shell, the redirection has made the file before the command writes.
      expect(outcome.changes.filter((change) => change.kind !== "put" || change.text !== "")).toEqual([]);
    });
  }

  it("start in the first scope when the usual folder is not one", async () => {
    expect((await result("pwd; ls", { scopes: ["/workspace/src"] })).stdout).toBe("/workspace/src\none.ts\n");
  });

  it("are not there for a tool without files", async () => {
    const outcome = await result("cat /workspace/a.txt", { access: "none", scopes: [] });
    expect(outcome).toMatchObject({ stdout: "", exit_code: 1 });
  });
});

describe("arguments", () => {
  for (const [name, args, message] of [
    ["another language", { language: "zsh", code: "1" }, /python or bash/],
    ["no code", { language: "bash" }, /code must be text/],
    ["standard input that is no text", { language: "bash", code: "cat", stdin: 1 }, /stdin must be text/],
    ["a NUL", { language: "bash", code: "echo \0" }, /NUL/],
  ] as const) {
    it(`with ${name} are TOOL_ARGUMENTS`, async () => {
      const response = await runShell(request(args), { ...builtShell(), pace: testPace() });
      expect(response).toMatchObject({
        ok: false,
        error: { code: "TOOL_ARGUMENTS", message: expect.stringMatching(message) },
      });
    });
  }
});
