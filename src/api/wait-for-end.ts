/** `Prefer: wait=N` on run: the task itself in the answer when it ends in time. @see RFC 7240, section 4.3 */
import { describeError, type Log, type TaskId, type TenantId } from "../platform/index.ts";
import { isEnded, type TaskView } from "../task/index.ts";
import { callObject } from "./call-object.ts";
import type { ApiDeps } from "./deps.ts";
import { PREFER_WAIT_SECONDS_MAX, WAIT_SLICE_MS } from "./limits.ts";

/** Seconds asked for, at most PREFER_WAIT_SECONDS_MAX; 0 when the header asks for no wait. */
export function parsePreferWait(header: string | null): number {
  const seconds = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:$|[,;])/i.exec(header ?? "")?.[1];
  return Math.min(Number(seconds ?? 0), PREFER_WAIT_SECONDS_MAX);
}

/**
 * The ended task, or null when it has not ended after `seconds`, or waits for somebody. Null also when its object cannot be asked:
 * the task is accepted, and its end can be asked for later.
 */
export async function waitForEnd(
  deps: Pick<ApiDeps, "tasks" | "clock" | "random">,
  task: { readonly tenant: TenantId; readonly taskId: TaskId; readonly log: Log },
  seconds: number,
): Promise<TaskView | null> {
  const { tenant, taskId, log } = task;
  const until = deps.clock.now() + seconds * 1_000;
  const left = () => Math.max(0, until - deps.clock.now());
  try {
    while (left() > 0) {
      // What is asked again waits for what is left then.
      const ask = () => deps.tasks(tenant, taskId).ended(Math.min(left(), WAIT_SLICE_MS));
      const view = await callObject(deps, ask);
      if (view === null || view === "full" || view.state === "waiting") return null;
      if (isEnded(view.state)) return view;
    }
  } catch (thrown) {
    log.warn("task.wait_failed", { tenant_id: tenant, task_id: taskId, error: describeError(thrown) });
  }
  return null;
}
