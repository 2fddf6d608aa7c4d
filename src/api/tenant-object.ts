/**
 * The Durable Object that knows a tenant and lists its keys, so that keys can be listed and counted while the database
 * is down. It decides about no request: each key's own object does. What changed it tells Postgres by its alarm, again
 * and again until it lands.
 */
import { DurableObject } from "cloudflare:workers";
import { type Clock, describeError, type Log, type Random, type TenantId } from "../platform/index.ts";
import { isActive, type KeyFacts, type TenantFacts, type TenantStub } from "./key-record.ts";
import {
  KEYS_ACTIVE_MAX,
  KEYS_ENDED_MAX,
  KEYS_TOLD_AT_ONCE,
  KEYS_UNTOLD_MAX,
  TENANT_RETRY_MS_MAX,
  TENANT_RETRY_MS_MIN,
} from "./limits.ts";
import type { TenantNews, TenantOutcome, TenantProjection } from "./tenant-projection.ts";
import { type Mark, Untold } from "./untold.ts";

/** What changed, for the log. */
export type TenantChange =
  | { readonly kind: "tenant.created"; readonly tenant: TenantId }
  | { readonly kind: "key.created" | "key.revoked"; readonly tenant: TenantId; readonly keyId: string };

export type TenantServices = {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly changed: (change: TenantChange) => void;
  /** Null without a database. */
  readonly projection: TenantProjection | null;
};

const TENANT = "tenant";
const PREFIX = "key/";

export class TenantObject<Env = unknown> extends DurableObject<Env> implements TenantStub {
  readonly #services: TenantServices;
  readonly #untold: Untold;
  /** Tries that failed in a row, as far as this instance knows. */
  #failures = 0;

  constructor(ctx: DurableObjectState, env: Env, services: TenantServices) {
    super(ctx, env);
    this.#services = services;
    this.#untold = new Untold(ctx.storage.kv);
  }

