/** The clock of a call that is taken back: what is suspended in a real engine then comes to its end. */
import { expect, it } from "vitest";
import { runShell } from "../../../src/tool/workers/code-executor/bash/program.ts";
import { OutOfTime, type Pace } from "../../../src/tool/workers/code-executor/budget.ts";
import { createPace } from "../../../src/tool/workers/code-executor/pace.ts";
import { callTool } from "../../../src/tool/workers/code-executor/pack-tool/call.ts";
import { runProgram } from "../../../src/tool/workers/code-executor/program.ts";
import { runPython } from "../../../src/tool/workers/code-executor/python/program.ts";
import { builtParts, builtPython, builtShell, builtToolParts } from "./built.ts";
import { request } from "./request.ts";

/** Far more than a test has. */
const LIMITS = { timeoutMs: 600_000 };
const ask = (language: string, code: string) => request({ language, code }, {}, LIMITS);

const TOOL = "var __tool = { default: { run() { for (;;); } } };";
const toolParts = (pace: Pace) => {
  const { randomBytes } = builtParts();
  return { ...builtToolParts(), bundle: TOOL, pace, randomBytes, send: () => Promise.reject(new Error("no network")) };
};

const RUNS: Readonly<Record<string, (pace: Pace) => Promise<unknown>>> = {
  "a program in javascript": (pace) => runProgram(ask("javascript", "for (;;);"), { ...builtParts(), pace }),
  "a program in javascript that waits": (pace) =>
    runProgram(ask("javascript", "await new Promise((done) => setTimeout(done, 500_000))"), { ...builtParts(), pace }),
  "a program in python": (pace) => runPython(ask("python", "while True: pass"), { ...builtPython(), pace }),
  "a program in python that sleeps": (pace) =>
    runPython(ask("python", "import time; time.sleep(500)"), { ...builtPython(), pace }),
  "a script": (pace) => runShell(ask("bash", "while true; do :; done"), { ...builtShell(), pace }),
  "a pack's own tool": (pace) => callTool(request({}, {}, LIMITS), toolParts(pace)),
};

it.each(Object.entries(RUNS))("%s ends in its pause when its call is taken back", async (_, run) => {
  const back = new AbortController();
  const pace = createPace(back);
  const pause = (ms: number): Promise<void> => {
    const paused = pace.pause(ms);
    back.abort();
    return paused;
  };
  expect(await run({ now: pace.now, pause })).toMatchObject({ ok: false, error: { code: "TOOL_TIMEOUT" } });
});

it("ends a pause at once that begins when the call was taken back before", async () => {
  const back = new AbortController();
  const pace = createPace(back);
  back.abort();
  await expect(pace.pause(LIMITS.timeoutMs)).rejects.toBeInstanceOf(OutOfTime);
});
