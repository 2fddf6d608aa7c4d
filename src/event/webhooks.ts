/**
 * A tenant's webhooks as its owner handles them: make, read, change, remove, rotate, try, replay. Postgres is the
 * authority. A secret leaves here twice at most: with the endpoint it was made for, and with its rotation.
 */
import {
  type Clock,
  type Db,
  err,
  type Log,
  ok,
  parseWebhookId,
  type Result,
  type Seal,
  type SqlRows,
  type SqlStatement,
  type TenantId,
  toRfc3339,
} from "../platform/index.ts";
import { ROTATE_ATTEMPTS_MAX, WEBHOOKS_MAX } from "./webhook-limits.ts";
import { messageIdOf, openSecrets, sealScope } from "./webhook-pass.ts";
import { formatSecrets, makeSecret, newSecretSet, rotateSecrets } from "./webhook-secret.ts";
import { checkWebhookUrl, type SendWebhook } from "./webhook-send.ts";
import {
  type Delivery,
  deleteStatement,
  type Endpoint,
  insertStatements,
  isPageCursor,
  type NewWebhook,
  pageStatement,
  readPage,
  readWebhook,
  replayStatements,
  secretsStatements,
  updateStatement,
  type Webhook,
  type WebhookChange,
  webhookStatement,
  webhooksStatement,
} from "./webhook-store.ts";
import { faultOf } from "./webhook-verdict.ts";

export type WebhookFailure =
  | { readonly reason: "unavailable" }
  /** None of this tenant's. */
  | { readonly reason: "unknown" }
  | { readonly reason: "limit"; readonly most: number }
  | { readonly reason: "url"; readonly message: string }
  | { readonly reason: "cursor" };

type Outcome<T> = Promise<Result<T, WebhookFailure>>;

export type Tried = {
  readonly messageId: string;
  readonly status: number | null;
  /** Null when the receiver took it. */
  readonly error: string | null;
};

export interface Webhooks {
  /** @param endpoint with a new id. */
  create(endpoint: Endpoint, webhook: Omit<NewWebhook, "secrets">): Outcome<{ webhook: Webhook; secret: string }>;
  list(tenant: TenantId): Outcome<readonly Webhook[]>;
  get(endpoint: Endpoint): Outcome<Webhook>;
  update(endpoint: Endpoint, change: WebhookChange): Outcome<Webhook>;
  remove(endpoint: Endpoint): Outcome<null>;
  /** The secret before it goes on signing for a day. */
  rotate(endpoint: Endpoint): Outcome<{ webhook: Webhook; secret: string }>;
  /** Sends one event of the type `webhook.test` now, once, whether or not the endpoint is enabled. It is kept nowhere. */
  test(endpoint: Endpoint): Outcome<Tried>;
  deliveries(
    endpoint: Endpoint,
    page: { readonly limit: number; readonly before: string | null },
  ): Outcome<{ items: readonly Delivery[]; next: string | null }>;
  /** Sends the delivery of a dead letter again; doing so twice has one effect. `unknown`: its endpoint is gone. */
  replayDelivery(tenant: TenantId, letterId: string): Outcome<null>;
}

