/** One embedded database for all tests in workerd, which cannot start one themselves: `inject("database")` says where. */
import type { TestProject } from "vitest/node";
import { startEmbeddedDatabase } from "../../src/local/database/embedded.ts";
import { USERS } from "../case/database/bench.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** As the Worker's variables: DATABASE_URL, DATABASE_HTTP_ENDPOINT, OUTBOX_DATABASE_URL. */
    database: { readonly url: string; readonly httpEndpoint: string; readonly outboxDatabaseUrl: string };
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started = await startEmbeddedDatabase({ dataDir: null, users: USERS });
  if (!started.ok) throw new Error(started.error);
  const endpoint = started.value;
  project.provide("database", {
    url: endpoint.connectionString("app_user"),
    httpEndpoint: endpoint.url,
    outboxDatabaseUrl: endpoint.connectionString("outbox_publisher"),
  });
  return () => endpoint.close();
}
