/** The memory room: what agents remember for a while, and the way to Redis. The object itself is in object.ts. */

export { type Exchange, recall, remember } from "./exchange.ts";
export { memoryKey, rateLimitKey, streamKey } from "./keys.ts";
export { createObjectMemory } from "./object-memory.ts";
export { createRedisAccess, type RedisAccess } from "./redis.ts";
export type { MemorySpace, Retention, ShortTermMemory } from "./short-term.ts";
export { createUpstashMemory } from "./upstash-memory.ts";
