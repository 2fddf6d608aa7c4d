/** What arrives without a caller: run messages, dead ones, and the cron. Nothing here decides about a task. */
import type { Bindings } from "./bindings.ts";
import type { RunMessage } from "./env.ts";
import { createLog, describeError, parseTaskId, parseTenantId } from "./platform/index.ts";

const log = createLog();
export const DEAD_QUEUE = "vasini-runs-dead";
/** Longest wait before a message is tried again; the queue gives up after its own count. */
const RETRY_SECONDS_MAX = 60;

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
export async function consumeRuns(batch: MessageBatch, env: Bindings): Promise<void> {
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
export async function consumeDead(batch: MessageBatch): Promise<void> {
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

/** Asks every tenant with unfinished work to look after it, in case an index's own alarm was lost. */
export async function sweepTenants(env: Bindings): Promise<void> {
  const directory = env.DIRECTORY.getByName("directory");
  let after: string | null = null;
  for (;;) {
    const page: string[] = await directory.list(after);
    const swept = await Promise.allSettled(page.map((tenant) => env.TENANT_INDEX.getByName(tenant).sweep(tenant)));
    for (const [position, one] of swept.entries()) {
      if (one.status === "rejected") {
        log.error("sweep.failed", { tenant_id: page[position] ?? null, error: describeError(one.reason) });
      }
    }
    after = page.at(-1) ?? null;
    if (after === null) return;
  }
}
