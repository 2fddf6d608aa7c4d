/**
 * Short-term memory as the rest of the system sees it: values that last for a while, and one list of entries per
 * session. Two keep it: a Durable Object per session, or Redis.
 */
import { err, ok, type Result, utf8Length } from "../platform/index.ts";
import { VALUE_BYTES_MAX } from "./limits.ts";

/** Whose memory. None of the three can hold `/` or `:`; the agent is the pack's id, so a new version remembers on. */
export type MemorySpace = { readonly tenant: string; readonly agent: string; readonly session: string };

export type MemoryEntry = {
  /** The same id always comes with the same time and value: a second append of it changes nothing. */
  readonly id: string;
  /** Epoch milliseconds: entries are kept in this order, equal times by id. */
  readonly at: number;
  readonly value: string;
};

/** What the pack allows: `short_term.ttl` and `short_term.max_entries`. */
export type Retention = { readonly ttlMs: number; readonly maxEntries: number };

type TooLarge = { readonly reason: "too_large"; readonly bytesMax: number };
export type Written = Result<null, TooLarge>;

/** Every method rejects when the memory cannot be reached in time. */
export interface ShortTermMemory {
  /** Replaces what was under the key. */
  set(space: MemorySpace, key: string, value: string, ttlMs: number): Promise<Written>;
  /** Null for what was never set, was deleted, or is over. */
  get(space: MemorySpace, key: string): Promise<string | null>;
  delete(space: MemorySpace, key: string): Promise<void>;
  /** Adds to the session's list, drops the oldest over `maxEntries`, and renews the time of the whole list. */
  append(space: MemorySpace, entry: MemoryEntry, retention: Retention): Promise<Written>;
  /** Values of the session's list, oldest first. */
  list(space: MemorySpace): Promise<readonly string[]>;
  /** Forgets the session's list. */
  clear(space: MemorySpace): Promise<void>;
}

export function checkValue(value: string): Written {
  return utf8Length(value) > VALUE_BYTES_MAX ? err({ reason: "too_large", bytesMax: VALUE_BYTES_MAX }) : ok(null);
}
