/** What arrives without a caller: messages of the queues, and the cron. Nothing here decides about a task or an event. */
import type { Bindings } from "./bindings.ts";
import type { RunMessage } from "./env.ts";
import { consumeDeadEvents, consumeEvents, doorbellNames } from "./event/index.ts";
import { createLog, describeError, parseTaskId, parseTenantId } from "./platform/index.ts";
import { eventsOf, isDevelopment, isPublishing } from "./wire.ts";

const log = createLog();
/** Longest wait before a message is tried again; the queue gives up after its own count. */
const RETRY_SECONDS_MAX = 60;

/** Each queue's consumer, by the names of wrangler.toml. */
const CONSUMERS: Readonly<Record<string, (batch: MessageBatch, env: Bindings) => Promise<void>>> = {
  "vasini-runs": consumeRuns,
  "vasini-runs-dead": consumeDeadRuns,
  "vasini-events": consumeEventBatch,
  "vasini-events-dead": consumeDeadEventBatch,
};

export async function consume(batch: MessageBatch, env: Bindings): Promise<void> {
  const consumer = CONSUMERS[batch.queue];
  // Thrown, so that the queue keeps the messages until somebody consumes them.
  if (consumer === undefined) throw new Error(`nobody consumes the queue ${batch.queue}`);
  await consumer(batch, env);
}

/** Ids only: anything else in a message is ignored. */
function parseRunMessage(body: unknown): RunMessage | null {
  if (typeof body !== "object" || body === null) return null;
  const { tenant, task_id, traceparent } = body as Readonly<Record<string, unknown>>; // checked member by member
  const tenantId = parseTenantId(tenant);
  const taskId = parseTaskId(task_id);
  if (tenantId === undefined || taskId === undefined) return null;
  return { tenant: tenantId, task_id: taskId, traceparent: typeof traceparent === "string" ? traceparent : "" };
}

/** Each message on its own: one bad message neither blocks nor repeats the others. */
async function consumeRuns(batch: MessageBatch, env: Bindings): Promise<void> {
  await Promise.all(
    batch.messages.map(async (message) => {
      const run = parseRunMessage(message.body);
      if (run === null) {
        log.error("queue.message_unreadable", { queue: batch.queue, message_id: message.id });
        message.ack();
        return;
      }
      try {
        // Being over the tenant's cap is no failure: the index kicks the task when a slot is free.
        await env.TASK.getByName(`${run.tenant}/${run.task_id}`).kick();
        message.ack();
      } catch (thrown) {
        const facts = { tenant_id: run.tenant, task_id: run.task_id, error: describeError(thrown) };
        log.warn("queue.kick_failed", facts);
        message.retry({ delaySeconds: Math.min(RETRY_SECONDS_MAX, 2 ** message.attempts) });
      }
    }),
  );
}

/** A dead message buries nothing: it says that kicks failed again and again. The sweep revives the task. */
async function consumeDeadRuns(batch: MessageBatch): Promise<void> {
  for (const message of batch.messages) {
    const run = parseRunMessage(message.body);
    log.error("queue.run_dead", {
      tenant_id: run?.tenant ?? null,
      task_id: run?.task_id ?? null,
      message_id: message.id,
    });
    message.ack();
  }
}

/** Asks the tenants whose turn it is to look after their tasks, in case an index's own alarm was lost. */
export async function sweepTenants(env: Bindings): Promise<void> {
  const tenants = await env.DIRECTORY.getByName("directory").nextTurn();
  const swept = await Promise.allSettled(tenants.map((tenant) => env.TENANT_INDEX.getByName(tenant).sweep(tenant)));
  for (const [position, one] of swept.entries()) {
    if (one.status === "rejected") {
      log.error("sweep.failed", { tenant_id: tenants[position] ?? null, error: describeError(one.reason) });
    }
  }
}

async function consumeEventBatch(batch: MessageBatch, env: Bindings): Promise<void> {
  const events = eventsOf(env);
  // Only a deployment that lost its DATABASE_URL comes here: the messages wait until it is back.
  if (events === null) return batch.retryAll({ delaySeconds: RETRY_SECONDS_MAX });
  await consumeEvents(batch.messages, events.consumption);
}

async function consumeDeadEventBatch(batch: MessageBatch, env: Bindings): Promise<void> {
  const events = eventsOf(env);
  if (events === null) return batch.retryAll({ delaySeconds: RETRY_SECONDS_MAX });
  await consumeDeadEvents(batch.messages, events.consumption);
}

/** In development the first sweep of an isolate looks in any case: `npm start` may have put events back. */
let hasSwept = false;

/** Asks each doorbell to look after itself, in case its alarm was lost. While nothing was written, no database is asked. */
export async function sweepDoorbells(env: Bindings): Promise<void> {
  if (!isPublishing(env)) return;
  const isForced = isDevelopment(env) && !hasSwept;
  hasSwept = true;
  const swept = await Promise.allSettled(doorbellNames.map((name) => env.DOORBELL.getByName(name).sweep(isForced)));
  for (const one of swept) {
    if (one.status === "rejected") log.error("doorbell.sweep_failed", { error: describeError(one.reason) });
  }
}
