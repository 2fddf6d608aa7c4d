/** The tests' database behind the Worker in workerd, and what webhooks need beside it. */
import { inject } from "vitest";
import { letterStatement } from "../../src/event/dead-letter-store.ts";
import { createSendWebhook, createWebhooks, type Endpoint, type Webhooks } from "../../src/event/index.ts";
import {
  assert,
  createDb,
  createSeal,
  type Db,
  newWebhookId,
  parseTenantId,
  systemClock,
  systemRandom,
  type TenantId,
} from "../../src/platform/index.ts";
import { configOf } from "../../src/wire.ts";
import { env } from "../api/gateway.ts";
import { memoryLog, patientClock } from "../api/ports.ts";

/** Where receivers are said to be. Nobody listens there: tests stand in for the network. */
export const RECEIVER = "http://127.0.0.1:9";
const MASTER = "the-master-key-of-these-tests-0123456789";

/**
 * Gives the whole Worker of this test file a database, and nothing to publish from it: the database is shared, and other
 * tests follow their own events. Called before anything asks for its configuration.
 */
export function connectWorker(): void {
  const { url, httpEndpoint } = inject("database");
  const config = configOf({
    ...env,
    ...{ DATABASE_URL: url, DATABASE_HTTP_ENDPOINT: httpEndpoint },
    ...{ SECRETS_MASTER_KEY: MASTER, EGRESS_LOCAL_ORIGINS: RECEIVER },
  });
  assert(config.ok && config.value.database !== null, "the Worker has a database");
}

export function databaseOf(): Db {
  const { url, httpEndpoint, outboxDatabaseUrl } = inject("database");
  return createDb({ database: { url, httpEndpoint }, outboxDatabaseUrl, clock: patientClock, random: systemRandom });
}

/** Webhooks over the tests' database, whatever the Worker itself has. */
export function webhooksOf(
  options: { readonly db?: Db; readonly ring?: (endpoint: Endpoint) => Promise<void> } = {},
): Webhooks {
  const { db = databaseOf(), ring = async () => undefined } = options;
  const localOrigins = [RECEIVER];
  const send = createSendWebhook({ clock: patientClock, fetch: (url, init) => fetch(url, init), localOrigins });
  return createWebhooks({
    db,
    seal: createSeal(MASTER),
    send,
    localOrigins,
    ring,
    clock: systemClock,
    log: memoryLog(),
  });
}

export function tenantOf(name: string): TenantId {
  const tenant = parseTenantId(name);
  assert(tenant !== undefined, `${name} is a tenant`);
  return tenant;
}

export async function makeEndpoint(tenant: TenantId, path = "/hook"): Promise<Endpoint> {
  const endpoint = { tenant, webhookId: newWebhookId() };
  const made = await webhooksOf().create(endpoint, { url: RECEIVER + path, description: "", eventTypes: [] });
  assert(made.ok, JSON.stringify(made));
  return endpoint;
}

/** A dead letter of the tenant that holds this text; its id. */
export async function buryLetter(name: string, text: string): Promise<string> {
  const tenant = tenantOf(name);
  const facts = { source: "consumer:usage", reason: "refused", key: text, event: null, payload: text, error: text };
  const letter = { tenant, ...facts, attempts: 1, traceId: null, at: "2026-01-02T03:04:05.678Z" };
  const find = { text: "SELECT id FROM dead_letters WHERE payload_json = $1", params: [text] };
  const buried = await databaseOf().batch(tenant, [letterStatement(letter), find]);
  assert(buried.ok, "the letter is written");
  return String(buried.value[1]?.rows[0]?.id);
}
