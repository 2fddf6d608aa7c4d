/** What a task keeps beside its journal: taken along by a replay, and gone with its retention. */
import { forgetBrought, importBrought, withBrought } from "./brought.ts";
import type { Journal, TaskRow } from "./journal.ts";
import { exportRecalled, forgetRecalled, importRecalled } from "./recall.ts";
import { forgetRemote, importRemote, recordedRemote } from "./remote-tools.ts";
import { printOf } from "./run.ts";

type Storage = Pick<DurableObjectStorage, "kv">;

/** What a replay begins with. */
export function exportTask(storage: Storage, { row, journal }: { row: TaskRow; journal: Journal }, beforeStep: number) {
  const { pack_id, pack_version, pack_digest, pack_owner, input, session_id, metadata, tier } = row.request;
  const remote = recordedRemote(storage);
  return {
    journal: exportRecalled(storage, {
      ...withBrought(storage, row.request.parent, journal.export(beforeStep, printOf)),
      ...(remote === null ? {} : { remote }),
    }),
    steps: journal.history.steps.length,
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
