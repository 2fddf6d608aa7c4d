/**
 * Short-term memory kept in Redis. A value is a string with an expiry under `…:{session}:{key}`; the session's list is a
 * sorted set under `…:{session}`, whose members hold id and value, so that adding one again changes nothing.
 */
import { memoryKey } from "./keys.ts";
import { MEMORY_TIMEOUT_MS } from "./limits.ts";
import type { RedisAccess } from "./redis.ts";
import { checkValue, type MemorySpace, type ShortTermMemory } from "./short-term.ts";

const listKey = ({ tenant, agent, session }: MemorySpace): string => memoryKey(tenant, agent, session);
const valueKey = ({ tenant, agent, session }: MemorySpace, key: string): string =>
  memoryKey(tenant, agent, `${session}:${key}`);

/** What toMember wrote; anything else in the set is not ours and is left out. */
function textOf(member: unknown): string[] {
  if (typeof member !== "string") return [];
  try {
    const parsed: unknown = JSON.parse(member);
    const value: unknown = Array.isArray(parsed) ? parsed[1] : undefined;
    return typeof value === "string" ? [value] : [];
  } catch {
    // A member that another program put there.
    return [];
  }
}

/** The id stands first: Redis orders equal times by the member's bytes. */
const toMember = (id: string, value: string): string => JSON.stringify([id, value]);

export function createUpstashMemory(redis: RedisAccess): ShortTermMemory {
  return {
    async set(space, key, value, ttlMs) {
      const checked = checkValue(value);
      if (checked.ok)
        await redis.run(MEMORY_TIMEOUT_MS, (client) => client.set(valueKey(space, key), value, { px: ttlMs }));
      return checked;
    },
    get: (space, key) => redis.run(MEMORY_TIMEOUT_MS, (client) => client.get<string>(valueKey(space, key))),
    async delete(space, key) {
      await redis.run(MEMORY_TIMEOUT_MS, (client) => client.del(valueKey(space, key)));
    },
    async append(space, { id, at, value }, { ttlMs, maxEntries }) {
      const checked = checkValue(value);
      if (!checked.ok) return checked;
      const key = listKey(space);
      await redis.run(MEMORY_TIMEOUT_MS, (client) =>
        client
          .multi()
          .zadd(key, { nx: true }, { score: at, member: toMember(id, value) })
          .zremrangebyrank(key, 0, -(maxEntries + 1))
          .pexpire(key, ttlMs)
          .exec(),
      );
      return checked;
    },
    async list(space) {
      const members = await redis.run(MEMORY_TIMEOUT_MS, (client) => client.zrange<unknown[]>(listKey(space), 0, -1));
      return members.flatMap(textOf);
    },
    async clear(space) {
      await redis.run(MEMORY_TIMEOUT_MS, (client) => client.del(listKey(space)));
    },
  };
}
