/**
 * The queue's side of the consumers: messages grouped by task, each group fed to every consumer, each message answered on
 * its own. A message is acknowledged only when every consumer is done with its event.
 */
import { type Log, type SqlStatement, toRfc3339 } from "../platform/index.ts";
import type { Consumer } from "./consumer.ts";
import { cleanLettersStatement, letterStatement } from "./dead-letter-store.ts";
import { feed, type InboxPorts } from "./inbox.ts";
import {
  CONSUME_LANES,
  GAP_RETRY_SECONDS,
  LETTER_KEEP_MS,
  MESSAGE_RETRY_SECONDS_MAX,
  UNREADABLE_CHARS_MAX,
} from "./limits.ts";
import { type EventMessage, isReadable, parseEventMessage, type Unreadable } from "./message.ts";

/** What is used of a message of the platform's queue. */
export type QueueMessage = {
  readonly id: string;
  readonly body: unknown;
  /** From 1. */
  readonly attempts: number;
  ack(): void;
  retry(options: { readonly delaySeconds: number }): void;
};

export type ConsumePorts = InboxPorts & { readonly consumers: readonly Consumer[] };

type Delivery = { readonly message: QueueMessage; readonly event: EventMessage };

/** Never rejects for one message's sake. */
export async function consumeEvents(messages: readonly QueueMessage[], ports: ConsumePorts): Promise<void> {
  const groups = new Map<string, Delivery[]>();
  const unreadable: (() => Promise<void>)[] = [];
  for (const message of messages) {
    const event = parseEventMessage(message.body);
    if (!isReadable(event)) {
      unreadable.push(() =>
        buryMessage(message, event, ports, { reason: "unreadable", error: "not an event of ours" }),
      );
      continue;
    }
    const key = `${event.tenant}/${event.aggregateId}`;
    groups.set(key, [...(groups.get(key) ?? []), { message, event }]);
  }
  await inLanes([...unreadable, ...[...groups.values()].map((group) => () => consumeGroup(group, ports))]);
}

/** As many at once as there are connections. */
async function inLanes(work: readonly (() => Promise<void>)[]): Promise<void> {
  const line = work[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (const task of line) await task();
  };
  await Promise.all(Array.from({ length: CONSUME_LANES }, lane));
}

const backoffSeconds = (attempts: number): number =>
  Math.min(MESSAGE_RETRY_SECONDS_MAX, 2 ** Math.min(attempts - 1, 16));

async function consumeGroup(group: readonly Delivery[], ports: ConsumePorts): Promise<void> {
  const events = new Map(group.map(({ event }) => [event.id, event]));
  const waiting = new Set<string>();
  let isAway = false;
  for (const consumer of ports.consumers) {
    const fed = await feed(ports, consumer, [...events.values()]);
    if (!fed.ok) {
      isAway = true;
      logAway(ports.log, group, consumer.name, fed.error.why);
      continue;
    }
    for (const [id, state] of fed.value) if (state === "waiting") waiting.add(id);
  }
  for (const { message, event } of group) {
    if (isAway) message.retry({ delaySeconds: backoffSeconds(message.attempts) });
    else if (waiting.has(event.id)) message.retry({ delaySeconds: GAP_RETRY_SECONDS });
    else message.ack();
  }
}

function logAway(log: Log, group: readonly Delivery[], consumer: string, why: string): void {
  const [first] = group;
  log.warn("consumer.unavailable", {
    tenant_id: first?.event.tenant ?? null,
    task_id: first?.event.aggregateId ?? null,
    consumer,
    why,
  });
}

/** A dead letter where a tenant can be told; in any case a line in the log. Comes again while the letter cannot be written. */
async function buryMessage(
  message: QueueMessage,
  event: EventMessage | Unreadable,
  ports: InboxPorts,
  cause: { readonly reason: "unreadable" | "retries_exhausted"; readonly error: string },
): Promise<void> {
  const { db, clock, log } = ports;
  log.error("queue.event_dead", { tenant_id: event.tenant, message_id: message.id, reason: cause.reason });
  if (event.tenant === null) return message.ack();
  const now = clock.now();
  const statements: SqlStatement[] = [
    letterStatement({
      tenant: event.tenant,
      source: "queue",
      ...cause,
      ...letterOf(event, message),
      at: toRfc3339(now),
    }),
    cleanLettersStatement(event.tenant, toRfc3339(now - LETTER_KEEP_MS)),
  ];
  const buried = await db.batch(event.tenant, statements);
  if (buried.ok) message.ack();
  else message.retry({ delaySeconds: backoffSeconds(message.attempts) });
}

function letterOf(event: EventMessage | Unreadable, message: QueueMessage) {
  const attempts = message.attempts;
  if (!isReadable(event)) {
    return {
      key: message.id,
      event: null,
      payload: event.text.slice(0, UNREADABLE_CHARS_MAX),
      attempts,
      traceId: null,
    };
  }
  const { id, type, aggregateId: task, aggregateSeq: seq, json: payload, traceId } = event;
  return { key: id, event: { id, type, task, seq }, payload, attempts, traceId };
}

/** What the queue gave up on, after about half a day of retries: a letter stands for it, or it comes again. */
export async function consumeDeadEvents(messages: readonly QueueMessage[], ports: InboxPorts): Promise<void> {
  const cause = { reason: "retries_exhausted", error: "the consumers could not take it" } as const;
  await inLanes(messages.map((message) => () => buryMessage(message, parseEventMessage(message.body), ports, cause)));
}
