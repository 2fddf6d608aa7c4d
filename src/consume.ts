/** What arrives without a caller: messages of the queues, and the cron. Nothing here decides about a task or an event. */
import type { Bindings } from "./bindings.ts";
import { consumeDeadEvents, consumeEvents, doorbellNames } from "./event/index.ts";
import { createLog, describeError, systemClock } from "./platform/index.ts";
import { consumeRuns, parseRunMessage, RETRY_SECONDS_MAX } from "./run-queue.ts";
import { eventsOf, isDevelopment, isPublishing, taskStub } from "./wire.ts";

const log = createLog();

/** Each queue's consumer, by the names of wrangler.toml. */
const CONSUMERS: Readonly<Record<string, (batch: MessageBatch, env: Bindings) => Promise<void>>> = {
  "vasini-runs": consumeRunBatch,
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

function consumeRunBatch({ messages }: MessageBatch, env: Bindings): Promise<void> {
  return consumeRuns(messages, {
    ...{ clock: systemClock, log },
    kick: (tenant, taskId) => taskStub(env, tenant, taskId).kick(),
    stillAmong: (tenant, taskIds) => env.TENANT_INDEX.getByName(tenant).stillAmong(taskIds),
  });
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
