/**
 * The Durable Object of one endpoint, `tenant/webhook`: the only one that sends to it, so a slow receiver harms itself
 * alone. It keeps nothing but whose it is and its alarm, which is armed while anything waits: what waits stands in
 * Postgres. It decides nothing about a delivery; see webhook-pass.ts.
 */
import { DurableObject } from "cloudflare:workers";
import { type Clock, describeError, type Log, type Random } from "../platform/index.ts";
import { PASS_NET_MS, REST_MS_MAX, REST_MS_MIN } from "./webhook-limits.ts";
import type { MakePass, Passed } from "./webhook-pass.ts";
import type { Endpoint } from "./webhook-store.ts";

export type WebhookServices = {
  readonly pass: MakePass;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
};

export interface WebhookStub {
  /** Something may be due. Safe to repeat. */
  ring(endpoint: Endpoint): Promise<void>;
}

const OWNER = "owner";
const RESTS = "rests";

export class WebhookObject<Env = unknown> extends DurableObject<Env> implements WebhookStub {
  readonly #services: WebhookServices;
  #isWorking = false;
  #isRung = false;

  constructor(ctx: DurableObjectState, env: Env, services: WebhookServices) {
    super(ctx, env);
    this.#services = services;
  }

  async ring(endpoint: Endpoint): Promise<void> {
    this.#own(endpoint);
    // A pass under way may have read before this was due; its end looks again.
    if (this.#isWorking) this.#isRung = true;
    else await this.#arm(this.#now());
  }

  override async alarm(): Promise<void> {
    const endpoint = this.ctx.storage.kv.get<Endpoint>(OWNER);
    if (endpoint === undefined) return;
    // Armed before anything is sent: however this pass ends, there will be another.
    await this.ctx.storage.setAlarm(this.#now() + PASS_NET_MS);
    this.#isWorking = true;
    this.#isRung = false;
    const passed = await this.#pass(endpoint);
    this.#isWorking = false;
    if (this.#isRung) return this.ctx.storage.setAlarm(this.#now());
    if (passed === null) return this.ctx.storage.setAlarm(this.#now() + this.#nextRestMs());
    this.ctx.storage.kv.delete(RESTS);
    if (passed.kind === "gone") return this.ctx.storage.deleteAll();
    if (passed.nextAt === null) return this.ctx.storage.deleteAlarm();
    return this.ctx.storage.setAlarm(Math.max(passed.nextAt, this.#now()));
  }

  /** Null when the database did not answer, or something else failed: later again. */
  async #pass(endpoint: Endpoint): Promise<Passed | null> {
    const { pass, log } = this.#services;
    const facts = { tenant_id: endpoint.tenant, webhook_id: endpoint.webhookId };
    try {
      const result = await pass(endpoint);
      if (result.ok) return result.value;
      log.warn("webhook.pass_unrecorded", { ...facts, reason: result.error.reason, sqlstate: result.error.sqlstate });
    } catch (thrown) {
      log.error("webhook.pass_failed", { ...facts, error: describeError(thrown) });
    }
    return null;
  }

  #nextRestMs(): number {
    const rests = this.ctx.storage.kv.get<number>(RESTS) ?? 0;
    this.ctx.storage.kv.put(RESTS, rests + 1);
    const cap = Math.min(REST_MS_MAX, REST_MS_MIN * 2 ** rests);
    return Math.round(REST_MS_MIN + this.#services.random() * (cap - REST_MS_MIN));
  }

  /** Moved forward only: each setting is a written row. */
  async #arm(at: number): Promise<void> {
    const armed = await this.ctx.storage.getAlarm();
    if (armed === null || armed > at) await this.ctx.storage.setAlarm(at);
  }

  /** An object serves one endpoint for ever; a call for another is a bug that must not send. */
  #own({ tenant, webhookId }: Endpoint): void {
    const owner = this.ctx.storage.kv.get<Endpoint>(OWNER);
    if (owner === undefined) this.ctx.storage.kv.put(OWNER, { tenant, webhookId });
    else if (owner.tenant !== tenant || owner.webhookId !== webhookId) {
      throw new Error("this object belongs to another webhook");
    }
  }

  #now(): number {
    return this.#services.clock.now();
  }
}
