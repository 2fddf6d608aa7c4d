/** Short-term memory kept by one Durable Object per session. */
import { type Clock, ok, within } from "../platform/index.ts";
import { MEMORY_TIMEOUT_MS } from "./limits.ts";
import { checkValue, type MemoryEntry, type MemorySpace, type Retention, type ShortTermMemory } from "./short-term.ts";

/** The methods of a session's object. */
export interface SessionStub {
  set(key: string, value: string, ttlMs: number): Promise<void>;
  get(key: string): Promise<string | null>;
  delete(key: string): Promise<void>;
  append(entry: MemoryEntry, retention: Retention): Promise<void>;
  list(): Promise<readonly string[]>;
  clear(): Promise<void>;
}

/** Sessions, packs and tenants exclude `/`, so no name can be read two ways. */
const nameOf = ({ tenant, agent, session }: MemorySpace): string => `${tenant}/${agent}/${session}`;

export function createObjectMemory(ports: {
  /** A new stub at each call. */
  readonly objectOf: (name: string) => SessionStub;
  readonly clock: Clock;
}): ShortTermMemory {
  const late = () => new Error(`the session's object did not answer within ${MEMORY_TIMEOUT_MS} ms`);
  const ask = <T>(space: MemorySpace, call: (stub: SessionStub) => Promise<T>): Promise<T> =>
    within(ports.clock, MEMORY_TIMEOUT_MS, late, () => call(ports.objectOf(nameOf(space))));
  return {
    async set(space, key, value, ttlMs) {
      const checked = checkValue(value);
      if (checked.ok) await ask(space, (stub) => stub.set(key, value, ttlMs));
      return checked;
    },
    get: (space, key) => ask(space, (stub) => stub.get(key)),
    delete: (space, key) => ask(space, (stub) => stub.delete(key)),
    async append(space, entry, retention) {
      const checked = checkValue(entry.value);
      if (!checked.ok) return checked;
      await ask(space, (stub) => stub.append(entry, retention));
      return ok(null);
    },
    list: (space) => ask(space, (stub) => stub.list()),
    clear: (space) => ask(space, (stub) => stub.clear()),
  };
}
