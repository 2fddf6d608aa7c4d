/**
 * What had come into what a task begins with, as labels, besides what its session remembers: into the files of its
 * session, and into the task that its source was handed its work by.
 */
import type { Label } from "../../policy/index.ts";
import type { ParentLink } from "../types.ts";
import { READS } from "./taint.ts";

/** By its first name: it was the mark of a session's files alone. */
const KEY = "workspace_of";

type Storage = Pick<DurableObjectStorage, "kv">;

type Brought = {
  /** The task whose files these are, empty when there was none; absent in a replay. */
  readonly source?: string;
  readonly taint: readonly Label[];
};

/** Null until the task has what it begins with. */
export function broughtOf(storage: Storage): Brought | null {
  const kept = storage.kv.get<Brought | string>(KEY) ?? null;
  // A source alone is of before its taint was kept: its files are of any origin.
  return typeof kept === "string" ? { source: kept, taint: kept === "" ? [] : READS } : kept;
}

export const bring = (storage: Storage, brought: Brought): void => storage.kv.put(KEY, brought);

export const forgetBrought = (storage: Storage): boolean => storage.kv.delete(KEY);

/** A journal's export with what had come in before its first step: a replay has no parent that could say so. */
export const withBrought = <J extends object>(storage: Storage, parent: ParentLink | undefined, journal: J) => ({
  ...journal,
  taint: [...(parent?.taint ?? []), ...(broughtOf(storage)?.taint ?? [])],
});

/** @param journal what was exported with `taint` in it; code from before did not say: then it is of any origin. */
export function importBrought(storage: Storage, journal: string): void {
  const { taint = READS } = JSON.parse(journal) as { readonly taint?: readonly Label[] }; // written by our own export
  if (taint.length > 0) bring(storage, { taint });
}
