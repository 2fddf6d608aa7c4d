/** Webhooks of the caller's tenant. A secret is in the answer that makes it and in no other. */
import type * as z from "zod";
import type { AuditAction } from "../audit/index.ts";
import type { Delivery, Endpoint, Webhook as Stored, WebhookFailure, Webhooks } from "../event/index.ts";
import { messageIdOf } from "../event/index.ts";
import { AppError, newWebhookId, parseWebhookId, type Result, toRfc3339 } from "../platform/index.ts";
import { jsonResponse } from "./answer.ts";
import { audited } from "./audited.ts";
import { parseCursor, toCursor } from "./cursor.ts";
import type { ApiDeps } from "./deps.ts";
import { limitRate } from "./rate-limit.ts";
import { type Route, type Scope, type TenantCall, tenantRoute } from "./route.ts";
import {
  DeliveriesQuery,
  DeliveryList,
  NewWebhook,
  Webhook,
  WebhookBody,
  WebhookChanges,
  WebhookList,
  WebhookTested,
} from "./webhook-schema.ts";

const toWebhook = (webhook: Stored): z.input<ReturnType<typeof Webhook>> => ({
  id: webhook.id,
  url: webhook.url,
  description: webhook.description,
  event_types: [...webhook.eventTypes],
  state: webhook.state,
  disabled_reason: webhook.disabledReason,
  failures: webhook.failures,
  created_at: toRfc3339(webhook.createdAt),
  updated_at: toRfc3339(webhook.updatedAt),
});

const toTime = (at: number | null): string | null => (at === null ? null : toRfc3339(at));

const toDelivery = (delivery: Delivery): z.input<ReturnType<typeof DeliveryList>>["items"][number] => ({
  id: delivery.id,
  message_id: messageIdOf(delivery.id),
  event_id: delivery.eventId,
  event_type: delivery.eventType,
  state: delivery.state,
  attempts: delivery.attempts,
  last_status: delivery.lastStatus,
  last_error: delivery.lastError,
  next_attempt_at: toTime(delivery.nextAttemptAt),
  created_at: toRfc3339(delivery.createdAt),
  delivered_at: toTime(delivery.deliveredAt),
});

/** @throws AppError UNAVAILABLE on a server that has no webhooks. */
function requireWebhooks({ webhooks }: ApiDeps): Webhooks {
  if (webhooks !== null) return webhooks;
  throw new AppError("UNAVAILABLE", "This server has no webhooks: they need DATABASE_URL and SECRETS_MASTER_KEY.");
}

const unknown = (): AppError => new AppError("NOT_FOUND", "There is no such webhook.");

/**
 * The webhook that the path names, and who has it.
 * @throws AppError UNAVAILABLE, and NOT_FOUND also for what cannot be a webhook's id: no answer tells one from the other.
 */
function addressedBy({ deps, tenant, params }: TenantCall<unknown, unknown>) {
  const webhooks = requireWebhooks(deps);
  const webhookId = parseWebhookId(params.webhookId);
  if (webhookId === undefined) throw unknown();
  return { webhooks, endpoint: { tenant, webhookId } };
}

/** What was asked for. @throws AppError for every failure. */
function takeValue<T>(result: Result<T, WebhookFailure>): T {
  if (result.ok) return result.value;
  throw toError(result.error);
}

function toError(failure: WebhookFailure): AppError {
  switch (failure.reason) {
    case "unavailable":
      return new AppError("UNAVAILABLE", "Webhooks cannot be read or changed now.");
    case "unknown":
      return unknown();
    case "limit":
      return new AppError("WEBHOOK_LIMIT_REACHED", `The tenant has ${failure.most} webhooks; remove one first.`);
    case "cursor":
      return new AppError("INVALID_REQUEST", "The cursor is not one of ours; start again without it.");
    case "url":
      return new AppError("INVALID_REQUEST", `The body is not valid: /url: ${failure.message}`, {
        errors: [{ pointer: "/url", message: failure.message }],
      });
  }
}

/** What was asked for, with its rows in the audit log. @throws AppError for every failure. */
const recorded = <T>(
  scope: Scope,
  action: Extract<AuditAction, `webhook.${string}`>,
  { tenant, webhookId }: Endpoint,
  work: () => Promise<Result<T, WebhookFailure>>,
): Promise<T> =>
  audited(scope, { tenant, action, resource: `webhook:${webhookId}` }, async () => takeValue(await work()));

const base = { tag: "webhooks", needs: "webhooks:write" } as const;
const PATH = "/api/v1/webhooks";

const create = tenantRoute({
  ...base,
  method: "POST",
  path: PATH,
  operation: "createWebhook",
  summary: "Makes a webhook; its secret is shown this once",
  body: WebhookBody,
  answers: [{ status: 201, description: "Made; `secret` is shown in no other answer", schema: NewWebhook }],
  errors: ["WEBHOOK_LIMIT_REACHED", "UNAVAILABLE"],
  handle: async ({ scope, deps, tenant, body }) => {
    const { url, description, event_types: eventTypes } = body;
    const webhooks = requireWebhooks(deps);
    const endpoint = { tenant, webhookId: newWebhookId() };
    const work = () => webhooks.create(endpoint, { url, description, eventTypes });
    const made = await recorded(scope, "webhook.created", endpoint, work);
    const location = `${PATH}/${made.webhook.id}`;
    return jsonResponse(201, { ...toWebhook(made.webhook), secret: made.secret }, { location });
  },
});

