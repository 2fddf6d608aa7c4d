/**
 * An object has one alarm and many reasons to wake. The reasons are a small table that is stored with the task; the
 * alarm is always the earliest of them. Pure; only alarm.ts sets or deletes the alarm.
 */

export const DUE_KINDS = [
  "lease",
  "retry",
  "slot",
  "deadline",
  "approval",
  "index",
  "handoff",
  "parent",
  "projection",
  "retention",
  "tombstone",
] as const;
export type DueKind = (typeof DUE_KINDS)[number];

/** Epoch milliseconds by reason. */
export type Due = Partial<Readonly<Record<DueKind, number>>>;

/** The earliest due time, or null when nothing is due ever. */
export function nextDue(due: Due): number | null {
  let next: number | null = null;
  for (const kind of DUE_KINDS) {
    const at = due[kind];
    if (at !== undefined && (next === null || at < next)) next = at;
  }
  return next;
}

/** Changed and removed reasons; null removes. */
export type DueChange = Partial<Readonly<Record<DueKind, number | null>>>;

export function changeDue(due: Due, change: DueChange): Due {
  const next: Partial<Record<DueKind, number>> = { ...due };
  for (const kind of DUE_KINDS) {
    const at = change[kind];
    if (at === null) delete next[kind];
    else if (at !== undefined) next[kind] = at;
  }
  return next;
}

/** Whether nothing in this reason holds back any more: its time has come, or it is gone. */
export const isPast = (due: Due, kind: DueKind, now: number): boolean => (due[kind] ?? now) <= now;

/** Whether this reason's time has come. */
export const isDue = (due: Due, kind: DueKind, now: number): boolean => {
  const at = due[kind];
  return at !== undefined && at <= now;
};
