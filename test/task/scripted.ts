/**
 * A task of a pack with guardrails in the real runtime, with a model that says what a test wants in the pieces it wants
 * and notes what it was shown, and a person who decides as the test says. Judges are models like any other here.
 */
import { abortAllDurableObjects, runInDurableObject } from "cloudflare:test";
import { NO_CHARGE } from "../../src/meter/index.ts";
import type { ModelRouter, ToolCall, TurnFailure } from "../../src/model/index.ts";
import { assert, type CancelSignal, type Clock, systemClock } from "../../src/platform/index.ts";
import type { ApprovalView, Decide, TaskEvent, TaskStub } from "../../src/task/index.ts";
import { TaskObject } from "../../src/task/object.ts";
import { taskServices } from "../../src/wire.ts";
import { Fate, mortal } from "./crash-rig.ts";
import { accept, env, readUntil, TOOLS } from "./harness.ts";

export type ModelRequest = Parameters<ModelRouter["complete"]>[0];
export type Reply =
  | {
      readonly text: string;
      readonly calls?: readonly ToolCall[];
      /** Text that is void before the reply begins. */
      readonly resets?: string;
      readonly costMicros?: number;
      /** The provider breaks the answer off. */
      readonly isRefusal?: boolean;
      /** Comes before it. @param signal of the turn. */
      readonly first?: (signal: CancelSignal) => Promise<void>;
    }
  | { readonly fails: Partial<TurnFailure> };

const USAGE = { inputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 1 };
const FAILURE: TurnFailure = {
  kind: "attempt",
  code: "PROVIDER_ERROR",
  message: "The model is away.",
  retryAfterMs: 0,
  usage: USAGE,
  costMicros: 0,
};

/** A model with a price: what is set aside for a call of it is known. */
const PRICED = "anthropic/claude-sonnet-4-5";

/** Streams each reply in pieces of three characters. @param shown takes every request. */
function scriptedRouter(replies: readonly Reply[], shown: ModelRequest[], isAllowed: boolean): ModelRouter {
  return {
    isAllowed: () => isAllowed,
    modelOf: () => "offline/scripted",
    complete: async (request, { onText, onReset, checkBudget, signal }) => {
      const reply = replies[shown.length];
      assert(reply !== undefined, "the model is asked no more often than the test says");
      shown.push(request);
      const unpaid = await checkBudget?.({ model: PRICED, ...NO_CHARGE });
      if (typeof unpaid === "string") {
        return { ok: false, error: { ...FAILURE, kind: "fatal", code: "BUDGET_EXHAUSTED", message: unpaid } };
      }
      if ("fails" in reply) return { ok: false, error: { ...FAILURE, ...reply.fails } };
      await reply.first?.(signal);
      if (reply.resets !== undefined) {
        onText(reply.resets);
        onReset({ model: "offline/scripted", failure: "cut" });
      }
      for (const piece of reply.text.match(/[\s\S]{1,3}/g) ?? []) onText(piece);
      const { text, calls: toolCalls = [], costMicros = 0, isRefusal = false } = reply;
      const finishReason = isRefusal ? "refusal" : toolCalls.length > 0 ? "tool_calls" : "stop";
      const turn = {
        reply: { text, toolCalls, finishReason, usage: USAGE },
        model: "offline/scripted",
        attempts: 1,
      } as const;
      return { ok: true, value: { ...turn, usage: USAGE, costMicros } };
    },
  };
}

/** Lapse: nobody says anything for longer than there is to decide. */
export type Decided =
  | (Pick<Decide, "decision"> & {
      readonly reason?: string;
      /** From then on until the task is taken up. */
      readonly passesMs?: number;
    })
  | "lapse";

let count = 0;

/** Longer than any delay between attempts. */
const LATER_MS = 60_000;
/** Longer than a pack here gives a person. */
const MUCH_LATER_MS = 25 * 3_600_000;

