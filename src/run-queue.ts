/**
 * The way to the run queue. A task starts itself; its message is the net under that, and in no hurry. So those of a moment go
 * together, sent by whoever came first, and the requests of the others end with their answers. Until then they are in this isolate's memory:
 * lost with it, the tasks have started themselves, and the sweep is the net under both.
 */
import type { Config, RunMessage } from "./env.ts";
import { type Clock, describeError, type Log } from "./platform/index.ts";
import { ALARM_LATE_MS } from "./task/index.ts";

/** A message comes when its task's own alarm counts as lost, and finds nothing to do else. */
export const QUEUE_NET_SECONDS = ALARM_LATE_MS / 1_000 + 1;
/** From the first message of a moment to all of them on their way. */
export const COLLECT_MS = 500;
/** What a queue takes at once. @see https://developers.cloudflare.com/queues/platform/limits/ */
export const MESSAGES_AT_ONCE_MAX = 100;

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
    const { queue, ways, log } = this.#options;
    if (ways === "alarm" || tasks.length === 0) return;
    const delay = ways === "both" ? { delaySeconds: QUEUE_NET_SECONDS } : {};
    try {
      await queue.sendBatch(tasks.map((body) => ({ body, ...delay })));
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
