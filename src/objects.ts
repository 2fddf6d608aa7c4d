/** Classes of objects as the platform makes them: with their services. `index.ts` exports them. */
import type { Bindings } from "./bindings.ts";
import { WebhookObject as Webhook } from "./event/object.ts";
import { webhookServices } from "./wire.ts";

export class WebhookObject extends Webhook<Bindings> {
  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env, webhookServices(env));
  }
}
