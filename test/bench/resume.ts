/**
 * How long a task stands still when all of the process is killed: `npm start`, SIGKILL while the model is asked for the
 * third time, `npm start` again, and nobody asks it for anything until the model is asked again.
 */
import { LEASE_MS } from "../../src/task/limits.ts";
import { dropDataDir, freePort, newDataDir, type Server, startServer } from "../flow/server.ts";
import { startModelServer } from "./model-server.ts";
import { type Part, timed, toPart } from "./row.ts";

/** Each takes two starts and what is left of a lease. */
const ROUNDS = 3;
const TOOLS = 4;
/** Model calls that are answered before the one that the kill falls into. */
const ANSWERED = 2;
const TENANT = "bench";
const PACK = `{ schema_version: "1.0", pack_id: resume, version: 1.0.0, risk_level: low, author: { name: Bench },
  role: { title: Runner, domain: Benchmarks, seniority: senior, goal: { primary: Run } },
  tools: { available: [ { id: file_manager, name: Files, description: Files of the task, risk_level: low,
    sandbox: { timeout: 10s, filesystem: scoped, scoped_paths: ["/workspace"] } } ] } }`;

type Round = { readonly coldMs: number; readonly resumedMs: number; readonly repeated: number; readonly calls: number };

export async function resume(): Promise<readonly Part[]> {
  const rounds: Round[] = [];
  while (rounds.length < ROUNDS) rounds.push(await killOnce());
  const wanted = "1.2 x";
  const named = (
    unit: string,
    samples: Readonly<Record<string, (round: Round) => number>>,
    bars: Record<string, string>,
  ) =>
    toPart("kill -9", Object.fromEntries(Object.entries(samples).map(([name, of]) => [name, rounds.map(of)])), {
      unit,
      bars,
      floors: unit === "ms" ? { "start to the next model call": "cold start and lease" } : {},
    });
  return [
    named(
      "ms",
      {
        "cold start": ({ coldMs }) => coldMs,
        "cold start and lease": ({ coldMs }) => coldMs + LEASE_MS,
        "start to the next model call": ({ resumedMs }) => resumedMs,
      },
      { "start to the next model call": wanted },
    ),
    named(
      "calls",
      { "model calls made again": ({ repeated }) => repeated, "tool calls made again": ({ calls }) => calls - TOOLS },
      { "model calls made again": "at most 1", "tool calls made again": "0" },
    ),
  ];
}

async function killOnce(): Promise<Round> {
  await using ends = new AsyncDisposableStack();
  const model = await startModelServer();
  ends.defer(model.close);
  const dataDir = newDataDir();
  ends.defer(() => dropDataDir(dataDir));
  const port = await freePort();
  const env = { OPENAI_API_KEY: "key", OPENAI_BASE_URL: model.url, MODEL_TIER_2: "openai/gpt-4o" };
  const start = () => startServer({ dataDir, port, env });

  const first = await start();
  ends.defer(first.kill);
  const taskId = await begin(first);
  for (let answered = 0; answered < ANSWERED; answered++) {
    await model.gated();
    model.release();
  }
  await model.gated();
  await first.kill();

  model.release(); // for nobody: whoever waited is dead
  const restarted = performance.now();
  const again = model.gated().then(() => performance.now() - restarted);
  let second: Server | undefined;
  const coldMs = await timed(async () => {
    second = await start();
  });
  if (second === undefined) throw new Error("nothing was started");
  ends.defer(second.kill);
  const resumedMs = await again;
  for (let answered = ANSWERED; answered <= TOOLS; answered++) {
    model.release();
    if (answered < TOOLS) await model.gated();
  }
  const calls = await toolCallsOf(second, taskId);
  return { coldMs, resumedMs, repeated: model.asked() - (TOOLS + 1), calls };
}

const headers = { "content-type": "application/json", "x-tenant-id": TENANT, "x-idempotency-key": "resume" };

async function post(server: Server, path: string, body: unknown): Promise<Readonly<Record<string, unknown>>> {
  const answer = await fetch(server.url + path, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return Object(await answer.json());
}

async function begin(server: Server): Promise<string> {
  await post(server, "/api/v1/packs", { pack: "resume", files: { "resume/profession-pack.yaml": PACK } });
  const accepted = await post(server, "/api/v1/agents/resume/run", { input: `gated tools=${TOOLS}` });
  return String(accepted.task_id);
}

/** Reads the task to its end. @returns how many results of tools it has. */
async function toolCallsOf(server: Server, taskId: string): Promise<number> {
  const events = await fetch(`${server.url}/api/v1/tasks/${taskId}/events`, { headers });
  const text = await events.text();
  if (!text.includes("event: task.done")) throw new Error(`the task was not done:\n${text.slice(-500)}`);
  return text.split("event: tool.result").length - 1;
}