  async register(tenant: TenantId, name: string): Promise<TenantFacts | null> {
    if (this.#own(tenant) !== null) return null;
    const facts = { tenant, name, createdAt: this.#services.clock.now() };
    this.ctx.storage.kv.put(TENANT, facts);
    this.#tellOf(TENANT);
    this.#services.changed({ kind: "tenant.created", tenant });
    return facts;
  }

  async describe(tenant: TenantId): Promise<TenantFacts | null> {
    return this.#own(tenant);
  }

  async addKey(tenant: TenantId, facts: KeyFacts): ReturnType<TenantStub["addKey"]> {
    if (this.#own(tenant) === null) return "unknown";
    const now = this.#services.clock.now();
    const [active, ended] = this.#split(now);
    // A call that is made again finds its own row and is no second key.
    if (!active.some(({ id }) => id === facts.id)) {
      if (active.length >= KEYS_ACTIVE_MAX) return "limit";
      if (this.#isBehind()) return "behind";
    }
    for (const { id } of ended.slice(KEYS_ENDED_MAX)) {
      // What Postgres is still to be told stays: it is the only trace of the key.
      if (this.#services.projection !== null && this.#untold.has(PREFIX + id)) continue;
      this.ctx.storage.kv.delete(PREFIX + id);
    }
    this.ctx.storage.kv.put(PREFIX + facts.id, facts);
    this.#tellOf(PREFIX + facts.id);
    this.#services.changed({ kind: "key.created", tenant, keyId: facts.id });
    return "added";
  }

  async keys(tenant: TenantId): Promise<readonly KeyFacts[]> {
    this.#own(tenant);
    return this.#all();
  }

  async endKey(tenant: TenantId, id: string, at: number): Promise<boolean> {
    return this.#change(tenant, id, (key) => {
      if (key.revokedAt !== null) return key;
      this.#services.changed({ kind: "key.revoked", tenant, keyId: id });
      return { ...key, revokedAt: at };
    });
  }

  async touchKey(tenant: TenantId, id: string, at: number): Promise<void> {
    this.#change(tenant, id, (key) => ({ ...key, lastUsedAt: Math.max(at, key.lastUsedAt ?? 0) }));
  }

  #change(tenant: TenantId, id: string, change: (key: KeyFacts) => KeyFacts): boolean {
    this.#own(tenant);
    const key = this.ctx.storage.kv.get<KeyFacts>(PREFIX + id);
    if (key === undefined) return false;
    const changed = change(key);
    if (changed === key) return true;
    this.ctx.storage.kv.put(PREFIX + id, changed);
    this.#tellOf(PREFIX + id);
    return true;
  }

  /** At least once, and maybe twice: tells a batch of what is untold, and comes again while something is. Never throws. */
  override async alarm(): Promise<void> {
    const { projection, log } = this.#services;
    const marks = this.#untold.list(KEYS_TOLD_AT_ONCE);
    const news = this.#newsOf(marks);
    if (projection === null || news === null) return;
    let outcome: TenantOutcome = "unavailable";
    try {
      outcome = await projection.flush(news);
    } catch (thrown) {
      // The platform gives up on an alarm after six failures; ours comes again until the cause is mended.
      log.error("projection.failed", { tenant_id: news.tenant, error: describeError(thrown) });
    }
    if (outcome === "unavailable") return this.#wakeIn(this.#retryDelayMs());
    this.#failures = 0;
    this.#untold.settle(marks);
    if (this.#untold.list(1).length > 0) return this.#wakeIn(0);
  }

  /** Null when nothing is new. */
  #newsOf(marks: readonly Mark[]): TenantNews | null {
    const tenant = this.ctx.storage.kv.get<TenantFacts>(TENANT);
    if (tenant === undefined || marks.length === 0) return null;
    const keys = marks.flatMap(({ name, version }) => {
      const facts = name === TENANT ? undefined : this.ctx.storage.kv.get<KeyFacts>(name);
      return facts === undefined ? [] : [{ facts, version }];
    });
    return { tenant: tenant.tenant, facts: marks.some(({ name }) => name === TENANT) ? tenant : null, keys };
  }

  /**
   * Marks the change and wakes this object for it. No await in between: the platform writes all of it or nothing.
   * Without a database the mark waits for the first change after there is one.
   */
  #tellOf(name: string): void {
    this.#untold.add(name);
    if (this.#services.projection !== null) void this.#wakeIn(0);
  }

  #isBehind(): boolean {
    return this.#services.projection !== null && this.#untold.list(KEYS_UNTOLD_MAX).length >= KEYS_UNTOLD_MAX;
  }

  #wakeIn(ms: number): Promise<void> {
    return this.ctx.storage.setAlarm(this.#services.clock.now() + ms);
  }

  #retryDelayMs(): number {
    this.#failures += 1;
    const cap = Math.min(TENANT_RETRY_MS_MAX, TENANT_RETRY_MS_MIN * 2 ** this.#failures);
    return Math.round(TENANT_RETRY_MS_MIN + this.#services.random() * cap);
  }

  #all(): KeyFacts[] {
    const keys = [...this.ctx.storage.kv.list<KeyFacts>({ prefix: PREFIX })].map(([, key]) => key);
    return keys.sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
  }

  /** Active and ended keys, each newest first. */
  #split(now: number): readonly [active: KeyFacts[], ended: KeyFacts[]] {
    const { active = [], ended = [] } = Object.groupBy(this.#all(), (key) => (isActive(key, now) ? "active" : "ended"));
    return [active, ended];
  }

  /** A tenant's object serves one tenant for ever; a call for another is a bug that must not read or write. */
  #own(tenant: TenantId): TenantFacts | null {
    const facts = this.ctx.storage.kv.get<TenantFacts>(TENANT) ?? null;
    if (facts !== null && facts.tenant !== tenant) throw new Error("this object belongs to another tenant");
    return facts;
  }
}
