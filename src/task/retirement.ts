/** What is left of a task after its retention: first nothing but a tombstone, then nothing. */
import type { TaskAlarm } from "./alarm.ts";
import { forgetCarried } from "./handoff/carried.ts";
import type { Journal } from "./journal/journal.ts";
import { TOMBSTONE_MS } from "./limits.ts";
import type { IndexLink } from "./tenant/index-link.ts";

export type RetirementOptions = {
  readonly storage: DurableObjectStorage;
  readonly journal: Pick<Journal, "row" | "apply" | "bury" | "tombstone">;
  readonly index: Pick<IndexLink, "forget">;
  readonly alarm: Pick<TaskAlarm, "set">;
};

/** The index forgets first, so that no list names a task that cannot be read. */
export async function retire({ storage, journal, index, alarm }: RetirementOptions, now: number): Promise<void> {
  // Postgres first: after this the object has nothing left to tell. A parent that did not hear of it in all this time
  // finds the task gone, which is an answer too.
  const projection = journal.row?.due.projection;
  // Together with that, then: an alarm that is past would go off again and again.
  if (projection !== undefined) return void journal.apply({ due: { retention: projection } }, { epoch: null, now });
  await index.forget();
  forgetCarried(storage);
  journal.bury(now + TOMBSTONE_MS);
  alarm.set(now + TOMBSTONE_MS);
}

export async function wakeTombstone({ storage, journal, alarm }: RetirementOptions, now: number): Promise<void> {
  const until = journal.tombstone();
  if (until === null) return;
  if (now < until) return alarm.set(until);
  await storage.deleteAll();
}