/** A task from its creation to its end, or to a question that nobody is there to decide. */
export async function run(
  input: string,
  replies: readonly (Reply | string)[],
  options: {
    readonly guardrails: string;
    readonly tools?: string;
    readonly session?: string;
    readonly isAllowed?: boolean;
    /** What a person says to each question, in their order. */
    readonly person?: readonly Decided[];
    readonly clock?: Clock;
    /** The task is a replay of this one. */
    readonly source?: { readonly taskId: string; readonly stub: () => TaskStub; readonly fromStep: number };
    /** Comes after the first alarm, before the next. */
    readonly later?: () => void;
  },
) {
  const { guardrails, tools = TOOLS, session, isAllowed = true, person = [], clock: given = systemClock } = options;
  const { stub, taskId } = await accept(input, {
    replay: await replayOf(options.source),
    pack: session === undefined ? `scripted-${++count}` : "scripted-session",
    extra: `${tools}\nguardrails: ${guardrails}`,
    ...(session === undefined ? {} : { session }),
  });
  const shown: ModelRequest[] = [];
  const questions: ApprovalView[] = [];
  const script = replies.map((reply) => (typeof reply === "string" ? { text: reply } : reply));
  await runInDurableObject(stub(), async (_object, state) => {
    // Its alarms are the test's to sound.
    Object.defineProperty(state, "storage", { value: mortal(state.storage, new Fate(0)), configurable: true });
    let passed = 0;
    const clock: Clock = { ...given, now: () => given.now() + passed };
    const services = { ...taskServices(env, state), clock, router: scriptedRouter(script, shown, isAllowed) };
    const object = new TaskObject(state, env, services);
    /** Somebody reads along, so text is told as it comes. */
    const alarm = async (): Promise<void> => {
      const events = await object.subscribe(0);
      assert(events instanceof ReadableStream, "the task is there");
      await object.alarm();
      await events.cancel();
    };
    await alarm();
    options.later?.();
    for (const word of [...person, null]) {
      while ((await object.view())?.state === "retry") {
        passed += LATER_MS;
        await alarm();
      }
      if ((await object.view())?.state !== "waiting") return;
      const question = await object.approval(questions.length + 1);
      assert(question !== null, "a task that waits asked somebody");
      questions.push(question);
      if (word === null) return;
      if (word === "lapse") {
        passed += MUCH_LATER_MS;
        await alarm();
        continue;
      }
      const { decision, reason = null, passesMs = 0 } = word;
      const request = { by: "key:person", args_hash: question.args_hash, request_key: `r${questions.length}` };
      const outcome = await object.decide(questions.length, { decision, reason, result: null, ...request });
      assert(outcome.kind === "decided", JSON.stringify(outcome));
      passed += passesMs;
      await alarm();
    }
  });
  // The object that the bindings lead to reads what the other one wrote.
  await abortAllDurableObjects();
  const view = await stub().view();
  assert(view !== null, "the task is there");
  const task: TaskStub = stub();
  const asked = await Promise.all(questions.map((_, index) => task.approval(index + 1)));
  const isOver = view.state !== "waiting";
  const events = await readUntil(stub(), ({ type }) => !isOver && type === "task.waiting");
  return { view, events, shown, /** As they are now. */ questions: asked, taskId, stub };
}

async function replayOf(source: Parameters<typeof run>[2]["source"]) {
  if (source === undefined) return null;
  const { taskId, stub, fromStep } = source;
  const exported = await stub().exportJournal(fromStep);
  assert(exported !== null, "the source is there");
  return { source_task_id: taskId, from_step: fromStep, dry_run: false, journal: exported.journal };
}

export const verdictsOf = (events: readonly TaskEvent[]) =>
  events.filter(({ type }) => type === "guard.checked").map(({ data }) => data);

export const textOf = (events: readonly TaskEvent[]): string =>
  events
    .filter(({ type }) => type === "text.delta")
    .map(({ data }) => data.text)
    .join("");

export const lastShown = (shown: readonly ModelRequest[]) => shown.at(-1)?.messages.at(-1);
