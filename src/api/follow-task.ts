/**
 * A task's events for REST. The object writes server-sent events and the door passes its bytes on, so what two readers
 * saw is equal byte for byte, whenever and wherever they connected. Waits are bridged in waiting-stream.ts.
 */
import { AppError, type TaskId, type TenantId, toRfc3339, utf8 } from "../platform/index.ts";
import { type Followed, isEnded, type TaskStub } from "../task/index.ts";
import { jsonResponse } from "./answer.ts";
import { callObject } from "./call-object.ts";
import type { ApiDeps } from "./deps.ts";
import { type StreamSource, throughWaits } from "./waiting-stream.ts";
import type { Readmission } from "./while-admitted.ts";

type TaskName = { readonly tenant: TenantId; readonly taskId: TaskId };

const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store",
  // Proxies that buffer would hold events back.
  "x-accel-buffering": "no",
};

/**
 * Sequence of the last event the client has. A reconnecting EventSource sends the header and repeats the address it
 * was made with, so the header is the newer of the two.
 * @throws AppError INVALID_REQUEST for a header that is no sequence.
 */
export function parseAfter(lastEventId: string | null, after: string | undefined): number {
  if (lastEventId === null || lastEventId === "") return Number(after ?? 0);
  if (!/^\d{1,15}$/.test(lastEventId)) {
    throw new AppError("INVALID_REQUEST", "Last-Event-ID must be the sequence number of an event.");
  }
  return Number(lastEventId);
}

/** @throws AppError TASK_NOT_FOUND, UNAVAILABLE */
export async function eventPage(
  deps: ApiDeps,
  task: TaskName,
  page: { readonly after: number; readonly limit: number },
): Promise<Response> {
  const read = (after: number, limit: number) =>
    callObject(deps, () => deps.tasks(task.tenant, task.taskId).events(after, limit));
  const found = await read(page.after, page.limit);
  if (found === null) throw new AppError("TASK_NOT_FOUND");
  if (found.events.length > 0 || page.after === 0 || (await read(page.after - 1, 1))?.events.length) {
    return jsonResponse(200, { events: found.events, next: found.next });
  }
  // The event the client says it has is not there: the next page is the first.
  return jsonResponse(200, { events: [resetEvent(page.after, deps.clock.now())], next: 0 });
}

/**
 * The client is ahead of the task: its position belongs to another task, or to events that are gone. It is told to
 * forget what it has, and its position is set back, before everything is sent from the start.
 */
const resetEvent = (after: number, now: number) => ({
  seq: 0,
  type: "stream.reset",
  at: toRfc3339(now),
  data: { after },
});

const toFrame = (event: ReturnType<typeof resetEvent>): Uint8Array =>
  utf8(`id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);

/** @throws AppError TASK_NOT_FOUND, UNAVAILABLE */
function requireStream(followed: Awaited<ReturnType<TaskStub["follow"]>>): Followed {
  if (followed === null) throw new AppError("TASK_NOT_FOUND");
  if (typeof followed === "string") throw new AppError("UNAVAILABLE", "The task has as many readers as it may have.");
  return followed;
}

/** @throws AppError TASK_NOT_FOUND, UNAVAILABLE */
export async function followTask(
  deps: ApiDeps,
  task: TaskName,
  options: { readonly after: number; readonly isHead: boolean; readonly readmission: Readmission | null },
): Promise<Response> {
  const { tenant, taskId } = task;
  if (options.isHead) {
    // A stream that nobody reads would hold the object in memory.
    if ((await callObject(deps, () => deps.tasks(tenant, taskId).view())) === null)
      throw new AppError("TASK_NOT_FOUND");
    return new Response(null, { headers: HEADERS });
  }
  const follow = (after: number) => callObject(deps, () => deps.tasks(tenant, taskId).follow(after));
  const source: StreamSource = {
    follow: async (after) => {
      const again = await follow(after);
      return typeof again === "string" ? null : again;
    },
    look: async () => {
      const view = await callObject(deps, () => deps.tasks(tenant, taskId).view());
      return view === null || isEnded(view.state) ? "over" : view.state === "waiting" ? "waiting" : "going";
    },
    clock: deps.clock,
  };
  const { after, readmission } = options;
  const first = await follow(after);
  const body =
    first === "ahead"
      ? throughWaits(source, requireStream(await follow(0)), {
          ...{ after: 0, readmission },
          prefix: toFrame(resetEvent(after, deps.clock.now())),
        })
      : throughWaits(source, requireStream(first), { after, readmission });
  return new Response(body, { headers: HEADERS });
}
