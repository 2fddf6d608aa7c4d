/** A task as the doors show it, made from its row and history. Pure. */
import { toRfc3339 } from "../platform/index.ts";
import type { History } from "./journal/history.ts";
import type { TaskRow } from "./journal/journal.ts";
import { usageView } from "./loop/outcome.ts";
import type { IndexReport } from "./services.ts";
import { toWatched } from "./tenant/watch.ts";
import type { CreateTask, TaskView } from "./types.ts";

type Moment = { readonly updatedAt: number; readonly lastSeq: number };

const time = (at: number | null): string | null => (at === null ? null : toRfc3339(at));

export function toView(row: TaskRow, history: History, { updatedAt }: Moment): TaskView {
  const { request } = row;
  return {
    task_id: request.task_id,
    state: row.state,
    pack_id: request.pack_id,
    pack_version: request.pack_version,
    pack_digest: request.pack_digest,
    session_id: request.session_id,
    input: request.input,
    output: row.output,
    finish_reason: row.finishReason,
    error: row.error,
    steps_taken: history.steps.length,
    attempt: row.attempt,
    ...usageView(history),
    created_at: toRfc3339(row.createdAt),
    updated_at: toRfc3339(updatedAt),
    started_at: time(row.startedAt),
    finished_at: time(row.finishedAt),
    trace_id: request.trace_id,
    metadata: request.metadata,
    ...(request.replay === null ? {} : { replay_of: request.replay.source_task_id }),
    ...(request.parent === undefined ? {} : { parent_task_id: request.parent.task_id }),
  };
}

/** What the index is told; the sequence of the last event orders reports. */
export function toReport(row: TaskRow, { updatedAt, lastSeq }: Moment): IndexReport {
  const { dueAt, version } = toWatched(row, lastSeq);
  return {
    task_id: row.request.task_id,
    state: row.state,
    pack_id: row.request.pack_id,
    pack_version: row.request.pack_version,
    session_id: row.request.session_id,
    created_at: toRfc3339(row.createdAt),
    updated_at: toRfc3339(updatedAt),
    version,
    ...(dueAt === null ? {} : { due_at: dueAt }),
  };
}

/** The report of a task whose only event is that it was accepted. */
export const toFirstReport = (args: CreateTask, now: number): IndexReport => ({
  task_id: args.task_id,
  state: "queued",
  pack_id: args.pack_id,
  pack_version: args.pack_version,
  session_id: args.session_id,
  created_at: toRfc3339(now),
  updated_at: toRfc3339(now),
  version: 1,
});
