/**
 * Readers whose lines break again and again, while a model streams text slowly: what each of them puts together is byte for
 * byte what a reader without a cut was sent. And what is asked for at an odd place: another tenant's task, a position of another task.
 */
import { setTimeout as pass } from "node:timers/promises";
import { pickBy, seeded } from "../../../scripts/draw.ts";
import type { Random } from "../../../src/platform/index.ts";
import { parseFrames } from "../../../src/task/journal/frames.ts";
import { type Answer, stream, text, wait } from "../../case/model-wire/answer.ts";
import { openAiWire } from "../../case/model-wire/openai-wire.ts";
import { ModelServer } from "../../case/model-wire/server.ts";
import { emptyVerdict } from "../verdict.ts";
import { type Cuts, type Line, noCuts, pathOf, read, readWithCuts } from "./cut-reader.ts";
import type { Run } from "./kill.ts";
import { type Live, publishRing, runRing, withLive } from "./live.ts";
import { ask } from "./load.ts";

/** @param cuts of all readers of all tasks together, about. */
export type StreamsPlan = {
  readonly seed: number;
  readonly tasks: number;
  readonly readers: number;
  readonly cuts: number;
};

const TENANTS = ["stream-a", "stream-b", "stream-c", "stream-d"] as const;
const PIECES = 100;
const PIECE_MS = 80;
/** Letters of one to four bytes: a cut falls into the middle of one, too. */
const WORDS = ["plain ", "naïve ", "слово ", "漢字", "🙂 ", "\n", '"quoted" ', "id: 7\n\n"] as const;
/** A position that no task here has. */
const AHEAD = 100_000;
const PAGE = 7;

const MANIFEST = `
schema_version: "1.0"
pack_id: "ring"
version: "1.0.0"
risk_level: "low"
author: { name: "Proof" }
role: { title: "Teller", domain: "Proof", seniority: "senior", goal: { primary: "Tell it" } }
tools: { available: [] }
`;

type Told = { readonly name: string; readonly tenant: string; readonly pieces: readonly string[] };

export async function cutAgainAndAgain(plan: StreamsPlan): Promise<Run> {
  const random = seeded(plan.seed);
  const all = Array.from({ length: plan.tasks }, (_, at): Told => {
    const tenant = TENANTS[at % TENANTS.length] ?? TENANTS[0];
    return { name: `tale-${at}`, tenant, pieces: Array.from({ length: PIECES }, () => pickBy(random, WORDS)) };
  });
  const model = new ModelServer(openAiWire, ({ body }) => tellSlowly(all, JSON.stringify(body)));
  const env = {
    ...{ OPENAI_API_KEY: "key", OPENAI_BASE_URL: `${await model.start()}/v1`, MODEL_TIER_2: "openai/gpt-4o" },
    // Whoever runs the proof may have a model of their own configured: it is not asked.
    MODEL_FALLBACK_CHAIN: "tier-2",
  };
  const count = noCuts();
  try {
    return await withLive(env, async (live) => {
      await publishRing(live.url, TENANTS, MANIFEST);
      const wrong = await Promise.all(all.map((told) => followTale(live, told, { ...plan, random, count })));
      return toRun(plan, count, wrong.flat());
    });
  } finally {
    await model.stop();
  }
}

function tellSlowly(all: readonly Told[], body: string): Answer {
  const told = all.find(({ name }) => body.includes(`${name};`));
  if (told === undefined) throw new Error("a model was asked for no tale of ours");
  return stream(told.pieces.flatMap((piece) => [text(piece), wait(() => pass(PIECE_MS))]));
}

type Readers = StreamsPlan & { readonly random: Random; readonly count: Cuts };

