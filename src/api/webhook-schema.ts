/** Shapes of the routes for webhooks, as `schema.ts` has those of the others. */
import * as z from "zod";
import { EVENT_TYPES_MAX, isTaskEventType } from "../event/index.ts";
import { once } from "../platform/index.ts";
import {
  CURSOR_CHARS_MAX,
  LIST_LIMIT_DEFAULT,
  LIST_LIMIT_MAX,
  WEBHOOK_DESCRIPTION_CHARS_MAX,
  WEBHOOK_URL_CHARS_MAX,
} from "./limits.ts";

const Time = once(() => z.string().describe("RFC 3339, UTC"));
const State = once(() => z.enum(["enabled", "disabled"]));
const Url = once(() =>
  z.string().min(1).max(WEBHOOK_URL_CHARS_MAX).describe("https, a public host name, the default port"),
);
const Description = once(() =>
  z
    .string()
    .max(WEBHOOK_DESCRIPTION_CHARS_MAX)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, "must have no control characters")
    .describe("For people"),
);
const EventTypes = once(() =>
  z
    .array(z.string().refine(isTaskEventType, "must be the type of an event, such as task.done"))
    .max(EVENT_TYPES_MAX)
    .describe("Types to send, each by its whole name; every type when empty"),
);

export const WebhookBody = once(() =>
  z.strictObject({
    url: Url(),
    description: Description().default(""),
    event_types: EventTypes().default([]),
  }),
);

export const WebhookChanges = once(() =>
  z
    .strictObject({
      url: Url().exactOptional(),
      description: Description().exactOptional(),
      event_types: EventTypes().exactOptional(),
      state: State().exactOptional().describe("`enabled` also sends what waits, and forgets the failures"),
    })
    .refine((changes) => Object.keys(changes).length > 0, { message: "must name something to change" }),
);

export const DeliveriesQuery = once(() =>
  z.strictObject({
    limit: z.coerce.number().int().min(1).max(LIST_LIMIT_MAX).default(LIST_LIMIT_DEFAULT),
    cursor: z.string().max(CURSOR_CHARS_MAX).optional().describe("`next_cursor` of the page before"),
  }),
);

export const Webhook = once(() =>
  z.object({
    id: z.string(),
    url: z.string(),
    description: z.string(),
    event_types: z.array(z.string()),
    state: State(),
    disabled_reason: z
      .string()
      .nullable()
      .describe("Why the system disabled it; null when its owner did, or it is enabled"),
    failures: z.int().describe("Failed attempts since the last one that was taken"),
    created_at: Time(),
    updated_at: Time(),
  }),
);

export const NewWebhook = once(() =>
  Webhook().extend({
    secret: z.string().describe("What requests are signed with. It is shown this once"),
  }),
);

export const WebhookList = once(() => z.object({ items: z.array(Webhook()), next_cursor: z.null() }));

export const WebhookTested = once(() =>
  z.object({
    message_id: z.string().describe("The request's `webhook-id`"),
    delivered: z.boolean(),
    status: z.int().nullable().describe("What the receiver answered; null when it did not"),
    error: z.string().nullable(),
  }),
);

const Delivery = once(() =>
  z.object({
    id: z.string(),
    message_id: z.string().describe("The `webhook-id` of each of its requests"),
    event_id: z.string(),
    event_type: z.string(),
    state: z.enum(["pending", "delivered", "failed"]),
    attempts: z.int(),
    last_status: z.int().nullable(),
    last_error: z.string().nullable(),
    next_attempt_at: Time().nullable(),
    created_at: Time(),
    delivered_at: Time().nullable(),
  }),
);

export const DeliveryList = once(() => z.object({ items: z.array(Delivery()), next_cursor: z.string().nullable() }));
