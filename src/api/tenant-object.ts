/**
 * The Durable Object that knows a tenant and lists its keys, so that keys can be listed and counted while the database
 * is down. It decides about no request: each key's own object does.
 */
import { DurableObject } from "cloudflare:workers";
import type { Clock, TenantId } from "../platform/index.ts";
import { isActive, type KeyFacts, type TenantFacts, type TenantStub } from "./key-record.ts";
import { KEYS_ACTIVE_MAX, KEYS_ENDED_MAX } from "./limits.ts";

/** What changed, for whoever keeps a record of it: the log now, a projection or an audit trail beside it. */
export type TenantChange =
  | { readonly kind: "tenant.created"; readonly tenant: TenantId }
  | { readonly kind: "key.created" | "key.revoked"; readonly tenant: TenantId; readonly keyId: string };

export type TenantServices = { readonly clock: Clock; readonly changed: (change: TenantChange) => void };

const TENANT = "tenant";
const PREFIX = "key/";

export class TenantObject<Env = unknown> extends DurableObject<Env> implements TenantStub {
  readonly #services: TenantServices;

  constructor(ctx: DurableObjectState, env: Env, services: TenantServices) {
    super(ctx, env);
    this.#services = services;
  }

  async register(tenant: TenantId, name: string): Promise<TenantFacts | null> {
    if (this.#own(tenant) !== null) return null;
    const facts = { tenant, name, createdAt: this.#services.clock.now() };
    this.ctx.storage.kv.put(TENANT, facts);
    this.#services.changed({ kind: "tenant.created", tenant });
    return facts;
  }

  async describe(tenant: TenantId): Promise<TenantFacts | null> {
    return this.#own(tenant);
  }

  async addKey(tenant: TenantId, facts: KeyFacts): Promise<"added" | "limit" | "unknown"> {
    if (this.#own(tenant) === null) return "unknown";
    const now = this.#services.clock.now();
    const [active, ended] = this.#split(now);
    // A call that is made again finds its own row and is no second key.
    if (active.length >= KEYS_ACTIVE_MAX && !active.some(({ id }) => id === facts.id)) return "limit";
    for (const { id } of ended.slice(KEYS_ENDED_MAX)) this.ctx.storage.kv.delete(PREFIX + id);
    this.ctx.storage.kv.put(PREFIX + facts.id, facts);
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
    if (changed !== key) this.ctx.storage.kv.put(PREFIX + id, changed);
    return true;
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
