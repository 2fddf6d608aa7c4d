/** Follows one task to its end and shows it: as NDJSON, as text that streams on a terminal, or as the bare answer in a pipe. */
import { type Client, interrupted } from "./client.ts";
import { CliError, EXIT, type ExitCode, exitOfState } from "./exit.ts";
import { followTask, isAway, isOverState, type TaskEvent } from "./follow.ts";
import type { Output } from "./output.ts";
import { type Progress, startProgress } from "./progress.ts";
import { formatElapsed, forTerminal, shorten } from "./terminal.ts";
import { type JsonObject, listOf, numberOf, objectOf, textOf } from "./value.ts";

export type WatchOptions = {
  readonly client: Client;
  readonly output: Output;
  readonly taskId: string;
  readonly after: number;
  /** The user pressed Ctrl-C. */
  readonly signal: AbortSignal;
  /** Null: as long as it takes. */
  readonly timeoutMs: number | null;
};

/** The exit code that tells how the task stands. @throws CliError when it can be followed no longer. */
export async function watchTask(options: WatchOptions): Promise<ExitCode> {
  const { client, output, taskId, signal, timeoutMs } = options;
  const timeout = new AbortController();
  const timer = timeoutMs === null ? null : setTimeout(() => timeout.abort(), timeoutMs);
  const view = output.json ? jsonView(output) : humanView(options);
  let last = options.after;
  let state = "queued";
  let held: readonly string[] = [];
  try {
    for await (const event of followTask({
      client,
      taskId,
      after: last,
      signal: AbortSignal.any([signal, timeout.signal]),
      onLost: () => view.lost(),
    })) {
      last = event.seq;
      state = stateAfter(event) ?? state;
      if (event.type === "task.waiting") held = listOf(event.data.approval_ids).flatMap((id) => textOf(id) ?? []);
      await view.show(event);
      // The stream of a waiting task stays open for minutes; a script wants to know now. An old wait, replayed, is no wait.
      if (event.type !== "task.waiting" || isAway(event)) continue;
      if ((await readTask(client, taskId)).state === "waiting") break;
    }
    // A watch taken up after the last event saw none of them: the task itself says how it stands.
    if (!isOverState(state)) state = textOf((await readTask(client, taskId)).state) ?? state;
    await view.finish(state);
    if (state === "waiting") output.note(waitingHint(taskId, held));
    return exitOfState(state);
  } catch (thrown) {
    view.abandon();
    const again = `Take it up again with: vasini tasks watch ${taskId}${last > 0 ? ` --after ${last}` : ""}`;
    if (timeout.signal.aborted && !signal.aborted) {
      output.note(`Still ${state} after the time given. ${again}`);
      return EXIT.stillRunning;
    }
    if (signal.aborted) throw interrupted(`The task goes on without this command. ${again}`);
    if (thrown instanceof CliError && thrown.failure.code === "CONNECTION_LOST") {
      throw new CliError({ ...thrown.failure, hint: `The task goes on. ${again}` }, thrown.exitCode);
    }
    throw thrown;
  } finally {
    if (timer !== null) clearTimeout(timer);
  }
}

/** State of the task once an event of this type was written; absent: it says nothing about the state. */
const STATE_AFTER: Readonly<Record<string, string>> = {
  "task.queued": "queued",
  "task.started": "running",
  "task.resumed": "running",
  "task.waiting": "waiting",
  "task.retry": "retry",
  "task.done": "done",
  "task.failed": "failed",
  "task.cancelled": "cancelled",
  "task.dead_letter": "dead_letter",
};

/** A wait that is over leads to the queue, a run that was cut off goes on running: `task.resumed` says which. */
const stateAfter = ({ type, data }: TaskEvent): string | undefined =>
  type in STATE_AFTER ? (textOf(data.state) ?? STATE_AFTER[type]) : undefined;

const readTask = async (client: Client, taskId: string): Promise<JsonObject> =>
  objectOf(await client.send({ method: "GET", path: `/api/v1/tasks/${encodeURIComponent(taskId)}` }));

/** What to type next. @param held ids of the approvals the task waits for, as far as the watch saw them. */
function waitingHint(taskId: string, held: readonly string[]): string {
  const show = held.length === 0 ? ["ls"] : held.map((id) => `show ${forTerminal(id)}`);
  const lines = show.map((words) => `  vasini approvals ${words}`);
  return [
    "Waiting for a person. See what is asked, decide, and take the watch up again with:",
    ...lines,
    `  vasini tasks watch ${taskId}`,
  ].join("\n");
}

interface View {
  show(event: TaskEvent): Promise<void> | void;
  lost(): void;
  finish(state: string): Promise<void> | void;
  abandon(): void;
}

const jsonView = (output: Output): View => ({
  show: (event) => output.streamed(event),
  lost: () => output.note("Connection lost; reconnecting."),
  finish: () => {},
  abandon: () => {},
});

function humanView({ client, output, taskId }: WatchOptions): View {
  const progress = startProgress(output.stderr);
  const streams = output.stdout.isTTY === true;
  let endsLine = true;
  const write = (text: string): void => {
    if (text === "") return;
    endsLine = text.endsWith("\n");
    progress.around(endsLine, () => output.stdout.write(text));
  };
  const note = (text: string): void => {
    if (!endsLine && streams) write("\n");
    progress.around(true, () => output.note(text));
  };
  return {
    show: async (event) => {
      progress.update(factsOf(event));
      if (event.type === "text.delta" && streams) write(forTerminal(textOf(event.data.text) ?? ""));
      const line = describe(event, output);
      if (line !== null) note(line);
      // Tokens are in the task, not in its events; asking once a step is cheap, and only a person sees them.
      if (event.type === "step.finished" && output.stderr.isTTY === true) {
        progress.update({ tokens: tokensOf(await readTask(client, taskId)) });
      }
    },
    lost: () => note("Connection lost; reconnecting."),
    finish: async (state) => {
      const task = await readTask(client, taskId);
      if (!endsLine) write("\n");
      progress.stop();
      if (!streams && typeof task.output === "string" && task.output !== "") {
        output.stdout.write(task.output.endsWith("\n") ? task.output : `${task.output}\n`);
      }
      output.note(summary(state, task, output));
    },
    abandon: () => {
      if (!endsLine) write("\n");
      progress.stop();
    },
  };
}