export type WebhookPorts = {
  readonly db: Db;
  readonly seal: Seal;
  readonly send: SendWebhook;
  readonly localOrigins: readonly string[];
  /** Wakes the endpoint's object. */
  readonly ring: (endpoint: Endpoint) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
};

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a factory of closures over the same ports
export function createWebhooks(ports: WebhookPorts): Webhooks {
  const { db, seal, clock, log } = ports;

  /** What each statement answered. */
  const ask = async (tenant: TenantId, statements: readonly SqlStatement[]): Outcome<readonly SqlRows[]> => {
    const result = await db.batch(tenant, statements);
    if (result.ok) return result;
    // Nothing a caller sends can break a constraint, so whatever it was, it is ours to mend.
    const { reason, sqlstate } = result.error;
    log.warn("webhook.database_failed", { tenant_id: tenant, reason, sqlstate });
    return err({ reason: "unavailable" });
  };
  /** The endpoint in the last statement's first row. */
  const askOne = async (tenant: TenantId, statements: readonly SqlStatement[]): Outcome<Webhook> => {
    const rows = await ask(tenant, statements);
    if (!rows.ok) return rows;
    const webhook = readWebhook(rows.value.at(-1)?.rows[0]);
    return webhook === null ? err({ reason: "unknown" }) : ok(webhook);
  };
  const checkUrl = (url: string): Result<null, WebhookFailure> => {
    const checked = checkWebhookUrl(url, ports.localOrigins);
    return checked.ok ? ok(null) : err({ reason: "url", message: checked.error.message });
  };
  /** The change is stored; when nobody can be woken, the tenant's next event does it. */
  const wake = async (endpoint: Endpoint): Promise<void> => {
    await ports.ring(endpoint).catch(() => {
      log.warn("webhook.unrung", { tenant_id: endpoint.tenant, webhook_id: endpoint.webhookId });
    });
  };

  return {
    create: async (endpoint, webhook) => {
      const url = checkUrl(webhook.url);
      if (!url.ok) return url;
      const secret = makeSecret();
      const secrets = await seal.seal(formatSecrets(newSecretSet(secret)), sealScope(endpoint));
      const made = await askOne(endpoint.tenant, insertStatements(endpoint, { ...webhook, secrets }, WEBHOOKS_MAX));
      if (made.ok) return ok({ webhook: made.value, secret });
      return made.error.reason === "unknown" ? err({ reason: "limit", most: WEBHOOKS_MAX }) : made;
    },
    list: async (tenant) => {
      const rows = await ask(tenant, [webhooksStatement(tenant)]);
      return rows.ok ? ok((rows.value[0]?.rows ?? []).map(readWebhook).filter((webhook) => webhook !== null)) : rows;
    },
    get: async (endpoint) => askOne(endpoint.tenant, [webhookStatement(endpoint)]),
    update: async (endpoint, change) => {
      const url = change.url === undefined ? ok(null) : checkUrl(change.url);
      if (!url.ok) return url;
      const changed = await askOne(endpoint.tenant, [updateStatement(endpoint, change)]);
      if (changed.ok && changed.value.state === "enabled") await wake(endpoint);
      return changed;
    },
    remove: async (endpoint) => {
      const rows = await ask(endpoint.tenant, [deleteStatement(endpoint)]);
      if (!rows.ok) return rows;
      if (rows.value[0]?.rowCount !== 1) return err({ reason: "unknown" });
      // Its object finds nothing and forgets itself.
      await wake(endpoint);
      return ok(null);
    },
    rotate: async (endpoint) => {
      for (let attempt = 1; attempt <= ROTATE_ATTEMPTS_MAX; attempt++) {
        const before = await askOne(endpoint.tenant, [webhookStatement(endpoint)]);
        if (!before.ok) return before;
        // Secrets that cannot be read any more sign nothing; the new one mends that.
        const known = (await openSecrets(seal, endpoint, before.value)) ?? [];
        const secret = makeSecret();
        const sealed = await seal.seal(formatSecrets(rotateSecrets(known, secret, clock.now())), sealScope(endpoint));
        const after = await askOne(endpoint.tenant, secretsStatements(endpoint, before.value.secrets, sealed));
        if (!after.ok) return after;
        // Another rotation came in between: this one starts from what that one left.
        if (after.value.secrets === sealed) return ok({ webhook: after.value, secret });
      }
      return err({ reason: "unavailable" });
    },
    test: async (endpoint) => {
      const found = await askOne(endpoint.tenant, [webhookStatement(endpoint)]);
      if (!found.ok) return found;
      const event = testEvent(endpoint, crypto.randomUUID(), clock.now());
      const messageId = messageIdOf(event.id);
      const secrets = await openSecrets(seal, endpoint, found.value);
      const outcome = await ports.send({ url: found.value.url, secrets, messageId, body: JSON.stringify(event) });
      const status = outcome.kind === "answered" ? outcome.status : null;
      return ok({ messageId, status, error: faultOf(outcome) });
    },
    deliveries: async (endpoint, { limit, before }) => {
      if (before !== null && !isPageCursor(before)) return err({ reason: "cursor" });
      const rows = await ask(endpoint.tenant, [webhookStatement(endpoint), pageStatement(endpoint, limit, before)]);
      if (!rows.ok) return rows;
      const [webhook, page] = rows.value;
      if (webhook?.rows.length !== 1) return err({ reason: "unknown" });
      return ok(readPage(page?.rows ?? [], limit));
    },
    replayDelivery: async (tenant, letterId) => {
      const rows = await ask(tenant, replayStatements(tenant, letterId));
      if (!rows.ok) return rows;
      const webhookId = parseWebhookId(rows.value.at(-1)?.rows[0]?.webhook_id);
      if (webhookId === undefined) return err({ reason: "unknown" });
      await wake({ tenant, webhookId });
      return ok(null);
    },
  };
}

/** A CloudEvent that says only that it arrived. */
const testEvent = ({ tenant, webhookId }: Endpoint, id: string, now: number) => ({
  specversion: "1.0",
  id,
  source: `/tenants/${tenant}/webhooks/${webhookId}`,
  type: "webhook.test",
  subject: webhookId,
  time: toRfc3339(now),
  datacontenttype: "application/json",
  data: { webhook_id: webhookId },
});
