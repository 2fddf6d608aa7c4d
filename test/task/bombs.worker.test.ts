/**
 * Programs that never end or take too much, as calls of a real task. What ends them is in test/tool/languages.worker.test.ts;
 * here the task has an error for each, goes on, and is done.
 */
import { describe, expect, it } from "vitest";
import { LANGUAGES, type Language } from "../tool/call-tool.ts";
import { SCOPED } from "../tool/samples.ts";
import { accept, isGapless, readUntil, typesOf } from "./harness.ts";

type Ending = { readonly timeout: string; readonly result: object };
/** What goes on until it is stopped. */
const STOPPED: Ending = { timeout: "1s", result: { success: false, error: { code: "TOOL_TIMEOUT" } } };
/** What fails by itself, with all the time that it needs: a program that ended, and said by its code how. */
const FAILED: Ending = {
  timeout: "120s",
  result: { success: true, result: { exit_code: expect.toSatisfy((code) => code > 0) } },
};

type Bomb = readonly [what: string, code: string, ending: Ending];
/** Of both, since one is the other without its types. */
const SCRIPT: readonly Bomb[] = [
  ["a loop", "for (;;) {}", STOPPED],
  ["the heap", "const a = []; for (;;) a.push(new Array(1000).fill(7))", FAILED],
  ["output", "for (;;) console.log('x'.repeat(100000))", STOPPED],
];
const BOMBS: Readonly<Record<Language, readonly Bomb[]>> = {
  javascript: SCRIPT,
  typescript: SCRIPT,
  python: [
    ["a loop", "while True: pass", STOPPED],
    ["the heap", "a = []\nwhile True: a.append('x' * 100000)", FAILED],
    ["output", "while True: print('x' * 100000)", STOPPED],
  ],
  bash: [
    ["a loop", "while :; do :; done", STOPPED],
    ["the heap", "x=xx; while :; do x=$x$x; done", FAILED],
    ["output", "x=$(printf '%1000000d' 0); while :; do echo \"$x\" >> f; done", FAILED],
  ],
};

const packWith = (timeout: string): string => `
tools:
  available:
    - { id: "code_executor", name: "Code Executor", sandbox: { timeout: "${timeout}", ${SCOPED} } }
    - { id: "file_manager", name: "File Manager", sandbox: { timeout: "60s", ${SCOPED} } }
`;

const asks = (toolId: string, args: object): string => `@tool ${toolId} ${JSON.stringify(args)}`;

for (const language of LANGUAGES) {
  describe(`a task whose ${language} never ends or takes too much is told so, goes on and is done`, () => {
    it.each(BOMBS[language])("%s", async (_what, code, { timeout, result }) => {
      const input = [
        asks("code_executor", { language, code }),
        asks("file_manager", { action: "write", path: "/workspace/after.txt", content: "went on" }),
        asks("file_manager", { action: "read", path: "/workspace/after.txt" }),
      ];
      const { stub } = await accept(input.join("\n"), { pack: `bombs-${timeout}`, extra: packWith(timeout) });
      await stub().kick();
      const events = await readUntil(stub());
      const results = events.flatMap(({ type, data }) => (type === "tool.result" ? [data] : []));
      expect(results).toMatchObject([result, { success: true }, { success: true, result: { content: "went on" } }]);
      expect(typesOf(events).at(-1)).toBe("task.done");
      expect(isGapless(events)).toBe(true);
      expect(await stub().view()).toMatchObject({ state: "done", error: null, attempt: 0, steps_taken: 4 });
    });
  });
}
