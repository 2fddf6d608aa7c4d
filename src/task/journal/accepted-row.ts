/** The row of a task as it is accepted. Pure. */

import type { CreateTask } from "../types.ts";
import type { Due } from "./due.ts";

export function acceptedRow(
  { replay, starts_itself: _, ...rest }: CreateTask,
  at: { readonly now: number; readonly deadlineAt: number; readonly due: Due },
) {
  const plan = replay && {
    source_task_id: replay.source_task_id,
    from_step: replay.from_step,
    dry_run: replay.dry_run,
  };
  return {
    request: { ...rest, replay: plan },
    state: "queued" as const,
    epoch: 0,
    attempt: 0,
    createdAt: at.now,
    startedAt: null,
    finishedAt: null,
    waitingSince: null,
    waitedMs: 0,
    output: null,
    finishReason: null,
    error: null,
    deadlineAt: at.deadlineAt,
    due: { ...at.due, deadline: at.deadlineAt },
  };
}
