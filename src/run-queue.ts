/**
 * The way to the run queue, and what becomes of its messages. A task starts itself; its message is the net under that, and in no
 * hurry. So those of a moment go together, sent by whoever came first, and the requests of the others end with their answers. Until then they are in
 * this isolate's memory: lost with it, the tasks have started themselves, and the sweep is the net under both.
 */
import type { Config, RunMessage } from "./env.ts";
import { type Clock, describeError, type Log, parseTaskId, parseTenantId, within } from "./platform/index.ts";
import { ALARM_LATE_MS } from "./task/index.ts";

/** A message comes when its task's own alarm counts as lost, and finds nothing to do else. */
export const QUEUE_NET_SECONDS = ALARM_LATE_MS / 1_000 + 1;
/** From the first message of a moment to all of them on their way. */
export const COLLECT_MS = 500;
/** What a queue takes at once. @see https://developers.cloudflare.com/queues/platform/limits/ */
export const MESSAGES_AT_ONCE_MAX = 100;

/** Longest wait before a message is tried again; the queue gives up after its own count. */
export const RETRY_SECONDS_MAX = 60;
/** Longest a tenant's index may take to say which of its tasks are over. Then each is asked. */
const INDEX_ANSWER_MS = 1_000;

/** Longest the queue may take to take messages. Then the task's own alarm and the sweep are what starts it. */
const SEND_MS_MAX = 10_000;

type Options = {
  readonly queue: Pick<Queue<RunMessage>, "sendBatch">;
  /** How a task is started: without the net when by its alarm alone, and at once when by its message alone. */
  readonly ways: Config["dispatch"];
  readonly clock: Clock;
  readonly log: Log;
};

export class RunQueue {
  readonly #options: Options;
  #waiting: RunMessage[] = [];
  /** By then whoever collects has sent. Else its invocation was cut off, and the next one sends. */
  #isCollectedBy = 0;

  constructor(options: Options) {
    this.#options = options;
  }

  /** For whoever would be held up by collecting. Never rejects. */
  async send(...tasks: readonly RunMessage[]): Promise<void> {
    const { queue, ways, clock, log } = this.#options;
    if (ways === "alarm" || tasks.length === 0) return;
    const delay = ways === "both" ? { delaySeconds: QUEUE_NET_SECONDS } : {};
    const late = () => new Error(`no answer within ${SEND_MS_MAX} ms`);
    const send = () => queue.sendBatch(tasks.map((body) => ({ body, ...delay })));
    try {
      await within(clock, SEND_MS_MAX, late, send);
    } catch (thrown) {
      const error = describeError(thrown);
      for (const { tenant, task_id } of tasks) log.warn("dispatch.failed", { tenant_id: tenant, task_id, error });
    }
  }

  /** Resolves when the message is sent, or left to somebody who will. Never rejects. */
  async collect(task: RunMessage): Promise<void> {
    const { clock, ways } = this.#options;
    if (ways !== "both") return this.send(task);
    this.#waiting.push(task);
    if (this.#waiting.length < MESSAGES_AT_ONCE_MAX) {
      const now = clock.now();
      if (now < this.#isCollectedBy) return;
      this.#isCollectedBy = now + 2 * COLLECT_MS;
      await clock.sleep(COLLECT_MS);
    }
    this.#isCollectedBy = 0;
    await this.send(...this.#waiting.splice(0));
  }
}

/** Ids only: anything else in a message is ignored. */
export function parseRunMessage(body: unknown): RunMessage | null {
  if (typeof body !== "object" || body === null) return null;
  const { tenant, task_id, traceparent } = body as Readonly<Record<string, unknown>>; // checked member by member
  const tenantId = parseTenantId(tenant);
  const taskId = parseTaskId(task_id);
  if (tenantId === undefined || taskId === undefined) return null;
  return { tenant: tenantId, task_id: taskId, traceparent: typeof traceparent === "string" ? traceparent : "" };
}

type Received = Pick<Message, "id" | "body" | "attempts" | "ack" | "retry">;

export type RunPorts = {
  readonly kick: (tenant: string, taskId: string) => Promise<unknown>;
  /** Those of a tenant's tasks that nobody needs to wake. */
  readonly stillAmong: (tenant: string, taskIds: readonly string[]) => Promise<readonly string[]>;
  readonly clock: Clock;
  readonly log: Log;
};

/** Each message on its own: a bad one neither blocks nor repeats the others, nor does a tenant whose index hangs. */
export async function consumeRuns(messages: readonly Received[], ports: RunPorts): Promise<void> {
  const runs = messages.flatMap((message) => {
    const run = parseRunMessage(message.body);
    if (run !== null) return [{ message, run }];
    ports.log.error("queue.message_unreadable", { message_id: message.id });
    message.ack();
    return [];
  });
  const byTenant = Map.groupBy(runs, ({ run }) => run.tenant);
  await Promise.all([...byTenant].map(([tenant, its]) => consumeTenant(tenant, its, ports)));
}

type Run = { readonly message: Received; readonly run: RunMessage };

async function consumeTenant(tenant: string, runs: readonly Run[], ports: RunPorts): Promise<void> {
  const still = await stillOnes(tenant, runs, ports);
  await Promise.all(
    runs.map(async ({ message, run: { task_id } }) => {
      try {
        // Being over the tenant's cap is no failure: the index kicks the task when a slot is free.
        if (!still.has(task_id)) await ports.kick(tenant, task_id);
        message.ack();
      } catch (thrown) {
        ports.log.warn("queue.kick_failed", { tenant_id: tenant, task_id, error: describeError(thrown) });
        message.retry({ delaySeconds: Math.min(RETRY_SECONDS_MAX, 2 ** message.attempts) });
      }
    }),
  );
}

/**
 * Tasks that are over by now, as most are, or wait for somebody: one question to the tenant's index instead of one to each
 * task, whose object may have been put aside. Where the index does not answer all of them are asked.
 */
async function stillOnes(tenant: string, runs: readonly Run[], ports: RunPorts): Promise<ReadonlySet<string>> {
  const { clock, log, stillAmong } = ports;
  const taskIds = runs.map(({ run }) => run.task_id);
  try {
    const late = () => new Error("the index does not answer");
    return new Set(await within(clock, INDEX_ANSWER_MS, late, () => stillAmong(tenant, taskIds)));
  } catch (thrown) {
    log.warn("queue.index_silent", { tenant_id: tenant, tasks: taskIds.length, error: describeError(thrown) });
    return new Set();
  }
}
