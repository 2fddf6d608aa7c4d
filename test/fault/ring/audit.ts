/**
 * What must hold of every acknowledged task of a real run, however often its server died: one end, its events without a gap,
 * each call one result and one effect, the same task for the same key, and an audit log that verifies. Reads through the public API.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pass } from "node:timers/promises";
import { promisify } from "node:util";
import { parseFrames } from "../../../src/task/journal/frames.ts";
import { type Acknowledged, ask, CALLS, insist, type Load, lookAtDoubts } from "./load.ts";
import type { Service } from "./service.ts";

/** From the last fault to the last end, a person's answers included; more is not coming to rest. */
const REST_MS_MAX = 300_000;
const TERMINAL = ["task.done", "task.failed", "task.cancelled"];

export type Audited = {
  readonly wrong: readonly string[];
  /** Tasks that a death fell into. */
  readonly interrupted: number;
  /** Calls that arrived again, under the key they had before. */
  readonly repeated: number;
  readonly restMs: number;
};

export async function auditRun(url: string, service: Service, load: Load): Promise<Audited> {
  const wrong = [...load.wrong];
  const began = performance.now();
  const unfinished = await untilAtRest(url, service, load);
  wrong.push(...unfinished.map(({ key, taskId }) => `I14: the task ${taskId} (${key}) did not come to its end`));
  const restMs = performance.now() - began;
  let interrupted = 0;
  for (const task of load.acknowledged) {
    const { faults, resumed } = await auditTask(url, task);
    wrong.push(...faults);
    if (resumed > 0) interrupted += 1;
    const again = await insist(() => url, task, load);
    if (again !== task.taskId) wrong.push(`I9: the key ${task.key} is ${task.taskId} and ${again}`);
  }
  const { faults, repeated } = auditEffects(load, service);
  wrong.push(...faults, ...(await auditChains(url, load)));
  return { wrong, interrupted, repeated, restMs };
}

/** @returns tasks that have no end when the time is over. */
async function untilAtRest(url: string, service: Service, load: Load): Promise<readonly Acknowledged[]> {
  let open: readonly Acknowledged[] = load.acknowledged;
  for (const late = AbortSignal.timeout(REST_MS_MAX); open.length > 0 && !late.aborted; ) {
    await lookAtDoubts(url, service, load);
    const states = await Promise.all(open.map((task) => stateOf(url, task)));
    open = open.filter((_, at) => !["done", "failed", "cancelled", "dead_letter"].includes(states[at] ?? ""));
    if (open.length > 0) await pass(500);
  }
  return open;
}

async function stateOf(url: string, { tenant, taskId }: Acknowledged): Promise<string | null> {
  const answer = await ask(url, `/api/v1/tasks/${taskId}`, { tenant });
  return answer?.status === 200 ? (JSON.parse(answer.text) as { state: string }).state : null;
}

async function auditTask(url: string, task: Acknowledged): Promise<{ faults: readonly string[]; resumed: number }> {
  const { tenant, taskId, key } = task;
  const headers = { accept: "text/event-stream", "last-event-id": "0" };
  const stream = await ask(url, `/api/v1/tasks/${taskId}/events`, { tenant, headers });
  if (stream?.status !== 200) return { faults: [`I1: ${taskId} (${key}) is gone`], resumed: 0 };
  const events = parseFrames(stream.text.replaceAll(/^:.*\n\n/gm, ""));
  const faults: string[] = [];
  if (events.some(({ seq }, at) => seq !== at + 1)) faults.push(`I10: the events of ${taskId} (${key}) have a gap`);
  const ends = events.filter(({ type }) => TERMINAL.includes(type)).map(({ type }) => type);
  if (ends.join() !== "task.done") faults.push(`I1: ${taskId} (${key}) ended ${ends.join(", ") || "never"}`);
  const results = events.filter(({ type }) => type === "tool.result").map(({ data }) => data);
  const calls = new Set(results.map(({ call_id }) => call_id));
  if (results.length !== CALLS || calls.size !== CALLS)
    faults.push(`I3: ${taskId} (${key}) has ${results.length} results of ${calls.size} calls`);
  if (results.some(({ success }) => success !== true)) faults.push(`I3: a call of ${taskId} (${key}) failed`);
  return { faults, resumed: events.filter(({ type }) => type === "task.resumed").length };
}

/** I3: each effect under one key; what may not be made twice, once. */
function auditEffects({ acknowledged }: Load, { done }: Service): { faults: readonly string[]; repeated: number } {
  const faults: string[] = [];
  let repeated = 0;
  for (const { n, isPaying } of acknowledged) {
    for (const [part, isOnce] of [
      ["1", false],
      ["2", isPaying],
    ] as const) {
      const own = done.filter((one) => one.n === `${n}.${part}`);
      const keys = new Set(own.map(({ key }) => key));
      if (keys.size !== 1) faults.push(`I3: ${n}.${part} was done under ${keys.size} keys`);
      if (isOnce && own.length !== 1)
        faults.push(`I3: ${n}.${part} may not be done twice and was done ${own.length} times`);
      repeated += own.length - keys.size;
    }
  }
  return { faults, repeated };
}

/** I11, by the command that anybody has for it. */
async function auditChains(url: string, { acknowledged }: Load): Promise<readonly string[]> {
  const run = promisify(execFile);
  const folder = await mkdtemp(join(tmpdir(), "vasini-proof-"));
  const faults: string[] = [];
  try {
    for (const tenant of new Set(acknowledged.map((task) => task.tenant))) {
      const env = { ...process.env, VASINI_URL: url, VASINI_TENANT: tenant, VASINI_API_KEY: "" };
      const vasini = (words: readonly string[]) =>
        run(process.execPath, ["src/cli/bin.mjs", ...words], { env, maxBuffer: 2 ** 28 });
      const file = join(folder, `${tenant}.ndjson`);
      const told = await vasini(["audit", "export"]).then(
        async ({ stdout }) => {
          await writeFile(file, stdout);
          return (await vasini(["audit", "verify", file])).stdout;
        },
        (thrown: unknown) => String(thrown),
      );
      if (!told.startsWith("whole:")) faults.push(`I11: the audit log of ${tenant}: ${told.slice(0, 300)}`);
    }
    return faults;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
