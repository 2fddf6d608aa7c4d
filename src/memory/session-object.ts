/**
 * The Durable Object of one session, `tenant/agent/session`. An alarm removes what is over, and with the last of it the
 * object itself; it comes early when the time was renewed meanwhile, and then looks again.
 */
import { DurableObject } from "cloudflare:workers";
import type { Clock } from "../platform/index.ts";
import type { SessionStub } from "./object-memory.ts";
import type { MemoryEntry, Retention } from "./short-term.ts";
import { MemoryStore } from "./store.ts";

export class SessionMemoryObject<Bindings = unknown> extends DurableObject<Bindings> implements SessionStub {
  readonly #clock: Clock;
  #store: MemoryStore;

  constructor(ctx: DurableObjectState, env: Bindings, services: { readonly clock: Clock }) {
    super(ctx, env);
    this.#clock = services.clock;
    this.#store = new MemoryStore(ctx.storage.sql);
  }

  async set(key: string, value: string, ttlMs: number): Promise<void> {
    this.#store.set(key, value, this.#clock.now() + ttlMs);
    await this.#arm();
  }

  async get(key: string): Promise<string | null> {
    return this.#store.get(key, this.#clock.now());
  }

  async delete(key: string): Promise<void> {
    this.#store.delete(key);
  }

  async append(entry: MemoryEntry, { ttlMs, maxEntries }: Retention): Promise<void> {
    const now = this.#clock.now();
    this.#store.append(entry, maxEntries, now + ttlMs, now);
    await this.#arm();
  }

  async list(): Promise<readonly string[]> {
    return this.#store.list(this.#clock.now());
  }

  async clear(): Promise<void> {
    this.#store.clear();
  }

  override async alarm(): Promise<void> {
    this.#store.removeExpired(this.#clock.now());
    const next = this.#store.nextEnd();
    if (next !== null) return this.ctx.storage.setAlarm(next);
    await this.ctx.storage.deleteAll();
    this.#store = new MemoryStore(this.ctx.storage.sql);
  }

  /** Set once and moved forward only: each setting is a written row. */
  async #arm(): Promise<void> {
    const next = this.#store.nextEnd();
    const armed = await this.ctx.storage.getAlarm();
    if (next !== null && (armed === null || armed > next)) await this.ctx.storage.setAlarm(next);
  }
}
