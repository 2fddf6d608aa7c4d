/** A byte order mark at the beginning of a file is one of its characters, and stays when a program writes the file. */
import { describe, expect, it } from "vitest";
import { runShell } from "../../../src/tool/workers/code-executor/bash/program.ts";
import { runProgram } from "../../../src/tool/workers/code-executor/program.ts";
import { runPython } from "../../../src/tool/workers/code-executor/python/program.ts";
import { builtParts, builtPython, builtShell, testPace } from "./built.ts";
import { request } from "./request.ts";

const MARK = "\ufeff";
/** Longer than what the engine reads character by character. */
const LINE = "a line that is longer than a few characters\n";
const TEXTS = { short: `${MARK}ab\n`, long: `${MARK}${LINE}`, twice: `${MARK}${MARK}${LINE}` } as const;
const FILES = {
  ...Object.fromEntries(Object.entries(TEXTS).map(([name, text]) => [`/workspace/${name}.txt`, text])),
  "/workspace/data.json": `${MARK}{"name": "of something that is not short"}\n`,
};

async function run(language: string, code: string) {
  const given = request({ language, code, stdin: "" }, FILES);
  const pace = testPace(0.1);
  const response = await (language === "bash"
    ? runShell(given, { ...builtShell(), pace })
    : language === "python"
      ? runPython(given, { ...builtPython(), pace })
      : runProgram(given, { ...builtParts(), pace }));
  if (!response.ok) throw new Error(response.error.message);
  const { stdout, stderr } = response.result as Record<string, unknown>; // the workers' own shape
  return { stdout, stderr, changes: response.changes };
}

const js = (from: string): string =>
  `const fs = require("fs"); fs.writeFileSync("new.txt", fs.readFileSync("${from}", "utf8"))`;

const COPIES = {
  javascript: [js],
  typescript: [js],
  python: [(from: string) => `_ = open("new.txt", "w").write(open("${from}").read())`],
  bash: [
    (from: string) => `cp ${from} new.txt`,
    (from: string) => `cat ${from} > new.txt`,
    (from: string) => `cp ${from} /tmp/x; cat /tmp/x > new.txt`,
    (from: string) => `x=$(cat ${from}); echo "$x" > new.txt`,
    (from: string) => `mv ${from} other; sort other > new.txt; mv other ${from}`,
  ],
} as const;

describe("a file that begins with a byte order mark", () => {
  for (const [language, copies] of Object.entries(COPIES)) {
    for (const [name, text] of Object.entries(TEXTS)) {
      for (const [index, copy] of copies.entries()) {
        it(`is copied with it: ${language}, ${name}, way ${index + 1}`, async () => {
          const { stderr, changes } = await run(language, copy(`${name}.txt`));
          expect({ stderr, changes }).toEqual({
            stderr: "",
            changes: [{ kind: "put", path: "/workspace/new.txt", text }],
          });
        });
      }
    }
  }

  for (const [how, code] of [
    ["edited in place", "sed -i s/line/word/ long.txt"],
    ["written to at its end", "echo more >> long.txt"],
  ] as const) {
    it(`keeps it when it is ${how} by bash`, async () => {
      const { changes } = await run("bash", code);
      expect(changes).toMatchObject([
        { path: "/workspace/long.txt", text: expect.stringMatching(/^\ufeffa (line|word)/) },
      ]);
    });
  }

  for (const [language, code] of [
    ["javascript", 'console.log(require("fs").readFileSync("long.txt", "utf8").trimEnd())'],
    ["python", 'print(open("long.txt").read().rstrip())'],
    ["bash", "cat long.txt"],
  ] as const) {
    it(`is printed with it by ${language}`, async () => {
      expect(await run(language, code)).toMatchObject({
        stdout: TEXTS.long,
        stderr: "",
      });
    });
  }

  it("is still JSON to jq, as a file and through a pipe", async () => {
    const code = "jq -r .name data.json; cat data.json | jq -r .name";
    expect(await run("bash", code)).toMatchObject({ stdout: "of something that is not short\n".repeat(2), stderr: "" });
  });
});

describe("a name that begins with a byte order mark", () => {
  it("is another than the one without it, in Python", async () => {
    const { changes } = await run("python", `_ = open("\\ufeffshort.txt", "w").write("other")`);
    expect(changes).toEqual([{ kind: "put", path: `/workspace/${MARK}short.txt`, text: "other" }]);
  });
});
