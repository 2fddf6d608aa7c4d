/**
 * Names in Redis, which has one keyspace for everything. No part but the last can hold the `:` between them, so one
 * tenant's name can never be read as another's: tenant and pack ids exclude it.
 */

/** What a tenant's agent remembers for a while. `key` comes last and may hold anything. */
export const memoryKey = (tenant: string, agent: string, key: string): string => `vasini:mem:${tenant}:${agent}:${key}`;

/** A tenant's rate counter. @param window its length in seconds, with the policy's name when there are several. */
export const rateLimitKey = (tenant: string, window: string): string => `vasini:rl:${tenant}:${window}`;

/** The stream of a tenant's events. */
export const streamKey = (tenant: string): string => `vasini:stream:${tenant}`;
