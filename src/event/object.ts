/** The second public face of this room: what imports `cloudflare:workers`, so that index.ts also loads in plain Node. */

export { DoorbellObject, type DoorbellServices } from "./doorbell-object.ts";
export { WebhookObject, type WebhookServices } from "./webhook-object.ts";
