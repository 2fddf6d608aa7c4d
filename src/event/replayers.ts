/** How letters of the outbox and of the queue go their way again. Letters of other rooms bring their own. */
import { AppError, type Db, type TenantId } from "../platform/index.ts";
import type { Replayer } from "./dead-letters.ts";
import { isReadable, parseEventMessage } from "./message.ts";
import { rearmStatement } from "./outbox-store.ts";
import type { Webhooks } from "./webhooks.ts";

/** The given-up row can be claimed again, and the bell is rung. The row is found by the tenant of the letter. */
export const replayOutbox =
  (ports: {
    readonly publisherBatch: Db["publisherBatch"];
    readonly ring: (tenant: TenantId) => Promise<void>;
  }): Replayer =>
  async (tenant, letter) => {
    if (letter.event_id === null) return "impossible";
    const rearmed = await ports.publisherBatch([rearmStatement(tenant, letter.event_id)]);
    if (!rearmed.ok) throw new AppError("UNAVAILABLE", "The event cannot be published now.");
    await ports.ring(tenant);
    return "replayed";
  };

/** To the queue once more: consumers that had the event before know it by its id. */
export const replayQueue =
  (send: (messages: readonly string[]) => Promise<void>): Replayer =>
  async (tenant, letter) => {
    const event = parseEventMessage(letter.payload);
    if (!isReadable(event) || event.tenant !== tenant) return "impossible";
    await send([letter.payload]);
    return "replayed";
  };

/** The delivery starts its attempts anew; the endpoint's object sends it. */
export const replayWebhook =
  (webhooks: Pick<Webhooks, "replayDelivery">): Replayer =>
  async (tenant, letter) => {
    const replayed = await webhooks.replayDelivery(tenant, letter.id);
    if (replayed.ok) return "replayed";
    if (replayed.error.reason === "unknown") return "impossible";
    throw new AppError("UNAVAILABLE", "The delivery cannot be sent now.");
  };
