/** Tasks: list, read, follow, cancel, replay. */
import { AppError } from "../platform/index.ts";
import { preferredType } from "./accept.ts";
import { acceptedHeaders, cancelTask, jsonResponse, readTask } from "./answer.ts";
import { audited } from "./audited.ts";
import { callObject } from "./call-object.ts";
import { parseCursor, toCursor } from "./cursor.ts";
import { eventPage, followTask, parseAfter } from "./follow-task.ts";
import { type Route, requireKey, requirePrincipal, requireTaskId, tenantRoute } from "./route.ts";
import { replayTask } from "./run-task.ts";
import { Cancelled, EventPage, EventsQuery, ListQuery, ReplayAccepted, ReplayBody, Task, TaskList } from "./schema.ts";
import { readmissionOf } from "./while-admitted.ts";

const list = tenantRoute({
  method: "GET",
  path: "/api/v1/tasks",
  operation: "listTasks",
  summary: "Tasks, newest first",
  tag: "tasks",
  needs: "tasks:read",
  query: ListQuery,
  answers: [{ status: 200, description: "One page; `next_cursor` is null on the last", schema: TaskList }],
  errors: ["UNAVAILABLE"],
  handle: async ({ deps, tenant, query, scope }) => {
    const before = query.cursor === undefined ? null : parseCursor(query.cursor);
    if (before === undefined) {
      throw new AppError("INVALID_REQUEST", "The cursor is not one of ours; start again without it.");
    }
    const { state = null, pack_id = null, limit } = query;
    const page = await callObject(deps, () => deps.index(tenant).list({ state, pack_id, limit, before }));
    if (page.next === null) return jsonResponse(200, { items: page.items, next_cursor: null });
    const next = toCursor(page.next);
    const url = new URL(scope.url);
    url.searchParams.set("cursor", next);
    const link = `<${url.pathname}${url.search}>; rel="next"`;
    return jsonResponse(200, { items: page.items, next_cursor: next }, { link });
  },
});

const get = tenantRoute({
  method: "GET",
  path: "/api/v1/tasks/{taskId}",
  operation: "getTask",
  summary: "One task, whole",
  tag: "tasks",
  needs: "tasks:read",
  answers: [{ status: 200, description: "The task as it is now", schema: Task }],
  errors: ["TASK_NOT_FOUND", "UNAVAILABLE"],
  handle: async (call) => jsonResponse(200, await readTask(call.deps, call.tenant, requireTaskId(call))),
});

const events = tenantRoute({
  method: "GET",
  path: "/api/v1/tasks/{taskId}/events",
  operation: "followTask",
  summary: "Events of a task as they happen, or a page of them",
  tag: "tasks",
  needs: "tasks:read",
  query: EventsQuery,
  answers: [
    {
      status: 200,
      description: "Server-sent events; with `Accept: application/json` one page",
      content: "text/event-stream",
    },
    { status: 200, description: "One page", schema: EventPage },
  ],
  errors: ["TASK_NOT_FOUND", "UNAVAILABLE"],
  handle: async (call) => {
    const { request } = call.scope;
    const taskId = requireTaskId(call);
    const after = parseAfter(request.headers.get("last-event-id"), call.query.after);
    const task = { tenant: call.tenant, taskId };
    const type = preferredType(request.headers.get("accept"), ["text/event-stream", "application/json"]);
    if (type === "application/json") {
      return eventPage(call.deps, task, { after, limit: call.query.limit });
    }
    const readmission = readmissionOf(call.scope, { audience: "tenant", needs: "tasks:read" });
    return followTask(call.deps, task, { after, isHead: request.method === "HEAD", readmission });
  },
});

const cancel = tenantRoute({
  method: "POST",
  path: "/api/v1/tasks/{taskId}/cancel",
  operation: "cancelTask",
  summary: "Cancels a task; cancelling it again changes nothing",
  tag: "tasks",
  needs: "tasks:cancel",
  answers: [{ status: 202, description: "The state it led to", schema: Cancelled }],
  errors: ["TASK_NOT_FOUND", "ALREADY_TERMINAL", "UNAVAILABLE"],
  handle: async (call) => {
    const taskId = requireTaskId(call);
    return jsonResponse(202, { task_id: taskId, state: await cancelTask(call.scope, call.tenant, taskId) });
  },
});

const replay = tenantRoute({
  method: "POST",
  path: "/api/v1/tasks/{taskId}/replay",
  operation: "replayTask",
  summary: "Runs a task again from a step, as a new task",
  tag: "tasks",
  needs: "tasks:write",
  body: ReplayBody,
  needsKey: true,
  answers: [
    {
      status: 202,
      description: "Accepted; recorded results stand for the steps before `from_step`",
      schema: ReplayAccepted,
    },
  ],
  errors: [
    "MISSING_IDEMPOTENCY_KEY",
    "TASK_NOT_FOUND",
    "PACK_NOT_FOUND",
    "MODEL_NOT_ALLOWED",
    "IDEMPOTENCY_KEY_REUSED",
    "UNAVAILABLE",
  ],
  handle: async (call) => {
    const { scope, deps, tenant, body } = call;
    const key = requireKey(scope.request.headers);
    const source = requireTaskId(call);
    const request = { source, fromStep: body.from_step, version: body.version ?? null, dryRun: body.dry_run };
    const origin = { tenant, key, correlation: scope.correlation, requestedBy: requirePrincipal(scope).id };
    const change = { tenant, action: "task.replayed", resource: `task:${source}` } as const;
    const accepted = await audited(scope, change, () => replayTask(deps, origin, request, scope.background));
    scope.taskId = accepted.taskId;
    const answer = { task_id: accepted.taskId, status: "queued", pack_id: accepted.packId, replay_of: source };
    return jsonResponse(202, answer, acceptedHeaders(accepted));
  },
});

export const TASK_ROUTES: readonly Route[] = [list, get, events, cancel, replay];
