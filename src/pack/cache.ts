/** What an isolate remembers of the registry: answers for seconds, composed packs as long as there is room. */
import type { Clock } from "../platform/index.ts";
import {
  BLOB_CACHE_ENTRIES_MAX,
  BLOB_CACHE_LENGTH_MAX,
  POINTER_CACHE_ENTRIES_MAX,
  POINTER_CACHE_MS,
} from "./limits.ts";
import type { AgentConfig } from "./types.ts";

export interface PointerCache<T> {
  /**
   * The remembered answer while it is fresh, else what `read` finds now. A failed read is not remembered.
   * @param isStill whether the remembered answer holds; else it does for POINTER_CACHE_MS. `ageMs`: since it was read.
   */
  get(key: string, read: () => Promise<T>, isStill?: (value: T, ageMs: number) => boolean): Promise<T>;
  clear(): void;
}

/**
 * Values only, never promises: a promise belongs to the request that started it, and another request of the same
 * isolate may not wait for it.
 */
export function createPointerCache<T>(clock: Clock): PointerCache<T> {
  const entries = new Map<string, { readonly value: T; readonly readAtMs: number }>();
  const isFresh = (_: T, ageMs: number): boolean => ageMs < POINTER_CACHE_MS;
  return {
    async get(key, read, isStill = isFresh) {
      const known = entries.get(key);
      if (known !== undefined && isStill(known.value, clock.now() - known.readAtMs)) return known.value;
      // Taken before the read: what is published while it runs is seen a second later, not two.
      const readAtMs = clock.now();
      const value = await read();
      entries.delete(key);
      entries.set(key, { value, readAtMs });
      const oldest = entries.keys().next().value;
      if (entries.size > POINTER_CACHE_ENTRIES_MAX && oldest !== undefined) entries.delete(oldest);
      return value;
    },
    clear: () => entries.clear(),
  };
}

export interface BlobCache {
  get(key: string): AgentConfig | undefined;
  /** @param length characters of its canonical JSON. */
  set(key: string, config: AgentConfig, length: number): void;
}

/** Least recently used goes first, by number and by size. */
export function createBlobCache(): BlobCache {
  const entries = new Map<string, { readonly config: AgentConfig; readonly length: number }>();
  let total = 0;
  const drop = (key: string): void => {
    total -= entries.get(key)?.length ?? 0;
    entries.delete(key);
  };
  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entries.delete(key);
      entries.set(key, entry);
      return entry.config;
    },
    set(key, config, length) {
      drop(key);
      entries.set(key, { config, length });
      total += length;
      while (total > BLOB_CACHE_LENGTH_MAX || entries.size > BLOB_CACHE_ENTRIES_MAX) {
        const oldest = entries.keys().next().value;
        if (oldest === undefined) return;
        drop(oldest);
      }
    },
  };
}
