/** The memory room: what agents remember for a while, and the way to Redis. The object itself is in object.ts. */

export { memoryKey, rateLimitKey, streamKey } from "./keys.ts";
export { createRedisAccess, type RedisAccess } from "./redis.ts";
