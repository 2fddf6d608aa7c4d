/** What is left of a task after its retention: first nothing but a tombstone, then nothing. */
import type { IndexLink } from "./index-link.ts";
import type { Journal } from "./journal.ts";
import { TOMBSTONE_MS } from "./limits.ts";
import { forgetRecalled } from "./recall.ts";
import { forgetInherited } from "./session-files.ts";

export type RetirementOptions = {
  readonly storage: DurableObjectStorage;
  readonly journal: Pick<Journal, "row" | "bury" | "tombstone">;
  readonly index: Pick<IndexLink, "forget">;
  readonly setAlarm: (at: number) => void;
};

/** The index forgets first, so that no list names a task that cannot be read. */
export async function retire({ storage, journal, index, setAlarm }: RetirementOptions, now: number): Promise<void> {
  // Postgres first: after this the object has nothing left to tell. A parent that did not hear of it in all this time
  // finds the task gone, which is an answer too.
  if (journal.row?.due.projection !== undefined) return;
  await index.forget();
  forgetRecalled(storage);
  forgetInherited(storage);
  journal.bury(now + TOMBSTONE_MS);
  setAlarm(now + TOMBSTONE_MS);
}

export async function wakeTombstone({ storage, journal, setAlarm }: RetirementOptions, now: number): Promise<void> {
  const until = journal.tombstone();
  if (until === null) return;
  if (now < until) return setAlarm(until);
  await storage.deleteAll();
}
