/** The consumer that writes a delivery per event and endpoint, in the inbox's transaction, and rings who has work. */
import { parseWebhookId } from "../platform/index.ts";
import type { Consumer } from "./consumer.ts";
import { deliverStatements, type Endpoint } from "./webhook-store.ts";

const NAME = "webhooks";

/** @param ring wakes the endpoint's object. When one cannot be woken the event's message comes again, and rings again. */
export const createWebhookConsumer = (ring: (endpoint: Endpoint) => Promise<void>): Consumer => ({
  name: NAME,
  effect: deliverStatements(NAME),
  after: async (tenant, rows) => {
    const ids = rows.map(({ webhook_id }) => parseWebhookId(webhook_id)).filter((id) => id !== undefined);
    await Promise.all(ids.map((webhookId) => ring({ tenant, webhookId })));
  },
});
