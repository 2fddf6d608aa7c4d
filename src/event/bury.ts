/**
 * The dead letter of an event that could not be published. The publisher's role sees the outbox alone, so the letter is
 * written by the application's role, as the tenant of the event.
 */
import { type Clock, type Db, toRfc3339 } from "../platform/index.ts";
import { letterStatement } from "./dead-letter-store.ts";
import { isReadable, parseEventMessage } from "./message.ts";
import type { PublisherPorts } from "./publisher.ts";

export const buryOutbox =
  (db: Pick<Db, "batch">, clock: Clock): PublisherPorts["bury"] =>
  async ({ json, attempts }, { reason, error }) => {
    const event = parseEventMessage(json);
    if (!isReadable(event)) return false;
    const { tenant, id, type, aggregateId: task, aggregateSeq: seq, traceId } = event;
    const facts = { source: "outbox", reason, error, key: id, event: { id, type, task, seq }, payload: json };
    const letter = letterStatement({ tenant, ...facts, attempts: attempts + 1, traceId, at: toRfc3339(clock.now()) });
    return (await db.batch(tenant, [letter])).ok;
  };
