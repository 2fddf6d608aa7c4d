/** `Prefer: wait=N` on run: the task itself in the answer when it ends in time. @see RFC 7240, section 4.3 */
import { Canceller, type TaskId, type TenantId } from "../platform/index.ts";
import { isEnded, type TaskView } from "../task/index.ts";
import { callObject } from "./call-object.ts";
import type { ApiDeps } from "./deps.ts";
import { PREFER_WAIT_SECONDS_MAX } from "./limits.ts";

/** Seconds asked for, at most PREFER_WAIT_SECONDS_MAX; 0 when the header asks for no wait. */
export function parsePreferWait(header: string | null): number {
  const seconds = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:$|[,;])/i.exec(header ?? "")?.[1];
  return Math.min(Number(seconds ?? 0), PREFER_WAIT_SECONDS_MAX);
}

/** The ended task, or null when it has not ended after `seconds`. */
export async function waitForEnd(
  deps: ApiDeps,
  task: { readonly tenant: TenantId; readonly taskId: TaskId },
  seconds: number,
): Promise<TaskView | null> {
  const { tenant, taskId } = task;
  const stream = await callObject(deps, () => deps.tasks(tenant, taskId).subscribe(0));
  if (stream === null || typeof stream === "string") return null;
  const reader = stream.getReader();
  const timer = new Canceller();
  const late = deps.clock.sleep(seconds * 1000, timer.signal).then(
    () => "late" as const,
    () => "late" as const,
  );
  try {
    for (;;) {
      const read = await Promise.race([reader.read(), late]);
      if (read === "late") return null;
      if (read.done) break;
    }
  } finally {
    timer.abort();
    // Ends the subscription; a failure only means that it has ended already.
    reader.cancel().catch(() => undefined);
  }
  const view = await callObject(deps, () => deps.tasks(tenant, taskId).view());
  return view !== null && isEnded(view.state) ? view : null;
}
