/** The event room with this Worker's bindings: who rings, who publishes, who receives, who replays. Wiring only. */
import { replayAudit } from "./audit/index.ts";
import type { Bindings } from "./bindings.ts";
import { consumersOf } from "./consumers.ts";
import {
  buryOutbox,
  type ConsumePorts,
  createDeadLetters,
  createPublisher,
  createSendWebhook,
  createWebhooks,
  type DeadLetters,
  doorbellOf,
  type Endpoint,
  type PublishOutcome,
  replayOutbox,
  replayQueue,
  replayWebhook,
  STREAM_TIMEOUT_MS,
  type WebhookPorts,
} from "./event/index.ts";
import { type RedisAccess, streamKey } from "./memory/index.ts";
import {
  type Db,
  type Log,
  newTraceId,
  type Random,
  systemClock,
  systemRandom,
  type TenantId,
  within,
} from "./platform/index.ts";
import { replayProjection } from "./task/index.ts";

export type Events = {
  readonly ring: (tenant: TenantId) => Promise<void>;
  readonly publish: () => Promise<PublishOutcome>;
  readonly consumption: ConsumePorts;
  readonly deadLetters: DeadLetters;
};

/** An object that is rung has this long to say that it heard; a ring that comes too late is rung again, which changes nothing. */
const RING_MS_MAX = 5_000;
const inTime = (ring: () => Promise<void>): Promise<void> =>
  within(systemClock, RING_MS_MAX, () => new Error(`no answer within ${RING_MS_MAX} ms`), ring);

const streamPort = (redis: RedisAccess) => ({
  keyOf: streamKey,
  evaluate: (script: string, keys: readonly string[], args: readonly string[]) =>
    redis.run(STREAM_TIMEOUT_MS, (client) => client.eval(script, [...keys], [...args])),
});

/** What webhooks are made and delivered with. */
export function toWebhookPorts(env: Bindings, given: Pick<WebhookPorts, "db" | "seal" | "localOrigins" | "log">) {
  const ports = { ...given, clock: systemClock, random: systemRandom };
  const send = createSendWebhook({ ...ports, fetch: (url, init) => fetch(url, init) });
  const ring = (endpoint: Endpoint) =>
    inTime(async () => env.WEBHOOK.getByName(`${endpoint.tenant}/${endpoint.webhookId}`).ring(endpoint));
  return { ...ports, send, ring } satisfies WebhookPorts & { readonly random: Random };
}

type Given = {
  readonly db: Db;
  readonly redis: RedisAccess | null;
  readonly webhooks: WebhookPorts | null;
  readonly log: Log;
};

export function createEvents(env: Bindings, { db, redis, webhooks, log }: Given): Events {
  const clock = systemClock;
  const ring = (tenant: TenantId) => inTime(async () => env.DOORBELL.getByName(doorbellOf(tenant)).ring());
  const send = async (messages: readonly string[]): Promise<void> => {
    await env.EVENT_QUEUE.sendBatch(messages.map((body) => ({ body, contentType: "text" })));
  };
  const { publisherBatch } = db;
  const consumers = consumersOf({
    stream: redis === null ? null : streamPort(redis),
    ringWebhook: webhooks?.ring ?? null,
  });
  return {
    ring,
    publish: createPublisher({
      publisherBatch,
      send,
      bury: buryOutbox(db, clock),
      newToken: newTraceId,
      clock,
      random: systemRandom,
      log,
    }),
    consumption: { db, consumers, clock, log },
    deadLetters: createDeadLetters({
      db,
      consumers,
      replayers: {
        outbox: replayOutbox({ publisherBatch, ring }),
        queue: replayQueue(send),
        projection: replayProjection(db),
        audit: replayAudit(db),
        ...(webhooks === null ? {} : { webhook: replayWebhook(createWebhooks(webhooks)) }),
      },
      clock,
      log,
    }),
  };
}
