/**
 * The workspace of a session: a task begins with the files that the session's last finished task left. The session keeps
 * that task's id, no file; the files stay with the task that wrote them, and the next one takes a copy when it begins.
 * What had come into that task goes with them, for they outlive what the session remembers of it.
 * Tasks of one session that run at once do not see each other, and the one that finishes last is the one that counts.
 */
import { describeError, within } from "../../platform/index.ts";
import { bring, broughtOf } from "../guarded/brought.ts";
import { READS, taintOf } from "../guarded/taint.ts";
import type { Journal, TaskRow } from "../journal/journal.ts";
import { SESSION_FILES_MS_MAX } from "../limits.ts";
import type { LeftFiles, TaskServices } from "../services.ts";
import type { Run } from "./run.ts";

const NOTHING: LeftFiles = { files: [], taint: [] };

type Services = Pick<TaskServices, "memory" | "filesOf" | "clock" | "log">;

/** Null for a task outside of any session. A replay has the files that its source began with. */
function sessionOf({ request }: TaskRow) {
  const { tenant, pack_id: agent, session_id: session, replay } = request;
  return session === null || replay !== null ? null : { tenant, agent, session };
}

const memoryKey = (session: string): string => `workspace/${session}`;

/** The run has no lease yet: nobody else would end the wait for another object. */
function inTime<T>({ clock }: Services, work: () => Promise<T>): Promise<T> {
  const late = () => new Error(`the task that has the files did not answer within ${SESSION_FILES_MS_MAX} ms`);
  return within(clock, SESSION_FILES_MS_MAX, late, work);
}

/** For the next task of the session. */
export const filesToLeave = (
  storage: Pick<DurableObjectStorage, "kv">,
  journal: Pick<Journal, "files" | "history">,
): LeftFiles => ({
  files: journal.files(),
  taint: [...new Set([...(broughtOf(storage)?.taint ?? []), ...taintOf(journal.history)])],
});

async function filesFrom(source: string, tenant: string, services: Services): Promise<LeftFiles> {
  const left = (await inTime(services, () => services.filesOf(tenant, source))) ?? NOTHING;
  return "files" in left ? left : { files: left, taint: READS };
}

/** Takes the session's files over, the first time; after that does nothing. Never rejects: a lost past costs no task. */
export async function inheritFiles(
  storage: Pick<DurableObjectStorage, "kv">,
  journal: Pick<Journal, "inherit">,
  row: TaskRow,
  services: Services,
): Promise<void> {
  const space = sessionOf(row);
  if (space === null || broughtOf(storage) !== null) return;
  const { tenant, task_id: taskId } = row.request;
  let source = "";
  let left = NOTHING;
  try {
    source = (await services.memory.get(space, memoryKey(space.session))) ?? "";
    if (source !== "" && source !== taskId) left = await filesFrom(source, tenant, services);
  } catch (thrown) {
    services.log.warn("session.files_unreachable", {
      tenant_id: tenant,
      task_id: taskId,
      error: describeError(thrown),
    });
  }
  // Whoever came first while this one waited has already begun. No await between the files and the mark.
  if (broughtOf(storage) !== null) return;
  journal.inherit(left.files);
  bring(storage, { source, taint: left.files.length === 0 ? [] : left.taint });
}

/**
 * Makes this task the one whose files the session's next begins with. Called before its end is committed, so that
 * whoever sees the end and starts the next task finds them. Never rejects.
 */
export async function leaveFiles(run: Run): Promise<void> {
  const row = run.row();
  const space = sessionOf(row);
  if (space === null) return;
  const { tenant, task_id: taskId } = row.request;
  try {
    // For as long as the task itself is kept: after that there are no files to find.
    await run.services.memory.set(space, memoryKey(space.session), taskId, run.services.retentionMs);
  } catch (thrown) {
    run.services.log.warn("session.files_not_left", {
      tenant_id: tenant,
      task_id: taskId,
      error: describeError(thrown),
    });
  }
}