const list = tenantRoute({
  ...base,
  method: "GET",
  path: PATH,
  operation: "listWebhooks",
  summary: "The tenant's webhooks, oldest first, without their secrets",
  answers: [{ status: 200, description: "All of them", schema: WebhookList }],
  errors: ["UNAVAILABLE"],
  handle: async ({ deps, tenant }) => {
    const webhooks = takeValue(await requireWebhooks(deps).list(tenant));
    return jsonResponse(200, { items: webhooks.map(toWebhook), next_cursor: null });
  },
});

const get = tenantRoute({
  ...base,
  method: "GET",
  path: `${PATH}/{webhookId}`,
  operation: "getWebhook",
  summary: "One webhook",
  answers: [{ status: 200, description: "The webhook as it is now", schema: Webhook }],
  errors: ["NOT_FOUND", "UNAVAILABLE"],
  handle: async (call) => {
    const { webhooks, endpoint } = addressedBy(call);
    return jsonResponse(200, toWebhook(takeValue(await webhooks.get(endpoint))));
  },
});

const update = tenantRoute({
  ...base,
  method: "PATCH",
  path: `${PATH}/{webhookId}`,
  operation: "updateWebhook",
  summary: "Changes what the body names, and leaves the rest",
  body: WebhookChanges,
  answers: [{ status: 200, description: "The webhook as it is now", schema: Webhook }],
  errors: ["NOT_FOUND", "UNAVAILABLE"],
  handle: async (call) => {
    const { event_types: eventTypes, ...rest } = call.body;
    const change = { ...rest, ...(eventTypes === undefined ? {} : { eventTypes }) };
    const { webhooks, endpoint } = addressedBy(call);
    const work = () => webhooks.update(endpoint, change);
    return jsonResponse(200, toWebhook(await recorded(call.scope, "webhook.updated", endpoint, work)));
  },
});

const remove = tenantRoute({
  ...base,
  method: "DELETE",
  path: `${PATH}/{webhookId}`,
  operation: "deleteWebhook",
  summary: "Removes a webhook and its deliveries; nothing more is sent to it",
  answers: [{ status: 204, description: "Removed", content: null }],
  errors: ["NOT_FOUND", "UNAVAILABLE"],
  handle: async (call) => {
    const { webhooks, endpoint } = addressedBy(call);
    await recorded(call.scope, "webhook.deleted", endpoint, () => webhooks.remove(endpoint));
    return new Response(null, { status: 204 });
  },
});

const rotate = tenantRoute({
  ...base,
  method: "POST",
  path: `${PATH}/{webhookId}/rotate`,
  operation: "rotateWebhook",
  summary: "Gives a webhook a new secret; the one before it goes on signing for 24 hours",
  answers: [{ status: 200, description: "`secret` is shown in no other answer", schema: NewWebhook }],
  errors: ["NOT_FOUND", "UNAVAILABLE"],
  handle: async (call) => {
    const { webhooks, endpoint } = addressedBy(call);
    const { webhook, secret } = await recorded(call.scope, "webhook.rotated", endpoint, () =>
      webhooks.rotate(endpoint),
    );
    return jsonResponse(200, { ...toWebhook(webhook), secret });
  },
});

const test = tenantRoute({
  ...base,
  method: "POST",
  path: `${PATH}/{webhookId}/test`,
  operation: "testWebhook",
  summary: "Sends an event of the type `webhook.test` now, once, and tells what the receiver answered",
  answers: [{ status: 200, description: "Sent, whatever came of it", schema: WebhookTested }],
  errors: ["NOT_FOUND", "RATE_LIMITED", "UNAVAILABLE"],
  handle: async (call) => {
    const { webhooks, endpoint } = addressedBy(call);
    // Each call makes us send a request to an address that a tenant chose, so it is counted like a run.
    await limitRate(call.scope, call.tenant, "default");
    const { messageId, status, error } = await recorded(call.scope, "webhook.tested", endpoint, () =>
      webhooks.test(endpoint),
    );
    return jsonResponse(200, { message_id: messageId, delivered: error === null, status, error });
  },
});

const deliveries = tenantRoute({
  ...base,
  method: "GET",
  path: `${PATH}/{webhookId}/deliveries`,
  operation: "listDeliveries",
  summary: "What was and will be sent to a webhook, newest first, without the bodies",
  query: DeliveriesQuery,
  answers: [{ status: 200, description: "One page; `next_cursor` is null on the last", schema: DeliveryList }],
  errors: ["NOT_FOUND", "UNAVAILABLE"],
  handle: async (call) => {
    const { limit, cursor } = call.query;
    const before = cursor === undefined ? null : parseCursor(cursor);
    if (before === undefined) throw toError({ reason: "cursor" });
    const { webhooks, endpoint } = addressedBy(call);
    const page = takeValue(await webhooks.deliveries(endpoint, { limit, before }));
    const next = page.next === null ? null : toCursor(page.next);
    return jsonResponse(200, { items: page.items.map(toDelivery), next_cursor: next });
  },
});

export const WEBHOOK_ROUTES: readonly Route[] = [create, list, get, update, remove, rotate, test, deliveries];
