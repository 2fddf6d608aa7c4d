/** Events on their way out: what a consumer is, and webhooks. */
export type { Consumer } from "./consumer.ts";
export { createWebhookConsumer } from "./webhook-consumer.ts";
export { EVENT_TYPES_MAX } from "./webhook-limits.ts";
export { createPass, messageIdOf } from "./webhook-pass.ts";
export { createSendWebhook } from "./webhook-send.ts";
export type { Delivery, Endpoint, Webhook } from "./webhook-store.ts";
export { createWebhooks, type WebhookFailure, type Webhooks } from "./webhooks.ts";