function factsOf(event: TaskEvent): Parameters<Progress["update"]>[0] {
  const state = stateAfter(event);
  const step = event.type === "step.started" ? numberOf(event.data.step) : undefined;
  return { ...(state === undefined ? {} : { state }), ...(step === undefined ? {} : { steps: step + 1 }) };
}

/** A line for the events a person wants to see; null for the others. */
function describe(event: TaskEvent, output: Output): string | null {
  const { data } = event;
  const paint = output.paintNote;
  switch (event.type) {
    case "tool.call":
      return `${paint.dim("→")} ${shorten(textOf(data.tool_id) ?? "tool", 60)} ${paint.dim(shorten(JSON.stringify(data.arguments ?? {}), 100))}`;
    case "tool.result": {
      const name = shorten(textOf(data.tool_id) ?? "tool", 60);
      if (data.success === true)
        return `${paint.dim("←")} ${name} ${paint.dim(shorten(JSON.stringify(data.result ?? null), 100))}`;
      const error = objectOf(data.error);
      return `${paint.red("←")} ${name} ${shorten(`${textOf(error.code) ?? "failed"}: ${textOf(error.message) ?? ""}`, 120)}`;
    }
    case "handoff.started":
      return `${paint.dim("→")} ${shorten(textOf(data.pack_id) ?? "pack", 60)} has it as task ${shorten(textOf(data.task_id) ?? "", 60)}`;
    case "approval.requested": {
      // Of an answer the event has no arguments: its text is for whoever decides.
      const given = data.arguments === undefined ? "" : ` ${JSON.stringify(data.arguments)}`;
      return `${paint.yellow("?")} ${shorten(`${textOf(data.tool_id) ?? "tool"}${given}`, 160)} ${paint.dim(shorten(textOf(data.reason) ?? "", 160))}`;
    }
    case "approval.decided":
      return paint.dim(
        shorten(`${textOf(data.decided_by) ?? "Somebody"} decided: ${textOf(data.decision) ?? ""}`, 160),
      );
    case "approval.expired":
      return paint.yellow("Nobody decided in time.");
    case "mcp.listed":
      return missingTools(data, paint.yellow);
    case "guard.checked":
      return foundIn(data, paint.yellow);
    case "text.reset":
      return paint.dim("The model's stream broke off; the text above is void and starts again.");
    case "task.retry":
      return paint.yellow(
        shorten(`Attempt failed (${textOf(data.code) ?? textOf(data.reason) ?? "unknown"}); trying again.`, 160),
      );
    default:
      return null;
  }
}

/** What the firewall found; null when it found nothing. */
function foundIn(data: JsonObject, paint: (text: string) => string): string | null {
  const labels = new Set(listOf(data.findings).map((one) => textOf(objectOf(one).label) ?? ""));
  const what = `${textOf(data.direction) ?? ""}, ${textOf(data.action) ?? ""}`;
  return labels.size === 0 ? null : paint(shorten(`Firewall (${what}): ${[...labels].join(", ")}`, 160));
}

/** What a remote server was to bring and did not; null when nothing is missing. */
function missingTools(data: JsonObject, paint: (text: string) => string): string | null {
  const server = textOf(data.server_id) ?? "";
  const error = objectOf(data.error);
  const reason = textOf(error.message);
  if (reason !== undefined) return paint(shorten(`No tools of ${server}: ${reason}`, 160));
  const missing = listOf(data.left_out).map((one) => textOf(objectOf(one).name) ?? "");
  return missing.length === 0 ? null : paint(shorten(`Not offered by ${server}: ${missing.join(", ")}`, 160));
}

function tokensOf(task: JsonObject): number | null {
  const usage = objectOf(task.usage);
  const counts = Object.values(usage).map((count) => numberOf(count) ?? 0);
  return counts.length === 0 ? null : counts.reduce((sum, count) => sum + count, 0);
}

function summary(state: string, task: JsonObject, output: Output): string {
  const paint =
    state === "done" ? output.paintNote.green : state === "waiting" ? output.paintNote.yellow : output.paintNote.red;
  const error = objectOf(task.error);
  const started = Date.parse(textOf(task.created_at) ?? "");
  const finished = Date.parse(textOf(task.finished_at) ?? "");
  const steps = numberOf(task.steps_taken);
  const tokens = tokensOf(task);
  const parts = [
    paint(state),
    ...(Number.isFinite(finished - started) ? [formatElapsed(finished - started)] : []),
    ...(steps === undefined ? [] : [`${steps} ${steps === 1 ? "step" : "steps"}`]),
    ...(tokens === null ? [] : [`${tokens.toLocaleString("en-US")} tokens`]),
    ...(typeof task.cost_usd === "string" ? [`$${task.cost_usd}`] : []),
  ];
  const why = textOf(error.code);
  return (
    parts.join(" · ") + (why === undefined ? "" : `\n${shorten(why, 60)}: ${shorten(textOf(error.message) ?? "", 300)}`)
  );
}
