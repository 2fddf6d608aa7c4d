/** The room's second face: the classes that need the Workers runtime. */
export { DoorbellObject, type DoorbellServices } from "./doorbell-object.ts";
export { WebhookObject, type WebhookServices } from "./webhook-object.ts";