/** One task with all its readers. @returns what was wrong. */
async function followTale({ url }: Live, told: Told, readers: Readers): Promise<readonly string[]> {
  const { name, tenant, pieces } = told;
  const taskId = await runRing(url, { tenant, key: name, input: `Tell ${name};` });
  const line = { url, tenant, taskId };
  let isGoingOn = true;
  const cuts = Math.ceil(readers.cuts / readers.tasks / readers.readers);
  const plan = { cuts, random: readers.random, isGoingOn: () => isGoingOn, count: readers.count };
  const uncut = read(line, null).then(({ frames }) => {
    isGoingOn = false;
    return frames;
  });
  const [whole, ahead, foreign, ...cut] = await Promise.all([
    uncut,
    read(line, AHEAD).then(({ frames }) => frames),
    askAsAnother(line, readers.random),
    ...Array.from({ length: readers.readers }, () => readWithCuts(line, plan)),
  ]);
  const events = parseFrames(whole);
  const said = events.flatMap(({ type, data }) => (type === "text.delta" ? [data.text] : [])).join("");
  const faults = [
    ...(events.some(({ seq }, at) => seq !== at + 1) ? [`I10: the events of ${name} have a gap`] : []),
    ...(events.at(-1)?.type === "task.done" ? [] : [`I1: ${name} ended with ${events.at(-1)?.type ?? "nothing"}`]),
    ...(said === pieces.join("") ? [] : [`I10: ${name} was told otherwise than its model said it`]),
    ...cut
      .flat()
      .filter((one) => one !== whole)
      .map(() => `I10: a reader of ${name} that was cut has other bytes`),
    ...(isResetThen(ahead, whole) ? [] : [`I10: a reader of ${name} at a place that is not there is not set back`]),
    ...foreign,
  ];
  return [...faults, ...(await askForPages(line, whole))];
}

/** I6: a task of another tenant is not there, whatever position is named. */
async function askAsAnother(line: Line, random: Random): Promise<readonly string[]> {
  const tenant = pickBy(
    random,
    TENANTS.filter((one) => one !== line.tenant),
  );
  const faults: string[] = [];
  for (const position of ["", "1", "3", String(AHEAD)]) {
    const headers = { accept: "text/event-stream", "last-event-id": position };
    const answer = await ask(line.url, new URL(pathOf(line)).pathname, { tenant, headers });
    if (answer?.status !== 404 || !answer.text.includes("TASK_NOT_FOUND"))
      faults.push(`I6: a task of ${line.tenant} was shown to ${tenant}: ${answer?.status}`);
  }
  return faults;
}

/** Whether a reader was told to forget what it had, and then everything. */
const isResetThen = (frames: string, whole: string): boolean =>
  frames.startsWith("id: 0\nevent: stream.reset\n") && frames.slice(frames.indexOf("\n\n") + 2) === whole;

/** The same events, page by page. */
async function askForPages(line: Line, whole: string): Promise<readonly string[]> {
  const events: unknown[] = [];
  const count = parseFrames(whole).length;
  for (let after = 0; events.length < count; ) {
    const path = `${new URL(pathOf(line)).pathname}?after=${after}&limit=${PAGE}`;
    const answer = await ask(line.url, path, { tenant: line.tenant, headers: { accept: "application/json" } });
    const page = JSON.parse(answer?.text ?? "{}") as { events?: unknown[]; next: number };
    if (answer?.status !== 200 || page.events === undefined || page.events.length === 0) break;
    events.push(...page.events);
    after = page.next;
  }
  const isEqual = JSON.stringify(events) === JSON.stringify(parseFrames(whole));
  return isEqual ? [] : [`I10: the pages of ${line.taskId} are not its stream`];
}

function toRun({ tasks, readers }: StreamsPlan, count: Cuts, faults: readonly string[]): Run {
  const { connections, made, beforeAny, inFrame, whileGoingOn } = count;
  const verdict = emptyVerdict();
  verdict.worlds = 1;
  verdict.tasks = tasks;
  verdict.happenings = connections;
  verdict.alsoHits.set(44, made);
  const kinds = {
    "before any event": beforeAny,
    "in the middle of an event": inFrame,
    "while text came": whileGoingOn,
  };
  const missing = Object.entries(kinds).flatMap(([kind, cuts]) => (cuts > 0 ? [] : [`no stream was cut ${kind}`]));
  const wrong = [...faults, ...missing];
  if (wrong.length > 0) verdict.wrong.push({ source: { kind: "run", name: "streams" }, wrong });
  const told = Object.entries(kinds).map(([kind, cuts]) => `${cuts} ${kind}`);
  return {
    verdict,
    facts: [
      `${made} cuts of the streams of ${tasks} tasks, each with ${readers} readers that were cut and one that was not: ${told.join(", ")}`,
    ],
  };
}
