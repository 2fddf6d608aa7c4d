/** Which lines of the worker a person sees, what the log keeps, and how large it may grow. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openLogFile } from "../../src/local/log-file.ts";
import { createJudge } from "../../src/local/worker-output.ts";

const shown = (lines: readonly string[]): string[] => {
  const judge = createJudge();
  return lines.flatMap((line) => judge(line).show ?? []);
};

describe("a line of the worker", () => {
  const rows: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ["keeps requests to the log", ["[wrangler:info] GET /ready 200 OK (3ms)"], []],
    [
      "keeps our facts to the log",
      ['{"level":"info","event":"task.done"}', '▲ [WARNING] {"level":"warn","event":"x"}'],
      [],
    ],
    [
      "shows our errors shortly",
      ['✘ [ERROR] {"level":"error","event":"task.run_failed","error":"TypeError: x","tenant_id":"t"}'],
      ["error in the worker: task.run_failed error=TypeError: x"],
    ],
    [
      "shows an error of the bundler with its lines, and nothing after it",
      [
        '\u001b[31m✘ \u001b[41m[ERROR]\u001b[0m Could not resolve "x"',
        "",
        "    src/index.ts:1:9:",
        "⎔ Reloading local server...",
        "later",
      ],
      ['✘ [ERROR] Could not resolve "x"', "    src/index.ts:1:9:"],
    ],
    ["keeps warnings to the log", ["▲ [WARNING] Scheduled Workers are not triggered", "  To manually trigger"], []],
    [
      "keeps a host that a tool could not reach to the log",
      [
        "✘ [ERROR] e = rust/worker/ffi.rs:110: failed: failed to lookup address information: unknown",
        "",
        "  stack: /x",
      ],
      [],
    ],
    ["survives a brace that opens no JSON", ["{oops"], []],
  ];
  for (const [name, lines, expected] of rows) it(name, () => expect(shown(lines)).toEqual(expected));

  it("says where the worker serves", () => {
    expect(createJudge()("[wrangler:info] Ready on http://127.0.0.1:35895").readyUrl).toBe("http://127.0.0.1:35895");
  });

  it("does not take the word of the worker's own log for it", () => {
    expect(createJudge()('{"level":"info","event":"Ready on http://127.0.0.1:1"}').readyUrl).toBeNull();
  });

  it("goes bare into the log, so that each is JSON", () => {
    expect(createJudge()('✘ [ERROR] {"level":"error","event":"x"}').log).toBe('{"level":"error","event":"x"}');
  });
});

describe("the log file", () => {
  const fail = (sentence: string): never => expect.fail(sentence);

  it("says once that it cannot be written, and goes on when it can be again", async () => {
    const folder = await mkdtemp(join(tmpdir(), "vasini-log-"));
    const path = join(folder, "gone", "log");
    await mkdir(join(folder, "gone"));
    const told: string[] = [];
    const log = openLogFile(path, 10, (sentence) => told.push(sentence));
    log.line("one line");
    await rm(join(folder, "gone"), { recursive: true });
    log.line("a lost line");
    log.line("another one");
    expect(told).toEqual([expect.stringMatching(/^The log cannot be written: ENOENT.*\.$/)]);
    await mkdir(join(folder, "gone"));
    await writeFile(path, "");
    log.line("back");
    log.close();
    expect(await readFile(path, "utf8")).toBe("back\n");
    await rm(folder, { recursive: true });
  });

  it("keeps two files of bounded size, and the newest lines", async () => {
    const folder = await mkdtemp(join(tmpdir(), "vasini-log-"));
    const path = join(folder, "log");
    const log = openLogFile(path, 40, fail);
    for (let n = 0; n < 25; n += 1) log.line(`line ${String(n).padStart(2, "0")}`);
    log.close();
    log.line("after the end");
    expect(await readFile(path, "utf8")).toBe("line 20\nline 21\nline 22\nline 23\nline 24\n");
    expect((await readFile(`${path}.1`, "utf8")).length).toBeLessThanOrEqual(40);
    await rm(folder, { recursive: true });
  });

  it("goes on where an earlier start left it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "vasini-log-"));
    const path = join(folder, "log");
    for (const text of ["one", "two"]) {
      const log = openLogFile(path, 100, fail);
      log.line(text);
      log.close();
    }
    expect(await readFile(path, "utf8")).toBe("one\ntwo\n");
    await rm(folder, { recursive: true });
  });
});
