/**
 * The Durable Object that takes a tenant's audit entries: durable when append answers, in Postgres as soon as it is
 * there. The database may be away for as long as the buffer lasts; then the object says so and who asks decides.
 */
import { DurableObject } from "cloudflare:workers";
import { assert, type Clock, describeError, type Log, type Random } from "../platform/index.ts";
import { BufferStore } from "./buffer-store.ts";
import type { AuditEntry, AuditStub } from "./entry.ts";
import { APPEND_ENTRIES_MAX, FLUSH_DELAY_MS, FLUSH_ENTRIES, FLUSH_RETRY_MS_MAX, FLUSH_RETRY_MS_MIN } from "./limits.ts";
import type { AuditSink } from "./sink.ts";

export type AuditServices = {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Null without a database: then there is no audit log but the log lines. */
  readonly sink: AuditSink | null;
};

export class AuditObject<Env = unknown> extends DurableObject<Env> implements AuditStub {
  readonly #services: AuditServices;
  readonly #buffer: BufferStore;
  #failures = 0;

  constructor(ctx: DurableObjectState, env: Env, services: AuditServices) {
    super(ctx, env);
    this.#services = services;
    this.#buffer = new BufferStore(ctx.storage.sql);
  }

  async append(tenant: string, entries: readonly AuditEntry[]): Promise<"stored" | "full"> {
    assert(entries.length <= APPEND_ENTRIES_MAX, "entries come a few at a time");
    const { owner } = this.#buffer;
    if (owner !== null && owner !== tenant) throw new Error("this object belongs to another tenant");
    const { sink, log, clock } = this.#services;
    if (sink === null) {
      for (const { at: _, id: __, details: ___, ...facts } of entries)
        log.info("audit", { tenant_id: tenant, ...facts });
      return "stored";
    }
    const isTaken = this.ctx.storage.transactionSync(() => this.#buffer.append(tenant, entries));
    if (!isTaken) {
      log.error("audit.full", { tenant_id: tenant });
      return "full";
    }
    // No await between the rows and the alarm: the platform writes both or neither. An earlier alarm stays.
    const armed = await this.ctx.storage.getAlarm();
    if (armed === null) await this.ctx.storage.setAlarm(clock.now() + FLUSH_DELAY_MS);
    return "stored";
  }

  /** Never throws: the platform gives up on an alarm after six failures. */
  override async alarm(): Promise<void> {
    const { clock, log, random } = this.#services;
    const tenant = this.#buffer.owner;
    if (tenant === null) return;
    let isTold = false;
    try {
      isTold = await this.#flush(tenant);
    } catch (thrown) {
      log.error("audit.flush_failed", { tenant_id: tenant, error: describeError(thrown) });
    }
    this.#failures = isTold ? 0 : this.#failures + 1;
    if (this.#buffer.count === 0) return;
    const cap = Math.min(FLUSH_RETRY_MS_MAX, FLUSH_RETRY_MS_MIN * 2 ** this.#failures);
    const delayMs = isTold ? FLUSH_DELAY_MS : FLUSH_RETRY_MS_MIN + Math.round(random() * cap);
    await this.ctx.storage.setAlarm(clock.now() + delayMs);
  }

  /** In order, until nothing is left; false when the database could not be told. */
  async #flush(tenant: string): Promise<boolean> {
    const { sink } = this.#services;
    for (;;) {
      const batch = this.#buffer.oldest(FLUSH_ENTRIES);
      const last = batch.at(-1);
      if (last === undefined) return true;
      if (
        sink === null ||
        (await sink(
          tenant,
          batch.map(({ entry }) => entry),
        )) === "unavailable"
      )
        return false;
      this.#buffer.remove(last.ord);
    }
  }
}
