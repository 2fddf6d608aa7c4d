/**
 * The local queue lives in the memory of the worker: what was published and not yet consumed is gone with it. The embedded
 * database knows which events those are, and its owner puts them back into the outbox; the inbox keeps each effect to once.
 */
import { unpublishStatement } from "../event/index.ts";
import { createDb, systemClock, systemRandom } from "../platform/index.ts";
import type { DatabaseEndpoint } from "./database/endpoint.ts";

/**
 * To be called each time the worker starts. Never rejects: should it fail, the events are put back at the next start.
 * @param endpoint the embedded database, with its owner among the users; null when another database is configured.
 */
export function createRecovery(
  endpoint: DatabaseEndpoint | null,
  consumers: readonly string[],
  log: (line: string) => void,
): () => Promise<void> {
  if (endpoint === null) return async () => undefined;
  const url = endpoint.connectionString("postgres");
  const database = { url, httpEndpoint: endpoint.url };
  const owner = createDb({ database, outboxDatabaseUrl: url, clock: systemClock, random: systemRandom });
  return async () => {
    const done = await owner.publisherBatch([unpublishStatement(consumers)]);
    if (!done.ok) return log(`events: not put back into the outbox (${done.error.sqlstate ?? done.error.reason})`);
    const count = done.value[0]?.rowCount ?? 0;
    if (count > 0) log(`events: ${count} put back into the outbox`);
  };
}
