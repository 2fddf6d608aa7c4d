/** The event room: a task's events on their way out, and what receives them, webhooks included. Objects are in object.ts. */

export { buryOutbox } from "./bury.ts";
export { type ConsumePorts, consumeDeadEvents, consumeEvents, type QueueMessage } from "./consume.ts";
export type { Consumer } from "./consumer.ts";
export type { DeadLetter } from "./dead-letter-store.ts";
export { createDeadLetters, type DeadLetters, REPLAY_STATUSES, type Replayer } from "./dead-letters.ts";
export { EVENTS_PER_REQUEST_MAX, STREAM_TIMEOUT_MS } from "./limits.ts";
export { outboxStatements, unpublishStatement } from "./outbox-store.ts";
export { createPublisher, type PublishOutcome } from "./publisher.ts";
export { replayOutbox, replayQueue, replayWebhook } from "./replayers.ts";
export { doorbellNames, doorbellOf } from "./shard.ts";
export { createStreamConsumer, type StreamPort } from "./stream-store.ts";
export {
  type EventSubject,
  isTaskEventType,
  type OutboxEvent,
  type TaskEventType,
  type TaskFact,
  toOutboxEvent,
} from "./task-event.ts";
export { usageConsumer } from "./usage-store.ts";
export { createWebhookConsumer } from "./webhook-consumer.ts";
export { EVENT_TYPES_MAX } from "./webhook-limits.ts";
export { createPass, messageIdOf } from "./webhook-pass.ts";
export { createSendWebhook } from "./webhook-send.ts";
export type { Delivery, Endpoint, Webhook } from "./webhook-store.ts";
export { createWebhooks, type WebhookFailure, type WebhookPorts, type Webhooks } from "./webhooks.ts";
