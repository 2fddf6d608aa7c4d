/** Pieces of answers that several routes share. */
import { AppError, type TaskId, type TenantId } from "../platform/index.ts";
import type { TaskState, TaskView } from "../task/index.ts";
import { audited } from "./audited.ts";
import { callObject } from "./call-object.ts";
import type { ApiDeps } from "./deps.ts";
import { RETRY_AFTER_SECONDS } from "./limits.ts";
import type { Scope } from "./route.ts";
import type { AcceptedTask } from "./run-task.ts";

export const jsonResponse = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(`${JSON.stringify(body)}\n`, { status, headers: { "content-type": "application/json", ...headers } });

/** Headers of an accepted run or replay. */
export const acceptedHeaders = (accepted: AcceptedTask): Record<string, string> => ({
  location: `/api/v1/tasks/${accepted.taskId}`,
  "retry-after": String(RETRY_AFTER_SECONDS),
  ...(accepted.isReplayed ? { "idempotent-replayed": "true" } : {}),
});

/** @throws AppError TASK_NOT_FOUND, UNAVAILABLE */
export async function readTask(deps: ApiDeps, tenant: TenantId, taskId: TaskId): Promise<TaskView> {
  const view = await callObject(deps, () => deps.tasks(tenant, taskId).view());
  if (view === null) throw new AppError("TASK_NOT_FOUND");
  return view;
}

/** @returns the state it led to. @throws AppError TASK_NOT_FOUND, ALREADY_TERMINAL, UNAVAILABLE */
export const cancelTask = (scope: Scope, tenant: TenantId, taskId: TaskId): Promise<TaskState> =>
  audited(scope, { tenant, action: "task.cancelled", resource: `task:${taskId}` }, () =>
    cancel(scope.deps, tenant, taskId),
  );

async function cancel(deps: ApiDeps, tenant: TenantId, taskId: TaskId): Promise<TaskState> {
  const outcome = await callObject(deps, () => deps.tasks(tenant, taskId).cancel());
  switch (outcome.kind) {
    case "cancelled":
      return outcome.state;
    case "already_terminal":
      throw new AppError("ALREADY_TERMINAL", `The task has already ended: it is ${outcome.state}.`);
    case "unknown":
      throw new AppError("TASK_NOT_FOUND");
  }
}
