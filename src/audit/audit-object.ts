/**
 * The Durable Object that takes a tenant's audit entries: durable when append answers, in Postgres as soon as it is
 * there. The database may be away for as long as the buffer lasts; then the object says so and who asks decides.
 */
import { DurableObject } from "cloudflare:workers";
import { assert, type Clock, describeError, type Log, type Random } from "../platform/index.ts";
import { BufferStore } from "./buffer-store.ts";
import { type DenialWindow, takeDenial } from "./denials.ts";
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

const DENIALS = "denials";

/** Refusals that an isolate counted and tells with this one. */
function unrecordedOf({ details }: AuditEntry): number {
  const count = details?.unrecorded;
  return typeof count === "number" ? count : 0;
}

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
    const armed = await this.ctx.storage.getAlarm();
    const isTaken = this.ctx.storage.transactionSync(() => this.#take(tenant, entries));
    if (!isTaken) {
      log.error("audit.full", { tenant_id: tenant });
      return "full";
    }
    // No await between the rows and the alarm: the platform writes both or neither. An earlier alarm stays.
    if (armed === null) await this.ctx.storage.setAlarm(clock.now() + FLUSH_DELAY_MS);
    return "stored";
  }

  /** False when there is no room. What is refused too often is counted here, where all isolates of a tenant meet. */
  #take(tenant: string, entries: readonly AuditEntry[]): boolean {
    const now = this.#services.clock.now();
    const before = this.ctx.storage.kv.get<DenialWindow>(DENIALS) ?? null;
    let window = before;
    const due = entries.flatMap((entry) => {
      if (entry.action !== "auth.failed") return [entry];
      const taken = takeDenial(window, { now, carried: unrecordedOf(entry) });
      window = taken.window;
      if (taken.unrecorded === null) return [];
      return taken.unrecorded === 0
        ? [entry]
        : [{ ...entry, details: { ...entry.details, unrecorded: taken.unrecorded } }];
    });
    if (due.length > 0 && !this.#buffer.append(tenant, due)) return false;
    if (window !== before) this.ctx.storage.kv.put(DENIALS, window);
    return true;
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
