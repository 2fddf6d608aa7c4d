/**
 * A task's events as RunAgent's messages. The last message is the status, and only the last. A stream that breaks
 * between the Worker and the object is taken up where it broke, which an RPC client could not do by itself.
 */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { type RunAgentResponseSchema, TaskState as WireState } from "../gen/proto/vasini/agent/v1/agent_pb.js";
import { AppError, describeError, type Log, type TaskId, type TenantId } from "../platform/index.ts";
import { END_EVENTS, isEnded, type TaskEvent, type TaskState, type TaskView } from "../task/index.ts";
import { readTask } from "./answer.ts";
import { callObject } from "./call-object.ts";
import type { ApiDeps } from "./deps.ts";
import { RPC_RESUME_ATTEMPTS_MAX, RPC_RESUME_DELAY_MS } from "./limits.ts";
import { readEvents } from "./sse-parse.ts";

type Message = MessageInitShape<typeof RunAgentResponseSchema>;

const WIRE_STATES = {
  queued: WireState.QUEUED,
  running: WireState.RUNNING,
  waiting: WireState.WAITING,
  retry: WireState.RETRY,
  done: WireState.DONE,
  failed: WireState.FAILED,
  cancelled: WireState.CANCELLED,
  dead_letter: WireState.DEAD_LETTER,
} as const satisfies Record<TaskState, WireState>;

export const toWireStatus = (view: TaskView) => ({
  taskId: view.task_id,
  state: WIRE_STATES[view.state],
  packId: view.pack_id,
  packVersion: view.pack_version,
  errorCode: view.error?.code ?? "",
  errorMessage: view.error?.message ?? "",
});

const text = (value: unknown): string => (typeof value === "string" ? value : "");

function toError(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  return `${text(Reflect.get(error, "code"))}: ${text(Reflect.get(error, "message"))}`;
}

/** Null for events that RunAgent does not show. */
export function toMessage({ seq, type, data }: TaskEvent): Message | null {
  const sequence = BigInt(seq);
  switch (type) {
    case "text.delta":
      return { sequence, payload: { case: "textChunk", value: text(data.text) } };
    case "text.reset":
      return { sequence, payload: { case: "textReset", value: { step: Number(data.step ?? 0) } } };
    case "tool.call": {
      const value = {
        callId: text(data.call_id),
        toolId: text(data.tool_id),
        toolName: text(data.tool_name),
        argumentsJson: JSON.stringify(data.arguments ?? {}),
      };
      return { sequence, payload: { case: "toolCall", value } };
    }
    case "tool.result": {
      const success = data.success === true;
      const value = {
        callId: text(data.call_id),
        toolId: text(data.tool_id),
        success,
        resultJson: success ? JSON.stringify(data.result ?? null) : "",
        error: success ? "" : toError(data.error),
      };
      return { sequence, payload: { case: "toolResult", value } };
    }
    default:
      return null;
  }
}

type Context = {
  readonly deps: ApiDeps;
  readonly log: Log;
  readonly tenant: TenantId;
  readonly taskId: TaskId;
  readonly signal: AbortSignal;
};

async function subscribe({ deps, tenant, taskId }: Context, after: number): Promise<ReadableStream<Uint8Array>> {
  const stream = await callObject(deps, () => deps.tasks(tenant, taskId).subscribe(after));
  if (stream === null) throw new AppError("TASK_NOT_FOUND");
  if (typeof stream === "string")
    throw new AppError("UNAVAILABLE", `The task cannot be followed now: it is ${stream}.`);
  return stream;
}

/** From the task's first event to its status; the status has the sequence of the event that led to it. */
export async function* followAsMessages(context: Context): AsyncGenerator<Message> {
  const { deps, log, tenant, taskId, signal } = context;
  const view = () => readTask(deps, tenant, taskId);
  const toStatus = (seq: number, task: TaskView): Message => ({
    sequence: BigInt(seq),
    payload: { case: "status", value: toWireStatus(task) },
  });
  let last = 0;
  let isOver = false;
  for (let failures = 0; failures <= RPC_RESUME_ATTEMPTS_MAX; failures++) {
    if (failures > 0) await deps.clock.sleep(RPC_RESUME_DELAY_MS, signal);
    try {
      for await (const event of readEvents(await subscribe(context, last), signal)) {
        last = event.seq;
        failures = 0;
        isOver ||= END_EVENTS.includes(event.type);
        const message = toMessage(event);
        if (message !== null) yield message;
        if (event.type !== "task.waiting") continue;
        // A past wait is only part of the story; a present one may last days, so the call ends with it.
        const task = await view();
        if (task.state === "waiting") return yield toStatus(last, task);
      }
    } catch (thrown) {
      if (signal.aborted || thrown instanceof AppError) throw thrown;
      log.warn("rpc.stream_broken", { error: describeError(thrown), after: last });
      continue;
    }
    if (!isOver) continue;
    const task = await view();
    if (isEnded(task.state)) return yield toStatus(last, task);
  }
  throw new AppError("UNAVAILABLE", "The task's stream broke; call again with the same idempotency key to go on.");
}
