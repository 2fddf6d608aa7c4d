/**
 * A task's events as one sequence, whatever happens to the connection: a lost or silent stream is opened again after
 * the last event that arrived, so nothing is missed and nothing comes twice.
 */
import { type Clock, type Random, systemClock, systemRandom } from "../platform/index.ts";
import { type Client, interrupted } from "./client.ts";
import { CliError, ownError } from "./exit.ts";
import { RECONNECT_BASE_MS, RECONNECT_MS_MAX, RECONNECTS_MAX, STREAM_SILENCE_MS_MAX } from "./limits.ts";
import { readServerSentEvents, type ServerSentEvent } from "./sse.ts";
import { type JsonObject, numberOf, objectOf, parseJson, textOf } from "./value.ts";

export type TaskEvent = { readonly seq: number; readonly type: string; readonly at: string; readonly data: JsonObject };

/** After one of these the server ends the stream. `task.failed` may be followed by `task.dead_letter`. */
const TERMINAL: readonly string[] = ["task.done", "task.failed", "task.cancelled", "task.dead_letter"];

export type FollowOptions = {
  readonly client: Client;
  readonly taskId: string;
  /** Events up to this sequence number are already known; 0 starts at the beginning. */
  readonly after: number;
  readonly signal: AbortSignal;
  /** Called when the connection was lost and will be opened again. */
  readonly onLost?: () => void;
  readonly clock?: Clock;
  readonly random?: Random;
};

/** The task waits for one that it handed work to: nobody has to do anything, and it goes on by itself. */
export const isAway = ({ type, data }: TaskEvent): boolean => type === "task.waiting" && data.reason === "handoff";

/**
 * Ends after the terminal event, or when the task waits for a person and the server has closed the stream.
 * @throws CliError `INTERRUPTED` when the signal aborts, `CONNECTION_LOST` after RECONNECTS_MAX fruitless attempts,
 * and whatever the server refuses the stream with.
 */
export async function* followTask(options: FollowOptions): AsyncGenerator<TaskEvent> {
  const { client, taskId, signal, clock = systemClock, random = systemRandom } = options;
  let last = options.after;
  let ended = false;
  let away = false;
  for (let fruitless = 0; fruitless < RECONNECTS_MAX; fruitless += 1) {
    let isLost = true;
    try {
      for await (const event of readOnce({ client, taskId, after: last, signal })) {
        // A server may repeat what it is unsure about; the sequence number decides.
        if (event.seq <= last) continue;
        last = event.seq;
        fruitless = 0;
        ended = TERMINAL.includes(event.type);
        away = isAway(event);
        yield event;
      }
      if (ended || (!away && (await isOver(client, taskId)))) return;
      // The server ends a stream through a long wait now and then; that is no loss, and no fruitless attempt.
      if (away) fruitless = 0;
      isLost = !away;
    } catch (thrown) {
      if (signal.aborted) throw interrupted();
      if (thrown instanceof CliError && !isPassing(thrown)) throw thrown;
      // Anything else is the network: the next attempt shows whether it is back.
    }
    if (isLost) options.onLost?.();
    const capMs = Math.min(RECONNECT_MS_MAX, RECONNECT_BASE_MS * 2 ** Math.min(fruitless, 10));
    await clock.sleep(Math.ceil(capMs * (0.5 + random() / 2)), signal).catch(() => {
      throw interrupted();
    });
  }
  throw ownError("CONNECTION_LOST", `The connection to ${client.url} was lost and did not come back.`);
}

/** Answers of a server that is starting, overloaded or behind a proxy that lost it. */
const isPassing = (error: CliError): boolean =>
  ["UNREACHABLE", "TIMEOUT", "BAD_ANSWER", "UNAVAILABLE", "INTERNAL", "RATE_LIMITED"].includes(error.failure.code);

/** States in which a closed stream was meant: the task waits for a person, or has ended and nothing is left to send. */
const OVER: readonly unknown[] = ["waiting", "done", "failed", "cancelled", "dead_letter"];

export const isOverState = (state: unknown): boolean => OVER.includes(state);

async function isOver(client: Client, taskId: string): Promise<boolean> {
  const task = objectOf(await client.send({ method: "GET", path: `/api/v1/tasks/${encodeURIComponent(taskId)}` }));
  return isOverState(task.state);
}

type Connection = Pick<FollowOptions, "client" | "taskId" | "after" | "signal">;

async function* readOnce({ client, taskId, after, signal }: Connection): AsyncGenerator<TaskEvent> {
  const silence = new AbortController();
  // The timer bounds every wait of one connection: for the answer, and between two signs of life.
  const timer = setTimeout(() => silence.abort(new Error("the stream fell silent")), STREAM_SILENCE_MS_MAX);
  try {
    const body = await client.openEvents(taskId, after, AbortSignal.any([signal, silence.signal]));
    for await (const event of readServerSentEvents(body)) {
      timer.refresh();
      const parsed = event === null ? undefined : toTaskEvent(event);
      if (parsed !== undefined) yield parsed;
    }
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}

/** Undefined for an event that is not a task's: a newer server may send other kinds. */
function toTaskEvent(event: ServerSentEvent): TaskEvent | undefined {
  const body = objectOf(parseJson(event.data));
  const seq = numberOf(body.seq) ?? Number(event.id);
  if (!Number.isSafeInteger(seq) || seq < 1) return undefined;
  return {
    seq,
    type: textOf(body.type) ?? event.event,
    at: textOf(body.at) ?? "",
    data: objectOf(body.data),
  };
}
