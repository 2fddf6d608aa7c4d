/**
 * One pass over what is due to one endpoint: read, send a few at a time, record each. It holds nothing between two calls:
 * Postgres says what is due, so a pass that died is simply made again, and what was sent and not recorded is sent again
 * under the same id. When passes are made is the object's business.
 */
import {
  type Clock,
  type Db,
  type DbFailure,
  err,
  type Log,
  ok,
  type Random,
  type Result,
  type Seal,
  utf8Length,
} from "../platform/index.ts";
import {
  BODY_BYTES_MAX,
  CLEAN_ROWS_MAX,
  DELIVERY_RETENTION_MS,
  PASS_MS_MAX,
  PENDING_MAX,
  SENDS_AT_ONCE_MAX,
} from "./webhook-limits.ts";
import { parseSecrets, type SecretSet } from "./webhook-secret.ts";
import type { SendWebhook } from "./webhook-send.ts";
import {
  cleanStatement,
  type DueDelivery,
  deliveredStatements,
  disableBacklogStatement,
  disableStatement,
  dueStatements,
  type Endpoint,
  failedStatement,
  readDue,
  retryStatement,
  type Webhook,
} from "./webhook-store.ts";
import { judgeAttempt, type Verdict } from "./webhook-verdict.ts";

export type PassPorts = {
  readonly db: Db;
  readonly seal: Seal;
  readonly send: SendWebhook;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
};

/** When the endpoint's next delivery is due in epoch milliseconds, null for no more; gone: there is no such endpoint. */
export type Passed = { readonly kind: "waiting"; readonly nextAt: number | null } | { readonly kind: "gone" };

export type MakePass = (endpoint: Endpoint) => Promise<Result<Passed, DbFailure>>;

/** What a receiver sees as `webhook-id`. */
export const messageIdOf = (deliveryId: string): string => `msg_${deliveryId}`;

/** Sealed under the endpoint they belong to. */
export const sealScope = ({ tenant, webhookId }: Endpoint) => ({ tenant, purpose: "webhook", record: webhookId });

export async function openSecrets(seal: Seal, endpoint: Endpoint, webhook: Webhook): Promise<SecretSet | null> {
  const opened = await seal.open(webhook.secrets, sealScope(endpoint));
  return opened.ok ? parseSecrets(opened.value) : null;
}

const BACKLOG = `disabled by the system: more than ${PENDING_MAX} deliveries waited`;
const DISABLED = {
  gone: "disabled by the system: the receiver answered 410 Gone",
  exhausted: "disabled by the system: it took nothing for about three days",
} as const;
const TOO_LARGE: Verdict = {
  kind: "failed",
  status: null,
  error: `the event has more than ${BODY_BYTES_MAX} bytes`,
  reason: "too_large",
};

export function createPass(ports: PassPorts): MakePass {
  const { db, clock } = ports;
  return async (endpoint) => {
    const startedAt = clock.now();
    let upkeep = [
      disableBacklogStatement(endpoint, PENDING_MAX, BACKLOG),
      cleanStatement(endpoint, startedAt - DELIVERY_RETENTION_MS, CLEAN_ROWS_MAX),
    ];
    for (;;) {
      const now = clock.now();
      const read = await db.batch(endpoint.tenant, [...upkeep, ...dueStatements(endpoint, now, SENDS_AT_ONCE_MAX)]);
      if (!read.ok) return read;
      const { webhook, due, nextAt } = readDue(read.value.slice(upkeep.length));
      if (webhook === null) return ok({ kind: "gone" });
      if (webhook.state === "disabled") return ok({ kind: "waiting", nextAt: null });
      if (due.length === 0 || now - startedAt >= PASS_MS_MAX) return ok({ kind: "waiting", nextAt });
      upkeep = [];
      const secrets = await openSecrets(ports.seal, endpoint, webhook);
      const failure = await attemptAll(ports, { endpoint, webhook, secrets }, due);
      if (failure !== null) return err(failure);
    }
  };
}

type Target = { readonly endpoint: Endpoint; readonly webhook: Webhook; readonly secrets: SecretSet | null };

async function reach(
  { send, random }: PassPorts,
  target: Target,
  { id, body, attempts }: DueDelivery,
): Promise<Verdict> {
  if (utf8Length(body) > BODY_BYTES_MAX) return TOO_LARGE;
  const outcome = await send({ url: target.webhook.url, secrets: target.secrets, messageId: messageIdOf(id), body });
  return judgeAttempt(outcome, attempts + 1, random);
}

/**
 * Null when every result is recorded: each as soon as it is known, but what is given up after all others, because an
 * endpoint that took one of them is not silent and stays enabled.
 */
async function attemptAll(ports: PassPorts, target: Target, due: readonly DueDelivery[]): Promise<DbFailure | null> {
  const givenUp: (() => Promise<DbFailure | null>)[] = [];
  const recorded = await Promise.all(
    due.map(async (delivery) => {
      const verdict = await reach(ports, target, delivery);
      if (verdict.kind !== "failed") return record(ports, target, delivery, verdict);
      givenUp.push(() => record(ports, target, delivery, verdict));
      return null;
    }),
  );
  recorded.push(...(await Promise.all(givenUp.map((write) => write()))));
  return recorded.find((failure) => failure !== null) ?? null;
}

/** Null when it is recorded. */
async function record(
  { db, clock, log }: PassPorts,
  { endpoint }: Target,
  delivery: DueDelivery,
  verdict: Verdict,
): Promise<DbFailure | null> {
  const written = await db.batch(endpoint.tenant, toStatements({ ...endpoint, ...delivery }, verdict, clock.now()));
  log.info("webhook.attempted", {
    tenant_id: endpoint.tenant,
    webhook_id: endpoint.webhookId,
    delivery_id: delivery.id,
    attempt: delivery.attempts + 1,
    outcome: verdict.kind,
    status: verdict.status,
    is_recorded: written.ok,
  });
  return written.ok ? null : written.error;
}

function toStatements(of: Endpoint & DueDelivery, verdict: Verdict, now: number) {
  switch (verdict.kind) {
    case "delivered":
      return deliveredStatements(of, verdict.status, now);
    case "retry":
      return [retryStatement(of, verdict, now + verdict.delayMs)];
    case "failed":
      if (verdict.reason === "too_large") return [failedStatement(of, verdict, verdict.reason, 0)];
      return [
        failedStatement(of, verdict, verdict.reason, 1),
        disableStatement(of, DISABLED[verdict.reason], verdict.reason === "gone" ? "at once" : "silent"),
      ];
  }
}
