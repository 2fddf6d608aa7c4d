/** What a task keeps beside its journal: taken along by a replay, and gone with its retention. */
import { withFound } from "../guarded/answer-found.ts";
import { forgetBrought, importBrought, withBrought } from "../guarded/brought.ts";
import type { Journal, TaskRow } from "../journal/journal.ts";
import { exportRecalled, forgetRecalled, importRecalled } from "../loop/recall.ts";
import { forgetRemote, importRemote, recordedRemote } from "../loop/remote-tools.ts";
import { printOf } from "../loop/run.ts";
import type { TaskServices } from "../services.ts";

type Storage = Pick<DurableObjectStorage, "kv">;

type Source = {
  readonly row: TaskRow;
  readonly journal: Journal;
  readonly services: Pick<TaskServices, "loadPack">;
};

/** What a replay begins with. The task is read before its pack is waited for: it may be going on. */
export async function exportTask(storage: Storage, { row, journal, services }: Source, beforeStep: number) {
  const { pack_id, pack_version, pack_digest, pack_owner, input, session_id, metadata, tier } = row.request;
  const remote = recordedRemote(storage);
  const exported = withBrought(storage, row.request.parent, journal.export(beforeStep, printOf));
  const known = { steps: journal.history.steps.length, approvals: journal.approvals() };
  const wasJudged = exported.steps.some(({ n }) => row.answersJudged?.some(({ step }) => step === n));
  const config = wasJudged ? await services.loadPack(pack_owner, pack_digest) : null;
  const source = { row: () => row, approvals: () => known.approvals };
  return {
    journal: exportRecalled(storage, {
      ...exported,
      steps: withFound(exported.steps, source, config),
      ...(remote === null ? {} : { remote }),
    }),
    steps: known.steps,
    request: { pack_id, pack_version, pack_digest, pack_owner, input, session_id, metadata, tier },
  };
}

/** @param journal what `exportTask` gave. */
export function importCarried(storage: Storage, journal: string): void {
  importRecalled(storage, journal);
  importRemote(storage, journal);
  importBrought(storage, journal);
}

export function forgetCarried(storage: Storage): void {
  forgetRecalled(storage);
  forgetBrought(storage);
  forgetRemote(storage);
}
