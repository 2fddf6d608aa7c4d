/**
 * One of a few objects that are told when events were written, and publish them: nobody polls the database. That
 * something is unpublished stands in its storage from the first ring until nothing is left, so a lost alarm is found by
 * the cron's sweep; while nothing was written, the sweep asks no database.
 */
import { DurableObject } from "cloudflare:workers";
import { type Clock, describeError, type Log } from "../platform/index.ts";
import type { Doorbell } from "./doorbell.ts";
import { PUBLISH_RETRY_MS_MAX, PUBLISH_RETRY_MS_MIN, RING_DELAY_MS } from "./limits.ts";
import type { PublishOutcome } from "./publisher.ts";

export type DoorbellServices = {
  readonly clock: Clock;
  readonly log: Log;
  /** Null: this deployment publishes nothing. */
  readonly publish: (() => Promise<PublishOutcome>) | null;
};

const PENDING = "pending";

export class DoorbellObject<Env = unknown> extends DurableObject<Env> implements Doorbell {
  readonly #services: DoorbellServices;
  /** Rings in this instance: one that comes while the last round runs must not be forgotten with it. */
  #rings = 0;
  #failures = 0;

  constructor(ctx: DurableObjectState, env: Env, services: DoorbellServices) {
    super(ctx, env);
    this.#services = services;
  }

  async ring(): Promise<void> {
    if (this.#services.publish === null) return;
    this.#rings += 1;
    if (!(await this.#isPending())) await this.ctx.storage.put(PENDING, true);
    await this.#wakeBy(this.#services.clock.now() + RING_DELAY_MS);
  }

  async sweep(isForced: boolean): Promise<void> {
    if (this.#services.publish === null) return;
    if (isForced || (await this.#isPending())) await this.ring();
  }

  /** Never throws away its own repetition: the platform gives up after six failures. */
  override async alarm(): Promise<void> {
    const { clock, log, publish } = this.#services;
    if (publish === null) return;
    const answered = this.#rings;
    const outcome = await publish().catch((thrown): PublishOutcome => {
      log.error("doorbell.failed", { error: describeError(thrown) });
      return { kind: "failed" };
    });
    this.#failures = outcome.kind === "failed" ? this.#failures + 1 : 0;
    switch (outcome.kind) {
      case "idle":
        // A ring meanwhile has armed its own alarm.
        if (this.#rings === answered) await this.ctx.storage.delete(PENDING);
        return;
      case "due":
        return this.#wakeBy(Math.max(outcome.at, clock.now() + PUBLISH_RETRY_MS_MIN));
      case "more":
        return this.#wakeBy(clock.now());
      case "failed":
        return this.#wakeBy(
          clock.now() + Math.min(PUBLISH_RETRY_MS_MAX, PUBLISH_RETRY_MS_MIN * 2 ** (this.#failures - 1)),
        );
    }
  }

  async #isPending(): Promise<boolean> {
    return (await this.ctx.storage.get(PENDING)) === true;
  }

  /** An alarm that comes earlier stays. */
  async #wakeBy(at: number): Promise<void> {
    const armed = await this.ctx.storage.getAlarm();
    if (armed === null || armed > at) await this.ctx.storage.setAlarm(at);
  }
}
